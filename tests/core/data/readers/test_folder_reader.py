from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from core.data import catalog_builder, images
from core.data.catalog import Catalog
from core.data.readers import folder_reader
from core.data.readers.folder_reader import image_files, read_folder
from core.data.source import DataSource
from core.errors import Cancelled, DataError
from core.messages import Message
from core.progress import Reporter, StoppableReporter
from core.remedies import on_command_line
from tests.core.data.pictures import put


def opened(root: Path, **options) -> Catalog:
    return read_folder(DataSource(str(root), **options), Reporter())


def put_all(root: Path, *files: str) -> Path:
    for file in files:
        put(root / file)
    return root


def facts(catalog: Catalog) -> dict[str, tuple[str, str, str]]:
    """What the catalog says about each file: class, split, role."""
    columns = (catalog.labels.tolist(), catalog.splits.tolist(), catalog.roles.tolist())
    return dict(zip(catalog.paths.tolist(), zip(*columns, strict=True), strict=True))


def test_a_folder_is_a_class(tmp_path):
    catalog = opened(put_all(tmp_path / "shop", "b/1.png", "a/2.png", "a/10.png", "a/1.jpg"))
    assert catalog.name == "shop"
    assert catalog.paths.tolist() == ["a/1.jpg", "a/2.png", "a/10.png", "b/1.png"]
    assert catalog.labels.tolist() == ["a", "a", "a", "b"]
    assert catalog.path(2) == tmp_path / "shop" / "a" / "10.png"


def test_classes_come_in_natural_order(tmp_path):
    catalog = opened(put_all(tmp_path, "class 10/x.png", "class 9/x.png", "class 1/x.png"))
    assert catalog.paths.tolist() == ["class 1/x.png", "class 9/x.png", "class 10/x.png"]


def test_without_splits_the_classes_are_halved_by_name_and_the_report_says_so(tmp_path):
    catalog = opened(put_all(tmp_path, *(f"{label}/x.png" for label in "edcba")))
    assert facts(catalog) == {f"{label}/x.png": (label, "train" if label in "abc" else "test", "") for label in "abcde"}
    assert catalog.report.sentences == (
        "5 of 5 images are used.",
        "No split was given: of 5 classes sorted by name the first half (3) is train, the other (2) test, "
        "so no class is in both.",
    )


def test_one_class_alone_is_all_test(tmp_path):
    catalog = opened(put_all(tmp_path, "boots/1.png", "boots/2.png"))
    assert set(facts(catalog).values()) == {("boots", "test", "")}
    assert "fewer than two classes" in catalog.report.split_rule


def test_split_folders_above_the_classes_divide_the_images(tmp_path):
    files = ("train/a/1.png", "Validation/b/1.png", "test/c/1.png", "query/d/1.png", "gallery/d/1.png")
    catalog = opened(put_all(tmp_path, *files))
    assert facts(catalog) == {
        "train/a/1.png": ("a", "train", ""),
        "Validation/b/1.png": ("b", "val", ""),
        "test/c/1.png": ("c", "test", ""),
        "query/d/1.png": ("d", "test", "query"),
        "gallery/d/1.png": ("d", "test", "gallery"),
    }
    assert catalog.report.split_rule == ""


def test_query_and_gallery_may_lie_in_test(tmp_path):
    files = ("train/a/1.png", "test/query/b/1.png", "test/gallery/b/2.png", "val/query/c/1.png")
    assert facts(opened(put_all(tmp_path, *files))) == {
        "train/a/1.png": ("a", "train", ""),
        "test/query/b/1.png": ("b", "test", "query"),
        "test/gallery/b/2.png": ("b", "test", "gallery"),
        "val/query/c/1.png": ("c", "val", "query"),
    }


