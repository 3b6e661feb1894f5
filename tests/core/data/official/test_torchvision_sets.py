"""What we read from torchvision's layouts, compared with what is written there and with torchvision itself."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from core import paths
from core.data.catalog_opening import open_catalog, torchvision_folder
from core.data.images import decode
from core.data.official.official_set import OFFICIAL_SPLIT
from core.data.official.table import TORCHVISION
from core.data.source import DataSource
from core.errors import DataError, StorageError
from tests.core.data.official import torchvision_trees as trees

LAID_OUT = {
    "Omniglot": trees.omniglot,
    "FashionMNIST": trees.fashion_mnist,
    "Flowers102": trees.flowers,
    "OxfordIIITPet": trees.pets,
    "FGVCAircraft": trees.aircraft,
    "Food101": trees.food,
}


def opened(location: Path | str):
    return open_catalog(DataSource(str(location)))


def splits_of_classes(catalog) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for label, split in zip(catalog.labels, catalog.splits, strict=True):
        found.setdefault(label, set()).add(split)
    return found


@pytest.mark.parametrize("name", LAID_OUT)
def test_a_set_is_found_in_its_folder_and_by_name_and_no_class_is_in_both_splits(name, tmp_path, monkeypatch):
    monkeypatch.setenv(paths.WORKSPACE_VARIABLE, str(tmp_path))
    folder = LAID_OUT[name](torchvision_folder())
    catalog = opened(folder)
    assert catalog.name == TORCHVISION[name].name
    assert all(len(splits) == 1 for splits in splits_of_classes(catalog).values())
    assert {split for split, _ in catalog.split_counts()} == {"train", "test"}
    assert opened(f"torchvision:{name}").fingerprint == catalog.fingerprint
    (notice,) = catalog.report.notices
    assert notice.startswith(f"This is not {catalog.name} as published")


def test_omniglot_by_alphabet(tmp_path):
    catalog = opened(trees.omniglot(tmp_path))
    assert splits_of_classes(catalog) == {
        "Greek/character01": {"train"}, "Greek/character02": {"train"}, "Latin/character01": {"train"},
        "Latin/character02": {"train"}, "Korean/character01": {"test"}, "Korean/character02": {"test"},
    }  # fmt: skip
    assert catalog.attributes["drawer"][:3].tolist() == ["01", "02", "03"]
    assert set(catalog.attributes["alphabet"]) == {"Greek", "Latin", "Korean"}


def test_half_of_omniglot_is_opened_with_a_notice(tmp_path):
    folder = trees.omniglot(tmp_path)
    (folder / "images_evaluation").rename(tmp_path / "elsewhere")
    notice, alone = opened(folder).report.notices
    assert alone.startswith("Only train has images")
    assert "test has 0 images of 0 classes where the official set has 13,180 images of 659 classes" in notice


def test_omniglot_without_its_pictures_is_refused_in_a_sentence(tmp_path):
    for part in ("images_background", "images_evaluation"):
        (tmp_path / "omniglot-py" / part / "Greek" / "character01").mkdir(parents=True)
        (tmp_path / "omniglot-py" / part / "Greek" / "character01" / "1.txt").write_text("none")
    with pytest.raises(DataError, match="there is no image where they are expected"):
        opened(tmp_path / "omniglot-py")


@pytest.mark.parametrize("packed", [False, True])
def test_fashion_mnist_becomes_pictures_once(tmp_path, packed):
    folder = trees.fashion_mnist(tmp_path, packed)
    catalog = opened(folder)
    assert splits_of_classes(catalog)["T-shirt/top"] == {"train"}
    assert splits_of_classes(catalog)["Ankle boot"] == {"test"}
    assert catalog.attributes[OFFICIAL_SPLIT].tolist() == ["train"] * 20 + ["test"] * 10
    assert catalog.paths[20] == "test/00/00000.png"
    for row in (7, 23):
        pixels = np.asarray(decode(catalog.path(row)))
        assert pixels.shape == (28, 28, 3)
        assert pixels[0, 0].tolist() == [row if row < 20 else row - 20] * 3
    assert opened(folder).fingerprint == catalog.fingerprint


def test_pictures_of_other_arrays_are_others(tmp_path):
    folder = trees.fashion_mnist(tmp_path)
    root = opened(folder).root
    os.utime(folder / "raw" / "t10k-images-idx3-ubyte", (1, 1))
    assert opened(folder).root != root


def test_an_interrupted_writing_of_pictures_is_done_again(tmp_path):
    folder = trees.fashion_mnist(tmp_path)
    catalog = opened(folder)
    (catalog.root / "complete").unlink()
    catalog.path(3).write_bytes(b"\x89PNG half")
    assert np.asarray(decode(opened(folder).path(3)))[0, 0, 0] == 3


def test_a_workspace_that_cannot_be_written_is_said(tmp_path, monkeypatch):
    (tmp_path / "workspace").write_text("a file where a folder should be")
    monkeypatch.setenv(paths.WORKSPACE_VARIABLE, str(tmp_path / "workspace"))
    with pytest.raises(StorageError, match="the pictures cannot be written"):
        opened(trees.fashion_mnist(tmp_path))


@pytest.mark.parametrize(
    ("file", "raw", "message"),
    [
        ("train-images-idx3-ubyte", b"<html>", "is no IDX file of bytes in 3 dimensions"),
        ("train-images-idx3-ubyte", bytes((0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 9)), "has 1 bytes; its"),
        ("train-labels-idx1-ubyte", bytes((0, 0, 8, 1, 0, 0, 0, 1, 0)), "20 pictures of 'train' for 1 classes"),
        ("t10k-labels-idx1-ubyte", bytes((0, 0, 8, 1, 0, 0, 0, 10, *range(1, 11))), "class 10 in 't10k'; expected 0"),
    ],
)
def test_damaged_arrays_are_refused(tmp_path, file, raw, message):
    folder = trees.fashion_mnist(tmp_path)
    (folder / "raw" / file).write_bytes(raw)
    with pytest.raises(DataError, match=message):
        opened(folder)


def test_flowers_are_divided_at_51(tmp_path):
    catalog = opened(trees.flowers(tmp_path))
    assert catalog.labels.tolist() == ["1", "1", "51", "52", "102", "102"]
    assert catalog.splits.tolist() == ["train"] * 3 + ["test"] * 3
    assert catalog.attributes[OFFICIAL_SPLIT].tolist() == ["train", "val", "test"] * 2
    assert catalog.paths[-1] == "jpg/image_00006.jpg"


@pytest.mark.parametrize(
    ("numbers", "message"), [([[3]], "image 6 is in no part"), ([[3, 7]], "'tstid' names image 7; imagelabels")]
)
def test_flowers_that_do_not_fit_their_parts_are_refused(tmp_path, numbers, message):
    folder = trees.flowers(tmp_path)
    trees.put_matlab(folder / "setid.mat", trnid=[[1, 4]], valid=[[2, 5]], tstid=numbers)
    with pytest.raises(DataError, match=message):
        opened(folder)


def test_pets_are_divided_in_the_order_of_their_numbers(tmp_path):
    catalog = opened(trees.pets(tmp_path))
    assert splits_of_classes(catalog) == {"Abyssinian": {"train"}, "american_bulldog": {"train"}, "Bengal": {"test"}}
    assert catalog.attributes["species"][:4].tolist() == ["cat", "cat", "dog", "dog"]
    assert catalog.paths[2] == "images/american_bulldog_1.jpg"


def test_a_breed_of_two_numbers_is_refused(tmp_path):
    folder = trees.pets(tmp_path)
    trees.put_lines(folder / "annotations" / "test.txt", ["Abyssinian_9 2 1 1"])
    with pytest.raises(DataError, match=r"test\.txt, line 1: Abyssinian_9 is of class 2.*expected class 1"):
        opened(folder)


def test_aircraft_keep_their_manufacturer(tmp_path):
    catalog = opened(trees.aircraft(tmp_path))
    assert splits_of_classes(catalog) == {"707-320": {"train"}, "A320": {"train"}, "F/A-18": {"test"}}
    assert catalog.attributes["manufacturer"].tolist() == ["Boeing", "Airbus", "McDonnell Douglas"] * 2
    assert set(catalog.attributes["family"]) == {""}


def test_an_aircraft_of_no_known_variant_is_refused(tmp_path):
    folder = trees.aircraft(tmp_path)
    trees.put_lines(folder / "data" / "variants.txt", trees.VARIANTS[:2])
    with pytest.raises(DataError, match=r"has variant 'F/A-18', which data/variants\.txt has not"):
        opened(folder)


def test_food_keeps_its_official_part(tmp_path):
    catalog = opened(trees.food(tmp_path))
    assert splits_of_classes(catalog) == {"apple_pie": {"train"}, "baklava": {"train"}, "waffles": {"test"}}
    assert catalog.attributes[OFFICIAL_SPLIT].tolist() == ["train"] * 9 + ["test"] * 3


@pytest.mark.parametrize(("text", "message"), [("{", "not readable JSON"), ('{"a": [1]}', "a list of image names")])
def test_a_damaged_menu_is_refused(tmp_path, text, message):
    folder = trees.food(tmp_path)
    (folder / "meta" / "test.json").write_text(text)
    with pytest.raises(DataError, match=message):
        opened(folder)


def test_torchvision_itself_reads_the_same_images_and_classes(tmp_path):
    from torchvision import datasets

    trees.food(tmp_path)
    theirs = {
        (Path(file).relative_to(tmp_path / "food-101").as_posix(), found.classes[label])
        for part in ("train", "test")
        for found in [datasets.Food101(tmp_path, split=part)]
        for file, label in zip(found._image_files, found._labels, strict=True)
    }
    ours = opened(tmp_path / "food-101")
    assert theirs == set(zip(ours.paths, ours.labels, strict=True))

    trees.aircraft(tmp_path)
    theirs = {
        (Path(file).relative_to(tmp_path / "fgvc-aircraft-2013b").as_posix(), found.classes[label])
        for part in ("trainval", "test")
        for found in [datasets.FGVCAircraft(tmp_path, split=part)]
        for file, label in zip(found._image_files, found._labels, strict=True)
    }
    ours = opened(tmp_path / "fgvc-aircraft-2013b")
    assert theirs == set(zip(ours.paths, ours.labels, strict=True))

    trees.fashion_mnist(tmp_path)
    found = datasets.FashionMNIST(tmp_path, train=False)
    ours = opened(tmp_path / "FashionMNIST")
    rows = np.flatnonzero(ours.attributes[OFFICIAL_SPLIT] == "test")
    assert [found.classes[code] for code in found.targets] == ours.labels[rows].tolist()
    pixels = np.stack([np.asarray(decode(ours.path(row)))[:, :, 0] for row in rows.tolist()])
    np.testing.assert_array_equal(pixels, found.data.numpy())
