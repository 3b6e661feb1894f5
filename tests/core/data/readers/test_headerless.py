from __future__ import annotations

from pathlib import Path

import pytest

from core.data.catalog import Catalog
from core.data.catalog_opening import open_catalog
from core.data.source import DataSource
from core.errors import DataError
from tests.core.data.pictures import put


@pytest.fixture
def folder(tmp_path) -> Path:
    for name in ("a/1.jpg", "a/2 b.jpg", "c/3.png"):
        put(tmp_path / "set" / name)
    return tmp_path / "set"


def opened(folder: Path, content: str, name: str = "x.txt", **options) -> Catalog:
    (folder / name).write_text(content, encoding="utf-8")
    return open_catalog(DataSource(str(folder / name), **options))


FILES = ["a/1.jpg", "a/2 b.jpg", "c/3.png"]


@pytest.mark.parametrize("name", ["x.txt", "x.csv", "x.lst"])
@pytest.mark.parametrize(
    "content",
    [
        "a/1.jpg 0\na/2 b.jpg 0\nc/3.png 1\n",
        "a/1.jpg   0\n\na/2 b.jpg  0\r\nc/3.png 1",
        "0 a/1.jpg\n0 a/2 b.jpg\n1 c/3.png\n",
        "1 a/1.jpg 0\n2 a/2 b.jpg 0\n3 c/3.png 1\n",
        "image label\na/1.jpg 0\na/2 b.jpg 0\nc/3.png 1\n",
        "label image\n0 a/1.jpg\n0 a/2 b.jpg\n1 c/3.png\n",
        "3\na/1.jpg 0\na/2 b.jpg 0\nc/3.png 1\n",
        "3\nimage label\na/1.jpg 0\na/2 b.jpg 0\nc/3.png 1\n",
        "image_id label super path\n1 0 7 a/1.jpg\n2 0 7 a/2 b.jpg\n3 1 7 c/3.png\n",
    ],
)
def test_lists_whose_parts_blanks_divide(folder, name, content):
    catalog = opened(folder, content, name)
    assert catalog.paths.tolist() == FILES and catalog.labels.tolist() == ["0", "0", "1"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_lists_with_separators_in_txt(folder, separator):
    catalog = opened(folder, "".join(f"{file}{separator}{file[0]}\n" for file in FILES))
    assert catalog.labels.tolist() == ["a", "a", "c"]


def test_classes_may_have_blanks(folder):
    catalog = opened(folder, "a/1.jpg AM General Hummer\na/2 b.jpg Ford GT\nc/3.png Ford GT\n")
    assert catalog.classes == ("AM General Hummer", "Ford GT")


def test_names_without_a_suffix(folder):
    assert opened(folder, "1 x\n3 y\n").paths.tolist() == ["a/1.jpg", "c/3.png"]


def test_names_alone_take_their_classes_from_the_folders(folder):
    assert opened(folder, "a/1.jpg\nc/3.png\n").classes == ("a", "c")


@pytest.mark.parametrize("content", ["Read me first.\nThis is a data set of animals.\n", "hello\n", "", "\n\n"])
def test_a_text_that_is_no_list_is_said(folder, content):
    with pytest.raises(DataError, match=r"is no list of images; expected lines of an image and|lists no images"):
        opened(folder, content, "readme.txt")


@pytest.mark.parametrize("separator", [",", " "])
def test_a_box_without_a_header_is_known_by_its_numbers(folder, separator):
    rows = [("a/1.jpg", 0, 0, 2, 2, "7"), ("c/3.png", 1, 1, 3, 2, "8")]
    content = "".join(f"{separator.join(map(str, row))}\n" for row in rows)
    catalog = opened(folder, content, "x.csv")
    assert catalog.boxes is not None and catalog.boxes.tolist() == [[0, 0, 2, 2], [1, 1, 3, 2]]
    assert catalog.labels.tolist() == ["7", "8"]
    assert catalog.report.notices[0].startswith(
        "Columns 2 to 5 of the table, which has no header, are read as bounding"
    )
    assert opened(folder, content, "x.csv", ignore_columns=("x1",)).boxes is None


def test_numbers_that_are_no_boxes_stay_attributes(folder):
    catalog = opened(folder, "a/1.jpg,5,9,2,2,1\nc/3.png,1,1,3,2,8\n", "x.csv", label_column="column 6")
    assert catalog.boxes is None and [*catalog.attributes] == [f"column {number}" for number in range(2, 6)]


def test_the_line_with_which_excel_names_its_separator_is_passed_over(folder):
    assert opened(folder, "sep=;\nimage;label\na/1.jpg;x\nc/3.png;y\n", "x.csv").classes == ("x", "y")
    with pytest.raises(DataError, match="line 4: split 'b'"):
        opened(folder, "sep=;\nimage;label;split\na/1.jpg;x;train\nc/3.png;y;b\n", "x.csv")
