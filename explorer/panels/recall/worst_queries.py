"""Which images of a class retrieve worst."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.columns import Mask
from core.messages import Message
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import Evaluation

MOST = 24


@dataclass(frozen=True)
class WorstQuery:
    """A measured image of a class.

    Attributes:
        row: its catalog row.
        first_hit: rank of the first image of the same class, 0 when none was met.
        average_precision: AP@R.
        retrieved: class name of what was retrieved first, "" where unlabelled.
    """

    row: int
    first_hit: int
    average_precision: float
    retrieved: str

    @property
    def text(self) -> str:
        """The rank of the first hit."""
        return Message("hit-at-rank", rank=self.first_hit) if self.first_hit else Message("no-hit")

    @property
    def sentence(self) -> str:
        """All of it in words."""
        hit = self.first_hit
        met = Message("first-hit-at-rank", rank=hit) if hit else Message("query-without-hit")
        first, precision = self.retrieved or Message("unlabelled-image"), self.average_precision
        return Message("worst-query-described", row=self.row, label=first, hit=met, precision=precision)


@dataclass(frozen=True)
class WorstQueries:
    """The worst of a class, the worst first.

    `wrong` of all its `measured` images are wrong at 1, whatever a filter shows; it hides `filtered_out` of them.
    """

    label: str
    queries: list[WorstQuery]
    wrong: int
    measured: int
    filtered_out: int = 0

    @property
    def describe(self) -> str:
        """A heading for them."""
        heading = Message("worst-of-class", label=self.label, wrong=self.wrong, measured=self.measured)
        return Message("worst-filtered", heading=heading, count=self.filtered_out) if self.filtered_out else heading


def worst_queries(
    evaluation: Evaluation, embeddings: Embeddings, label: str, most: int = MOST, mask: Mask | None = None
) -> WorstQueries:
    """The `most` worst images of class `label`: lowest AP@R first, then those that meet their class latest.

    `mask` over catalog rows are the images that a filter shows.
    """
    measured = np.flatnonzero((embeddings.labels == label) & (evaluation.first_hit >= 0))
    wrong = int(np.sum(evaluation.first_hit[measured] != 1))
    positions = measured if mask is None else measured[mask[embeddings.rows[measured]]]
    hits = evaluation.first_hit[positions]
    precisions = evaluation.of_queries("MAP@R")[positions]
    lateness = np.where(hits == 0, np.iinfo(np.int64).max, hits)
    worst = np.lexsort((embeddings.rows[positions], -lateness, precisions))[:most]
    shown = positions[worst]
    columns = (embeddings.rows[shown], hits[worst], precisions[worst], embeddings.labels[evaluation.nearest[shown]])
    queries = [WorstQuery(*each) for each in zip(*(column.tolist() for column in columns), strict=True)]
    return WorstQueries(label, queries, wrong, len(measured), len(measured) - len(positions))
