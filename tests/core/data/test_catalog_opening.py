from __future__ import annotations

import os
from pathlib import Path

import pytest

from core import paths
from core.data import catalog_opening, format_detection
from core.data.catalog_opening import default_split, open_catalog
from core.data.source import DataSource
from core.demo import generator
from core.errors import DataError
from core.progress import Reporter
from core.storage import write_json
from tests.core.data.pictures import put


class Notices(Reporter):
    """Keeps the sentences of notices."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def event(self, kind: str, **fields: object) -> None:
        assert kind == "notice"
        self.sentences.append(str(fields["sentence"]))


def source(location: Path | str, **options) -> DataSource:
    return DataSource(str(location), **options)


@pytest.fixture
def shop(tmp_path) -> Path:
    for name in ("a/1.png", "b/2.png"):
        put(tmp_path / "shop" / name)
    return tmp_path / "shop"


def test_a_folder_is_read_by_its_folders(shop):
    assert open_catalog(source(shop)).labels.tolist() == ["a", "b"]


@pytest.mark.parametrize("name", ["manifest.csv", "images.csv", "metadata.tsv"])
def test_a_folder_with_a_table_is_read_by_the_table(shop, name):
    (shop / name).write_text("image\tlabel\n1\thats\n".replace("\t", "\t" if name.endswith("tsv") else ","))
    catalog = open_catalog(source(shop))
    assert catalog.labels.tolist() == ["hats"]
    assert catalog.root == shop


def test_a_file_is_read_as_a_table_whatever_the_case_of_its_suffix(shop):
    (shop / "List.CSV").write_text("image,label\n1,hats\n")
    assert open_catalog(source(shop / "List.CSV")).labels.tolist() == ["hats"]


def test_a_table_about_something_else_gives_way_to_folders(shop):
    (shop / "metadata.csv").write_text("licence,author\nMIT,nobody\n")
    notices = Notices()
    assert open_catalog(source(shop), notices).labels.tolist() == ["a", "b"]
    (sentence,) = notices.sentences
    assert sentence.startswith("The classes are taken from the folders, because ")
    assert "has no image column" in sentence


def test_a_table_without_classes_is_refused_where_folders_have_none_either(tmp_path):
    put(tmp_path / "images" / "1.png")
    (tmp_path / "images.csv").write_text("image,kind\n1,hats\n")
    with pytest.raises(DataError, match="has no label column"):
        open_catalog(source(tmp_path))
    assert open_catalog(source(tmp_path, label_column="kind")).labels.tolist() == ["hats"]


def test_a_wrong_choice_of_column_is_never_made_up_for(shop):
    (shop / "images.csv").write_text("image,label\n1,hats\n")
    with pytest.raises(DataError, match="has no column 'kind' for the label"):
        open_catalog(source(shop, label_column="kind"))


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("", "No data was named"),
        ("  ", "No data was named"),
        ("nowhere", "nowhere is not there; expected a folder, a manifest file, 'demo' or 'torchvision:NAME'."),
        ("x" * 5000, "is not there"),
        ("a\0b", "is not there"),
        ("~nobody-by-this-name/x", "is not there"),
        ("notes.md", "notes.md is no manifest; expected a folder, a file ending in .csv, .tsv, .jsonl, .parquet"),
        ("Demo", "Demo is not there"),
    ],
)
def test_what_cannot_be_opened_is_refused_in_one_sentence(tmp_path, monkeypatch, location, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.md").write_text("")
    with pytest.raises(DataError) as caught:
        open_catalog(source(location))
    assert message in str(caught.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes exist on POSIX only")
@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", ["x.csv", "x.jpg", "63"])
def test_a_named_pipe_is_no_table(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(DataError, match=r" is a named pipe, not a regular file; .*save what it gives as a file"):
        open_catalog(source(tmp_path / name))


def test_the_split_that_is_shown_is_test_else_val_else_all(tmp_path):
    for words, shown in {"train test val": "test", "train val": "val", "train": "all"}.items():
        root = tmp_path / shown
        for word in words.split():
            put(root / word / word[0] / "1.png")
        assert default_split(open_catalog(source(root))) == shown


def test_the_demo_is_drawn_on_first_use_only(tmp_path, monkeypatch):
    monkeypatch.setenv(paths.WORKSPACE_VARIABLE, str(tmp_path))
    drawn = []

    def draw(folder, garments, views, seed, reporter):
        drawn.append(folder)
        write_json(folder / "drawing.json", generator.current_drawing())
        (folder / "manifest.csv").touch()

    monkeypatch.setattr(generator, "draw_wardrobe", draw)
    catalog = open_catalog(source("demo"))
    assert open_catalog(source("demo")).fingerprint == catalog.fingerprint
    assert drawn == [tmp_path / "datasets" / "demo"] == [catalog.root]
    assert (catalog.name, len(catalog), len(catalog.classes)) == ("demo", 2304, 96)


def test_the_demo_is_read_as_any_table_is(tmp_path, monkeypatch):
    monkeypatch.setenv(paths.WORKSPACE_VARIABLE, str(tmp_path))
    by_cut = open_catalog(DataSource("demo", label_column="cut", exclude_labels=("coat",)), draw_later=True)
    assert "hoodie" in by_cut.classes and "coat" not in by_cut.classes
    assert by_cut.report.counts["excluded"] == 2304 - len(by_cut)


def test_the_names_of_tables_are_looked_for_in_one_order():
    assert format_detection.MANIFEST_NAMES[0] == "manifest.csv"
    assert len(set(format_detection.MANIFEST_NAMES)) == 12


def test_tables_in_the_splits_are_read_together(tmp_path):
    for split in ("train", "test"):
        put(tmp_path / split / "1.png")
        (tmp_path / split / "metadata.jsonl").write_text(f'{{"file_name": "1.png", "label": "{split}ing"}}\n')
    catalog = open_catalog(source(tmp_path))
    assert catalog.paths.tolist() == ["test/1.png", "train/1.png"]
    assert catalog.labels.tolist() == ["testing", "training"]
    (tmp_path / "val" / "a").mkdir(parents=True)
    assert catalog_opening.detect_format(source(tmp_path)).kind == catalog_opening.BY_FOLDERS
    with pytest.raises(DataError, match="hold no folders of classes") as caught:
        open_catalog(source(tmp_path))
    assert str(caught.value).endswith("The tables in the splits are not read, because there is none in val.")


@pytest.mark.parametrize(
    ("options", "unused"),
    [
        ({"folders": ("a=class",)}, ""),
        ({"base": "/elsewhere"}, "the base"),
        ({"encoding": "gb18030", "base": "/elsewhere", "folders": ("a=class",)}, "the base and the encoding"),
    ],
)
def test_what_class_folders_have_no_use_for_is_said(shop, options, unused):
    expected = [f"What was said of {unused} is not used: the data are read as class folders."] if unused else []
    notices = open_catalog(source(shop, **options)).report.notices
    assert [notice for notice in notices if "not used" in notice] == expected


def test_what_a_set_with_its_own_division_has_no_use_for_is_said(tmp_path):
    put(tmp_path / "data" / "1.png")
    (tmp_path / "labels.json").write_text('{"classes": ["hat"], "labels": {"1": 0}}')
    (notice, *_) = open_catalog(source(tmp_path, folders=("data=train",), label_column="x")).report.notices
    assert notice == "What was said of folders and columns is not used: the data are read as labels.json."


def test_a_labels_json_beside_its_pictures_is_read(tmp_path):
    put(tmp_path / "data" / "1.png")
    (tmp_path / "labels.json").write_text('{"classes": ["hat"], "labels": {"1": 0}}')
    for location in (tmp_path, tmp_path / "labels.json"):
        assert catalog_opening.detect_format(source(location)).kind == "labels.json"
        assert open_catalog(source(location)).labels.tolist() == ["hat"]
