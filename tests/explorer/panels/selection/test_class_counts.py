"""Counting a selection by class, against a loop over its rows."""

from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest

from core.data.catalog import texts
from explorer.panels.selection.class_counts import UNLABELLED, ClassCounts, counted
from tests.explorer.factories import made_catalog


def test_classes_with_most_selected_images_come_first() -> None:
    catalog = made_catalog()
    labels = catalog.labels.copy()
    labels[[4, 9]] = ""
    splits = texts(["train"] * 3 + ["test"] * 12)
    catalog = dataclasses.replace(catalog, labels=labels, splits=splits)
    rows = np.array([0, 4, 5, 6, 7, 12, 13])
    counts = ClassCounts.of(catalog, rows, counted(catalog, catalog.rows("test")))
    named = [catalog.classes[code] if code != UNLABELLED else "" for code in counts.codes]
    assert named == ["ring", "square", "", "disc"]
    assert counts.selected.tolist() == [3, 2, 1, 1] and counts.shown.tolist() == [4, 5, 2, 1]
    assert counts.arranged(catalog, rows).tolist() == [5, 6, 7, 12, 13, 4, 0]


@pytest.mark.parametrize("seed", range(3))
def test_it_counts_what_a_loop_counts(seed: int) -> None:
    catalog = made_catalog(tuple(f"c{number}" for number in range(300)), images=3)
    rows = np.sort(np.random.default_rng(seed).choice(900, 400, replace=False))
    counts = ClassCounts.of(catalog, rows, counted(catalog, catalog.rows()))
    slow = Counter(str(catalog.labels[row]) for row in rows)
    assert dict(zip((counts.names[code] for code in counts.codes), counts.selected.tolist(), strict=True)) == slow
    assert (np.diff(counts.selected) <= 0).all()
    arranged = [str(catalog.labels[row]) for row in counts.arranged(catalog, rows)]
    assert arranged == [counts.names[code] for code, many in zip(counts.codes, counts.selected, strict=True)
                        for _ in range(many)]  # fmt: skip


def test_nothing_has_no_classes() -> None:
    catalog, nothing = made_catalog(), np.empty(0, np.int64)
    assert len(ClassCounts.none()) == 0 == len(ClassCounts.of(catalog, nothing, counted(catalog, nothing)))
