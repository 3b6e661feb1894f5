from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import paths
from core.data import catalog_cache
from core.data.catalog import Catalog
from core.data.catalog_cache import SUFFIX, cached_or_read
from core.data.readers.folder_reader import read_folder
from core.data.readers.manifest_reader import read_manifest
from core.data.source import DataSource
from core.progress import Reporter
from tests.core.data.pictures import put

LONG_AGO = 1_500_000_000


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv(paths.WORKSPACE_VARIABLE, str(tmp_path / "workspace"))
    monkeypatch.setattr(catalog_cache, "SMALLEST", 1)
    return tmp_path / "workspace"


@pytest.fixture
def shop(tmp_path) -> Path:
    """Four pictures in two classes and an empty one, and a table of two of them, all made long ago."""
    root = tmp_path / "shop"
    for name in ("train/hat/1.png", "train/hat/2.png", "test/양말/3.png", os.fsdecode(b"test/\xff/4.png")):
        put(root / name)
    (root / "test" / "empty" / "too").mkdir(parents=True)
    (root / "test" / "empty" / "round").symlink_to(root)
    (root / "list.csv").write_text(
        "image,label,split,role,note,target_a,left,top,right,bottom\n"
        'train/hat/1.png,hat,train,,"a\nb",1.5,,,,\ntest/양말/3.png,,test,query,,,1,1,3,3\n'
    )
    settle(root)
    return root


def settle(root: Path) -> None:
    """Make everything look as if it had been left alone for years."""
    for folder, _, files in os.walk(root):
        for name in (*files, "."):
            os.utime(Path(folder) / name, (LONG_AGO, LONG_AGO))


class Opened:
    """Opens a source through the cache and counts how often it was really read."""

    def __init__(self, source: DataSource, read=None) -> None:
        self.source = source
        self.reads = 0
        self._read = read or (read_manifest if source.location.endswith("csv") else read_folder)

    def __call__(self) -> Catalog:
        return cached_or_read(self.source, self._count)

    def _count(self) -> Catalog:
        self.reads += 1
        return self._read(self.source, Reporter())


def assert_same(one: Catalog, other: Catalog) -> None:
    for column in ("paths", "labels", "splits", "roles", "stamps"):
        assert getattr(one, column).tolist() == getattr(other, column).tolist()
        assert not getattr(other, column).flags.writeable
    assert {name: column.tolist() for name, column in one.attributes.items()} == {
        name: column.tolist() for name, column in other.attributes.items()
    }
    for array in ("targets", "boxes"):
        expected, found = getattr(one, array), getattr(other, array)
        assert (expected is None) == (found is None)
        assert expected is None or (np.array_equal(expected, found, equal_nan=True) and expected.dtype == found.dtype)
    assert (one.name, one.root, one.target_names) == (other.name, other.root, other.target_names)
    assert one.report.sentences == other.report.sentences
    assert one.classes == other.classes and np.array_equal(one.codes, other.codes)
    # What is kept is what the columns say.
    fresh = Catalog(**{name: getattr(other, name) for name in Catalog.__dataclass_fields__})
    assert one.fingerprint == other.fingerprint == fresh.fingerprint
    assert np.array_equal(fresh.codes, other.codes)


def cached_files() -> list[Path]:
    return sorted((paths.cache() / "catalogs").glob(f"*{SUFFIX}"))


@pytest.mark.parametrize("name", ["", "list.csv"])
def test_a_second_opening_reads_nothing_and_finds_the_same(shop, name):
    opened = Opened(DataSource(str(shop / name)))
    first, second = opened(), opened()
    assert opened.reads == 1
    assert_same(first, second)


def change_table(shop: Path) -> None:
    (shop / "list.csv").write_text(
        (shop / "list.csv").read_text().replace("train/hat/1.png,hat", "train/hat/1.png,cap")
    )


