"""Exact nearest neighbours of many images at once, in blocks of bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from core.retrieval.embeddings import Embeddings
from core.retrieval.protocol import Protocol
from core.retrieval.similarity import Gallery, rank, unit

BLOCK_BYTES = 64 << 20


@dataclass(frozen=True, eq=False)
class Ranked:
    """B queries and their nearest gallery images, nearest first.

    Attributes:
        places: (B,) places in `Protocol.queries`.
        nearest: (B, W) int64 positions into the embeddings; -1 where there are no more. W varies by block.
        similarities: (B, W) float32; -inf there.
    """

    places: Rows
    nearest: Rows
    similarities: npt.NDArray[np.float32]


def search(
    embeddings: Embeddings, protocol: Protocol, depths: Rows, block_bytes: int = BLOCK_BYTES
) -> Iterator[Ranked]:
    """Rank the gallery for every query, to at least its own of the (Q,) `depths`; never the query itself.

    Shallow queries come first, so that a few deep ones do not make all rankings long. `block_bytes` bounds the
    memory beside a unit-length copy of the gallery and changes no result.
    """
    gallery = Gallery.of(embeddings.vectors if protocol.leave_one_out else embeddings.vectors[protocol.gallery])
    step = max(1, block_bytes // (5 * gallery.width))  # four bytes a similarity and one for "is a candidate"
    order = np.argsort(depths, kind="stable")
    for start in range(0, len(order), step):
        places = order[start : start + step]
        queries = protocol.queries[places]
        similarities = gallery.similarities(unit(embeddings.vectors[queries]))
        if protocol.leave_one_out:
            similarities[np.arange(len(queries)), queries] = -np.inf
        ranking = rank(similarities, min(int(depths[places].max()), gallery.count))
        found = ranking.columns >= 0
        yield Ranked(
            places, np.where(found, protocol.gallery[np.where(found, ranking.columns, 0)], -1), ranking.similarities
        )
