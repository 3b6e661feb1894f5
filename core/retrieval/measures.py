"""The measures of retrieval as a table: what each is called, what it means, and how a query's figure is computed.

Definitions (Musgrave et al. 2020, "A Metric Learning Reality Check", and the field's Recall@K). For a query with
R images of its class in the gallery, itself excluded:

    Recall@K      1 if any of the K nearest is of its class, else 0
    Precision@K   hits among the K nearest, divided by K
    MAP@R         (1 / R) * sum over ranks k <= R of  precision at k  *  (1 if rank k is a hit)
    R-precision   hits among the R nearest, divided by R
    MRR           1 / rank of the first hit, over the whole gallery

An entry in MEASURES is all that a further measure needs: `evaluate` has it as a column, per class and per query, with
intervals and in JSON, `compare` for both sides, and the window among its figures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows

Figures = npt.NDArray[np.float64]
Value = TypeVar("Value")


@dataclass(frozen=True, eq=False)
class RankedQueries:
    """What a search found for N images. R is how many others of its class an image could find.

    Attributes:
        codes: (N,) class of each image, -1 where unlabelled.
        first_hit: (N,) rank of the first image of the query's class, from 1; -1 where not measured, because R is 0 or
            the image is no query.
        positives: (N,) R; 0 where not measured.
        hits_at_r: (N,) hits among the R nearest.
        precision_sum: (N,) sum over the hits among the R nearest of precision at their rank.
        hits_at: K -> (N,) hits among the K nearest, for the K of Precision@K.
        neighbours: (N, L) int32 positions of the most similar images, nearest first; -1 where there are fewer.
        nearest_similarity: (N,) float32 cosine similarity, or minus the Euclidean distance; NaN for non-queries.
    """

    codes: Rows
    first_hit: Rows
    positives: Rows
    hits_at_r: Rows
    precision_sum: Figures
    hits_at: dict[int, Rows]
    neighbours: npt.NDArray[np.int32]
    nearest_similarity: npt.NDArray[np.float32]

    @property
    def hits(self) -> npt.NDArray[np.bool_]:
        """(N, L) whether a listed neighbour is of the query's class."""
        found = self.codes[self.neighbours]
        return np.asarray((self.neighbours >= 0) & (found >= 0) & (found == self.codes[:, None]))


@dataclass(frozen=True)
class Measure:
    """A figure of each query, and its means over queries and over classes.

    Attributes:
        name: what `--measures` calls it.
        key: its name in JSON.
        title: heading of its means; "{k}" stands for the rank.
        short: the same where there is little room.
        explanation: what a mean is, for a tooltip.
        of: the queries and the rank -> (N,) figures; what it says of queries that are not measured does not matter.
        at: whose ranks it is measured at: those of "recall", of "precision", or at none.
        of_query: heading of a query's own figure, None for that of the means; "" leaves it out of files per query.
        per_class: whether the window's table of classes has it.
        usual: whether `evaluate` has it where no measures are named.
    """

    name: str
    key: str
    title: str
    short: str
    explanation: str
    of: Callable[[RankedQueries, int], npt.NDArray[Any]]
    at: Literal["recall", "precision", ""] = ""
    of_query: str | None = None
    per_class: bool = True
    usual: bool = True


MEASURES: list[Measure] = [
    Measure(
        "recall",
        "recall",
        "Recall@{k}",
        "R@{k}",
        "Recall at {k}: share of queries with an image of their class among the {k} nearest",
        lambda found, k: found.first_hit <= k,
        at="recall",
        of_query="",
    ),
    Measure(
        "precision",
        "precision",
        "Precision@{k}",
        "P@{k}",
        "Precision at {k}: share of the {k} nearest that are of the query's class",
        lambda found, k: found.hits_at[k] / k,
        at="precision",
        per_class=False,
    ),
    Measure(
        "map@r",
        "map_at_r",
        "MAP@R",
        "MAP@R",
        "Mean average precision over the R nearest, R being how many others the query's class has",
        lambda found, _: found.precision_sum / found.positives,
        of_query="AP@R",
    ),
    Measure(
        "r-precision",
        "r_precision",
        "R-precision",
        "R-precision",
        "Share of hits among the R nearest, R being how many others the query's class has",
        lambda found, _: found.hits_at_r / found.positives,
        per_class=False,
    ),
    Measure(
        "mrr",
        "mrr",
        "MRR",
        "MRR",
        "Mean of 1 / rank of the first image of the query's class",
        lambda found, _: 1 / found.first_hit,
        of_query="",
        per_class=False,
        usual=False,
    ),
]


@dataclass(frozen=True)
class MeasureAt:
    """A measure at a rank; `k` is 0 for one without ranks."""

    measure: Measure
    k: int = 0

    @property
    def title(self) -> str:
        """Heading of its means, such as "Recall@1"."""
        return self.measure.title.format(k=self.k)

    @property
    def short(self) -> str:
        """The same where there is little room, such as "R@1"."""
        return self.measure.short.format(k=self.k)

    @property
    def explanation(self) -> str:
        """What a mean is."""
        explanation = self.measure.explanation.format(k=self.k)
        return explanation.replace("among the 1 nearest", "as the nearest")

    @property
    def of_query(self) -> str:
        """Heading of a query's own figure, or ""."""
        heading = self.measure.of_query
        return self.title if heading is None else heading.format(k=self.k)

    def of(self, found: RankedQueries) -> Figures:
        """(N,) each query's figure; NaN where not measured."""
        with np.errstate(divide="ignore", invalid="ignore"):
            values = self.measure.of(found, self.k)
        return np.where(found.first_hit >= 0, values, np.nan)


def at_ranks(recall_at: Sequence[int], precision_at: Sequence[int]) -> tuple[MeasureAt, ...]:
    """Every measure, at the ranks that belong to it."""
    ranks = {"recall": recall_at, "precision": precision_at, "": (0,)}
    return tuple(MeasureAt(measure, k) for measure in MEASURES for k in ranks[measure.at])


def as_json(measures: Sequence[MeasureAt], values: Mapping[str, Value]) -> dict[str, Any]:
    """Values by title as a document: those at ranks under their key by rank, the others by their key."""
    document: dict[str, Any] = {measure.key: {} for measure in MEASURES if measure.at}
    for one in measures:
        if one.measure.at:
            document[one.measure.key][str(one.k)] = values[one.title]
        else:
            document[one.measure.key] = values[one.title]
    return document
