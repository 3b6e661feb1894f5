from __future__ import annotations

import dataclasses
import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import paths
from core.data import decoded_images, square_cache
from core.data.catalog import Catalog
from core.data.decoded_images import DecodedImages, ResizeSpec
from core.data.images import decode_square
from core.data.readers.folder_reader import read_folder
from core.data.source import DataSource
from core.errors import Cancelled, ImageError
from core.progress import MessageReporter, Reporter
from tests.core.data.pictures import noise

GEOMETRY = ResizeSpec(16)
BYTES = 16 * 16 * 3 + 4

KILLED_WHILE_PREPARING = """
import os, signal, sys
from core.data import decoded_images
from core.data.readers.folder_reader import read_folder
from core.data.source import DataSource
from core.progress import Reporter
catalog = read_folder(DataSource(sys.argv[1]), Reporter())
decode, done = decoded_images.decode_square, []
def decode_and_die(path, *how):
    done.append(path)
    if len(done) == 20:
        os.kill(os.getpid(), signal.SIGKILL)
    return decode(path, *how)
decoded_images.decode_square = decode_and_die
decoded_images.DecodedImages(catalog, decoded_images.ResizeSpec(16)).prepare(catalog.rows())
"""


@pytest.fixture
def workspace(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv(paths.WORKSPACE_VARIABLE, str(tmp_path / "workspace"))
    return tmp_path / "workspace"


@pytest.fixture
def root(tmp_path, workspace) -> Path:
    """Forty wide pictures of one class."""
    (tmp_path / "data" / "a").mkdir(parents=True)
    for number in range(40):
        noise(number, width=30, height=20).save(tmp_path / "data" / "a" / f"{number}.png")
    return tmp_path / "data"


@pytest.fixture
def decoded(monkeypatch) -> list[Path]:
    """The paths of images that were decoded, as they are."""
    decoded = []

    def decode(path, *how):
        decoded.append(path)
        return decode_square(path, *how)

    monkeypatch.setattr(decoded_images, "decode_square", decode)
    return decoded


def opened(root: Path) -> Catalog:
    return read_folder(DataSource(str(root)), Reporter())


def cache_files(workspace: Path) -> list[Path]:
    return sorted((workspace / "cache" / "images").glob("*"))


def expected(catalog: Catalog, rows, geometry: ResizeSpec = GEOMETRY) -> np.ndarray:
    return np.stack([decode_square(catalog.path(row), geometry.size, geometry.fit) for row in rows])


@pytest.mark.parametrize("fit", ["crop", "squash"])
@pytest.mark.parametrize("budget", [None, 0])
def test_a_batch_is_what_the_decoder_makes_of_each_image(root, fit, budget):
    catalog = opened(root)
    geometry = ResizeSpec(16, fit)
    images = DecodedImages(catalog, geometry, budget_bytes=budget)
    rows = np.array([7, 3, 3, 39, 0])
    before = images.batch(rows)
    assert before.shape == (5, 16, 16, 3) and before.dtype == np.uint8
    np.testing.assert_array_equal(before, expected(catalog, rows, geometry))
    assert images.prepare(catalog.rows()) == {}
    np.testing.assert_array_equal(images.batch(rows), before)
    assert images.batch(np.empty(0, np.int64)).shape == (0, 16, 16, 3)


def test_cropped_and_squashed_squares_differ_and_are_kept_apart(root, workspace):
    catalog = opened(root)
    rows = np.arange(4)
    crop, squash = (DecodedImages(catalog, ResizeSpec(16, fit)).batch(rows) for fit in ("crop", "squash"))
    assert not np.array_equal(crop, squash)
    again = DecodedImages(catalog, ResizeSpec(16, "crop")).batch(rows)
    np.testing.assert_array_equal(again, crop)
    assert len(cache_files(workspace)) == 2


def test_a_box_decides_what_is_prepared(root, workspace):
    whole = opened(root)
    boxes = np.zeros((len(whole), 4), np.int32)
    boxes[3] = (10, 0, 30, 20)
    boxed = dataclasses.replace(whole, boxes=boxes)
    assert boxed.fingerprint != whole.fingerprint
    both = [DecodedImages(catalog, ResizeSpec(16)).batch(np.array([3, 4])) for catalog in (whole, boxed)]
    assert np.array_equal(both[0][1], both[1][1]) and not np.array_equal(both[0][0], both[1][0])
    expected = Image.open(root / whole.paths[3]).crop((10, 0, 30, 20)).resize((16, 16), Image.Resampling.BICUBIC)
    assert np.array_equal(both[1][0], np.asarray(expected))


def test_a_batch_belongs_to_the_caller(root):
    images = DecodedImages(opened(root), GEOMETRY)
    batch = images.batch(np.arange(3))
    batch[:] = 0
    assert images.batch(np.arange(3)).any()
    batch = images.batch(np.arange(3))
    batch[:] = 0
    assert images.batch(np.arange(3)).any()


def test_an_image_is_decoded_once_for_all_later_objects(root, decoded):
    catalog = opened(root)
    DecodedImages(catalog, GEOMETRY).prepare(catalog.rows())
    assert len(decoded) == 40
    later = DecodedImages(opened(root), GEOMETRY)
    assert later.prepare(catalog.rows()) == {}
    np.testing.assert_array_equal(later.batch(catalog.rows()), expected(catalog, range(40)))
    np.testing.assert_array_equal(DecodedImages(opened(root), GEOMETRY).batch(np.array([5])), expected(catalog, [5]))
    assert len(decoded) == 40


def test_only_the_asked_for_rows_are_decoded(root, decoded):
    catalog = opened(root)
    images = DecodedImages(catalog, GEOMETRY)
    images.prepare(np.array([1, 2]))
    images.prepare(np.array([2, 3]))
    assert sorted(decoded) == [catalog.path(row) for row in (1, 2, 3)]


def test_a_changed_file_is_decoded_anew(root):
    catalog = opened(root)
    before = DecodedImages(catalog, GEOMETRY).batch(catalog.rows())
    noise(999, width=30, height=20).save(catalog.path(4))
    os.utime(catalog.path(4), ns=(1, 1))
    changed = opened(root)
    after = DecodedImages(changed, GEOMETRY).batch(changed.rows())
    np.testing.assert_array_equal(after[4], decode_square(changed.path(4), 16))
    assert [row for row in range(40) if not np.array_equal(before[row], after[row])] == [4]


def test_a_newer_decoder_decodes_anew(root, decoded, monkeypatch):
    catalog = opened(root)
    DecodedImages(catalog, GEOMETRY).prepare(catalog.rows())
    monkeypatch.setattr(decoded_images, "VERSION", decoded_images.VERSION + 1)
    DecodedImages(catalog, GEOMETRY).prepare(catalog.rows())
    assert len(decoded) == 80


def test_unreadable_images_are_reported_each_time_and_refused_in_a_batch(root, tmp_path):
    torn = root / "a" / "3.png"
    torn.write_bytes(torn.read_bytes()[:200])
    catalog = opened(root)
    (root / "a" / "5.png").unlink()
    for _ in range(2):
        images = DecodedImages(catalog, GEOMETRY)
        for _ in range(2):
            reasons = images.prepare(catalog.rows())
            assert set(reasons) == {3, 5}
            assert "3.png cannot be decoded" in reasons[3]
            assert reasons[5] == f"{root / 'a' / '5.png'} is not there."
        assert images.prepare(np.array([0, 1])) == {}
        with pytest.raises(ImageError, match=r"3\.png cannot be decoded"):
            images.batch(np.array([2, 3]))
        np.testing.assert_array_equal(images.batch(np.array([2, 4])), expected(catalog, [2, 4]))


def test_an_image_that_is_back_is_no_longer_unreadable(root):
    catalog = opened(root)
    content = (root / "a" / "5.png").read_bytes()
    (root / "a" / "5.png").unlink()
    images = DecodedImages(catalog, GEOMETRY)
    assert [*images.prepare(catalog.rows())] == [5]
    (root / "a" / "5.png").write_bytes(content)
    assert images.prepare(catalog.rows()) == {}


def test_progress_ends_at_the_total(root):
    reported = []

    class Listener(Reporter):
        def progress(self, task: str, done: int, total: int, unit: str = "images") -> None:
            reported.append((task, done, total))

    for number in range(40, 100):
        noise(number, width=30, height=20).save(root / "a" / f"{number}.png")
    catalog = opened(root)
    DecodedImages(catalog, GEOMETRY).prepare(catalog.rows(), Listener())
    assert reported == [("decoding", 64, 100), ("decoding", 100, 100)]


def test_a_request_to_stop_is_heard_between_images(root, decoded):
    catalog = opened(root)
    images = DecodedImages(catalog, GEOMETRY, threads=2)
    with pytest.raises(Cancelled):
        images.prepare(catalog.rows(), should_stop=lambda: len(decoded) >= 5)
    assert 5 <= len(decoded) <= 6
    assert images.prepare(catalog.rows()) == {}
    assert len(decoded) == 40


def test_without_budget_nothing_is_kept_on_the_disk(root, workspace, decoded):
    catalog = opened(root)
    images = DecodedImages(catalog, GEOMETRY, budget_bytes=40 * BYTES - 1)
    images.prepare(catalog.rows())
    np.testing.assert_array_equal(images.batch(np.arange(5)), expected(catalog, range(5)))
    assert cache_files(workspace) == []
    assert len(decoded) == 45


def test_all_caches_together_stay_within_the_budget_and_the_oldest_goes(root, workspace):
    catalog = opened(root)
    for age, size in enumerate((12, 16, 8)):
        DecodedImages(catalog, ResizeSpec(size))
        newest = max(cache_files(workspace), key=lambda path: path.stat().st_mtime)
        os.utime(newest, (1000 + age, 1000 + age))
    DecodedImages(catalog, ResizeSpec(12))  # opened again, it is the newest now
    DecodedImages(catalog, ResizeSpec(10), budget_bytes=40 * sum(size * size * 3 + 4 for size in (10, 12, 16)))
    assert sorted(int(path.name.split("-")[1]) for path in cache_files(workspace)) == [8, 10, 12]


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL exists on POSIX only")
def test_what_a_killed_process_left_is_completed(root, workspace, decoded):
    words = [sys.executable, "-c", KILLED_WHILE_PREPARING, str(root)]
    done = subprocess.run(words, cwd=paths.PROJECT, capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    assert len(cache_files(workspace)) == 1
    catalog = opened(root)
    images = DecodedImages(catalog, GEOMETRY)
    assert images.prepare(catalog.rows()) == {}
    assert 20 <= len(decoded) < 40
    np.testing.assert_array_equal(images.batch(catalog.rows()), expected(catalog, range(40)))


@pytest.mark.parametrize("place", [0.02, 0.5, 0.99])
def test_a_damaged_cache_is_seen_and_repaired(root, workspace, decoded, place):
    catalog = opened(root)
    DecodedImages(catalog, GEOMETRY).prepare(catalog.rows())
    (path,) = cache_files(workspace)
    content = bytearray(path.read_bytes())
    for offset in range(3):
        content[int(len(content) * place) + offset] ^= 255
    path.write_bytes(content)
    images, reported = DecodedImages(catalog, GEOMETRY), list[dict[str, object]]()
    reporter = MessageReporter(reported.append)
    assert images.prepare(catalog.rows(), reporter) == {}
    np.testing.assert_array_equal(images.batch(catalog.rows()), expected(catalog, range(40)))
    assert 41 <= len(decoded) <= 42
    count = "1 prepared image" if len(decoded) == 41 else "2 prepared images"
    (notice,) = [message["sentence"] for message in reported if message["type"] == "notice"]
    assert notice == f"Decoded again: {count} of {catalog.name} in the cache, not what was written."
    reported.clear()
    assert images.prepare(catalog.rows(), reporter) == {} and reported == [], "once"


def test_a_cache_of_another_size_is_replaced(root, workspace):
    catalog = opened(root)
    DecodedImages(catalog, GEOMETRY).prepare(catalog.rows())
    (path,) = cache_files(workspace)
    path.write_bytes(path.read_bytes()[:1000])
    images = DecodedImages(catalog, GEOMETRY)
    np.testing.assert_array_equal(images.batch(catalog.rows()), expected(catalog, range(40)))
    assert path.stat().st_size == 40 * BYTES


def test_a_cache_that_is_deleted_meanwhile_goes_on_working(root, workspace):
    catalog = opened(root)
    images = DecodedImages(catalog, GEOMETRY)
    images.prepare(np.arange(20))
    for path in cache_files(workspace):
        path.unlink()
    assert images.prepare(catalog.rows()) == {}
    np.testing.assert_array_equal(images.batch(catalog.rows()), expected(catalog, range(40)))


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="room is taken ahead on POSIX only")
def test_a_full_disk_costs_the_cache_and_not_the_work(root, workspace, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", refuse)
    catalog = opened(root)
    images = DecodedImages(catalog, GEOMETRY)
    assert images.prepare(catalog.rows()) == {}
    np.testing.assert_array_equal(images.batch(catalog.rows()), expected(catalog, range(40)))
    assert cache_files(workspace) == []


def test_the_room_for_a_cache_is_taken_at_once(root, workspace):
    DecodedImages(opened(root), ResizeSpec(64))
    (path,) = cache_files(workspace)
    assert path.stat().st_blocks * 512 >= 40 * 64 * 64 * 3


def test_a_cache_folder_that_cannot_be_written_costs_the_cache_only(root, workspace):
    workspace.write_text("a file where the folder should be")
    catalog = opened(root)
    images = DecodedImages(catalog, GEOMETRY)
    np.testing.assert_array_equal(images.batch(np.arange(3)), expected(catalog, range(3)))


def test_two_objects_may_fill_one_cache_at_the_same_time(root, decoded):
    catalog = opened(root)
    both = [DecodedImages(catalog, GEOMETRY, threads=2) for _ in range(2)]
    threads = [threading.Thread(target=images.prepare, args=(catalog.rows(),)) for images in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for images in both:
        np.testing.assert_array_equal(images.batch(catalog.rows()), expected(catalog, range(40)))
    count = len(decoded)
    DecodedImages(catalog, GEOMETRY).prepare(catalog.rows())
    assert len(decoded) == count


def test_a_square_whose_checksum_is_0_is_kept_too(tmp_path, monkeypatch):
    monkeypatch.setattr(square_cache.zlib, "crc32", lambda _: 0)
    cache = square_cache.open_cache(tmp_path, "x", 2, 4, None)
    cache.keep(1, np.ones((4, 4, 3), np.uint8))
    assert [cache.has(row) for row in range(2)] == [False, True]


def test_a_square_that_was_never_kept_is_not_there(tmp_path):
    cache = square_cache.open_cache(tmp_path, "x", 3, 4, None)
    black = np.zeros((4, 4, 3), np.uint8)
    assert [cache.has(row) for row in range(3)] == [False] * 3
    cache.keep(1, black)
    assert [cache.has(row) for row in range(3)] == [False, True, False]
    np.testing.assert_array_equal(cache.squares(1), black)
