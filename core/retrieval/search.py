"""Exact nearest neighbours of many images at once, in blocks of bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from core.retrieval.distances import DistanceTable, nearest, rows_at_once
from core.retrieval.embeddings import Embeddings
from core.retrieval.protocol import Protocol
from core.retrieval.similarity import ROW_TILE, Gallery, at, rank

BLOCK_BYTES = 64 << 20


@dataclass(frozen=True, eq=False)
class Block:
    """B queries and how similar every gallery image is to them.

    Attributes:
        places: (B,) places in `Protocol.queries`.
        similarities: (B, W) of the W >= G gallery columns, larger is nearer: cosine similarity in float32, or minus
            the squared Euclidean distance in float64. -inf for what a query must not find and beyond the gallery. May
            be written to, and is overwritten when the next block is asked for.
    """

    places: Rows
    similarities: npt.NDArray[np.float32] | npt.NDArray[np.float64]


def blocks(embeddings: Embeddings, protocol: Protocol, block_bytes: int = BLOCK_BYTES) -> Iterator[Block]:
    """All similarities of all queries.

    `block_bytes` bounds the memory of a block (16 queries at least) and changes no similarity.
    """
    found = _cosine if protocol.distance == "cosine" else _minus_squared_distances
    for places, similarities in found(embeddings, protocol, block_bytes):
        protocol.hide(protocol.queries[places], similarities)
        yield Block(places, similarities)


def search(embeddings: Embeddings, protocol: Protocol, k: int, block_bytes: int = BLOCK_BYTES) -> Rows:
    """(Q, k) positions of every query's nearest gallery images, nearest first, `k` at most G; -1: there are no more."""
    near = np.empty((len(protocol.queries), k), np.int64)
    for block in blocks(embeddings, protocol, block_bytes):
        if block.similarities.dtype == np.float32:
            columns = rank(np.asarray(block.similarities, np.float32), k)
        else:
            columns, distances = nearest(np.negative(block.similarities, dtype=np.float64), k)
            columns[np.isinf(distances)] = -1
        near[block.places] = as_positions(columns, protocol)
    return near


def as_positions(columns: Rows, protocol: Protocol) -> Rows:
    """Gallery columns as positions into the embeddings; -1 stays -1."""
    found = columns >= 0
    return np.where(found, protocol.gallery[np.where(found, columns, 0)], -1)


def _cosine(
    embeddings: Embeddings, protocol: Protocol, block_bytes: int
) -> Iterator[tuple[Rows, npt.NDArray[np.float32]]]:
    order = np.arange(len(protocol.queries))
    gallery = Gallery.of(embeddings.vectors, None if protocol.leave_one_out else protocol.gallery)
    rows = min(block_bytes // (4 * gallery.width), len(order) + ROW_TILE - 1)
    step = max(1, rows // ROW_TILE) * ROW_TILE
    buffer = np.empty((step, gallery.width), np.float32)
    for start in range(0, len(order), step):
        places = order[start : start + step]
        queries = gallery.as_query(at(embeddings.vectors, protocol.queries[places]))
        yield places, gallery.similarities(queries, buffer)


def _minus_squared_distances(
    embeddings: Embeddings, protocol: Protocol, block_bytes: int
) -> Iterator[tuple[Rows, npt.NDArray[np.float64]]]:
    """In float64 and twice as slow: |q|^2 + |x|^2 - 2 q.x loses too many digits in float32."""
    order = np.arange(len(protocol.queries))
    vectors = embeddings.vectors
    table = DistanceTable(vectors if protocol.leave_one_out else vectors[protocol.gallery])
    step = rows_at_once(len(protocol.gallery), block_bytes)
    for start in range(0, len(order), step):
        places = order[start : start + step]
        distances = table.of(vectors[protocol.queries[places]])
        yield places, np.negative(distances, out=distances)