def test_splits_may_lie_below_every_class(tmp_path):
    files = (
        "hat/train/1.png",
        "hat/test/2.png",
        "boots/left/train/1.png",
        "shoe/test/query/1.png",
        "shoe/gallery/1.png",
    )
    assert facts(opened(put_all(tmp_path, *files))) == {
        "hat/train/1.png": ("hat", "train", ""),
        "hat/test/2.png": ("hat", "test", ""),
        "boots/left/train/1.png": ("boots/left", "train", ""),
        "shoe/test/query/1.png": ("shoe", "test", "query"),
        "shoe/gallery/1.png": ("shoe", "test", "gallery"),
    }


def test_a_test_below_one_class_alone_divides_nothing(tmp_path):
    catalog = opened(put_all(tmp_path, "hat/test/1.png", "shoe/1.png"))
    assert catalog.classes == ("hat/test", "shoe")


def test_the_unlabelled_folder_of_fiftyone_is_no_class(tmp_path):
    catalog = opened(put_all(tmp_path, "hat/1.png", "shoe/2.png", "_unlabeled/3.png"))
    assert catalog.classes == ("hat", "shoe")
    assert facts(catalog)["_unlabeled/3.png"] == ("", "", "")


def test_a_class_below_a_split_may_be_called_like_one(tmp_path):
    files = ("train/query/1.png", "train/test/1.png", "test/train/1.png")
    assert facts(opened(put_all(tmp_path, *files))) == {
        "train/query/1.png": ("query", "train", ""),
        "train/test/1.png": ("test", "train", ""),
        "test/train/1.png": ("train", "test", ""),
    }


def test_a_train_among_cars_is_a_class(tmp_path):
    catalog = opened(put_all(tmp_path, "bus/1.png", "car/1.png", "train/1.png"))
    assert catalog.classes == ("bus", "car", "train")


def test_a_test_folder_without_classes_is_unlabelled(tmp_path):
    catalog = opened(put_all(tmp_path, "train/a/1.png", "train/b/1.png", "test/1.png"))
    assert facts(catalog)["test/1.png"] == ("", "test", "")
    assert "1 has no class (first: test/1.png)." in catalog.report.sentences


@pytest.mark.parametrize("wrapper", ["data/", "data/images/v2/"])
def test_folders_around_everything_name_no_class(tmp_path, wrapper):
    plain = opened(put_all(tmp_path / "plain", f"{wrapper}a/1.png", f"{wrapper}b/1.png"))
    assert plain.classes == ("a", "b")
    divided = opened(put_all(tmp_path / "divided", f"{wrapper}train/a/1.png", f"{wrapper}test/b/1.png"))
    assert [*facts(divided).values()] == [("b", "test", ""), ("a", "train", "")]


def test_folders_around_all_classes_below_the_splits_name_no_class(tmp_path):
    catalog = opened(put_all(tmp_path, "train/images/a/1.png", "test/images/b/1.png"))
    assert catalog.classes == ("a", "b")


def test_a_picture_beside_the_classes_wrapper_changes_no_class(tmp_path):
    catalog = opened(put_all(tmp_path, "logo.png", "data/a/1.png", "data/b/1.png"))
    assert catalog.labels.tolist() == ["", "a", "b"]


def test_a_picture_beside_the_wrapper_changes_nothing(tmp_path):
    files = ("logo.png", "data/cover.png", "data/train/a/1.png", "data/test/b/1.png")
    catalog = opened(put_all(tmp_path, *files))
    assert facts(catalog) == {
        "logo.png": ("", "", ""),
        "data/cover.png": ("", "", ""),
        "data/train/a/1.png": ("a", "train", ""),
        "data/test/b/1.png": ("b", "test", ""),
    }
    assert "2 have no class (first: logo.png, data/cover.png)." in catalog.report.sentences


