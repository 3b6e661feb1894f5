"""Which images are shown: conditions on the columns of the data and on what was measured."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from core.data.catalog import Catalog, texts
from core.data.conditions import Between, InRows, Missing, OneOf
from core.data.source import DataSource
from core.retrieval.evaluation import evaluate
from explorer.results.embeddings import EMBEDDINGS
from explorer.results.measures import EVALUATION
from explorer.session import Session
from tests.explorer.factories import made_catalog, made_checkpoint, made_embeddings, set_embeddings

BRANDS = ["acme", "zeta", "", "acme", "zeta"] * 3


def with_brands() -> Catalog:
    return dataclasses.replace(made_catalog(), attributes={"brand": texts(BRANDS)})


@pytest.fixture
def opened(session: Session) -> Session:
    session.set_catalog(DataSource("shapes"), with_brands(), "all")
    return session


def measure(session: Session, slot: str = "A", seed: object = 1) -> None:
    assert session.catalog is not None
    session.choose_checkpoint(slot, made_checkpoint(f"network {seed}"))
    set_embeddings(session, slot, made_embeddings(session.catalog, seed, spread=1.5))
    embeddings = session.results[EMBEDDINGS][slot]
    assert embeddings is not None
    session.results[EVALUATION].put(slot, evaluate(embeddings))


def test_an_image_is_shown_that_fulfils_all_conditions(opened: Session) -> None:
    heard: list[tuple[object, ...]] = []
    opened.filter.changed.connect(lambda: heard.append(opened.filter.conditions))
    assert opened.filter.mask is None
    acme, discs = OneOf("brand", words=("acme",)), OneOf("class", words=("disc",))
    opened.filter.put(acme)
    opened.filter.put(discs)
    assert opened.filter.mask is not None
    assert np.flatnonzero(opened.filter.mask).tolist() == [0, 3]
    assert (opened.filter.shown(acme), opened.filter.shown(discs)) == (6, 5)
    opened.filter.put(Missing("brand"), instead_of=acme)
    assert opened.filter.conditions == (Missing("brand"), discs)
    assert np.flatnonzero(opened.filter.mask).tolist() == [2]
    opened.filter.remove(discs)
    opened.filter.clear()
    opened.filter.clear()
    assert opened.filter.mask is None and len(heard) == 5


def test_other_data_drop_the_filter_and_another_split_does_not(opened: Session) -> None:
    opened.filter.put(OneOf("brand", words=("acme",)))
    opened.set_split("test")
    assert len(opened.filter.conditions) == 1
    opened.set_catalog(DataSource("others"), made_catalog(), "all")
    assert opened.filter.conditions == () and opened.filter.mask is None
    assert opened.columns["brand"] is None


def test_what_is_wrong_at_rank_one_can_be_shown_alone(opened: Session) -> None:
    wrong = OneOf("nearest image", words=("wrong",))
    # Nothing is measured yet: nothing is hidden.
    opened.filter.put(wrong)
    assert opened.filter.mask is None and not opened.filter.is_in_force(wrong) and opened.filter.shown(wrong) is None
    measure(opened)
    evaluation = opened.results[EVALUATION]["A"]
    assert evaluation is not None and opened.filter.mask is not None
    expected = np.flatnonzero(evaluation.first_hit > 1).tolist()
    assert 0 < len(expected) < 15
    assert np.flatnonzero(opened.filter.mask).tolist() == expected == np.flatnonzero(opened.filter.mask).tolist()
    opened.filter.put(Between("AP@R", low=0.5))
    average = evaluation.of_queries("MAP@R")
    assert np.flatnonzero(opened.filter.mask).tolist() == [row for row in expected if average[row] >= 0.5]
    # Another model's images are judged anew; until then none is.
    opened.choose_checkpoint("A", made_checkpoint("another"))
    assert opened.filter.mask is None and not opened.filter.is_in_force(wrong)


def test_images_without_another_of_their_class_are_neither_right_nor_wrong(session: Session) -> None:
    catalog = made_catalog()
    labels = catalog.labels.copy()
    labels[0] = "alone"
    session.set_catalog(DataSource("shapes"), dataclasses.replace(catalog, labels=labels), "all")
    measure(session)
    nearest, first_hit = session.columns["nearest image"], session.columns["first hit"]
    assert nearest is not None and first_hit is not None
    assert nearest.codes[0] == -1 and (nearest.codes[1:] >= 0).all()
    assert first_hit.numbers is not None and np.isnan(first_hit.numbers[0])


def test_each_model_has_measures_of_its_own(opened: Session) -> None:
    measure(opened)
    measure(opened, "B", seed=2)
    names = [column.name for column in opened.columns]
    assert names == [
        *("class", "split", "brand", "nearest image", "first hit", "AP@R", "R-precision"),
        *("nearest image, B", "first hit, B", "AP@R, B", "R-precision, B"),
    ]
    opened.choose_checkpoint("B", None)
    assert [column.name for column in opened.columns] == names[:7]
    assert [column.name for column in opened.columns.of_catalog] == names[:3]


def test_of_a_class_only_what_is_shown_is_selected(opened: Session) -> None:
    assert opened.rows_of_classes([1]).tolist() == [5, 6, 7, 8, 9]
    opened.filter.put(OneOf("brand", words=("zeta",)))
    assert opened.rows_of_classes([1]).tolist() == [6, 9]
    assert opened.rows_of_classes([2, 1]).tolist() == [6, 9, 11, 14] and not len(opened.rows_of_classes([]))


def test_colours_and_groups_are_those_of_a_column(opened: Session) -> None:
    heard: list[str] = []
    opened.grouping_changed.connect(lambda: heard.append(opened.grouping))
    opened.set_colouring("brand")
    opened.set_grouping("brand")
    opened.set_grouping("")
    assert (opened.colouring, opened.grouping, heard) == ("brand", "", ["brand", ""])
    opened.set_colouring("no such column")
    assert opened.colouring == "class"
    # It will be there once a model is measured.
    opened.set_colouring("AP@R")
    assert opened.colouring == "AP@R"
    opened.set_colouring("brand")
    opened.set_catalog(DataSource("others"), made_catalog(), "all")
    assert (opened.colouring, opened.grouping) == ("class", "class")


def test_chosen_images_are_shown_whatever_is_known_of_columns(opened: Session) -> None:
    acme, chosen = OneOf("brand", words=("acme",)), InRows.of(np.array([3, 4, 9]))
    opened.filter.set_conditions((acme, chosen))
    assert opened.filter.mask is not None and opened.filter.is_in_force(chosen) and opened.filter.of_rows == chosen
    assert np.flatnonzero(opened.filter.mask).tolist() == [3]
    assert opened.filter.shown(chosen) == 3 and opened.steps.undo_words == "filter brand, by selection"
    opened.filter.remove(chosen)
    assert opened.filter.of_rows is None
