"""The overall figures that an evaluation has: what each is called, what it means and how it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.retrieval.metrics import Evaluation, Means

KS = (1, 2, 4, 8)
# What is shown until somebody chooses others.
USUAL = ("R@1", "R@4", "MAP@R", "R-precision")
# So many fit beside the table.
MOST_SHOWN = 5


@dataclass(frozen=True)
class OverallMeasure:
    """One figure: `name` as papers write it, a sentence, and how it is read from the means (None: not measured)."""

    name: str
    explanation: str
    of: Callable[[Means], float | None]


def _recall(k: int) -> OverallMeasure:
    among = "as the nearest" if k == 1 else f"among the {k} nearest"
    told = f"Recall at {k}: share of queries with an image of their class {among}"
    return OverallMeasure(f"R@{k}", told, lambda means: means.recall.get(k))


def _precision(k: int) -> OverallMeasure:
    told = f"Precision at {k}: share of the {k} nearest that are of the query's class"
    return OverallMeasure(f"P@{k}", told, lambda means: means.precision.get(k))


# At 1 precision and recall are the same figure.
MEASURES: dict[str, OverallMeasure] = {
    measure.name: measure
    for measure in (
        *map(_recall, KS),
        *map(_precision, KS[1:]),
        OverallMeasure("MAP@R", "Mean average precision over the R nearest", lambda means: means.map_at_r),
        OverallMeasure("R-precision", "Share of hits among the R nearest", lambda means: means.r_precision),
        OverallMeasure("MRR", "Mean of 1 / rank of the first image of the query's class", lambda means: means.mrr),
    )
}


def means_of(evaluation: Evaluation, macro: bool) -> Means:
    """Over queries, or over classes where that is asked for and known."""
    return evaluation.macro if macro and evaluation.macro is not None else evaluation.micro