def test_a_class_in_no_split_is_reported(tmp_path):
    catalog = opened(put_all(tmp_path, "train/a/1.png", "test/b/1.png", "extra/c/1.png"))
    assert facts(catalog)["extra/c/1.png"] == ("c", "", "")
    assert any(
        notice.startswith("Images in extra, beside test, train, are in no split") for notice in catalog.report.notices
    )
    assert "1 is in no split (first: extra/c/1.png)." in catalog.report.sentences


def test_a_nested_class_is_named_by_its_path(tmp_path):
    catalog = opened(put_all(tmp_path, "boots/left/1.png", "boots/right/1.png", "hats/1.png", "boots/1.png"))
    assert catalog.classes == ("boots", "boots/left", "boots/right", "hats")


def test_images_in_no_folder_have_no_class(tmp_path):
    catalog = opened(put_all(tmp_path, "1.png", "2.png"))
    assert catalog.labels.tolist() == ["", ""]
    assert catalog.classes == ()
    assert "2 have no class (first: 1.png, 2.png)." in catalog.report.sentences


def test_hidden_things_and_other_files_are_passed_over(tmp_path):
    put_all(tmp_path, "a/1.png", "a/._1.png", ".cache/a/1.png", "__MACOSX/a/1.png", "a/.png")
    (tmp_path / "a" / "notes.txt").write_text("")
    assert opened(tmp_path).paths.tolist() == ["a/1.png"]


@pytest.mark.parametrize(
    ("files", "looked"),
    [
        (("notes.txt",), "its only file is none, because its files are .txt"),
        (
            ("notes.txt", "a/data.json", ".hidden/1.png"),
            "none of the 2 files in 2 folders is one, because its files are .txt, .json",
        ),
        (
            ("birds.tgz", "read me"),
            "none of the 2 files in 1 folder is one, because birds.tgz is an archive: unpack it",
        ),
        (("a/1", "b/2"), "none of the 2 files in 3 folders is one, because its files are without a suffix"),
    ],
)
def test_a_folder_without_images_says_what_was_looked_at(tmp_path, files, looked):
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("no picture")
    with pytest.raises(DataError) as caught:
        opened(tmp_path)
    assert str(caught.value) == f"{tmp_path} holds no images (.jpg, .png, ...): {looked}."


@pytest.mark.parametrize(
    ("folders", "said"),
    [
        ((), " is empty; expected a folder of images (.jpg, .png, ...) for each class."),
        ((".hidden",), " is empty but for hidden files and folders; expected a folder of images"),
        (("a",), " holds no images (.jpg, .png, ...): the 1 folder in it is empty."),
        (("a", "b/c"), " holds no images (.jpg, .png, ...): the 3 folders in it are empty."),
    ],
)
def test_what_is_empty_is_called_so(tmp_path, folders, said):
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    with pytest.raises(DataError) as caught:
        opened(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}{said}")


@pytest.mark.parametrize(
    "thing",
    [
        "@eaDir",
        "#recycle",
        "$RECYCLE.BIN",
        "lost+found",
        "__MACOSX",
        ".thumbnails",
        "System Volume Information",
        "@Recycle",
    ],
)
def test_folders_of_the_system_are_passed_over_and_counted(tmp_path, thing):
    put_all(tmp_path, "cats/1.png", "dogs/1.png", f"{thing}/1.png", f"cats/{thing}/1.png/THUMB_SM.jpg")
    for name in ("Thumbs.db", "cats/.DS_Store", "cats/._1.png", "desktop.ini"):
        (tmp_path / name).write_bytes(b"\0")
    catalog = opened(tmp_path)
    assert catalog.paths.tolist() == ["cats/1.png", "dogs/1.png"]
    assert catalog.report.counts == {"system": 6}
    assert not catalog.report.is_noteworthy


def test_pictures_without_a_usual_suffix_are_found_by_content(tmp_path):
    odd = ("a/scan.jfif", "a/x.JPE", "a/photo.jpg_large", "b/nosuffix", "b/12345.6789", "b/z.jpg.webp", "b/u.PNG")
    put_all(tmp_path, *odd)
    (tmp_path / "b" / "live").write_bytes(b"\0\0\0\x18ftypheic" + bytes(50))
    catalog = opened(tmp_path)
    assert sorted(catalog.paths.tolist()) == sorted(odd)
    assert catalog.report.counts == {"unreadable": 1}


