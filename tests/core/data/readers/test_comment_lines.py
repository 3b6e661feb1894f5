from __future__ import annotations

import pytest

from core.data.catalog_opening import open_catalog
from core.data.source import DataSource
from core.errors import DataError
from tests.core.data.pictures import put

FILES = ["a/1.jpg", "b/2.jpg"]


@pytest.fixture
def folder(tmp_path):
    for name in FILES:
        put(tmp_path / "set" / name)
    return tmp_path / "set"


def opened(folder, content, name="x.csv"):
    (folder / name).write_bytes(content.encode())
    return open_catalog(DataSource(str(folder / name)))


@pytest.mark.parametrize(
    ("content", "comments"),
    [
        ("# made by hand\nimage,label\na/1.jpg,x\nb/2.jpg,y\n", 1),
        ("# made, by hand\r\n\r\n% of two\r\nimage,label\r\na/1.jpg,x\r\nb/2.jpg,y\r\n", 2),
        ("# image,label of all\nimage,label\na/1.jpg,x\nb/2.jpg,y\n", 1),
        ("image|label\na/1.jpg|x\n# second half\nb/2.jpg|y\n# end\n", 2),
        ("#path,label\na/1.jpg,x\nb/2.jpg,y\n", 0),
        ("# by hand\n# file;class\na/1.jpg;x\nb/2.jpg;y\n", 1),
        ("#id,label\n1,x\n2,y\n", 0),
        ("// list\na/1.jpg,x\nb/2.jpg,y\n", 1),
        ("   \nimage,label\na/1.jpg,x\nb/2.jpg,y\n\x1a", 0),
        ("image,label\na/1.jpg,x,\nb/2.jpg,y,,\n", 0),
    ],
)
def test_comments_are_passed_over_and_counted(folder, content, comments):
    catalog = opened(folder, content)
    assert catalog.paths.tolist() == FILES and catalog.labels.tolist() == ["x", "y"]
    notices = [notice for notice in catalog.report.notices if "comment" in notice]
    assert [notice.partition(" ")[0] for notice in notices] == ([str(comments)] if comments else [])


def test_comments_in_lists(folder):
    catalog = opened(folder, "# list of two\na/1.jpg x\nb/2.jpg y\n", "x.txt")
    assert catalog.labels.tolist() == ["x", "y"] and "1 comment" in catalog.report.notices[0]


def test_names_of_images_that_begin_like_a_comment_are_none(folder):
    put(folder / "#3.jpg")
    put(folder / "#4.jpg")
    catalog = opened(folder, "#3.jpg,x\n#4.jpg,y\na/1.jpg,x\n")
    assert catalog.paths.tolist() == ["#3.jpg", "#4.jpg", "a/1.jpg"]
    assert opened(folder, "//server/set/a/1.jpg,x\n//server/set/b/2.jpg,y\n").paths.tolist() == FILES


def test_errors_name_the_lines_of_the_file(folder):
    with pytest.raises(DataError, match=r"line 4: 3 cells where the header has 2 columns"):
        opened(folder, "# one\n\nimage,label\na/1.jpg,x,z\n")
    with pytest.raises(DataError, match=r"line 2: 2 cells where the header has 1 column\."):
        opened(folder, "label\nx,y\n")
