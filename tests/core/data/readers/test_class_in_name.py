from __future__ import annotations

import pytest

from core.data.readers.class_in_name import classes_in_names
from core.data.readers.folder_reader import read_folder
from core.data.source import DataSource
from core.progress import Reporter
from tests.core.data.pictures import put


@pytest.mark.parametrize(
    ("files", "named"),
    [
        (("cat_0.png", "cat_1.png", "dog_0.png", "dog_1.png"), "cat, dog; first: cat_0.png"),
        (("train/cat.0.jpg", "train/cat.1.jpg", "train/dog.0.jpg", "train/dog.12.jpg"), "cat, dog; first: train/cat.0"),
        (
            ("american_bulldog_1.jpg", "american_bulldog_2.jpg", "Abyssinian_1.jpg", "Abyssinian_34.jpg"),
            "Abyssinian, am",
        ),
        (("cat (1).jpg", "cat (2).jpg", "dog (1).jpg", "dog (2).jpg"), "cat, dog"),
        (("고양이1.jpg", "고양이2.jpg", "개1.jpg", "개2.jpg"), "개, 고양이"),
    ],
)
def test_files_called_like_classes_are_said(files, named):
    said = classes_in_names(files)
    assert named in said
    assert "a folder of its own" in said and "image,label" in said


@pytest.mark.parametrize(
    "files",
    [
        (),
        ("1.png", "2.png"),
        ("cat_0.png", "cat_1.png"),
        ("IMG_0001.jpg", "IMG_0002.jpg", "DSC_0001.jpg", "DSC_0002.jpg"),
        ("Screenshot 1.png", "Screenshot 2.png", "photo-1.png", "photo-2.png"),
        ("a1.png", "b2.png", "c3.png"),
        ("holiday.png", "beach.png", "cat_1.png", "dog_1.png"),
    ],
)
def test_names_of_cameras_numbers_and_single_names_say_nothing(files):
    assert classes_in_names(files) is None


def test_the_hint_comes_first_where_no_folder_names_a_class(tmp_path):
    for name in ("cat_0.png", "cat_1.png", "dog_0.png", "dog_1.png"):
        put(tmp_path / name)
    catalog = read_folder(DataSource(str(tmp_path)), Reporter())
    assert catalog.report.notices[0].startswith("The classes seem to be in the names of the files (cat, dog;")
    for name in ("a/cat_0.png", "b/dog_1.png"):
        put(tmp_path / name)
    assert not any("seem to be" in said for said in read_folder(DataSource(str(tmp_path)), Reporter()).report.notices)