def test_what_is_no_picture_and_folders_without_one_are_counted_and_named(tmp_path):
    put_all(tmp_path, "a/1.png", "b/1.png")
    for name, content in {
        "a/read me": "text",
        "a/BM": "BMW and more",
        "b/P1": "P100 is text",
        "b/x.txt": "GIF8",
    }.items():
        (tmp_path / name).write_text(content)
    (tmp_path / "c" / "d").mkdir(parents=True)
    report = opened(tmp_path).report
    assert report.counts == {"other": 4, "empty": 1}
    assert "4 files are no pictures (first: a/BM, a/read me, b/P1)." in report.sentences
    assert "1 folder holds no picture (first: c/d)." in report.sentences


def test_of_very_many_files_of_one_unknown_suffix_not_every_one_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_reader, "MOST_ASKED", 3)
    put_all(tmp_path, "a/1.png", "b/1.png", "b/9.blob")
    for number in range(9):
        (tmp_path / "a" / f"{number}.blob").write_text("no")
    assert opened(tmp_path).report.counts == {"other": 10}


def test_loops_of_links_end_and_every_image_counts_once(tmp_path):
    put_all(tmp_path, "a/1.png", "b/1.png")
    (tmp_path / "a" / "up").symlink_to("..")
    (tmp_path / "b" / "self").symlink_to(".")
    (tmp_path / "b" / "x").symlink_to("x")
    (tmp_path / "b" / "lost").symlink_to("nowhere")
    assert opened(tmp_path).paths.tolist() == ["a/1.png", "b/1.png"]


def test_linked_folders_are_followed_in_their_natural_place(tmp_path):
    put_all(tmp_path / "elsewhere", "second/1.png")
    put_all(tmp_path / "root", "1/1.png", "3/1.png")
    (tmp_path / "root" / "2").symlink_to("../elsewhere/second")
    catalog = opened(tmp_path / "root")
    assert catalog.paths.tolist() == ["1/1.png", "2/1.png", "3/1.png"]
    assert catalog.path(1).is_file()


def test_a_link_never_renames_what_lies_in_the_real_folder(tmp_path):
    put_all(tmp_path, "train/a/1.png", "test/b/1.png")
    (tmp_path / "latest").symlink_to("train")
    (tmp_path / "test" / "0").symlink_to("../train/a")
    assert facts(opened(tmp_path)) == {"train/a/1.png": ("a", "train", ""), "test/b/1.png": ("b", "test", "")}


def test_one_image_under_two_names_counts_once(tmp_path):
    put_all(tmp_path, "a/1.png", "b/1.png")
    os.link(tmp_path / "a" / "1.png", tmp_path / "b" / "2.png")
    (tmp_path / "b" / "3.png").symlink_to("../a/1.png")
    catalog = opened(tmp_path)
    assert catalog.paths.tolist() == ["a/1.png", "b/1.png"]
    assert "2 list an image a second time (first: b/2.png, b/3.png)." in catalog.report.sentences


def test_bad_files_are_counted_and_the_rest_is_used(tmp_path):
    put_all(tmp_path, "a/1.png", "b/1.png")
    (tmp_path / "a" / "2.png").write_bytes(b"")
    (tmp_path / "a" / "3.jpg").write_text("<html>404</html>")
    (tmp_path / "b" / "4.jpg").symlink_to("4.jpg")
    (tmp_path / "b" / "5.jpg").symlink_to("nowhere.jpg")
    (tmp_path / "b" / "6.jpg").write_text("no")
    catalog = opened(tmp_path)
    assert catalog.paths.tolist() == ["a/1.png", "b/1.png"]
    assert catalog.report.counts == {"unreadable": 4, "missing": 1}
    assert (catalog.report.listed, catalog.report.used) == (7, 2)
    assert (
        "4 cannot be read (first: a/2.png is empty, a/3.jpg is not an image, "
        "b/4.jpg cannot be opened (Too many levels of symbolic links))."
    ) in catalog.report.sentences
    assert "1 has no image file (first: b/5.jpg)." in catalog.report.sentences


