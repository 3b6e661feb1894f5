"""Groups of images and their order, against slow versions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.data.catalog import Catalog, natural_order, texts
from explorer.panels.grid.grouping import FileNames, Parting, groups_of, in_order
from tests.explorer.factories import made_catalog


@pytest.fixture
def catalog() -> Catalog:
    """Three classes of 4, 2 and 2 images, one image without a class; splits by row."""
    made = made_catalog(("a", "b", "c"), 3)
    labels = ["b", "a", "a", "c", "a", "", "b", "a", "c"]
    splits = ["train", "train", "test", "val", "test", "", "test", "train", "val"]
    return replace(made, labels=texts(labels), splits=texts(splits))


def by_class(catalog: Catalog) -> Parting:
    return Parting(catalog.codes, catalog.classes, ["#000001", "#000002", "#000003"], "none")


def test_groups_have_their_rows_colour_and_splits(catalog: Catalog) -> None:
    groups = groups_of(catalog, catalog.rows(), by_class(catalog), "name")
    assert [(group.title, group.rows.tolist(), group.colour, group.note) for group in groups] == [
        ("a", [1, 2, 4, 7], "#000001", "train · test"),
        ("b", [0, 6], "#000002", "train · test"),
        ("c", [3, 8], "#000003", "val"),
        ("none", [5], "", ""),
    ]
    (alone,) = groups_of(catalog, catalog.rows("test"), None)
    assert alone.title == "" and alone.rows.tolist() == [2, 4, 6]
    nothing = np.empty(0, np.int64)
    assert groups_of(catalog, nothing, None) == groups_of(catalog, nothing, by_class(catalog)) == []


@pytest.mark.parametrize(
    ("order", "titles"), [("most", "a b c none"), ("fewest", "none b c a"), ("name", "a b c none")]
)
def test_groups_are_sorted_and_equals_by_name(catalog: Catalog, order: str, titles: str) -> None:
    groups = groups_of(catalog, catalog.rows(), by_class(catalog), order)
    assert [group.title for group in groups] == titles.split()


def test_images_are_in_the_natural_order_of_their_file_names(catalog: Catalog) -> None:
    names = [
        "z/img10.jpg",
        "b/img2.jpg",
        "img1.jpg",
        "a/A.jpg",
        "b/가10.jpg",
        "c/\udce9.jpg",
        "img2.jpg",
        "x/9.jpg",
        "x/08.jpg",
    ]
    named = replace(catalog, paths=texts(names))
    last = [name.rpartition("/")[2] for name in names]
    places = FileNames(named).places
    expected = sorted(range(9), key=lambda row: natural_order(sorted(set(last))).index(last[row]))
    assert in_order(named.rows(), places).tolist() == expected
    (group, *_) = groups_of(named, in_order(named.rows(), places), by_class(named))
    assert group.rows.tolist() == [row for row in expected if named.labels[row] == "a"]


def test_images_without_a_figure_come_last() -> None:
    figures = np.array([0.5, np.nan, 0.1, 0.5, np.nan, 0.3])
    assert in_order(np.array([5, 4, 3, 1, 0, 2]), figures).tolist() == [2, 5, 3, 0, 4, 1]
    assert in_order(np.array([2, 0]), None).tolist() == [2, 0]


def test_a_million_images_of_twenty_thousand_classes_are_grouped() -> None:
    count, classes = 1_000_000, 20_000
    codes = np.random.default_rng(0).integers(0, classes, count)
    empty = texts([""]).repeat(count)
    big = Catalog("big", made_catalog().root, empty, empty, texts(["train"]).repeat(count), empty, empty)
    groups = groups_of(big, big.rows(), Parting(codes, [str(code) for code in range(classes)]))
    assert sum(len(group.rows) for group in groups) == count and len(groups) == classes
    sizes = [len(group.rows) for group in groups]
    assert sizes == sorted(sizes, reverse=True) and groups[7].note == "train"
    assert (codes[groups[7].rows] == int(groups[7].title)).all() and (np.diff(groups[7].rows) > 0).all()
