import csv
import errno
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.demo import generator
from core.demo.garment import COLOURS, lightness
from core.demo.generator import draw_wardrobe, ensure_demo
from core.demo.wardrobe import STYLES, wardrobe
from core.errors import DataError, StorageError
from core.progress import Reporter


class Interrupting(Reporter):
    """Ends the drawing as Ctrl+C would, after the first garment."""

    def progress(self, task: str, done: int, total: int, unit: str = "images") -> None:
        if done:
            raise KeyboardInterrupt


class Collecting(Reporter):
    def __init__(self) -> None:
        self.calls: list[tuple[str, int, int]] = []

    def progress(self, task: str, done: int, total: int, unit: str = "images") -> None:
        self.calls.append((task, done, total))


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_wardrobe(tmp_path_factory.mktemp("wardrobe"), garments=24, views=2, seed=5)


@pytest.fixture
def small_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generator, "GARMENTS", 3)
    monkeypatch.setattr(generator, "VIEWS", 1)


def rows_of(manifest: Path) -> list[dict[str, str]]:
    with manifest.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_every_garment_has_every_view_as_an_rgb_picture(manifest: Path) -> None:
    rows = rows_of(manifest)
    assert list(rows[0]) == list(generator.COLUMNS)
    assert len({row["image"] for row in rows}) == 48
    assert set(Counter(row["label"] for row in rows).values()) == {2}
    for row in rows:
        with Image.open(manifest.parent / row["image"]) as image:
            assert (image.size, image.mode) == ((128, 128), "RGB")


def test_splits_share_no_class_but_the_same_cuts(manifest: Path) -> None:
    rows = rows_of(manifest)
    labels = {split: {row["label"] for row in rows if row["split"] == split} for split in ("train", "test")}
    cuts = {split: Counter(row["cut"] for row in rows if row["split"] == split) for split in ("train", "test")}
    assert len(labels["train"]) == len(labels["test"]) == 12
    assert not labels["train"] & labels["test"]
    assert cuts["train"] == cuts["test"]


def test_targets_lie_between_0_and_1_and_differ(manifest: Path) -> None:
    for name in ("target_sleeve", "target_length", "target_lightness"):
        values = [float(row[name]) for row in rows_of(manifest)]
        assert min(values) >= 0
        assert max(values) <= 1
        assert max(values) - min(values) > 0.4


def test_the_lightness_target_belongs_to_the_picture(manifest: Path) -> None:
    """Views of one garment differ in their light, so the target differs too."""
    rows = rows_of(manifest)
    by_label: dict[str, set[str]] = {}
    for row in rows:
        by_label.setdefault(row["label"], set()).add(row["target_lightness"])
    assert sum(len(values) == 2 for values in by_label.values()) >= 23


def test_the_same_seed_gives_the_same_pixels_and_another_seed_others(manifest: Path, tmp_path: Path) -> None:
    again = draw_wardrobe(tmp_path / "again", garments=24, views=2, seed=5)
    other = draw_wardrobe(tmp_path / "other", garments=24, views=2, seed=6)
    assert again.read_bytes() == manifest.read_bytes()
    assert other.read_bytes() != manifest.read_bytes()
    for row in rows_of(manifest):
        assert np.array_equal(pixels(manifest.parent / row["image"]), pixels(again.parent / row["image"]))


def test_views_of_one_garment_differ(manifest: Path) -> None:
    rows = rows_of(manifest)
    first, second = (pixels(manifest.parent / row["image"]).astype(int) for row in rows[:2])
    assert np.abs(first - second).mean() > 10


def test_an_interrupted_drawing_leaves_no_manifest_even_where_there_was_one(tmp_path: Path) -> None:
    draw_wardrobe(tmp_path, garments=2, views=1)
    with pytest.raises(KeyboardInterrupt):
        draw_wardrobe(tmp_path, garments=2, views=1, reporter=Interrupting())
    assert not (tmp_path / "manifest.csv").exists()


def test_progress_counts_images_up_to_the_total(tmp_path: Path) -> None:
    reporter = Collecting()
    draw_wardrobe(tmp_path, garments=3, views=2, reporter=reporter)
    assert reporter.calls == [("drawing the demo wardrobe", done, 6) for done in (0, 2, 4, 6)]


@pytest.mark.usefixtures("small_demo")
def test_ensure_demo_draws_once(tmp_path: Path) -> None:
    manifest = ensure_demo(tmp_path / "demo")
    reporter = Collecting()
    assert ensure_demo(tmp_path / "demo", reporter) == manifest
    assert reporter.calls == []


@pytest.mark.usefixtures("small_demo")
def test_ensure_demo_draws_again_for_a_newer_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_demo(tmp_path)
    monkeypatch.setattr(generator, "VERSION", generator.VERSION + 1)
    reporter = Collecting()
    ensure_demo(tmp_path, reporter)
    assert reporter.calls[-1][1:] == (3, 3)


@pytest.mark.usefixtures("small_demo")
def test_ensure_demo_survives_a_damaged_description(tmp_path: Path) -> None:
    manifest = ensure_demo(tmp_path)
    (tmp_path / "drawing.json").write_text("{", encoding="utf-8")
    reporter = Collecting()
    assert ensure_demo(tmp_path, reporter) == manifest
    assert reporter.calls[-1][1:] == (3, 3)


def test_an_empty_wardrobe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="at least 1 garment and 1 view, got 0 and 24"):
        draw_wardrobe(tmp_path, garments=0)


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    blocker = tmp_path / "taken"
    blocker.write_text("", encoding="utf-8")
    for draw in (draw_wardrobe, ensure_demo):
        with pytest.raises(StorageError, match="taken"):
            draw(blocker)


def test_the_full_wardrobe_is_balanced_and_has_look_alikes() -> None:
    garments = wardrobe(96, 0)
    assert len({garment.label for garment in garments}) == 96
    assert Counter(garment.split for garment in garments) == {"train": 48, "test": 48}
    assert Counter((garment.cut, garment.split) for garment in garments) == {
        (cut, split): 4 for cut in STYLES for split in ("train", "test")
    }
    alike = Counter((garment.cut, garment.colour) for garment in garments)
    assert set(alike.values()) == {2}
    twins = [garment for garment in garments if garment.label.endswith(" 2")]
    assert 4 <= len(twins) <= 20


def test_lightness_orders_colours() -> None:
    assert lightness((0, 0, 0)) == 0
    assert lightness((255, 255, 255)) == pytest.approx(1, abs=1e-3)
    assert lightness(COLOURS["navy"]) < lightness(COLOURS["sky"]) < lightness(COLOURS["ivory"])


def test_a_full_disk_is_said_with_what_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> Iterator[object]:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(generator, "_drawn", full)
    with pytest.raises(StorageError, match=r"manifest\.csv: the disk is full \([\d,.]+ MB free\)"):
        draw_wardrobe(tmp_path, 1, 1)
