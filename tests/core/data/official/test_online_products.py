from __future__ import annotations

from pathlib import Path

import pytest

from core.data.catalog_opening import open_catalog
from core.data.source import DataSource
from core.errors import DataError
from tests.core.data.official.trees import put_images, put_lines, spread

KINDS = (
    "bicycle", "cabinet", "chair", "coffee_maker", "fan", "kettle", "lamp", "mug", "sofa", "stapler", "table", "toaster"
)  # fmt: skip
OFFICIAL = {"train": (59_551, 11_318), "test": (60_502, 11_316)}


def lay_out(root: Path, counts: dict[str, tuple[int, int]]) -> list[str]:
    """The two index files with so many images and classes, their images, and the images' names."""
    image = first_class = 0
    files = []
    for split, (images, classes) in counts.items():
        lines = ["image_id class_id super_class_id path"]
        for place in spread(images, classes):
            image += 1
            kind = place * len(KINDS) // classes
            file = f"{KINDS[kind]}_final/{110_000_000_000 + first_class + place}_{image}.JPG"
            lines.append(f"{image} {first_class + place + 1} {kind + 1} {file}")
            files.append(file)
        first_class += classes
        put_lines(root / f"Ebay_{split}.txt", lines)
    put_images(root, files)
    return files


@pytest.fixture
def small(tmp_path) -> Path:
    lay_out(tmp_path / "Stanford_Online_Products", {"train": (40, 14), "test": (30, 12)})
    return tmp_path / "Stanford_Online_Products"


def test_the_whole_set_is_read_with_the_papers_counts(quick_folder):
    root = quick_folder / "Stanford_Online_Products"
    lay_out(root, OFFICIAL)
    catalog = open_catalog(DataSource(str(quick_folder)))
    assert catalog.name == "Stanford Online Products"
    assert catalog.report.sentences == ("120,053 of 120,053 images are used.",)
    for split, (images, classes) in OFFICIAL.items():
        rows = catalog.rows(split)
        assert (len(rows), len(set(catalog.labels[rows]))) == (images, classes)
    assert set(catalog.attributes["super_class"]) == set(KINDS)


def test_rows_keep_the_order_and_the_words_of_the_index_files(small):
    catalog = open_catalog(DataSource(str(small)))
    assert catalog.root == small
    assert catalog.paths[0] == "bicycle_final/110000000000_1.JPG"
    assert (catalog.labels[0], catalog.labels[-1]) == ("1", "26")
    assert catalog.attributes["super_class"][-1] == "toaster"
    assert catalog.splits.tolist() == ["train"] * 40 + ["test"] * 30
    assert catalog.targets is None


def test_other_counts_are_said_in_one_sentence(small):
    report = open_catalog(DataSource(str(small))).report
    assert report.notices == (
        "This is not Stanford Online Products as published, so figures do not compare: train has 40 images of "
        "14 classes where the official set has 59,551 images of 11,318 classes; test has 30 images of 12 classes "
        "where the official set has 60,502 images of 11,316 classes.",
    )


def test_an_index_file_stands_for_its_folder(small):
    assert len(open_catalog(DataSource(str(small / "Ebay_test.txt")))) == 70


def test_a_missing_index_file_is_named(small):
    (small / "Ebay_test.txt").unlink()
    with pytest.raises(DataError, match=r"looks like Stanford Online Products, but Ebay_test\.txt is missing"):
        open_catalog(DataSource(str(small)))


def test_a_super_class_in_two_folders_is_a_contradiction(small):
    lines = (small / "Ebay_train.txt").read_text().splitlines()
    put_lines(small / "Ebay_train.txt", [*lines, "99 99 1 chair_final/1_1.JPG"])
    with pytest.raises(DataError, match=r"line 42: super-class 1 lies in 'chair_final', before in 'bicycle_final'"):
        open_catalog(DataSource(str(small)))


def test_without_its_header_no_image_is_taken_for_one(small):
    lines = (small / "Ebay_train.txt").read_text().splitlines()
    put_lines(small / "Ebay_train.txt", lines[1:])
    with pytest.raises(DataError, match=r"Ebay_train\.txt, line 1: '1 1 1 .*'; expected the header 'image_id class_id"):
        open_catalog(DataSource(str(small)))


def test_slashes_of_windows_are_read_as_ours(small):
    before = open_catalog(DataSource(str(small)))
    for name in ("Ebay_train.txt", "Ebay_test.txt"):
        (small / name).write_text((small / name).read_text().replace("/", "\\"))
    after = open_catalog(DataSource(str(small)))
    assert after.paths.tolist() == before.paths.tolist()
    assert after.attributes["super_class"].tolist() == before.attributes["super_class"].tolist()


def test_a_line_that_is_cut_short_is_named(small):
    with (small / "Ebay_test.txt").open("a") as handle:
        handle.write("99 99\n")
    with pytest.raises(DataError, match=r"Ebay_test\.txt, line 32: 2 words where 4 are expected \(image_id class_id"):
        open_catalog(DataSource(str(small)))
