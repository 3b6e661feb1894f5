"""The descriptor of Quick look, against a version that loops over pixels, and on files as people have them."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from PIL import Image

from benchmarks.make_quick_look import main as make_quick_look
from core.data.catalog_opening import open_catalog
from core.data.source import DataSource
from core.errors import CheckpointError
from core.models.checkpoint import load
from core.models.checkpoint_files import SHIPPED, read_info, resolve
from core.models.device import choose_device
from core.models.histograms import DIMENSIONS, HistogramDescription, describe, to_lab
from core.models.image_model import load_model
from core.retrieval.embed import CheckpointEmbedder
from core.retrieval.evaluation import evaluate
from tests.core.data.pictures import gradient, noise
from tests.core.data.test_images import save_oriented


def by_loops(picture):
    """(236,) of one (64, 64, 3) picture, a pixel at a time."""
    grey = picture @ np.array([0.299, 0.587, 0.114])
    gradients, colours = np.zeros((4, 4, 8)), np.zeros((2, 2, 3, 3, 3))
    for y, x in product(range(64), range(64)):
        dx = grey[y, min(x + 1, 63)] - grey[y, max(x - 1, 0)]
        dy = grey[min(y + 1, 63), x] - grey[max(y - 1, 0), x]
        turn = math.atan2(dy, dx) % math.pi * 8 / math.pi
        for (row, down), (column, across), (direction, share) in product(
            nearest((y + 0.5) / 64, 4),
            nearest((x + 0.5) / 64, 4),
            ((int(turn), 1 - turn % 1), (int(turn) + 1, turn % 1)),
        ):
            gradients[row, column, direction % 8] += down * across * share * math.hypot(dx, dy) / 4096
        lightness, red, yellow = to_lab((picture[y, x] // 16 + 0.5) / 16)
        for (i, a), (j, b), (k, c) in product(
            nearest(lightness / 100, 3), nearest((red + 50) / 100, 3), nearest((yellow + 50) / 100, 3)
        ):
            colours[y // 32, x // 32, i, j, k] += a * b * c / 4096
    gradients += 1 / 128
    parts = np.sqrt(2 / 3 * gradients / gradients.sum()), np.sqrt(colours / 3)
    return np.concatenate([part.ravel() for part in parts])


def nearest(value, bins):
    place = min(max(value * bins - 0.5, 0.0), bins - 1.0)
    low = min(int(place), bins - 2)
    return ((low, 1 - (place - low)), (low + 1, place - low))


def square(image):
    return np.asarray(image.convert("RGB").resize((64, 64)))


def test_it_is_what_a_loop_over_pixels_finds():
    generator = np.random.default_rng(0)
    pictures = [
        generator.integers(0, 256, (64, 64, 3), dtype=np.uint8),
        square(gradient(64, 64)),
        np.zeros((64, 64, 3)),
    ]
    pictures = np.stack(pictures).astype(np.uint8)
    found = describe(pictures)
    assert found.shape == (3, DIMENSIONS) and found.dtype == np.float32
    np.testing.assert_allclose(found, [by_loops(picture) for picture in pictures], atol=2e-4)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(
    ("colour", "lab"),
    # Of the CIE's definition under D65, as published tables have them.
    [((1, 1, 1), (100, 0, 0)), ((1, 0, 0), (53.24, 80.09, 67.20)), ((0, 0, 1), (32.30, 79.19, -107.86))],
)
def test_colours_are_those_of_the_published_tables(colour, lab):
    np.testing.assert_allclose(to_lab(np.array(colour, float)), lab, atol=0.02)


def test_flat_pictures_are_compared_by_colour_alone():
    flat = np.stack([np.full((64, 64, 3), colour, np.uint8) for colour in ((0, 0, 0), (255, 255, 255), (200, 30, 30))])
    found = describe(flat)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found @ found.T - np.eye(3) / 3, 2 / 3, atol=1e-5)


@pytest.fixture(scope="module")
def look():
    return CheckpointEmbedder(resolve("quick-look"))


def test_a_photograph_at_another_size_is_near_and_others_are_not(look, tmp_path):
    vectors = []
    for seed in (0, 1):
        scene = Image.fromarray(np.random.default_rng(seed).integers(0, 256, (8, 6, 3), dtype=np.uint8))
        for number, side in enumerate((1600, 400, 90)):
            path = tmp_path / f"{seed}-{number}.jpg"
            scene.resize((side, side * 4 // 3), Image.Resampling.BICUBIC).save(path, quality=60 + 15 * number)
            vectors.append(look.embed_file(path))
    likeness = np.array(vectors) @ np.array(vectors).T
    assert likeness[:3, :3].min() > 0.99 > 0.95 > likeness[:3, 3:].max()


def test_grey_palette_transparency_and_rotation_are_decoded_as_everywhere(look, tmp_path):
    picture = noise(60, 80).resize((240, 320))
    for name, stored in {"rgb": picture, "palette": picture.quantize(256), "alpha": picture.convert("RGBA")}.items():
        stored.save(tmp_path / f"{name}.png")
    save_oriented(tmp_path / "turned.png", picture, 6)
    picture.convert("L").save(tmp_path / "grey.png")
    picture.convert("L").convert("RGB").save(tmp_path / "grey as colour.png")
    clear = Image.new("RGBA", (50, 50), (255, 0, 0, 0))
    clear.save(tmp_path / "clear.png")
    Image.new("RGB", (50, 50), "white").save(tmp_path / "white.png")
    found = {path.stem: look.embed_file(path) for path in tmp_path.iterdir()}
    for one, other, least in (
        ("rgb", "alpha", 1 - 1e-5),
        ("rgb", "turned", 1 - 1e-5),
        ("rgb", "palette", 0.97),
        ("grey", "grey as colour", 1 - 1e-5),
        ("clear", "white", 1 - 1e-5),
    ):
        assert found[one] @ found[other] >= least, (one, other)


def test_of_a_picture_with_a_box_its_part_alone_is_described(look, tmp_path):
    part = noise(40, 40).resize((100, 100))
    whole = Image.new("RGB", (300, 200), "green")
    whole.paste(part, (120, 40))
    whole.save(tmp_path / "whole.png")
    part.save(tmp_path / "part.png")
    header = "image,label,x1,y1,x2,y2\n"
    (tmp_path / "images.csv").write_text(f"{header}whole.png,a,120,40,220,140\npart.png,a,0,0,100,100\n")
    catalog = open_catalog(DataSource(str(tmp_path / "images.csv")))
    found = look.embed(catalog, catalog.rows("all"), "all")
    assert found.vectors[0] @ found.vectors[1] > 1 - 1e-5
    assert (found.origin.checkpoint, found.origin.device) == (look.info.identity, look.device_name)


@pytest.mark.parametrize(("name", "factor"), [("omniglot", 5), ("clothing", 2)])
def test_on_real_images_it_is_clearly_above_chance(look, real_data, name, factor):
    """Characters of 12 classes, and garments of few classes with many images; a part, so that it takes a moment."""
    catalog = open_catalog(DataSource(str(getattr(real_data, name))))
    rows = catalog.rows("test")
    some = rows[:240] if name == "omniglot" else rows[:: len(rows) // 240]
    found = evaluate(look.embed(catalog, some, "test"))
    shares = np.unique(catalog.labels[some], return_counts=True)[1] / len(some)
    assert found.recall[1] > factor * (shares**2).sum()


def test_the_shipped_files_are_those_of_this_version(tmp_path):
    make_quick_look(tmp_path)
    info = read_info(SHIPPED / "quick-look.safetensors")
    # Not byte for byte: the details name the program's version.
    assert replace(read_info(tmp_path / info.path.name), path=info.path) == info
    assert info.name == "colour and gradient histograms, no training"
    assert info.description == HistogramDescription()
    assert load_model(info.path, "cpu").info == info


def test_another_version_and_a_wish_for_a_network_are_refused_in_one_sentence():
    with pytest.raises(CheckpointError, match="described by 'histograms', version 9; this version knows"):
        HistogramDescription.from_dict({"descriptor": "histograms", "version": 9})
    with pytest.raises(CheckpointError, match="with no network that could be trained"):
        load(resolve("quick-look"), choose_device("cpu"))
