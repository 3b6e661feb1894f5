"""Which images of a class retrieve worst."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.catalog import Rows
from core.messages import Message
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import Evaluation
from explorer.panels.recall.class_measures import Numbers

MOST = 24


@dataclass(frozen=True, eq=False)
class WorstQueries:
    """The W worst measured images of one class, worst first.

    Attributes:
        label: the class.
        rows: (W,) catalog rows.
        first_hits: (W,) rank of the first image of the same class, 0 when none was met.
        average_precisions: (W,) AP@R.
        retrieved: W class names of what was retrieved first, "" where unlabelled.
        wrong: how many of the class's images are wrong at 1.
        measured: how many of the class's images were measured.
    """

    label: str
    rows: Rows
    first_hits: Rows
    average_precisions: Numbers
    retrieved: tuple[str, ...]
    wrong: int
    measured: int

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def describe(self) -> str:
        """A heading for them."""
        return Message("worst-of-class", label=self.label, wrong=self.wrong, measured=self.measured)


def worst_queries(evaluation: Evaluation, embeddings: Embeddings, label: str, most: int = MOST) -> WorstQueries:
    """The `most` worst images of class `label`: lowest AP@R first, then those that meet their class latest."""
    positions = np.flatnonzero((embeddings.labels == label) & (evaluation.first_hit >= 0))
    hits = evaluation.first_hit[positions]
    precisions = evaluation.of_queries("MAP@R")[positions]
    lateness = np.where(hits == 0, np.iinfo(np.int64).max, hits)
    worst = np.lexsort((embeddings.rows[positions], -lateness, precisions))[:most]
    return WorstQueries(
        label=label,
        rows=embeddings.rows[positions[worst]],
        first_hits=hits[worst],
        average_precisions=precisions[worst],
        retrieved=tuple(str(label) for label in embeddings.labels[evaluation.nearest[positions[worst]]]),
        wrong=int(np.sum(hits != 1)),
        measured=len(positions),
    )
