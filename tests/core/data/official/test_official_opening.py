from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.data.official.official_set import OFFICIAL_SPLIT, Listed, OfficialSet, PublishedPart, divided_in_halves
from core.data.official.opening import counts_of, open_official
from core.data.source import DataSource
from core.errors import Cancelled, DataError
from core.messages import Message
from core.progress import Reporter, StoppableReporter
from tests.core.data.official.trees import put_images

FILES = ("a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg")
LABELS, SPLITS = ("x", "x", "y", "y"), ("train", "train", "test", "test")


def listing(files: Sequence[str] = FILES, **more: object):
    def list_images(folder: Path, _reporter: Reporter) -> Listed:
        return Listed(folder, files, LABELS[: len(files)], SPLITS[: len(files)], **more)

    return list_images


def tiny_set(list_images, *parts: PublishedPart) -> OfficialSet:
    parts = parts or (PublishedPart("train", 2, 1), PublishedPart("test", 2, 1))
    return OfficialSet("Tiny", "", ("tiny",), (("index.txt",),), frozenset(), parts, list_images)


def opened(folder: Path, official: OfficialSet, **options):
    return open_official(official, folder, DataSource(str(folder), **options), Reporter())


def test_what_is_whole_has_nothing_to_say(tmp_path):
    put_images(tmp_path, FILES)
    catalog = opened(tmp_path, tiny_set(listing()))
    assert catalog.paths.tolist() == list(FILES)
    assert catalog.report.sentences == ("4 of 4 images are used.",)
    size = (tmp_path / FILES[0]).stat().st_size
    assert all(stamp.startswith(f"{size}-") for stamp in catalog.stamps)


def test_missing_images_are_counted_named_and_make_the_counts_differ(tmp_path):
    put_images(tmp_path, FILES[:1])
    catalog = opened(tmp_path, tiny_set(listing()))
    assert catalog.paths.tolist() == ["a/1.jpg"]
    assert catalog.report.sentences == (
        "1 of 4 images are used.",
        "This is not Tiny as published, so figures do not compare: train has 1 image of 1 class where the official "
        "set has 2 images of 1 class; test has 0 images of 0 classes where the official set has 2 images of 1 class.",
        "3 have no image file (first: a/2.jpg, b/1.jpg, b/2.jpg).",
    )


