"""The results of one query: what `QueryResult` holds, one item a neighbour."""

from __future__ import annotations

from dataclasses import dataclass

from core.data.catalog import Catalog
from core.data.columns import Mask
from core.messages import Message
from explorer.results.neighbours import QueryResult


@dataclass(frozen=True)
class ResultItem:
    """One neighbour.

    Attributes:
        row: catalog row.
        rank: from 1, nearest first.
        similarity: cosine, or minus the Euclidean distance.
        label: class name, "" when unlabelled.
        right: of the query's class or not; None when that cannot be said.
        moved: ranks gained against the other checkpoint (negative: lost), 0 for the same, None when not compared or
            when the other does not show it.
        new: the other checkpoint does not show it.
        euclidean: whether near is by Euclidean distance.
        filtered_out: the filter hides the image elsewhere; what is near stays the truth, and it is drawn pale.
    """

    row: int
    rank: int
    similarity: float
    label: str
    right: bool | None
    moved: int | None = None
    new: bool = False
    euclidean: bool = False
    filtered_out: bool = False

    @property
    def figure(self) -> str:
        """How near it is: the similarity, or the distance."""
        if self.euclidean:
            return f"{-self.similarity:.4g}"
        return f"{self.similarity:.3f}" if self.similarity < 0.9995 else "1.000"

    @property
    def sentence(self) -> str:
        """The result in words, for tooltips and screen readers."""
        outcome = "" if self.right is None else Message("result-outcome", right=self.right)
        change = Message("result-not-in-other") if self.new else ""
        if self.moved:
            change = Message("ranks-moved", ranks=abs(self.moved), up=self.moved > 0)
        return Message(
            "result-described",
            rank=self.rank,
            label=self.label or Message("no-class"),
            euclidean=self.euclidean,
            distance=self.figure,
            similarity=self.similarity,
            outcome=outcome,
            change=change + (Message("result-filtered-out") if self.filtered_out else ""),
        )


def results_of(
    retrieved: QueryResult,
    catalog: Catalog,
    wrong_only: bool = False,
    other: QueryResult | None = None,
    mask: Mask | None = None,
) -> list[ResultItem]:
    """The results to show; with `other` each carries how its rank differs from the other checkpoint's.

    `mask` (N,) over catalog rows are the images that the filter shows.
    """
    elsewhere = {} if other is None else {int(row): rank for rank, row in enumerate(other.rows, start=1)}
    results = []
    for index, row in enumerate(retrieved.rows.tolist()):
        right = None if retrieved.right is None else bool(retrieved.right[index])
        if wrong_only and right is not False:
            continue
        rank = index + 1
        moved = elsewhere[row] - rank if row in elsewhere else None
        label, similarity = str(catalog.labels[row]), float(retrieved.similarities[index])
        new = other is not None and row not in elsewhere
        euclidean = retrieved.distance == "euclidean"
        filtered_out = mask is not None and not mask[row]
        results.append(ResultItem(row, rank, similarity, label, right, moved, new, euclidean, filtered_out))
    return results
