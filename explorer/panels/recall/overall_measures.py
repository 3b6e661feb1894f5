"""The overall figures that the window can show of an evaluation: those of `core.retrieval.measures`, at its ranks."""

from __future__ import annotations

from core.retrieval.evaluation import Evaluation, Means
from core.retrieval.measures import MeasureAt, at_ranks

KS = (1, 2, 4, 8)
# What is shown until somebody chooses others.
USUAL = ("R@1", "R@4", "MAP@R", "R-precision")
# So many fit beside the table.
MOST_SHOWN = 5


def overall_measures() -> dict[str, MeasureAt]:
    """Short name -> measure. At 1 precision and recall are the same figure, so there is one of them."""
    return {measure.short: measure for measure in at_ranks(KS, KS[1:])}


def means_of(evaluation: Evaluation, macro: bool) -> Means:
    """Over queries, or over classes where that is asked for, by the measures' short names."""
    means = evaluation.macro if macro else evaluation.micro
    return {measure.short: means[measure.title] for measure in evaluation.measures}
