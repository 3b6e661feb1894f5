from __future__ import annotations

from pathlib import Path

import pytest

from core.data.catalog import Catalog, texts
from core.data.catalog_opening import open_catalog
from core.data.class_division import divided_by_class, shared_classes
from core.data.source import DataSource
from core.errors import DataError
from core.remedies import in_window, on_command_line
from tests.core.data.pictures import put


def catalog_of(labels: list[str], splits: list[str], roles: list[str] | None = None) -> Catalog:
    count = len(labels)
    return Catalog(
        "shop",
        Path("/nowhere"),
        texts([f"{number}.png" for number in range(count)]),
        texts(labels),
        texts(splits),
        texts(roles or [""] * count),
        texts([""] * count),
    )


def closed_folder(root: Path) -> Path:
    for split in ("train", "test"):
        for label in ("cats", "dogs", "hens", "owls"):
            put(root / split / label / f"{split}.png")
    return root


def test_classes_in_train_and_test_are_said_at_opening_with_their_number(tmp_path):
    (said,) = open_catalog(DataSource(str(closed_folder(tmp_path)))).report.notices
    assert said.startswith("Train and test share 4 of 4 classes: known classes (closed set).")
    assert on_command_line(said).endswith(". --divide-by-class 0.5 divides all images by class anew.")
    assert in_window(said).endswith(". Reading options… divides all images by class anew.")


def test_a_set_with_unseen_classes_has_nothing_to_say(tmp_path):
    for file in ("train/a/1.png", "train/b/1.png", "test/c/1.png", "test/d/1.png"):
        put(tmp_path / file)
    assert open_catalog(DataSource(str(tmp_path))).report.notices == ()


def test_every_split_that_shares_classes_is_named():
    catalog = catalog_of(["a", "b", "a", "b", "c"], ["train", "train", "val", "test", "test"])
    said = {split: shared_classes(catalog, catalog.rows(split)) for split in ("train", "val", "test", "all")}
    assert said["val"].describe() == "train and val share 1 of 1 class: known classes (closed set)"
    assert said["test"].describe() == "train and test share 1 of 2 classes: known classes (closed set)"
    assert said["all"].describe().startswith("train and val and test share 2 of 3 classes")
    assert said["train"] is None


def test_dividing_by_class_takes_the_images_of_all_splits_and_shares_no_class(tmp_path):
    source = DataSource(str(closed_folder(tmp_path)), divide_by_class=0.5)
    catalog = open_catalog(source)
    train, test = (set(catalog.labels[catalog.rows(split)].tolist()) for split in ("train", "test"))
    assert len(train) == len(test) == 2 and not train & test
    assert len(catalog.rows("train")) == 4
    assert catalog.report.notices == ()
    assert "of 4 classes 2 are train, the other 2 test, so no class is in both" in catalog.report.split_rule
    assert sorted(set(catalog.attributes["given_split"].tolist())) == ["test", "train"]
    assert catalog.fingerprint != open_catalog(source.undivided()).fingerprint


def test_a_seed_draws_the_classes():
    labels = [f"class {number}" for number in range(20)]
    catalog = catalog_of(labels, ["train"] * 20)
    drawn = [divided_by_class(catalog, 0.3, seed).splits.tolist() for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert [splits.count("train") for splits in drawn] == [6, 6, 6]


@pytest.mark.parametrize(("share", "train"), [(0.01, 1), (0.99, 2), (0.5, 2)])
def test_either_side_keeps_a_class(share, train):
    divided = divided_by_class(catalog_of(["a", "b", "c"], [""] * 3), share, 0)
    assert divided.splits.tolist().count("train") == train


def test_roles_of_the_old_division_and_images_without_a_class_are_in_none():
    catalog = catalog_of(["a", "b", ""], ["test", "test", "train"], ["query", "gallery", ""])
    divided = divided_by_class(catalog, 0.5, 0)
    assert divided.roles.tolist() == ["", "", ""]
    assert divided.splits.tolist()[2] == ""


def test_one_class_cannot_be_divided():
    with pytest.raises(DataError, match="shop has 1 class; expected two or more"):
        divided_by_class(catalog_of(["a", "a"], [""] * 2), 0.5, 0)
