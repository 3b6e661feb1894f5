from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.data.readers.image_finder import Hit, ImageFinder
from core.progress import Reporter
from tests.core.data.pictures import put


@pytest.fixture
def root(tmp_path) -> Path:
    """Pictures in folders, two of one name, and one without a suffix."""
    for name in ("a/1.png", "b/1.png", "a/only.JPG", "deep/er/b/2.png", "x.y.png", "top.png"):
        put(tmp_path / "root" / name)
    put(tmp_path / "root" / "bare")
    return tmp_path / "root"


@pytest.mark.parametrize(
    ("asked", "file"),
    [
        ("a/1.png", "a/1.png"),
        ("./a/1.png", "a/1.png"),
        ("a//1.png", "a/1.png"),
        ("a/1", "a/1.png"),
        ("b/1", "b/1.png"),
        ("only", "a/only.JPG"),
        ("only.jpg", "a/only.JPG"),
        (" only ", "a/only.JPG"),
        ("x.y", "x.y.png"),
        ("er/b/2.png", "deep/er/b/2.png"),
        ("b/2", "deep/er/b/2.png"),
        ("er\\b\\2.png", "deep/er/b/2.png"),
        ("top", "top.png"),
        ("bare", "bare"),
    ],
)
def test_a_name_finds_its_file(root, asked, file):
    assert ImageFinder(root).find(asked) == Hit(file)


@pytest.mark.parametrize(
    "asked",
    ["", " ", "c/1.png", "c/1", "nly", "a", "1.jpeg", "x" * 5000, "a\0b.png", "../1.png", "/a/1.png", "er"],
)
def test_a_name_without_a_file_finds_none(root, asked):
    assert ImageFinder(root).find(asked) is None


def test_of_several_the_first_is_taken_and_that_is_said(root):
    assert ImageFinder(root).find("1") == Hit("a/1.png", ambiguous=True)
    assert ImageFinder(root).find("1.png") == Hit("a/1.png", ambiguous=True)


def test_absolute_names_stay_absolute_outside_and_become_relative_inside(root, tmp_path):
    outside = put(tmp_path / "outside.png")
    assert ImageFinder(root).find(str(outside)) == Hit(str(outside))
    assert ImageFinder(root).find(str(root / "a" / "1.png")) == Hit("a/1.png")
    assert ImageFinder(root).find("../outside.png") == Hit(str(outside))


def test_names_that_korean_windows_wrote_are_found_by_what_they_say(root):
    file = put(root / os.fsdecode("모자.png".encode("cp949")))
    for asked in ("모자", "모자.png"):
        assert ImageFinder(root).find(asked) == Hit(file.name)


def test_a_path_that_is_there_costs_no_search(root, monkeypatch):
    def search(_: Path, __: Reporter | None, most: int) -> None:
        raise AssertionError("searched")

    monkeypatch.setattr("core.data.readers.image_finder.image_files", search)
    assert ImageFinder(root).find("a/1.png") == Hit("a/1.png")
    with pytest.raises(AssertionError):
        ImageFinder(root).find("a/1")
