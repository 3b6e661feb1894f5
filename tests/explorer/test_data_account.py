"""What is told of the open data: images, classes, what divides them and why, what is amiss."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.data.catalog import Catalog, OpeningReport, texts
from core.data.reading import Reading
from core.data.source import DataSource
from explorer.data_account import account_of
from tests.explorer.factories import made_catalog

SHAPES = DataSource("/data/shapes.csv")


def told(reading: Reading, splits: list[str] | None = None, source: DataSource = SHAPES, **report: object):
    catalog = made_catalog()
    splits = splits or ["test"] * len(catalog)
    made = OpeningReport(17, len(catalog), reading=reading, **report)
    return account_of(replace(catalog, splits=texts(splits), report=made), source)


@pytest.mark.parametrize(
    ("reading", "classes_by", "divided_by"),
    [
        (Reading("column", "brand", "column", "part"), "column brand", "column part"),
        (Reading("folders", "", "folders"), "folder names", "folders"),
        (Reading("names", "", "nothing"), "file names", "nothing: all test, as classes are fewer than two"),
        (Reading(), "lists of the data set", "lists of the data set"),
        (Reading("column", "brand", "tables"), "column brand", "a table for each split"),
        (Reading("folders", "", "halves"), "folder names", "classes in half, as none was given"),
        (Reading(splits_by="parts"), "lists of the data set", "classes in half, as the parts share classes"),
    ],
)
def test_it_says_what_classes_and_splits_come_from(reading: Reading, classes_by: str, divided_by: str) -> None:
    account = told(reading)
    assert (account.classes_by, account.divided_by) == (classes_by, divided_by)


def test_a_division_that_was_asked_for_is_told_with_its_share_and_seed() -> None:
    source = replace(SHAPES, divide_by_class=0.8, divide_seed=7)
    assert told(Reading(splits_by="share"), source=source).divided_by == "class, 80 % to train, seed 7, as asked"


def _by_label(catalog: Catalog, train: set[str]) -> list[str]:
    return ["train" if label in train else "test" for label in catalog.labels]


def test_it_counts_the_classes_that_are_new_to_the_model() -> None:
    catalog = made_catalog()
    first, *others = catalog.classes
    images = int((catalog.labels == first).sum())
    rest = len(catalog) - images
    apart = told(Reading(), _by_label(catalog, {first}))
    assert apart.parts == f"train {images:,} (1 class) · test {rest:,} ({len(others)} unseen)"
    half = ["train" if row % 2 else "test" for row in range(len(catalog))]
    assert f"({len(catalog.classes)} classes, 0 unseen)" in told(Reading(), half).parts
    assert told(Reading()).parts == f"test {len(catalog):,} ({len(catalog.classes)} classes)"


def test_what_is_amiss_is_counted_and_said_in_short() -> None:
    account = told(Reading("folders", "", "folders"), counts={"missing": 2, "duplicate": 1_000, "other": 4})
    assert account.troubles == {"missing": "2 missing", "duplicate": "1,000 listed twice"}
    assert account.in_short == "15 images · 3 classes · folders · 2 missing · 1,000 listed twice"