def test_of_very_many_files_the_content_is_left_to_the_decoder(tmp_path, monkeypatch):
    monkeypatch.setattr(catalog_builder, "MOST_OPENED", 3)
    put_all(tmp_path, "a/1.png", "b/1.png")
    (tmp_path / "a" / "2.png").write_bytes(b"")
    (tmp_path / "a" / "3.jpg").write_text("<html>404</html>")
    (tmp_path / "b" / "4.png").symlink_to("gone")
    catalog = opened(tmp_path)
    assert catalog.paths.tolist() == ["a/1.png", "a/3.jpg", "b/1.png"]
    assert catalog.report.counts == {"unreadable": 1, "missing": 1}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes exist on POSIX only")
@pytest.mark.timeout(30)
def test_a_named_pipe_is_refused_at_once(tmp_path):
    put_all(tmp_path, "a/1.png")
    os.mkfifo(tmp_path / "a" / "2.jpg")
    catalog = opened(tmp_path)
    assert f"1 cannot be read (first: a/2.jpg {Message('is-no-regular-file')})." in catalog.report.sentences


def test_when_nothing_is_usable_it_says_why(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").write_bytes(b"")
    (tmp_path / "a" / "2.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"has no usable image: 2 listed, 2 unreadable \(first: a/1\.png is empty\)"):
        opened(tmp_path)


def test_a_folder_that_cannot_be_opened_is_reported(tmp_path, monkeypatch):
    put_all(tmp_path, "a/1.png", "b/1.png")
    scan = os.scandir

    def refuse(folder):
        if Path(folder).name == "b":
            raise PermissionError(13, "Permission denied", str(folder))
        return scan(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    catalog = opened(tmp_path)
    assert catalog.paths.tolist() == ["a/1.png"]
    assert "1 folder cannot be opened (first: b: Permission denied)." in catalog.report.sentences
    with pytest.raises(DataError, match=r": no file was found, because .*b cannot be opened \(Permission denied\)"):
        opened(tmp_path / "b")


def test_classes_are_left_out_as_asked(tmp_path):
    put_all(tmp_path, "a/1.png", "b/1.png", "Not sure/1.png", "Not sure/2.png")
    catalog = opened(tmp_path, exclude_labels=("Not sure",))
    assert catalog.classes == ("a", "b")
    assert "2 are left out as asked (first: Not sure/1.png, Not sure/2.png)." in catalog.report.sentences
    with pytest.raises(DataError, match=r"has no class 'c' to leave out; its classes are: Not sure, a, b\."):
        opened(tmp_path, exclude_labels=("a", "c"))


def test_hangul_keeps_its_spelling(tmp_path):
    composed, decomposed = (unicodedata.normalize(form, "모자") for form in ("NFC", "NFD"))
    catalog = opened(put_all(tmp_path, f"{composed}/양말.png", f"{decomposed} 2/양말.png"))
    assert set(catalog.labels) == {composed, f"{decomposed} 2"}
    assert all(catalog.path(row).is_file() for row in range(2))


def test_names_that_are_no_text_are_used_and_can_be_written_out(tmp_path):
    label, name = os.fsdecode(b"caf\xe9"), os.fsdecode(b"\xff\xfe.png")
    catalog = opened(put_all(tmp_path, f"{label}/{name}", "x/1.png"))
    assert catalog.labels.tolist() == [label, "x"]
    assert catalog.path(0).read_bytes()
    assert len(catalog.fingerprint) == 16
    assert catalog.row_of(catalog.path(0)) == 0


def test_the_longest_names_are_used(tmp_path):
    catalog = opened(put_all(tmp_path, f"{'d' * 255}/{'x' * 251}.png", "b/1.png"))
    assert catalog.report.used == 2


def test_a_home_folder_and_a_link_as_root_are_understood(tmp_path, monkeypatch):
    put_all(tmp_path / "shop", "a/1.png", "b/1.png")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "link").symlink_to("shop")
    assert opened(Path("~/shop")).root == tmp_path / "shop"
    assert opened(tmp_path / "link").fingerprint == opened(tmp_path / "shop").fingerprint


def test_the_same_folder_gives_the_same_catalog_and_a_changed_file_another(tmp_path):
    put_all(tmp_path, "a/1.png", "b/1.png")
    before = opened(tmp_path).fingerprint
    assert opened(tmp_path).fingerprint == before
    put(tmp_path / "a" / "1.png", seed=99)
    os.utime(tmp_path / "a" / "1.png", ns=(1, 1))
    changed = opened(tmp_path).fingerprint
    put(tmp_path / "a" / "2.png")
    assert len({before, changed, opened(tmp_path).fingerprint}) == 3


def test_classes_inside_of_classes_are_said(tmp_path):
    put_all(tmp_path, "boots/1.png", "boots/new/2.png", "boots/new/red/3.png", "hats/4.png", "5.png")
    catalog = opened(tmp_path)
    assert catalog.classes == ("boots", "boots/new", "boots/new/red", "hats")
    (notice,) = catalog.report.notices
    assert notice == (
        "2 classes lie in the folder of another (first: boots/new in boots): every folder with images is a class."
    )


def test_classes_of_several_depths_that_hold_no_other_are_not_said(tmp_path):
    put_all(tmp_path, "boots/left/1.png", "boots/right/2.png", "hats/3.png", "boots-new/4.png")
    assert opened(tmp_path).report.notices == ()


@pytest.mark.parametrize(
    ("files", "first"),
    [
        (("pets/train/a/1.png", "pets/test/b/2.png", "pets2/train/a/3.png", "pets2/test/b/4.png"), "pets2/test/b"),
        (("a/train/1.png", "a/test/2.png", "b/3.png"), "a/test"),
    ],
)
def test_splits_that_divide_nothing_are_asked_about(tmp_path, files, first):
    put_all(tmp_path, *files)
    with pytest.raises(DataError, match="Folders called like splits lie beside or below others") as caught:
        opened(tmp_path)
    assert f"(first: {first})" in str(caught.value)
    said = opened(tmp_path, folders=("train=train", "test=test"))
    assert set(said.splits.tolist()) <= {"train", "test", ""}
    assert not any("train" in label or "test" in label for label in said.classes)


def test_a_class_that_is_called_like_a_split_is_said(tmp_path):
    put_all(tmp_path, "vehicles/train/1.png", "vehicles/bus/2.png", "toys/train/3.png", "toys/doll/4.png")
    (notice,) = opened(tmp_path).report.notices
    assert notice.startswith("toys/train and 1 more: called like a split and taken for a class")


def test_what_is_left_out_as_asked_is_counted(tmp_path):
    put_all(tmp_path, "train/a/1.png", "test/b/1.png", "extra/c/1.png", "extra/c/2.png")
    catalog = opened(tmp_path, folders=("extra=skip",))
    assert catalog.report.counts == {"skipped": 2}
    assert catalog.report.notices == ()
    with pytest.raises(DataError, match=r"The folder 'more' was explained, but .* has none of that name with images"):
        opened(tmp_path, folders=("more=skip",))


def test_folders_that_repeat_inside_every_class_are_said_and_can_be_dropped(tmp_path):
    put_all(tmp_path, *(f"{label}/{time}/1.png" for label in ("bus", "car", "train") for time in ("front", "back")))
    said = " ".join(opened(tmp_path).report.notices)
    assert "Each of 3 folders (bus, car, train) has the same 2 inside (back, front)" in said
    assert opened(tmp_path, folders=("front=none", "back=none")).classes == ("bus", "car", "train")


def test_progress_ends_at_the_total(tmp_path):
    said = []

    class Listener(Reporter):
        def progress(self, task: str, done: int, total: int, unit: str = "images") -> None:
            said.append((task, done, total, unit))

    put_all(tmp_path, "a/1.png", "b/1.png")
    read_folder(DataSource(str(tmp_path)), Listener())
    assert said == [
        ("looking for images", 0, 0, "in 0 folders"),
        ("looking for images", 0, 0, "in 1 folders"),
        ("looking for images", 1, 0, "in 2 folders"),
        ("checking", 2, 2, "images"),
    ]


@pytest.mark.parametrize("task", ["listing a folder", "looking for images"])
def test_one_folder_full_of_files_is_told_of_and_left_in_its_middle(tmp_path, task, monkeypatch):
    monkeypatch.setattr(folder_reader, "STEP", 4)
    put_all(tmp_path, *(f"{number}.png" for number in range(9)))
    told = []

    class Listener(Reporter):
        def progress(self, task: str, done: int, total: int, unit: str = "images") -> None:
            told.append((task, done))

    read_folder(DataSource(str(tmp_path)), Listener())
    start = ("looking for images", 0)
    assert told[:5] == [
        start,
        ("listing a folder", 4),
        ("listing a folder", 8),
        ("looking for images", 3),
        ("looking for images", 7),
    ]
    told.clear()
    stoppable = StoppableReporter(Listener(), lambda: bool(told) and told[-1] != start and told[-1][0] == task)
    with pytest.raises(Cancelled, match=f"Stopped while {task}"):
        read_folder(DataSource(str(tmp_path)), stoppable)


@pytest.mark.parametrize("task", ["looking for images", "checking"])
def test_opening_ends_where_it_is_stopped(tmp_path, task, monkeypatch):
    monkeypatch.setattr(catalog_builder, "PIECE", 2)
    put_all(tmp_path, *(f"{label}/{number}.png" for label in "ab" for number in range(40)))
    looked = []

    def look(path, at_content):
        looked.append(path)
        return images.first_look(path, at_content)

    class Listener(Reporter):
        now = ""

        def progress(self, task: str, done: int, total: int, unit: str = "images") -> None:
            self.now = task

    listener = Listener()
    monkeypatch.setattr(catalog_builder, "first_look", look)
    stoppable = StoppableReporter(listener, lambda: listener.now == task)
    with pytest.raises(Cancelled, match=f"Stopped while {task}"):
        read_folder(DataSource(str(tmp_path)), stoppable)
    assert len(looked) < 80


def test_files_of_a_folder_come_before_its_sub_folders(tmp_path):
    put_all(tmp_path, "a/1.png", "z.png", "a/b/1.png", "a/z.png")
    assert image_files(tmp_path).files == ["z.png", "a/1.png", "a/z.png", "a/b/1.png"]


def test_pictures_that_are_not_read_are_counted(tmp_path):
    put_all(tmp_path, "a/1.png", "b/1.png")
    (tmp_path / "a" / "2.heic").write_bytes(b"\x00\x00\x00\x18ftypheic" + bytes(50))
    catalog = opened(tmp_path)
    assert catalog.report.counts == {"unreadable": 1}
    assert "a/2.heic is a HEIC picture, which is not read" in catalog.report.sentences[1]


def test_classes_that_only_unicode_tells_apart_are_said(tmp_path):
    for number, form in enumerate(("NFC", "NFD")):
        put(tmp_path / unicodedata.normalize(form, "한글") / f"{number}.png")
    put(tmp_path / "모자" / "1.png")
    catalog = opened(tmp_path)
    assert len(catalog.classes) == 3
    assert any("differ in their Unicode spelling" in sentence for sentence in catalog.report.sentences)


def test_classes_that_only_capitals_tell_apart_are_said(tmp_path):
    catalog = opened(put_all(tmp_path, "train/cats/1.png", "test/Cats/2.png", "train/a/3.png", "train/A/4.png"))
    assert catalog.report.notices == (
        "'Cats' and 'cats' are two classes that differ in capitals alone (1 such name in all).",
    )


def test_folders_of_conditions_inside_every_class_divide_no_class(tmp_path):
    put_all(tmp_path, *(f"{kind}/{time}/1.png" for kind in ("bus", "train", "tram") for time in ("day", "Night")))
    catalog = opened(tmp_path)
    assert catalog.classes == ("bus", "train", "tram")
    assert any("are conditions or dates" in notice for notice in catalog.report.notices)
    kept = opened(tmp_path, folders=("day=class", "Night=class"))
    assert len(kept.classes) == 6


@pytest.mark.parametrize(
    "files",
    [
        ("2019/cat/1.png", "2019/dog/2.png", "2020/cat/3.png", "2020/dog/4.png"),
        ("cat/2019/1.png", "cat/2020/2.png", "dog/2020/3.png"),
        ("train/2019-01/cat/1.png", "train/2019-02/cat/2.png", "test/2019-01/dog/3.png", "test/2019-02/dog/4.png"),
        ("2019/train/cat/1.png", "2020/train/cat/2.png", "2019/test/dog/3.png", "2020/test/dog/4.png"),
    ],
)
def test_dates_inside_or_around_the_classes_divide_no_class(tmp_path, files):
    catalog = opened(put_all(tmp_path, *files))
    assert catalog.classes == ("cat", "dog")
    assert any("are conditions or dates" in notice for notice in catalog.report.notices)


def test_folders_of_years_alone_are_classes(tmp_path):
    assert opened(put_all(tmp_path, "2019/1.png", "2020/2.png")).classes == ("2019", "2020")


def test_a_folder_that_says_nothing_in_the_middle_of_all_names_is_dropped(tmp_path):
    files = [f"{domain}/images/{kind}/1.png" for domain in ("amazon", "webcam") for kind in ("bike", "mug")]
    catalog = opened(put_all(tmp_path, *files))
    assert catalog.classes == ("amazon/bike", "amazon/mug", "webcam/bike", "webcam/mug")
    said = " ".join(map(on_command_line, catalog.report.notices))
    assert '--folder "amazon=none" --folder "webcam=none" goes by the inner names' in said
    assert '--folder "bike=none" --folder "mug=none" goes by the outer names' in said
    assert opened(tmp_path, folders=("amazon=none", "webcam=none")).classes == ("bike", "mug")
    assert opened(tmp_path, folders=("bike=none", "mug=none")).classes == ("amazon", "webcam")


def test_other_folders_inside_every_class_are_said_and_stay_parts_of_their_names(tmp_path):
    put_all(tmp_path, *(f"{brand}/{model}/1.png" for brand in ("a", "b") for model in ("one", "two")))
    catalog = opened(tmp_path)
    assert catalog.classes == ("a/one", "a/two", "b/one", "b/two")
    assert any("has the same 2 inside (one, two)" in notice for notice in catalog.report.notices)
    assert "test." in catalog.report.split_rule and "no class is in both" not in catalog.report.split_rule


def test_folders_that_repeat_in_one_split_alone_are_said(tmp_path):
    train = [f"train/{side}/{place}/1.png" for side in ("drone", "street") for place in ("a", "b")]
    said = " ".join(opened(put_all(tmp_path, *train, "test/c/1.png")).report.notices)
    assert "Each of 2 folders (drone, street) has the same 2 inside (a, b)" in said
