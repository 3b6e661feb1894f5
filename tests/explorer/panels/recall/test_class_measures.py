from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from core.comparison import Comparison
from core.data.catalog import Catalog
from core.retrieval.evaluation import Evaluation
from explorer.appearance.number_format import per_cent, signed
from explorer.panels.recall.class_measures import ClassMeasures, MeasureKind, differences_of, measures_of


def cells(measures: ClassMeasures, name: str) -> dict[str, str]:
    index = list(measures.names).index(name)
    return {column.title: measures.text(index, place) for place, column in enumerate(measures.columns)}


def code_of(catalog: Catalog) -> dict[str, int]:
    return {name: code for code, name in enumerate(catalog.classes)}


def test_cells_of_an_evaluation(evaluation: Evaluation, catalog: Catalog) -> None:
    measures = measures_of(evaluation, code_of(catalog))
    assert [column.title for column in measures.columns] == [
        "Class", "Images", "R@1", "R@2", "R@4", "R@8", "MAP@R", "Most confused with",
    ]  # fmt: skip
    assert cells(measures, "a10")["R@1"] == "100.0"
    assert cells(measures, "a10")["Most confused with"] == "–"
    # 90 and 92 degrees find each other, 181 finds a hat; both hats find 181.
    assert cells(measures, "a2")["R@1"] == "66.7"
    assert cells(measures, "a2")["Most confused with"] == "hat 33 %"
    assert cells(measures, "hat")["R@1"] == "0.0"
    assert cells(measures, "hat")["Most confused with"] == "a2 100 %"
    assert not measures.compared


def test_a_class_of_one_image_says_why_it_has_no_number(evaluation: Evaluation, catalog: Catalog) -> None:
    single = cells(measures_of(evaluation, code_of(catalog)), "single")
    assert single["R@1"] == "n/a (1 image)"
    assert single["R@4"] == single["MAP@R"] == "n/a"
    assert single["Images"] == "1"


def test_codes_are_those_of_the_catalog(evaluation: Evaluation, catalog: Catalog) -> None:
    measures = measures_of(evaluation, code_of(catalog))
    assert [catalog.classes[code] for code in measures.codes] == list(measures.names)
    assert measures_of(evaluation, {}).codes.tolist() == [-1] * len(measures)


def test_cells_of_a_comparison(comparison: Comparison, catalog: Catalog) -> None:
    measures = differences_of(comparison, code_of(catalog))
    assert [column.title for column in measures.columns] == [
        "Class", "Images", "R@1 A", "R@1 B", "B − A", "95 % interval",
    ]  # fmt: skip
    assert measures.compared
    assert measures.columns[measures.main].kind is MeasureKind.DIFFERENCE
    assert cells(measures, "a2") == {
        "Class": "a2", "Images": "3", "R@1 A": "66.7", "R@1 B": "100.0", "B − A": "+33.3",
        "95 % interval": "[0.0, +100.0]",
    }  # fmt: skip
    assert cells(measures, "a10")["B − A"] == "−66.7"  # the hat at 1 degree is now nearest to 0 and to 2
    assert cells(measures, "hat")["B − A"] == "0.0"
    assert cells(measures, "single")["B − A"] == "n/a (1 image)"


def test_only_the_main_recalls_stay_in_a_narrow_table(evaluation: Evaluation) -> None:
    assert [column.title for column in measures_of(evaluation, {}).columns if column.minor] == ["R@2", "R@8"]


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.056, "+5.6"), (-0.026, "−2.6"), (0.0, "0.0"), (0.0004, "0.0"), (-0.0004, "0.0"), (1.0, "+100.0")],
)
def test_differences_carry_their_sign(share: float, words: str) -> None:
    assert signed(share) == words


def test_what_was_not_measured_is_not_zero(measured: Callable[..., ClassMeasures]) -> None:
    assert per_cent(None) == "n/a"
    assert per_cent(0.0) == "0.0"
    assert np.isnan(measured([("alone", None)]).columns[2].numbers[0])
