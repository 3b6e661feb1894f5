"""Who asks and who can be found: leave-one-out, or query to gallery."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.catalog import BOTH, Rows, natural_order
from core.retrieval.embeddings import Embeddings


@dataclass(frozen=True, eq=False)
class Protocol:
    """Positions (into the embeddings) of the queries and of the gallery, both ascending.

    With roles "query" and "gallery" both present, queries search the gallery; an image may have both roles, and never
    finds itself. Otherwise every image searches all others.
    """

    queries: Rows
    gallery: Rows
    leave_one_out: bool

    @property
    def taking_part(self) -> Rows:
        """Positions of queries and gallery together."""
        return self.queries if self.leave_one_out else np.union1d(self.queries, self.gallery)

    def own_columns(self, queries: Rows) -> Rows:
        """(B,) where in the gallery some queries stand themselves; -1 for those that are not in it."""
        columns = np.minimum(np.searchsorted(self.gallery, queries), max(len(self.gallery) - 1, 0))
        return np.where(self.gallery[columns] == queries, columns, -1) if len(self.gallery) else queries * 0 - 1

    @property
    def overlaps(self) -> bool:
        """Whether any query can be found by others."""
        return bool((self.own_columns(self.queries) >= 0).any())

    @classmethod
    def of(cls, embeddings: Embeddings) -> Protocol:
        """The protocol that the roles in `embeddings` ask for."""
        if embeddings.roles is not None:
            queries = np.flatnonzero(np.isin(embeddings.roles, ("query", BOTH))).astype(np.int64)
            gallery = np.flatnonzero(np.isin(embeddings.roles, ("gallery", BOTH))).astype(np.int64)
            if queries.size and gallery.size:
                return cls(queries, gallery, leave_one_out=False)
        everyone = np.arange(len(embeddings), dtype=np.int64)
        return cls(everyone, everyone, leave_one_out=True)


def class_codes(embeddings: Embeddings) -> tuple[tuple[str, ...], Rows]:
    """(classes in natural order, (N,) index into them or -1 where unlabelled)."""
    labels = embeddings.labels.tolist()
    classes = tuple(natural_order([str(label) for label in set(labels) if label]))
    code = {label: index for index, label in enumerate(classes)}
    codes = np.fromiter((code.get(label, -1) for label in labels), np.int64, len(embeddings))
    return classes, codes
