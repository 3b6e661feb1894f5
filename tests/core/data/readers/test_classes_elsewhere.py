from __future__ import annotations

from pathlib import Path

import pytest

from core.data.readers.classes_elsewhere import classes_in_names
from core.data.readers.folder_reader import read_folder
from core.data.readers.manifest_errors import FolderMeaningError
from core.data.source import DataSource
from core.errors import DataError
from core.progress import Reporter
from tests.core.data.pictures import put


def refusal(root: Path, *files: str) -> str:
    for file in files:
        if file.endswith((".txt", ".mat")):
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text("1 1\n")
        else:
            put(root / file)
    with pytest.raises(DataError) as caught:
        read_folder(DataSource(str(root)), Reporter())
    message = str(caught.value).removeprefix(str(root))
    assert "columns image,label,split,role" in message
    assert len(message) < 300
    return message


@pytest.mark.parametrize(
    "files",
    [
        (
            "bounding_box_train/0002_c1s1_000451_03.jpg",
            "bounding_box_test/0003_c1s1_1_00.jpg",
            "query/0003_c2s1_1_00.jpg",
        ),
        ("image_train/0002_c002_00030600_0.jpg", "image_query/0005_c003_00077625_0.jpg"),
        ("detected/query/0001_c1_1.png", "labeled/query/0001_c1_1.png"),
        ("0002_c1s1_000451_03.jpg", "0003_c1s1_000451_03.jpg"),
        ("anything/-1_c1s1_000451_03.jpg", "anything/0002_c3s1_000451_03.jpg"),
    ],
)
def test_files_named_by_identity_and_camera_are_no_classes_of_their_folders(tmp_path, files):
    assert "in the files' names, as in Market-1501" in refusal(tmp_path, *files)


@pytest.mark.parametrize(
    "files",
    [
        ("query/a_0.png", "gallery/a_1.png"),
        ("train/cat.0.png", "train/dog.1.png", "test/1.png"),
        ("train/image/000001.png", "validation/image/000002.png"),
        ("train/1.png",),
    ],
)
def test_splits_without_class_folders_are_refused(tmp_path, files):
    assert "hold no folders of classes" in refusal(tmp_path, *files)


def test_lists_of_query_and_gallery_are_not_ignored(tmp_path):
    files = ("train/0000/0000_000_01.png", "test/0000/0000_000_01.png", "list_train.txt", "list_query.txt")
    assert "list_query.txt, list_train.txt say what is train, query and gallery" in refusal(tmp_path, *files)


def test_a_list_of_classes_beside_pictures_without_folders_is_named(tmp_path):
    message = refusal(tmp_path, "image/1.png", "image/2.png", "train_test_split/train_list.txt")
    assert "train_test_split/train_list.txt may list the classes" in message


def test_folders_that_repeat_the_names_of_files_are_no_classes(tmp_path):
    assert "as in Google Landmarks" in refusal(tmp_path, "train/0/1/a/01abc.png", "index/0/2/b/02bbb.png")


def test_identities_that_folders_name_are_classes(tmp_path):
    for file in ("train/0002/0002_c1s1_000451_03.jpg", "query/0003/0003_c1s1_000451_03.jpg"):
        put(tmp_path / file)
    assert read_folder(DataSource(str(tmp_path)), Reporter()).classes == ("0002", "0003")


def test_identities_after_a_pair_of_cameras_are_in_the_names_of_files(tmp_path):
    assert "CUHK03" in refusal(tmp_path, "images_labeled/1_001_1_01.png", "images_labeled/1_002_2_01.png")


@pytest.mark.parametrize(
    "files",
    [
        ("cam_a/000_0.png", "cam_b/000_90.png"),
        ("cam1/person001/a.png", "cam2/person001/b.png"),
        ("Camera 1/a.png", "Camera 2/b.png", "Camera 3/c.png"),
    ],
)
def test_folders_of_cameras_are_no_classes(tmp_path, files):
    assert "hold what one camera saw" in refusal(tmp_path, *files)


@pytest.mark.parametrize(
    ("files", "guess", "classes"),
    [
        (("camera1/1.png", "camera2/2.png"), "class", ("camera1", "camera2")),
        (("camera1/a/1.png", "camera2/a/2.png", "camera2/b/3.png"), "none", ("a", "b")),
    ],
)
def test_folders_of_cameras_are_asked_about_and_both_answers_lead_on(tmp_path, files, guess, classes):
    refusal(tmp_path, *files)
    with pytest.raises(FolderMeaningError) as caught:
        read_folder(DataSource(str(tmp_path)), Reporter())
    assert '--folder "camera1=class"' in caught.value.on_command_line and "--" not in caught.value.in_window
    assert caught.value.guesses == {"camera1": guess, "camera2": guess}
    answers = tuple(f"{name}={meaning}" for name, meaning in caught.value.guesses.items())
    assert read_folder(DataSource(str(tmp_path), folders=answers), Reporter()).classes == classes


@pytest.mark.parametrize(
    ("splits", "others"), [(("test", "val"), ("a", "b")), (("gallery", "query"), ("museum", "park"))]
)
def test_of_flat_folders_among_classes_only_those_called_like_splits_are_asked_about(tmp_path, splits, others):
    message = refusal(tmp_path, *(f"{name}/{name}.png" for name in (*splits, *others)))
    assert f"the folders {', '.join(splits)} are called like splits" in message
    with pytest.raises(FolderMeaningError) as caught:
        read_folder(DataSource(str(tmp_path)), Reporter())
    assert caught.value.guesses == dict.fromkeys(splits, "class")
    for meaning, left in (("class", {*splits, *others}), ("skip", set(others))):
        answers = tuple(f"{name}={meaning}" for name in splits)
        assert set(read_folder(DataSource(str(tmp_path), folders=answers), Reporter()).classes) == left


def test_cameras_that_are_said_to_be_no_classes_leave_the_identities(tmp_path):
    for file in ("cam1/person001/a.png", "cam2/person001/b.png", "cam1/person002/c.png", "cam2/person002/d.png"):
        put(tmp_path / file)
    source = DataSource(str(tmp_path), folders=("cam1=none", "cam2=none"))
    assert read_folder(source, Reporter()).classes == ("person001", "person002")


def test_cameras_that_lie_among_classes_are_classes(tmp_path):
    for file in ("cam_a/1.png", "laptop/2.png"):
        put(tmp_path / file)
    assert read_folder(DataSource(str(tmp_path)), Reporter()).classes == ("cam_a", "laptop")


def test_queries_and_a_database_without_class_folders_are_no_classes(tmp_path):
    assert "database, query are queries and what they" in refusal(tmp_path, "query/1.png", "database/2.png")


def test_queries_and_a_database_with_class_folders_are_asked_about(tmp_path):
    files = [f"{side}/{name}/{side}.png" for side in ("queries", "database") for name in "ab"]
    for file in files:
        put(tmp_path / file)
    with pytest.raises(FolderMeaningError) as caught:
        read_folder(DataSource(str(tmp_path)), Reporter())
    assert '--folder "queries=query"' in caught.value.on_command_line
    source = DataSource(str(tmp_path), folders=("queries=query", "database=gallery"))
    assert read_folder(source, Reporter()).classes == ("a", "b")


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
