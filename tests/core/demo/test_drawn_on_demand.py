"""The demo opens before it is drawn, and each picture is drawn when it is first decoded."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from core.data.catalog_opening import makes_pictures, open_catalog
from core.data.images import decode
from core.data.source import DataSource
from core.demo import generator
from core.demo.drawn_on_demand import draw_missing
from core.demo.patterns import cloth
from core.demo.photograph import UNIT
from core.errors import ImageError
from core.paths import WORKSPACE_VARIABLE

DEMO = DataSource("demo")


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the demo's pictures will be drawn."""
    monkeypatch.setenv(WORKSPACE_VARIABLE, str(tmp_path))
    return tmp_path / "datasets" / "demo"


def pictures_in(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.jpg"))


def test_it_is_open_before_anything_is_drawn(demo: Path) -> None:
    catalog = open_catalog(DEMO, draw_later=True)
    assert len(catalog) == 2304
    assert catalog.split_counts() == [("train", 1152), ("test", 1152)]
    assert catalog.target_names == ("target_sleeve", "target_length", "target_lightness")
    assert catalog.report.counts == {}
    assert not makes_pictures(DEMO)
    assert pictures_in(demo) == []


def test_a_picture_is_drawn_when_it_is_decoded_and_is_the_one_of_the_whole_drawing(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = open_catalog(DEMO, draw_later=True)
    row = 24 * 3 + 5
    drawn = decode(catalog.path(row))
    assert pictures_in(demo) == [catalog.path(row)]
    monkeypatch.setattr(generator, "draw_picture", lambda *_: pytest.fail("it was there already"))
    assert np.array_equal(decode(catalog.path(row)), drawn)
    # As draw_wardrobe makes it: the garment's whole album.
    garment = generator.wardrobe(generator.GARMENTS, generator.SEED)[3]
    picture = generator._picture(garment, 3, 5, cloth(garment, UNIT), generator.SEED)
    whole = demo / "whole.jpg"
    picture.image.save(whole, quality=generator.QUALITY)
    assert np.array_equal(decode(whole), drawn)


@pytest.mark.parametrize("name", ["24.jpg", "0.jpg", "00.png", "../../manifest.jpg"])
def test_only_the_demos_own_pictures_are_drawn(demo: Path, name: str) -> None:
    folder = open_catalog(DEMO, draw_later=True).path(0).parent
    with pytest.raises(ImageError, match="is not there"):
        decode(folder / name)


def test_nothing_is_drawn_elsewhere(tmp_path: Path) -> None:
    missing = tmp_path / "images" / "plain-t-shirt-plum" / "00.jpg"
    assert not draw_missing(missing)
    assert not missing.parent.exists()


@pytest.mark.parametrize("note", ["{", "[]", '{"version": 0}'])
def test_another_version_of_the_drawing_is_not_mixed_in(demo: Path, note: str) -> None:
    path = open_catalog(DEMO, draw_later=True).path(0)
    (demo / "on_demand.json").write_text(note)
    assert not draw_missing(path)
    open_catalog(DEMO, draw_later=True)
    assert draw_missing(path)


def test_the_shipped_manifest_is_that_of_the_drawing(tmp_path: Path) -> None:
    """Of four garments: which garments there are depends on all of them, so their albums are drawn out of the whole."""
    wardrobe = generator.wardrobe(generator.GARMENTS, generator.SEED)
    with generator.SHIPPED_MANIFEST.open(encoding="utf-8", newline="") as handle:
        shipped = list(csv.reader(handle))
    assert shipped[0] == list(generator.COLUMNS)
    for number in (0, 31, 62, 95):
        album = list(generator._album(tmp_path, wardrobe[number], number, 24, generator.SEED))
        ours = shipped[1 + 24 * number : 25 + 24 * number]
        assert [row[:8] for row in ours] == [list(row[:8]) for row in album]
        # How light it is photographed is measured in the picture, which another Pillow may round otherwise.
        assert np.allclose([float(row[8]) for row in ours], [float(str(row[8])) for row in album], atol=0.005)
