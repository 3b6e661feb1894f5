"""The figures of each class, in arrays: there may be more classes than a loop over them should take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from core.retrieval.measures import Figures, MeasureAt, RankedQueries, as_json


@dataclass(frozen=True, eq=False)
class ClassFigures:
    """C classes in natural order of their names.

    Attributes:
        labels: C names.
        images: (C,) images in the evaluation, queries and gallery together.
        queries: (C,) measured queries.
        means: title of a measure -> (C,) mean over the class's measured queries; NaN where it has none.
        confused_with: (C,) the wrong class that is nearest most often, an index into `labels`; -1 where there is none.
        confused_share: (C,) the share of the class's queries whose nearest image is of that class; 0 where there is
            none, NaN where no query was measured.
    """

    labels: tuple[str, ...]
    images: Rows
    queries: Rows
    means: dict[str, Figures]
    confused_with: Rows
    confused_share: Figures

    @classmethod
    def of(
        cls,
        found: RankedQueries,
        labels: Sequence[str],
        taking_part: Rows,
        measured: Rows,
        figures: Mapping[str, Figures],
    ) -> ClassFigures:
        """From the (M,) figures of the measured queries at the (M,) positions `measured`."""
        count, own = len(labels), found.codes[measured]
        present = found.codes[taking_part]
        queries = np.bincount(own, minlength=count)
        divisor = np.where(queries > 0, queries, np.nan)
        confused, times = _confusions(own, found.codes[found.neighbours[measured, 0]], count)
        return cls(
            labels=tuple(labels),
            images=np.bincount(present[present >= 0], minlength=count),
            queries=queries,
            means={
                title: np.bincount(own, weights=values, minlength=count) / divisor for title, values in figures.items()
            },
            confused_with=confused,
            confused_share=times / divisor,
        )

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def measured(self) -> int:
        """How many classes have measured queries."""
        return int(np.count_nonzero(self.queries))

    def macro(self) -> dict[str, float | None]:
        """Title -> mean over the classes that have measured queries; None where there are none."""
        there = self.queries > 0
        return {title: float(np.mean(values[there])) if there.any() else None for title, values in self.means.items()}

    def confused_label(self, code: int) -> str:
        """The name of the class that class `code` is most confused with; "" where there is none."""
        partner = int(self.confused_with[code])
        return self.labels[partner] if partner >= 0 else ""

    def as_json(self, measures: Sequence[MeasureAt]) -> list[dict[str, Any]]:
        """A document for each class."""
        # Lists, since reading single numbers out of arrays takes longer than all the counting.
        means = {title: known(values) for title, values in self.means.items()}
        images, queries, shares = self.images.tolist(), self.queries.tolist(), known(self.confused_share)
        return [
            {
                "label": label,
                "images": images[code],
                "queries": queries[code],
                **as_json(measures, {title: values[code] for title, values in means.items()}),
                "confused_with": self.confused_label(code),
                "confused_share": shares[code],
            }
            for code, label in enumerate(self.labels)
        ]


def known(values: npt.NDArray[np.float64]) -> list[float | None]:
    """Numbers as JSON has them: None in the place of NaN."""
    numbers: list[float | None] = values.tolist()
    for index in np.flatnonzero(np.isnan(values)).tolist():
        numbers[index] = None
    return numbers


def _confusions(own: Rows, nearest: Rows, class_count: int) -> tuple[Rows, Rows]:
    """(C,) most frequent wrong class of each class's (M,) nearest images, and how often; ties to the first class."""
    wrong = (nearest >= 0) & (nearest != own)
    pairs, counts = np.unique(own[wrong] * class_count + nearest[wrong], return_counts=True)
    asking, answered = np.divmod(pairs, max(class_count, 1))
    order = np.lexsort((answered, -counts, asking))
    heads, first = np.unique(asking[order], return_index=True)
    confused, times = np.full(class_count, -1, np.int64), np.zeros(class_count, np.int64)
    confused[heads], times[heads] = answered[order][first], counts[order][first]
    return confused, times
