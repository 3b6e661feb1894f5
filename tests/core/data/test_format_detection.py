"""What `detect_format` says of dropped folders and files, without reading them."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import pytest

from core.data import catalog_cache
from core.data import catalog_opening as recognise_module
from core.data.catalog_opening import detect_format, open_catalog
from core.data.data_look import look_at_data
from core.data.official.table import OFFICIAL_SETS, TORCHVISION
from core.data.source import DataSource, add_data_arguments, is_name, source_from_arguments
from core.errors import DataError
from tests.core.data.pictures import put


def said_of(location: Path | str, **options: str) -> tuple[str, str]:
    found = detect_format(DataSource(str(location), **options))
    return found.kind, found.sentence


def refused(location: Path | str) -> str:
    problem = look_at_data(DataSource(str(location))).problem
    assert isinstance(problem, DataError)
    return str(problem)


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


@pytest.mark.parametrize("official", OFFICIAL_SETS, ids=lambda official: official.name)
def test_each_layout_of_each_official_set_is_told_from_its_names_alone(tmp_path, official):
    for number, layout in enumerate(official.layouts):
        parent = tmp_path / str(number)
        folder = touch(parent / official.folders[0], *layout)
        for location in (folder, parent):
            assert said_of(location) == (official.name, f"{folder} is {official.name}.")


@pytest.mark.parametrize("official", OFFICIAL_SETS, ids=lambda official: official.name)
def test_each_layout_that_lacks_a_file_says_which(tmp_path, official):
    folder = tmp_path / official.folders[0]
    for layout in official.layouts:
        for lacking in layout:
            touch(folder, *layout)
            (folder / lacking).unlink()
            rest = [name for name in layout if name != lacking]
            if rest and official.found_in(tmp_path) is None:
                sentence = refused(tmp_path)
                assert sentence.startswith(f"{folder} looks like {official.name}, but ")
                assert lacking in sentence and " missing" in sentence
            for name in rest:
                (folder / name).unlink()


def test_an_index_file_stands_for_its_folder(tmp_path):
    folder = touch(tmp_path / "shop", "Eval/list_eval_partition.txt")
    assert said_of(folder / "Eval" / "list_eval_partition.txt")[1] == f"{folder} is In-Shop Clothes Retrieval."
    touch(tmp_path / "owls", "image_class_labels.txt", "images.txt")
    assert said_of(tmp_path / "owls" / "images.txt")[0] == "CUB-200-2011"
    touch(tmp_path / "birds", "image_class_labels.txt")
    assert "but images.txt is missing" in refused(tmp_path / "birds" / "image_class_labels.txt")


def test_a_kept_catalog_is_read_anew_when_its_index_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(catalog_cache, "SMALLEST", 1)
    monkeypatch.setattr(catalog_cache, "STILL_SECONDS", -1.0)
    index = tmp_path / "In-shop" / "Eval" / "list_eval_partition.txt"
    put(tmp_path / "In-shop" / "Img" / "img" / "1.jpg")
    index.parent.mkdir()
    for status in ("query", "train"):
        index.write_text(f"1\nimage_name item_id evaluation_status\nimg/1.jpg id_{status} {status}\n")
        for _ in range(2):
            assert open_catalog(DataSource(str(tmp_path))).classes == (f"id_{status}",)


def test_several_sets_in_one_folder_are_named(tmp_path):
    touch(tmp_path, "food-101/meta/train.json", "food-101/meta/test.json", "omniglot-py/images_background/x")
    sentence = refused(tmp_path)
    assert "holds several data sets (Omniglot in omniglot-py, Food-101 in food-101)" in sentence
    assert said_of(tmp_path / "food-101")[0] == "Food-101"


def test_named_columns_mean_a_table_even_in_an_official_folder(tmp_path):
    touch(tmp_path, "images.txt", "image_class_labels.txt")
    put(tmp_path / "images" / "1.png")
    (tmp_path / "images.csv").write_text("image,species\n1,wren\n")
    assert said_of(tmp_path)[0] == "CUB-200-2011"
    assert said_of(tmp_path, label_column="species")[0] == "manifest"
    assert open_catalog(DataSource(str(tmp_path), label_column="species")).classes == ("wren",)


def test_a_column_of_no_table_is_said(tmp_path):
    put(tmp_path / "hats" / "1.png")
    with pytest.raises(DataError, match=r"A column was named, but .* has no table \(manifest\.csv, "):
        detect_format(DataSource(str(tmp_path), label_column="species"))


def test_files_called_like_those_of_another_set_need_the_folders_name(tmp_path):
    (layout, _packed) = TORCHVISION["FashionMNIST"].layouts
    folder = touch(tmp_path / "FashionMNIST", *layout)
    assert said_of(folder)[0] == "Fashion-MNIST"
    assert "holds neither images" in refused(folder.rename(tmp_path / "MNIST"))


def test_a_folder_named_like_a_set_without_any_of_its_files_is_read_by_its_folders_and_says_so(tmp_path):
    put(tmp_path / "CUB_200_2011" / "wren" / "1.png")
    notice = "The folder is called like CUB-200-2011 but lacks images.txt: its official division is not used."
    kind, sentence = said_of(tmp_path / "CUB_200_2011")
    assert kind == "class folders" and sentence.endswith(f" is read with a class per folder. {notice}")
    assert open_catalog(DataSource(str(tmp_path / "CUB_200_2011"))).report.notices == (notice,)


def test_a_table_that_is_not_read_is_named(tmp_path):
    put(tmp_path / "pictures" / "1.png")
    touch(tmp_path, "list.csv", ".hidden.csv", "read me.txt")
    says = ": not read; open it if it names their classes."
    assert said_of(tmp_path)[1].endswith(f" folder. list.csv beside them{says}")
    touch(tmp_path, "more.parquet")
    several = ": not read; open the one that names their classes."
    assert said_of(tmp_path)[1].endswith(f" folder. list.csv and 1 more beside them{several}")


def test_a_table_beside_the_images_of_the_only_folder_is_named(tmp_path):
    put(tmp_path / "pictures" / "1.png")
    touch(tmp_path / "pictures", "products.csv")
    notice = "pictures/products.csv beside them: not read; open it if it names their classes."
    assert said_of(tmp_path)[1].endswith(f" folder. {notice}")
    assert open_catalog(DataSource(str(tmp_path))).report.notices == (notice,)
    assert open_catalog(DataSource(str(tmp_path / "pictures"))).report.notices == (notice.removeprefix("pictures/"),)


@pytest.mark.parametrize("above", ["", "outer", "outer/outer"])
@pytest.mark.parametrize(
    ("files", "kind"),
    [
        (("owls/Ebay_train.txt", "owls/Ebay_test.txt"), "Stanford Online Products"),
        (("owls/images.csv",), "manifest"),
        (("owls/train/metadata.csv", "owls/test/metadata.csv"), "manifest"),
        (("owls/labels.json", "owls/data/1.png"), "labels.json"),
        (("owls/wren/1.png", "owls/tit/1.png"), "class folders"),
    ],
)
def test_an_archive_in_a_folder_of_its_own_is_found(tmp_path, above, files, kind):
    touch(tmp_path / above, *files)
    assert said_of(tmp_path)[0] == kind


def test_sets_beside_other_folders_are_found_one_level_down_and_named_where_there_are_several(tmp_path):
    touch(tmp_path, "notes/1.txt", "birds/CUB_200_2011/images.txt", "birds/CUB_200_2011/image_class_labels.txt")
    assert said_of(tmp_path) == ("CUB-200-2011", f"{tmp_path / 'birds' / 'CUB_200_2011'} is CUB-200-2011.")
    touch(tmp_path, "things/Ebay_train.txt", "things/Ebay_test.txt")
    assert "holds several data sets (CUB-200-2011 in CUB_200_2011, Stanford Online" in refused(tmp_path)


def test_what_an_inner_folder_lists_is_read_from_there(tmp_path):
    put(tmp_path / "data" / "train" / "sub" / "1.png")
    (tmp_path / "data" / "train" / "metadata.csv").write_text("file_name,label\nsub/1.png,wren\n")
    (tmp_path / "README.md").touch()
    catalog = open_catalog(DataSource(str(tmp_path)))
    assert (catalog.root, catalog.classes) == (tmp_path / "data", ("wren",))


def test_fiftyone_s_trees_in_the_splits_are_read_together(tmp_path):
    for split in ("train", "validation"):
        put(tmp_path / split / "data" / "1.png")
        (tmp_path / split / "labels.json").write_text('{"classes": ["hat", "cap"], "labels": {"1": 1, "2": 0}}')
    assert said_of(tmp_path)[1].endswith("a FiftyOne image classification data set in train, validation.")
    catalog = open_catalog(DataSource(str(tmp_path)))
    assert catalog.paths.tolist() == ["train/data/1.png", "validation/data/1.png"]
    assert (catalog.labels.tolist(), catalog.splits.tolist()) == (["cap", "cap"], ["train", "val"])
    assert catalog.report.offenders["missing"] == ["train/data/2", "validation/data/2"]


def test_folders_of_classes_and_tables_are_told_apart(tmp_path):
    put(tmp_path / "a" / "1.png")
    assert said_of(tmp_path) == ("class folders", f"{tmp_path} is read with a class per folder.")
    touch(tmp_path, "images.csv")
    assert said_of(tmp_path) == ("manifest", f"{tmp_path} is listed by its images.csv.")
    assert said_of(tmp_path / "images.csv") == ("manifest", "images.csv is a table of images.")


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege on Windows")
def test_a_folder_without_images_says_so_links_in_a_circle_included(tmp_path):
    touch(tmp_path, "notes/read me.txt", ".hidden/1.jpg", "notes/._1.jpg")
    (tmp_path / "notes" / "again").symlink_to(tmp_path)
    assert refused(tmp_path) == (
        f"{tmp_path} holds neither images (.jpg, .png, ...) nor a table of them (manifest.csv, manifest.tsv, "
        "manifest.jsonl, ...), because its files are .txt."
    )
    put(tmp_path.parent / "elsewhere" / "1.png")
    (tmp_path / "linked").symlink_to(tmp_path.parent / "elsewhere")
    assert said_of(tmp_path)[0] == "class folders"


def test_closed_folders_are_said_and_not_looked_into(tmp_path, monkeypatch):
    put(tmp_path / "open" / "1.png")
    touch(tmp_path / "closed", "Ebay_train.txt", "Ebay_test.txt")
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).name != "closed")
    assert said_of(tmp_path)[0] == "class folders"
    assert refused(tmp_path / "closed") == f"{tmp_path / 'closed'} cannot be opened (Permission denied)."

    def closed_below(*_arguments: object) -> None:
        raise PermissionError(13, "Permission denied", "/somewhere/below")

    monkeypatch.setattr(recognise_module, "cached_or_read", closed_below)
    with pytest.raises(DataError, match=r"^/somewhere/below cannot be opened \(Permission denied\)\.$"):
        open_catalog(DataSource(str(tmp_path)))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("set.zip", "is an archive; unpack it and open its folder"),
        ("CUB_200_2011.TGZ", "is an archive; unpack it"),
        ("list.xlsx", "is a spreadsheet; save it as CSV"),
        ("one.JPG", "is a single picture; open the folder that holds it"),
        ("embeddings.npy", "holds numbers, no list of images"),
        ("notes.md", "is no manifest; expected a folder, a file ending in .csv"),
    ],
)
def test_other_files_say_what_to_do_instead(tmp_path, name, message):
    touch(tmp_path, name)
    assert message in refused(tmp_path / name)


def test_sets_of_torchvision_are_called_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv("EMBEDDING_EXPLORER_WORKSPACE", str(tmp_path))
    root = tmp_path / "datasets" / "torchvision"
    for name in TORCHVISION:
        assert refused(f"torchvision:{name}") == f"torchvision:{name} is not in {root} yet."
    touch(root, "food-101/meta/train.json", "food-101/meta/test.json", "omniglot-py/images_background/x")
    assert said_of("torchvision:Food101") == ("Food-101", f"{root / 'food-101'} is Food-101.")
    assert refused("torchvision:CIFAR10").startswith("torchvision:CIFAR10 is not known; expected one of Omniglot, ")


def test_names_are_no_paths():
    assert is_name("demo") and is_name("torchvision:Omniglot") and not is_name("demo/") and not is_name("torchvision")
    parser = argparse.ArgumentParser()
    add_data_arguments(parser)
    given = parser.parse_args(["--data", "torchvision:Omniglot"])
    assert source_from_arguments(given).location == "torchvision:Omniglot"
