"""Thumbnails: at once from memory, else from a thread; the last wish first; no picture is waited for in vain."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from core.data.catalog import Catalog
from core.data.images import Box
from core.storage import atomic_path
from explorer import thumbnails
from explorer.thumbnails import SIZE, ThumbnailStore
from tests.explorer.factories import made_catalog

SECONDS = 10
RED = (200, 60, 50)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """Fifteen small red pictures."""
    made = made_catalog(root=tmp_path / "pictures")
    for row in range(len(made)):
        made.path(row).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (64, 32), RED).save(made.path(row))
    return made


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


@pytest.fixture
def store(qtbot: QtBot, workspace: Path, catalog: Catalog) -> Iterator[ThumbnailStore]:
    made = ThumbnailStore(workspace, threads=1)
    made.set_catalog(catalog)
    yield made
    made.shutdown()


class Slow:
    """Takes the place of the decoder: waits at a gate, and notes which files were asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.decoded: list[Path] = []
        self.began, self.opened = threading.Event(), threading.Event()
        self._original = thumbnails.thumbnail
        monkeypatch.setattr(thumbnails, "thumbnail", self)

    def __call__(self, path: Path, size: int, box: Box | None = None) -> Image.Image:
        self.decoded.append(path)
        self.began.set()
        assert self.opened.wait(SECONDS)
        return self._original(path, size, box)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    made = Slow(monkeypatch)
    yield made
    made.opened.set()


def test_a_picture_comes_later_and_then_at_once(qtbot: QtBot, store: ThumbnailStore) -> None:
    assert store.get(3) is None
    assert store.busy
    with qtbot.waitSignal(store.ready) as ready:
        pass
    assert ready.args == [3]
    image = store.get(3)
    assert image is not None
    assert (image.width(), image.height()) == (64, 32)
    assert image.pixelColor(5, 5).getRgb()[:3] == RED
    assert not store.busy and store.fault(3) == ""


def test_rows_that_are_not_there_are_nothing_to_wait_for(store: ThumbnailStore) -> None:
    assert store.get(-1) is store.get(15) is None
    assert not store.busy


def test_a_broken_file_has_a_blank_and_a_reason(qtbot: QtBot, store: ThumbnailStore, catalog: Catalog) -> None:
    catalog.path(2).write_text("<html>not found</html>")
    catalog.path(4).unlink()
    for row, reason in ((2, catalog.path(2).name), (4, "is not there")):
        store.get(row)
        qtbot.waitUntil(lambda: not store.busy)
        image = store.get(row)
        assert image is not None and image.pixelColor(5, 5).getRgb()[:3] == (128, 128, 128)
        assert reason in store.fault(row)