CHANGES = {
    "a new picture": lambda shop: put(shop / "train" / "hat" / "9.png"),
    "a new class": lambda shop: put(shop / "train" / "shoe" / "9.png"),
    "a picture in an empty folder": lambda shop: put(shop / "test" / "empty" / "9.png"),
    "a picture in an empty folder of an empty folder": lambda shop: put(shop / "test" / "empty" / "too" / "9.png"),
    "a picture less": lambda shop: (shop / "train" / "hat" / "2.png").unlink(),
    "a picture renamed": lambda shop: (shop / "train" / "hat" / "2.png").rename(shop / "train" / "hat" / "5.png"),
    "a picture written over": lambda shop: put(shop / "train" / "hat" / "1.png", seed=5),
    "a class renamed": lambda shop: (shop / "train" / "hat").rename(shop / "train" / "cap"),
    "a table written over": change_table,
    "numbers beside the table": lambda shop: np.save(shop / "list.npy", np.zeros(2)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_is_seen(shop, change):
    for name in ("", "list.csv"):
        Opened(DataSource(str(shop / name)))()
    assert len(cached_files()) == 2
    CHANGES[change](shop)
    for name in ("", "list.csv"):
        opened = Opened(DataSource(str(shop / name)))
        found = opened()
        assert opened.reads == 1
        assert found.fingerprint == opened._read(opened.source, Reporter()).fingerprint


def test_a_change_beyond_the_compared_images_is_seen_by_its_folder_only(shop, monkeypatch):
    monkeypatch.setattr(catalog_cache, "COMPARED", 2)
    opened = Opened(DataSource(str(shop)))
    paths = opened().paths.tolist()
    put(shop / paths[1], seed=8)
    opened()
    assert opened.reads == 1
    put(shop / paths[2], seed=8)
    opened()
    assert opened.reads == 2


def test_sources_are_kept_apart(shop):
    whole, part = Opened(DataSource(str(shop))), Opened(DataSource(str(shop), exclude_labels=("hat",)))
    assert len(whole()) == 4 and len(part()) == 2 and len(whole()) == 4 and len(part()) == 2
    assert (whole.reads, part.reads) == (1, 1)


def test_what_changed_just_now_is_not_kept(shop):
    put(shop / "train" / "hat" / "9.png")
    opened = Opened(DataSource(str(shop)))
    opened(), opened()
    assert opened.reads == 2 and not cached_files()


def test_what_changes_while_it_is_read_is_not_kept(shop, monkeypatch):
    monkeypatch.setattr(catalog_cache, "STILL_SECONDS", 0.0)

    def read(source: DataSource, reporter: Reporter) -> Catalog:
        catalog = read_folder(source, reporter)
        # The clock of a file system ticks a few hundred times a second.
        time.sleep(0.02)
        put(shop / "train" / "hat" / "9.png")
        time.sleep(0.02)
        return catalog

    opened = Opened(DataSource(str(shop)), read)
    assert len(opened()) == 4
    assert not cached_files()


def test_any_bytes_may_be_damaged(shop):
    opened = Opened(DataSource(str(shop)))
    expected = opened()
    (kept,) = cached_files()
    whole = kept.read_bytes()
    # The list of contents at the end of the archive is under no check sum.
    for at in (*range(0, 40, 4), *range(len(whole) - 600, len(whole), 12)):
        data = bytearray(whole)
        data[at] ^= 0xFF
        kept.write_bytes(data)
        assert_same(expected, opened())


def test_a_small_set_is_not_kept(shop, monkeypatch):
    monkeypatch.setattr(catalog_cache, "SMALLEST", 5)
    Opened(DataSource(str(shop)))()
    assert not cached_files()


@pytest.mark.parametrize("harm", ["empty", "half", "flipped", "other", "version"])
def test_a_damaged_cache_is_made_anew(shop, harm, monkeypatch):
    opened = Opened(DataSource(str(shop)))
    if harm == "version":
        with monkeypatch.context() as patch:
            patch.setattr(catalog_cache, "VERSION", 0)
            opened()
        (kept,) = cached_files()
        kept.rename(catalog_cache._cache_path(opened.source))
    else:
        opened()
        (kept,) = cached_files()
        data = bytearray(kept.read_bytes())
        at = data.index(b"hat/1.png")
        data[at : at + 1] = b"H"
        kept.write_bytes({"empty": b"", "half": data[: len(data) // 2], "flipped": data, "other": b"text"}[harm])
    assert opened().paths.tolist() == opened().paths.tolist()
    assert opened.reads == 2
    assert_same(read_folder(opened.source, Reporter()), opened())


def test_a_cache_that_cannot_be_written_costs_nothing(shop, workspace):
    workspace.mkdir()
    (workspace / "cache").write_text("no folder")
    opened = Opened(DataSource(str(shop)))
    assert len(opened()) == len(opened()) == 4
    assert opened.reads == 2


def test_the_catalogs_not_opened_for_longest_give_way(shop, monkeypatch):
    first = Opened(DataSource(str(shop)))
    first()
    (kept,) = cached_files()
    os.utime(kept, (LONG_AGO, LONG_AGO))
    monkeypatch.setattr(catalog_cache, "BUDGET_BYTES", kept.stat().st_size + 100)
    Opened(DataSource(str(shop / "list.csv")))()
    assert len(cached_files()) == 1 and kept not in cached_files()


@given(st.lists(st.text(st.characters(exclude_characters="\0"), max_size=5), max_size=5))
def test_texts_of_any_kind_come_back(column):
    assert catalog_cache._unpacked(catalog_cache._packed(column)) == column


def test_a_text_that_cannot_be_kept_is_no_reason_to_fail(shop):
    def read(source: DataSource, reporter: Reporter) -> Catalog:
        found = read_manifest(source, reporter)
        labels = found.labels.copy()
        labels[0] = "a\0b"
        return Catalog(**{name: getattr(found, name) for name in Catalog.__dataclass_fields__} | {"labels": labels})

    opened = Opened(DataSource(str(shop / "list.csv")), read)
    assert opened().labels[0] == opened().labels[0] == "a\0b"
    assert opened.reads == 2


@pytest.mark.parametrize("is_damaged", [True, False])
def test_damage_is_said_once_and_a_change_is_not(shop, is_damaged):
    source = DataSource(str(shop))
    Opened(source)()
    (kept,) = cached_files()
    if is_damaged:
        kept.write_bytes(kept.read_bytes()[:-40])
    else:
        (shop / "train" / "hat" / "1.png").unlink()
    notices: list[str] = []

    class Listening(Reporter):
        def event(self, kind, **fields):
            notices.append(fields["sentence"])

    for _ in range(2):
        catalog_cache.cached_or_read(source, lambda: read_folder(source, Reporter()), Listening())
    assert notices == [f"What was kept of {shop} was damaged; it is read again."] * is_damaged
