"""How images are measured: who asks, who can be found, what is hidden from whom, and by which distance."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from core.data.catalog import BOTH, Rows, natural_order
from core.data.class_division import SharedClasses
from core.errors import EmbeddingsError
from core.messages import Message
from core.retrieval.collapse import Spread
from core.retrieval.distance_rule import DISTANCES, distance_of
from core.retrieval.embeddings import Embeddings


@dataclass(frozen=True, eq=False)
class Protocol:
    """One value for all that is measured of some embeddings.

    With roles "query" and "gallery" both present, queries search the gallery; an image may have both roles, and never
    finds itself. Otherwise every image searches all others. What else an image must not find, as pictures of its own
    camera, belongs into `hide`, which all measures heed; junk is left out of the gallery.

    Attributes:
        queries, gallery: positions into the embeddings, both ascending.
        leave_one_out: whether everyone asks and can be found.
        distance: what near is, one of `distance_rule.DISTANCES`.

    Raises EmbeddingsError for an unknown distance.
    """

    queries: Rows
    gallery: Rows
    leave_one_out: bool
    distance: str

    def __post_init__(self) -> None:
        if self.distance not in DISTANCES:
            raise EmbeddingsError(Message("distance-unknown", distance=self.distance, choices=DISTANCES), "distance")

    @classmethod
    def of(cls, embeddings: Embeddings, distance: str | None = None) -> Protocol:
        """What the roles in `embeddings` ask for, by `distance`, or by the one that fits the vectors."""
        if embeddings.roles is not None:
            queries = np.flatnonzero(np.isin(embeddings.roles, ("query", BOTH))).astype(np.int64)
            gallery = np.flatnonzero(np.isin(embeddings.roles, ("gallery", BOTH))).astype(np.int64)
            if queries.size and gallery.size:
                return cls(queries, gallery, False, distance or distance_of(embeddings.vectors))
        return cls.everyone(embeddings.vectors, distance)

    @classmethod
    def everyone(cls, vectors: npt.NDArray[np.floating], distance: str | None = None) -> Protocol:
        """Each of (N, D) vectors searches all others, by `distance`, or by the one that fits them."""
        everyone = np.arange(len(vectors), dtype=np.int64)
        return cls(everyone, everyone, leave_one_out=True, distance=distance or distance_of(vectors))

    def on(self, embeddings: Embeddings) -> Protocol:
        """The same for other embeddings, as a part of those that it is of."""
        return self.of(embeddings, self.distance)

    @property
    def fingerprint(self) -> str:
        """Another for any other rule of what is hidden, and for any other value of a field."""
        digest = hashlib.sha256(type(self).__qualname__.encode())
        for field in fields(self):
            value = np.ascontiguousarray(getattr(self, field.name))
            digest.update(f"{field.name} {value.dtype} {value.shape}".encode() + value.tobytes())
        return digest.hexdigest()

    def among(self, chosen: npt.NDArray[np.bool_]) -> Protocol:
        """The same with those of the (N,) `chosen` alone."""
        return replace(self, queries=self.queries[chosen[self.queries]], gallery=self.gallery[chosen[self.gallery]])

    @property
    def taking_part(self) -> Rows:
        """Positions of queries and gallery together."""
        return self.queries if self.leave_one_out else np.union1d(self.queries, self.gallery)

    @property
    def overlaps(self) -> bool:
        """Whether any query can be found by others."""
        return bool((self._own_columns(self.queries) >= 0).any())

    def hide(self, queries: Rows, block: npt.NDArray[np.floating], hidden: float = -np.inf) -> None:
        """Write `hidden` into a (B, W) block, W >= G, wherever one of the (B,) query positions must not find an image.

        Its columns are the gallery; the default is for similarities.
        """
        own = self._own_columns(queries)
        inside = np.flatnonzero(own >= 0)
        block[inside, own[inside]] = hidden

    def fields(self, measured: int) -> ProtocolFields:
        """What to tell of figures by this protocol; `measured` is how many of the queries were measured."""
        return ProtocolFields(
            kind="leave-one-out" if self.leave_one_out else "query to gallery",
            distance=self.distance,
            queries=measured,
            not_measured=len(self.queries) - measured,
            gallery=len(self.gallery),
            self_excluded=self.overlaps,
        )

    def _own_columns(self, queries: Rows) -> Rows:
        """(B,) where in the gallery some queries stand themselves; -1 for those that are not in it."""
        columns = np.minimum(np.searchsorted(self.gallery, queries), max(len(self.gallery) - 1, 0))
        return np.where(self.gallery[columns] == queries, columns, -1) if len(self.gallery) else queries * 0 - 1


@dataclass(frozen=True)
class ProtocolFields:
    """How figures came about, as plain values; `core.retrieval.protocol_wording` says it.

    Attributes:
        kind: whether everyone searched all others, or queries the gallery.
        distance: one of `distance_rule.DISTANCES`.
        queries: how many were measured.
        not_measured: queries that nothing right could be found for; in no figure.
        gallery: how many images could be found.
        self_excluded: whether queries are in the gallery themselves, and were hidden from themselves.
        split: its name, "" where that is not known.
        unlabelled: images without a class in the gallery, never a hit; 0 where classes play no part.
        without_target: images without a complete target, in no figure; 0 where targets play no part.
        spread: whether the vectors are all but equal; None where other figures of the same embeddings say it.
        origin: what of a given file is not in these figures, and how it was read.
        shared_classes: the classes that training saw as well; None where there are none, or nobody looked.
        trained_on: the name of the data that training saw where they are not those that were measured, else None.
    """

    kind: Literal["leave-one-out", "query to gallery"]
    distance: str
    queries: int
    not_measured: int
    gallery: int
    self_excluded: bool
    split: str = ""
    unlabelled: int = 0
    without_target: int = 0
    spread: Spread | None = None
    origin: str = ""
    shared_classes: SharedClasses | None = None
    trained_on: str | None = None

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> ProtocolFields:
        """What `dataclasses.asdict` made of an evaluation's, read back from JSON."""
        return cls(**{**document, "spread": Spread.from_json(document["spread"])})


def class_codes(embeddings: Embeddings) -> tuple[tuple[str, ...], Rows]:
    """(classes in natural order, (N,) index into them or -1 where unlabelled)."""
    labels = embeddings.labels.tolist()
    classes = tuple(natural_order([str(label) for label in set(labels) if label]))
    code = {label: index for index, label in enumerate(classes)}
    codes = np.fromiter((code.get(label, -1) for label in labels), np.int64, len(embeddings))
    return classes, codes
