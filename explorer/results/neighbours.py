"""What the query retrieves on a slot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.catalog import Rows
from core.errors import EmbeddingsError
from core.messages import Message
from core.retrieval.embeddings import Vectors
from core.retrieval.index import Index, QueryOutcome, judge
from explorer.results.embeddings import INDEX
from explorer.state.derived import Derived, Request
from explorer.state.subject import QUERY


@dataclass(frozen=True, eq=False)
class Asked:
    """What is searched in a slot: a catalog row, or the (D,) embedding of an image file; and how many are wanted."""

    asked: int | Vectors
    k: int


@dataclass(frozen=True, eq=False)
class QueryResult:
    """What one query retrieves on one slot.

    Attributes:
        query: catalog row, or None when the query is an image file.
        rows: (K,) catalog rows, nearest first.
        similarities: (K,) cosine similarities, or minus the Euclidean distances.
        right: (K,) whether a result is of the query's class; None where the query has no class.
        outcome: facts about the query's whole ranking; None for an image file.
        missed_row: catalog row of the nearest image of the class beyond the shown ones, None when there is none.
        distance: what near is, one of `core.retrieval.distance_rule.DISTANCES`.
    """

    query: int | None
    rows: Rows
    similarities: np.ndarray
    right: np.ndarray | None
    outcome: QueryOutcome | None
    missed_row: int | None
    distance: str = "cosine"


def _retrieve(request: Request) -> QueryResult:
    index, asked = request[INDEX], request[ASKED]
    if isinstance(asked.asked, int):
        return _by_row(index, asked.asked, asked.k)
    found = index.neighbours_of_vector(asked.asked, asked.k)
    rows = index.embeddings.rows[found.positions]
    return QueryResult(None, rows, found.similarities, None, None, None, index.protocol.distance)


def _by_row(index: Index, row: int, k: int) -> QueryResult:
    embeddings = index.embeddings
    position = int(np.searchsorted(embeddings.rows, row))
    if position >= len(embeddings) or embeddings.rows[position] != row:
        why = Message("file-lacks-image") if embeddings.origin.left_out else Message("image-not-read")
        raise EmbeddingsError(Message("image-without-embedding", why=why), row)
    found = index.neighbours(position, k)
    outcome = judge(embeddings, position, found, index)
    label = embeddings.labels[position]
    right = (embeddings.labels[found.positions] == label).astype(bool) if label else None
    missed = None if outcome.missed is None else int(embeddings.rows[outcome.missed[1]])
    rows = embeddings.rows[found.positions]
    return QueryResult(row, rows, found.similarities, right, outcome, missed, index.protocol.distance)


ASKED: Derived[Asked] = Derived("asked")
NEIGHBOURS: Derived[QueryResult] = Derived(
    "neighbours", needs=(INDEX, ASKED), compute=_retrieve, stays=True, subject=QUERY.about
)
