from __future__ import annotations

import dataclasses
import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from core import paths
from core.data.catalog import Catalog
from core.data.catalog_opening import open_catalog
from core.data.decoded_images import DecodedImages, ResizeSpec
from core.data.readers.folder_reader import read_folder
from core.data.source import DataSource
from core.errors import Cancelled
from core.leaks.alike_pairs import NAMED, Pair
from core.leaks.exact_duplicates import first_of_duplicates
from core.leaks.leaks import Leaks, find_leaks
from core.leaks.near_duplicates import LEAST_CORRELATION, MOST_BITS, NearDuplicates, correlations, patterns
from core.leaks.perceptual_hash import SIDE, mirrored, perceptual_hashes
from core.progress import Reporter, StoppableReporter


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(paths.WORKSPACE_VARIABLE, str(tmp_path / "workspace"))


def scene(seed: int, width: int = 150, height: int = 120) -> Image.Image:
    """A picture of soft coloured shapes: as smooth as a photograph, no two alike."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 7, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def compressed(image: Image.Image, quality: int) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def put_scene(path: Path, image: Image.Image | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(image if isinstance(image, bytes) else compressed(image, 95))


@pytest.fixture
def shop(tmp_path) -> Path:
    """Twelve scenes in train, twelve others in test, of different classes."""
    for number in range(12):
        put_scene(tmp_path / "shop" / "train" / f"a{number % 3}" / f"{number}.jpg", scene(number))
        put_scene(tmp_path / "shop" / "test" / f"b{number % 3}" / f"{number}.jpg", scene(100 + number))
    return tmp_path / "shop"


def opened(root: Path) -> Catalog:
    return read_folder(DataSource(str(root)), Reporter())


def found(root: Path, **options) -> Leaks:
    return find_leaks(opened(root), **options)


def named(root: Path, pairs: tuple[Pair, ...]) -> list[tuple[str, str, str]]:
    paths = opened(root).paths
    return [(paths[pair.first], paths[pair.second], pair.kind) for pair in pairs]


def test_different_scenes_and_classes_leak_nothing(shop):
    (between,) = found(shop).between
    assert (between.first, between.second, between.images) == ("train", "test", (12, 12))
    assert between.pairs == () and between.classes == ()


COPIES = {
    "compressed anew": lambda image: compressed(image, 30),
    "a third of the size": lambda image: compressed(image.resize((50, 40)), 60),
    "twice the size": lambda image: image.resize((300, 240)),
    "brighter": lambda image: image.point(lambda value: min(255, int(value * 1.1) + 8)),
    "another aspect": lambda image: image.resize((150, 150)),
    "in another format": lambda image: _png(image),
}


def _png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize("change", COPIES)
def test_a_changed_copy_is_found_and_nothing_else(shop, change):
    put_scene(shop / "test" / "b0" / "copy.jpg", COPIES[change](scene(4)))
    (between,) = found(shop).between
    assert named(shop, between.pairs) == [("train/a1/4.jpg", "test/b0/copy.jpg", "near")]
    assert between.pairs[0].distance < 1 - LEAST_CORRELATION
    assert between.counts["near"] == 1 and between.counts["mirrored"] == 0


def test_a_mirrored_copy_is_found_as_such(shop):
    put_scene(shop / "test" / "b0" / "copy.jpg", compressed(ImageOps.mirror(scene(5)), 60))
    (between,) = found(shop).between
    assert named(shop, between.pairs) == [("train/a2/5.jpg", "test/b0/copy.jpg", "mirrored")]


def test_the_same_file_is_found_once_and_surely(shop):
    shutil.copy(shop / "train" / "a0" / "3.jpg", shop / "test" / "b1" / "copy.jpg")
    (between,) = found(shop).between
    assert named(shop, between.pairs) == [("train/a0/3.jpg", "test/b1/copy.jpg", "same file")]
    assert between.pairs[0].distance == 0.0


def test_many_copies_are_one_pair_of_files_and_the_product_of_images(shop):
    for number in range(30):
        shutil.copy(shop / "train" / "a0" / "3.jpg", shop / "train" / "a0" / f"same{number}.jpg")
        shutil.copy(shop / "train" / "a0" / "3.jpg", shop / "test" / "b1" / f"same{number}.jpg")
    put_scene(shop / "test" / "b0" / "small.jpg", COPIES["compressed anew"](scene(3)))
    catalog = opened(shop)
    vectors = np.eye(len(catalog), dtype=np.float32)
    (between,) = find_leaks(catalog, (vectors, np.arange(len(catalog)))).between
    assert named(shop, between.pairs) == [
        ("train/a0/3.jpg", "test/b1/same0.jpg", "same file"),
        ("train/a0/3.jpg", "test/b0/small.jpg", "near"),
    ]
    assert (between.counts["same file"], between.counts["near"]) == (31 * 30, 31)
    assert [between.images_of(pair) for pair in between.pairs] == [(31, 30), (31, 1)]
    assert {len(others) for others in between.copies.values()} == {30, 29}


def test_of_many_look_alikes_the_nearest_are_named_and_all_are_counted(shop):
    # All are copies of one scene, and no two have the same bytes.
    for number in range(6):
        put_scene(shop / "train" / "many" / f"{number}.jpg", compressed(scene(7, 120 + number), 90))
        put_scene(shop / "test" / "many" / f"{number}.jpg", compressed(scene(7, 140 + number), 80))
    catalog = opened(shop)
    vectors = np.ones((len(catalog), 4), np.float32)
    (between,) = find_leaks(catalog, (vectors, np.arange(len(catalog)))).between
    # The scene itself is in train as well.
    assert (between.counts["near"], between.concerned, between.unnamed) == (7 * 6, (8, 7), 6 * (7 - NAMED))
    near = [pair for pair in between.pairs if pair.kind == "near"]
    assert len(near) == 6 * NAMED and len({pair.second for pair in near}) == 6
    assert [pair.distance for pair in near] == sorted(pair.distance for pair in near)


def test_a_pair_is_named_by_the_surest_kind_alone(shop):
    shutil.copy(shop / "train" / "a2" / "8.jpg", shop / "test" / "b0" / "same.jpg")
    put_scene(shop / "test" / "b0" / "small.jpg", COPIES["compressed anew"](scene(8)))
    catalog = opened(shop)
    place = {path: row for row, path in enumerate(catalog.paths.tolist())}
    vectors = np.eye(len(catalog), dtype=np.float32)
    vectors[place["test/b0/small.jpg"]] = vectors[place["train/a2/8.jpg"]]
    (between,) = find_leaks(catalog, (vectors, np.arange(len(catalog)))).between
    assert {kind: count for kind, count in between.counts.items() if count} == {"same file": 1, "near": 1}


def test_a_copy_with_a_vector_speaks_for_one_without(shop):
    shutil.copy(shop / "train" / "a0" / "3.jpg", shop / "train" / "a1" / "same.jpg")
    catalog = opened(shop)
    place = {path: row for row, path in enumerate(catalog.paths.tolist())}
    rows = np.array([place["train/a1/same.jpg"], place["test/b0/0.jpg"]])
    (between,) = find_leaks(catalog, (np.ones((2, 4), np.float32), rows)).between
    assert named(shop, between.pairs) == [("train/a0/3.jpg", "test/b0/0.jpg", "embedding")]


def test_files_that_are_gone_meanwhile_stand_for_themselves(shop):
    for name in ("x", "y", "z"):
        shutil.copy(shop / "train" / "a0" / "3.jpg", shop / "test" / "b1" / f"{name}.jpg")
    catalog = opened(shop)
    copies = ("test/b1/x.jpg", "test/b1/y.jpg", "test/b1/z.jpg", "train/a0/3.jpg")
    x, y, z, original = (catalog.paths.tolist().index(name) for name in copies)
    for name in ("x", "y"):
        (shop / "test" / "b1" / f"{name}.jpg").unlink()
    first = first_of_duplicates(catalog, catalog.rows())
    assert (first[x], first[y], first[z]) == (x, y, min(z, original)) and first[z] == first[original]


def test_two_parts_of_one_file_are_two_images(shop):
    shutil.copy(shop / "train" / "a0" / "3.jpg", shop / "test" / "b1" / "copy.jpg")
    catalog = opened(shop)
    boxes = np.zeros((len(catalog), 4), np.int32)
    boxes[catalog.paths.tolist().index("train/a0/3.jpg")] = (0, 0, 60, 60)
    boxes[catalog.paths.tolist().index("test/b1/copy.jpg")] = (60, 60, 120, 120)
    (between,) = find_leaks(dataclasses.replace(catalog, boxes=boxes)).between
    assert between.pairs == ()


def test_classes_in_both_splits_are_named_in_natural_order(shop):
    for number, name in enumerate(("a2", "a10", "a0")):
        put_scene(shop / "test" / name / "x.jpg", scene(500 + number))
        put_scene(shop / "train" / name / "y.jpg", scene(5000 + number))
    (between,) = found(shop).between
    assert between.classes == ("a0", "a2", "a10")


def test_every_two_splits_are_compared(shop):
    put_scene(shop / "val" / "c" / "1.jpg", scene(1))
    put_scene(shop / "val" / "c" / "2.jpg", scene(101))
    kinds = {(one.first, one.second): named(shop, one.pairs) for one in found(shop).between}
    assert kinds == {
        ("train", "val"): [("train/a1/1.jpg", "val/c/1.jpg", "same file")],
        ("train", "test"): [],
        ("val", "test"): [("val/c/2.jpg", "test/b1/1.jpg", "same file")],
    }


def test_unreadable_images_are_listed_and_not_compared(shop):
    (shop / "test" / "b0" / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    result = found(shop)
    (sentence,) = result.unreadable.values()
    assert "bad.jpg" in sentence and result.between[0].images == (12, 12)


def test_one_split_has_nothing_to_compare_with_but_itself(shop):
    shutil.rmtree(shop / "train")
    shutil.copy(shop / "test" / "b1" / "4.jpg", shop / "test" / "b1" / "same.jpg")
    put_scene(shop / "test" / "b2" / "small.jpg", COPIES["compressed anew"](scene(100)))
    put_scene(shop / "test" / "b2" / "turned.jpg", compressed(ImageOps.mirror(scene(102)), 60))
    result = found(shop)
    assert result.between == ()
    (within,) = result.within
    assert (within.first, within.second, within.images[0], within.concerned[0]) == ("test", "test", 15, 6)
    assert named(shop, within.pairs) == [
        ("test/b1/4.jpg", "test/b1/same.jpg", "same file"),
        ("test/b0/0.jpg", "test/b2/small.jpg", "near"),
        ("test/b2/2.jpg", "test/b2/turned.jpg", "mirrored"),
    ]
    assert named(shop, result.conflicts) == [("test/b0/0.jpg", "test/b2/small.jpg", "near")]


def test_what_lies_within_is_what_all_pairs_of_one_split_give(shop):
    # Look-alikes of all strengths, in an order of their own, and more of them than are asked about at a time.
    for number in range(150):
        put_scene(shop / "test" / "many" / f"{number}.jpg", compressed(scene(number % 40, 60 + number), 50))
    catalog = opened(shop)
    images = DecodedImages(catalog, ResizeSpec(SIDE, "squash"))
    images.prepare(catalog.rows(), Reporter())
    near_duplicates, rows = NearDuplicates(images, catalog.rows(), len(catalog)), catalog.rows("test")
    both = [(c.kind, a, b) for c in near_duplicates.between(rows, rows) for a, b in zip(c.first, c.second, strict=True)]
    within = [(c.kind, a, b) for c in near_duplicates.within(rows) for a, b in zip(c.first, c.second, strict=True)]
    assert len(within) == len(set(within)) > 200
    assert set(within) == {(kind, a, b) for kind, a, b in both if a < b}


def test_many_copies_within_are_one_pair_and_all_are_counted(shop):
    for number in range(30):
        shutil.copy(shop / "train" / "a0" / "3.jpg", shop / "train" / "a0" / f"same{number}.jpg")
    put_scene(shop / "train" / "a0" / "small.jpg", COPIES["compressed anew"](scene(3)))
    train, test = found(shop).within
    assert (train.counts["same file"], train.counts["near"], train.concerned[0]) == (31 * 30 // 2, 31, 32)
    assert named(shop, train.pairs) == [
        ("train/a0/3.jpg", "train/a0/same0.jpg", "same file"),
        ("train/a0/3.jpg", "train/a0/small.jpg", "near"),
    ]
    assert [len(others) for others in train.copies.values()] == [30]
    assert test.pairs == () and test.concerned == (0, 0)


def test_copies_in_two_classes_are_conflicts_wherever_they_lie(shop):
    for name in ("train/a0/same.jpg", "train/a1/same.jpg", "test/b1/same.jpg", "_unlabeled/same.jpg"):
        (shop / name).parent.mkdir(exist_ok=True)
        shutil.copy(shop / "train" / "a0" / "3.jpg", shop / name)
    result = found(shop)
    # All of one content: one conflict, whatever its copies are.
    assert named(shop, result.conflicts) == [("test/b1/same.jpg", "train/a0/3.jpg", "same file")]
    assert result.conflict_count == 1
    shutil.rmtree(shop / "test" / "b1")
    (shop / "train" / "a1" / "same.jpg").unlink()
    assert found(shop).conflicts == ()


def test_each_other_s_nearest_within_a_split_are_found_once(shop):
    shutil.rmtree(shop / "train")
    shutil.copy(shop / "test" / "b0" / "0.jpg", shop / "test" / "b0" / "same.jpg")
    catalog = opened(shop)
    place = {path: row for row, path in enumerate(catalog.paths.tolist())}
    vectors = np.random.default_rng(0).standard_normal((len(catalog), 16)).astype(np.float32)
    vectors[place["test/b1/4.jpg"]] = vectors[place["test/b0/3.jpg"]] * 2 + 0.01
    vectors[place["test/b0/same.jpg"]] = vectors[place["test/b0/0.jpg"]]
    (within,) = find_leaks(catalog, (vectors, np.arange(len(catalog))), 0.95).within
    assert named(shop, within.pairs) == [
        ("test/b0/0.jpg", "test/b0/same.jpg", "same file"),
        ("test/b0/3.jpg", "test/b1/4.jpg", "embedding"),
    ]


def test_comparing_ends_where_it_is_stopped(shop):
    with pytest.raises(Cancelled):
        found(shop, reporter=StoppableReporter(Reporter(), lambda: True))


def test_each_other_s_nearest_by_embedding_is_found(shop):
    catalog = opened(shop)
    vectors = np.random.default_rng(0).standard_normal((len(catalog), 16)).astype(np.float32)
    first, second = int(catalog.rows("train")[2]), int(catalog.rows("test")[5])
    vectors[second] = 3 * vectors[first] + 0.3
    vectors[int(catalog.rows("test")[6])] = 0
    rows = np.random.default_rng(1).permutation(len(catalog))
    (between,) = find_leaks(catalog, (vectors[rows], rows.astype(np.int64)), 0.95).between
    assert [(pair.first, pair.second, pair.kind) for pair in between.pairs] == [(first, second, "embedding")]
    assert 0 <= between.pairs[0].distance < 0.05
    # Nearest, but not near enough.
    assert find_leaks(catalog, (vectors, np.arange(len(catalog))), 0.99999).between[0].pairs == ()


def test_of_many_near_vectors_only_each_other_s_nearest_count(shop):
    catalog = opened(shop)
    vectors = np.ones((len(catalog), 8), np.float32)
    vectors[:, 0] += np.linspace(0, 0.5, len(catalog))
    (between,) = find_leaks(catalog, (vectors, np.arange(len(catalog))), 0.9).between
    assert between.counts["embedding"] == 1


def test_embeddings_of_one_split_alone_find_nothing(shop):
    catalog = opened(shop)
    rows = catalog.rows("test")
    (between,) = find_leaks(catalog, (np.ones((len(rows), 4), np.float32), rows), 0.5).between
    assert between.pairs == ()


def test_flat_pictures_are_alike_only_when_as_bright():
    grey, other, pattern = (np.full((1, 32, 32, 3), value, np.uint8) for value in (100, 200, 100))
    pattern[:, ::4] = 0
    pictures = patterns(np.concatenate([grey, other, pattern]))
    np.testing.assert_allclose(correlations(pictures, pictures), np.eye(3), atol=1e-5)
    assert correlations(patterns(grey), patterns(grey + 1)) == 1


def test_hashes_are_near_for_copies_and_far_for_others():
    squares = np.stack([np.asarray(scene(seed).resize((32, 32))) for seed in range(60)])
    hashes = np.unpackbits(perceptual_hashes(squares), axis=1)
    blurred = np.stack([np.asarray(scene(seed).resize((20, 16)).resize((32, 32))) for seed in range(60)])
    again = np.unpackbits(perceptual_hashes(blurred), axis=1)
    distances = (hashes[:, None] != again[None]).sum(axis=2)
    assert np.diag(distances).max() <= 6
    assert distances[~np.eye(60, dtype=bool)].min() > MOST_BITS
    np.testing.assert_array_equal(mirrored(mirrored(squares)), squares)


@pytest.mark.parametrize("name", ["omniglot", "clothing"])
def test_real_images_raise_no_false_alarm(real_data, name, tmp_path):
    catalog = open_catalog(DataSource(str(getattr(real_data, name))))
    some = np.random.default_rng(0).permutation(len(catalog))[:600]
    for number, row in enumerate(some.tolist()):
        split = "train" if number % 2 else "test"
        target = tmp_path / "some" / split / str(catalog.labels[row] or "none") / catalog.path(row).name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(catalog.path(row))
    assert found(tmp_path / "some").between[0].pairs == ()