def test_what_is_no_file_or_empty_is_left_out_with_the_reason(tmp_path):
    put_images(tmp_path, FILES[:2])
    (tmp_path / "b" / "1.jpg").mkdir(parents=True)
    (tmp_path / "b" / "2.jpg").touch()
    report = opened(tmp_path, tiny_set(listing())).report
    assert report.counts == {"unreadable": 2}
    assert report.offenders["unreadable"] == [f"b/1.jpg {Message('is-no-regular-file')}", "b/2.jpg is empty"]


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a privilege on Windows")
def test_links_are_followed_and_those_to_nowhere_are_missing(tmp_path):
    put_images(tmp_path, FILES[:3])
    (tmp_path / "b" / "2.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (tmp_path / "a").rename(tmp_path / "elsewhere")
    (tmp_path / "a").symlink_to(tmp_path / "elsewhere")
    assert opened(tmp_path, tiny_set(listing())).paths.tolist() == list(FILES[:3])


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError(36, "File name too long")])
def test_a_folder_that_cannot_be_opened_is_no_missing_one(tmp_path, monkeypatch, error):
    put_images(tmp_path, FILES)
    scan = os.scandir

    def scandir(folder: str):
        if folder.endswith("b"):
            raise error
        return scan(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    report = opened(tmp_path, tiny_set(listing())).report
    assert report.counts == {"unreadable": 2}
    assert report.offenders["unreadable"][0] == f"b/1.jpg cannot be opened ({error.strerror})"


@pytest.mark.parametrize("name", ["/etc/hosts", "../a/1.jpg", "a/../a/1.jpg", "./a/1.jpg", "a//1.jpg", "a/1\0.jpg"])
def test_a_name_that_leads_elsewhere_or_round_about_is_refused(tmp_path, name):
    put_images(tmp_path, FILES)
    with pytest.raises(DataError, match=r"the index files of Tiny list .*; expected a path below the folder"):
        opened(tmp_path, tiny_set(listing((*FILES[:2], name))))


def test_no_image_at_all_is_refused(tmp_path):
    with pytest.raises(
        DataError, match=r"lists 4 images of Tiny, but none can be used: 4 have no image file \(first: a/1\.jpg, "
    ):
        opened(tmp_path, tiny_set(listing()))


def test_images_unpacked_into_a_folder_of_their_own_name_are_found(tmp_path):
    files = [f"images/{file}" for file in FILES]
    put_images(tmp_path / "images", files)
    catalog = opened(tmp_path, tiny_set(listing(files)))
    assert (catalog.root, catalog.paths.tolist()) == (tmp_path / "images", files)
    put_images(tmp_path, files[:2])
    catalog = opened(tmp_path, tiny_set(listing(files)))
    assert (catalog.root, catalog.paths.tolist()) == (tmp_path, files[:2])


def test_classes_left_out_as_asked_do_not_make_the_counts_differ(tmp_path):
    put_images(tmp_path, FILES)
    catalog = opened(tmp_path, tiny_set(listing()), exclude_labels=("y",))
    assert catalog.classes == ("x",)
    assert catalog.report.notices == ()
    assert catalog.report.counts == {"excluded": 2}
    with pytest.raises(DataError, match="Tiny has no class 'z' to leave out; its classes are: x, y"):
        opened(tmp_path, tiny_set(listing()), exclude_labels=("z",))


def test_a_file_listed_twice_is_a_contradiction(tmp_path):
    put_images(tmp_path, FILES)
    with pytest.raises(DataError, match=r"list a/1\.jpg twice"):
        opened(tmp_path, tiny_set(listing(("a/1.jpg", "a/2.jpg", "a/1.jpg"))))


def test_a_class_in_both_splits_is_a_contradiction(tmp_path):
    put_images(tmp_path, FILES)

    def list_images(folder: Path, _reporter: Reporter) -> Listed:
        return Listed(folder, FILES, ("x", "x", "x", "y"), SPLITS)

    with pytest.raises(DataError, match=r"classes of Tiny are in train and test at once \(1, first: x\)"):
        opened(tmp_path, tiny_set(list_images))


def test_parts_are_counted_by_role_and_by_official_split(tmp_path):
    put_images(tmp_path, FILES)
    by_role = listing(roles=("", "", "query", "gallery"))
    parts = (PublishedPart("train", 2, 1), PublishedPart("query", 1, 1), PublishedPart("gallery", 1, 1))
    assert opened(tmp_path, tiny_set(by_role, *parts)).report.notices == ()
    by_split = listing(attributes={OFFICIAL_SPLIT: ("p", "q", "p", "r")})
    (notice,) = opened(tmp_path, tiny_set(by_split, PublishedPart("p", 2, 2), PublishedPart("q", 1, 1))).report.notices
    assert notice.endswith("do not compare: r has 1 image of 1 class and is no official part.")


def test_opening_can_be_stopped(tmp_path):
    put_images(tmp_path, FILES)
    with pytest.raises(Cancelled):
        open_official(
            tiny_set(listing()), tmp_path, DataSource(str(tmp_path)), StoppableReporter(Reporter(), lambda: True)
        )


def test_counts_of_parts():
    assert counts_of("aab", "xyx") == {"a": PublishedPart("a", 2, 2), "b": PublishedPart("b", 1, 1)}


def test_an_odd_class_goes_to_training():
    listed = divided_in_halves(Path(), ("1", "2", "3"), ("b", "a", "c"), ("c", "a", "b"))
    assert listed.splits == ["test", "train", "train"]
    assert "the first half (2) of 3 classes is train, the other (1) test" in listed.split_rule