def test_whatever_a_decoder_raises_nobody_waits_for_ever(
    qtbot: QtBot, store: ThumbnailStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall(path: Path, size: int, box: Box | None) -> Image.Image:
        raise MemoryError("no room")

    monkeypatch.setattr(thumbnails, "thumbnail", fall)
    store.get(0)
    qtbot.waitUntil(lambda: not store.busy)
    assert store.fault(0) == "disc/0.png cannot be shown (MemoryError: no room)."


def test_the_last_wish_is_served_first(qtbot: QtBot, store: ThumbnailStore, catalog: Catalog, slow: Slow) -> None:
    for row in (0, 1, 2, 3):
        store.get(row)
        assert slow.began.wait(SECONDS)
    store.get(1)
    slow.opened.set()
    qtbot.waitUntil(lambda: not store.busy)
    assert slow.decoded == [catalog.path(row) for row in (0, 1, 3, 2)]


def test_asking_again_does_not_decode_again(qtbot: QtBot, store: ThumbnailStore, slow: Slow) -> None:
    store.get(0)
    assert slow.began.wait(SECONDS)
    for _ in range(3):
        store.get(0)
        store.get(1)
    slow.opened.set()
    qtbot.waitUntil(lambda: not store.busy)
    assert len(slow.decoded) == 2
    assert store.get(0) is not None and store.get(1) is not None


def test_answers_for_an_earlier_catalog_are_dropped(
    qtbot: QtBot, store: ThumbnailStore, catalog: Catalog, slow: Slow
) -> None:
    ready: list[int] = []
    store.ready.connect(ready.append)
    store.get(0)
    assert slow.began.wait(SECONDS)
    store.get(1)
    other = replace(catalog, name="other")
    store.set_catalog(other)
    slow.opened.set()
    qtbot.waitUntil(lambda: not store.busy)
    assert ready == []
    assert slow.decoded == [catalog.path(0)], "waiting wishes of the old catalog are forgotten"
    assert store.get(0) is None
    qtbot.waitUntil(lambda: ready == [0])
    assert store.get(0) is not None


def kept_of(workspace: Path, catalog: Catalog, row: int) -> Path:
    return workspace / "thumbnails" / catalog.fingerprint / "0" / f"{row}.jpg"


def test_large_photographs_are_kept_on_disk(
    qtbot: QtBot, store: ThumbnailStore, catalog: Catalog, slow: Slow, workspace: Path
) -> None:
    slow.opened.set()
    noise = np.random.default_rng(0).integers(0, 255, (600, 800, 3), np.uint8)
    Image.fromarray(noise).save(catalog.path(0))
    for _ in range(2):
        store.get(0)
        store.get(1)
        qtbot.waitUntil(lambda: not store.busy)
        image = store.get(0)
        assert image is not None and (image.width(), image.height()) == (SIZE, SIZE * 3 // 4)
        qtbot.waitUntil(kept_of(workspace, catalog, 0).is_file)
        store.set_catalog(replace(catalog))
    assert slow.decoded.count(catalog.path(0)) == 1, "found again"
    assert slow.decoded.count(catalog.path(1)) == 2, "small ones are as quick to decode"


def test_no_picture_waits_until_another_is_kept(
    qtbot: QtBot, store: ThumbnailStore, catalog: Catalog, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = threading.Event()

    def slow_disk(path: Path) -> AbstractContextManager[Path]:
        assert disk.wait(SECONDS)
        return atomic_path(path)

    monkeypatch.setattr(thumbnails, "atomic_path", slow_disk)
    for row in (0, 1, 2):
        Image.new("RGB", (800, 600), RED).save(catalog.path(row))
        store.get(row)
    qtbot.waitUntil(lambda: not store.busy)
    assert all(store.has(row) for row in (0, 1, 2)) and not list(workspace.rglob("*.jpg"))
    disk.set()
    qtbot.waitUntil(lambda: all(kept_of(workspace, catalog, row).is_file() for row in (0, 1, 2)))
    assert not store.writing


def test_a_damaged_kept_picture_is_made_again(
    qtbot: QtBot, store: ThumbnailStore, catalog: Catalog, workspace: Path
) -> None:
    Image.new("RGB", (800, 600), RED).save(catalog.path(0))
    store.get(0)
    kept = kept_of(workspace, catalog, 0)
    qtbot.waitUntil(kept.is_file)
    kept.write_bytes(b"\xff\xd8 half")
    store.set_catalog(replace(catalog))
    store.get(0)
    qtbot.waitUntil(lambda: not store.busy)
    image = store.get(0)
    assert store.fault(0) == "" and image is not None and image.width() == SIZE


def test_a_picture_that_cannot_be_kept_is_shown_all_the_same(
    qtbot: QtBot, store: ThumbnailStore, catalog: Catalog, workspace: Path
) -> None:
    workspace.mkdir()
    (workspace / "thumbnails").write_text("in the way")
    Image.new("RGB", (800, 600), RED).save(catalog.path(0))
    store.get(0)
    qtbot.waitUntil(lambda: not store.busy)
    assert store.fault(0) == ""
    image = store.get(0)
    assert image is not None and image.width() == SIZE


def test_memory_is_bounded(qtbot: QtBot, store: ThumbnailStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thumbnails, "KEPT_BYTES", 3 * 64 * 32 * 3)
    for row in (0, 1, 2, 3, 4):
        store.get(row)
        qtbot.waitUntil(lambda: not store.busy)
        store.get(0)
        qtbot.waitUntil(lambda: not store.busy)
    assert store.get(0) is not None, "used last"
    assert store.get(4) is not None
    assert store.get(1) is None


def test_requests_of_a_view_that_scrolled_on_are_given_up(
    qtbot: QtBot, store: ThumbnailStore, catalog: Catalog, slow: Slow
) -> None:
    store.get(0, passing=True)
    assert slow.began.wait(SECONDS)
    for row in (1, 2, 3, 4):
        store.get(row, passing=True)
    store.get(2)
    store.get(5)
    store.get(5, passing=True)
    store.give_up([0, 1, 2, 3, 5, 9])
    slow.opened.set()
    qtbot.waitUntil(lambda: not store.busy)
    decoded = [catalog.path(row) for row in (0, 5, 2, 4)]
    assert slow.decoded == decoded, "what another asked for too, or a thread has begun, comes"
    assert store.get(1, passing=True) is None
    qtbot.waitUntil(lambda: not store.busy)
    assert store.get(1) is not None, "and it may be asked for again"


def test_shutdown_drops_wishes_and_takes_no_more(qtbot: QtBot, store: ThumbnailStore, slow: Slow) -> None:
    for row in range(5):
        store.get(row)
    assert slow.began.wait(SECONDS)
    threading.Timer(0.05, slow.opened.set).start()
    store.shutdown()
    assert len(slow.decoded) == 1
    assert store.get(7) is None


def test_a_read_that_stalls_is_left_behind_and_tried_again(
    qtbot: QtBot, store: ThumbnailStore, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnails, "PATIENCE", 0.0)
    monkeypatch.setattr(thumbnails, "ASK_AGAIN_AFTER", 0.0)
    with qtbot.waitSignal(store.ready, timeout=1000 * SECONDS) as ready:
        store.get(3)
    assert ready.args == [3] and not store.busy, "nobody waits for it any more"
    assert store.fault(3) == "disc/3.png is not readable yet: no answer for 0 s."
    monkeypatch.setattr(thumbnails, "PATIENCE", 10.0 * SECONDS)
    placeholder = store.get(3)
    assert placeholder is not None and placeholder.width() == SIZE
    qtbot.waitUntil(lambda: len(slow.decoded) == 2)  # by a thread in place of the one that hangs
    assert store.busy
    slow.opened.set()
    qtbot.waitUntil(lambda: not store.busy)
    image = store.get(3)
    assert store.fault(3) == "" and image is not None and image.pixelColor(5, 5).getRgb()[:3] == RED


def test_a_file_that_stalls_is_not_read_by_ever_more_threads(
    qtbot: QtBot, store: ThumbnailStore, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbnails, "PATIENCE", 0.0)
    with qtbot.waitSignal(store.ready, timeout=1000 * SECONDS):
        store.get(0)
    for _ in range(3):
        assert store.get(0) is not None
    assert not store.busy and len(slow.decoded) == 1
    slow.opened.set()
    qtbot.waitUntil(lambda: store.fault(0) == "")
    image = store.get(0)
    assert image is not None and image.width() == 64, "the read that was left behind has come back"


def test_threads_for_reads_that_came_back_are_no_more_begun(
    qtbot: QtBot, store: ThumbnailStore, slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = store._pool._most
    monkeypatch.setattr(thumbnails, "PATIENCE", 0.0)
    with qtbot.waitSignal(store.ready, timeout=1000 * SECONDS):
        store.get(0)
    assert store._pool._most == threads + 1
    slow.opened.set()
    qtbot.waitUntil(lambda: store.fault(0) == "")
    assert store._pool._most == threads
