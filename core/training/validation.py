"""Measuring a model while it trains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.data.catalog import Catalog, Rows
from core.errors import Cancelled
from core.messages import Message
from core.models.device import Device
from core.models.embedder import Embedder
from core.models.inference import embed_batch
from core.retrieval.continuous import evaluate_continuous
from core.retrieval.embeddings import Embeddings, Origin, of_catalog
from core.retrieval.evaluation import RECALL_AT, evaluate
from core.retrieval.protocol import Protocol
from core.sampling.dense_batches import Targets
from core.training.prefetcher import ImageSource, Prefetcher
from core.training.stop import Stop

# Pixels embedded at once: small enough that a stop is noticed within a second or two on a processor.
PIXELS_AT_ONCE = 1 << 18
PIXELS_AT_ONCE_ON_CUDA = 1 << 24
# The last of each are those the paper's curves are read at.
DISTANCE_AT = (1, 5, 10)
NDCG_AT = (10, 100)


def embed_rows(
    embedder: Embedder, images: ImageSource, catalog: Catalog, rows: Rows, split: str, device: Device, stop: Stop
) -> Embeddings:
    """The embeddings of `rows`; the embedder is left in eval mode. Raises Cancelled when `stop` says so."""
    embedder.eval()
    size = _batch_size(embedder, device)
    batches = [rows[start : start + size] for start in range(0, len(rows), size)]
    vectors = np.empty((len(rows), embedder.description.embedding_size), dtype=np.float32)
    done = 0
    with Prefetcher(images, batches) as feed:
        for batch, pixels in feed:
            if stop():
                raise Cancelled(Message("measuring-stopped"))
            vectors[done : done + len(batch)] = embed_batch(embedder, pixels, device)
            done += len(batch)
    return of_catalog(vectors, rows, catalog, Origin(catalog=catalog.fingerprint, split=split, device=device.name))


def by_classes(embeddings: Embeddings, stop: Stop) -> Mapping[str, Any]:
    """Recall@K {"1": share} and MAP@R; {} and None where no image has another of its class.

    By the "distance" that fits what the model gives (`core.retrieval.distance_rule`), as everywhere, which is told.
    """
    found = evaluate(embeddings, RECALL_AT, should_stop=stop)
    return {"recall": _by_rank(found.recall), "map_at_r": found.map_at_r, "distance": found.protocol.distance}


def by_targets(embeddings: Embeddings, targets: Targets, stop: Stop) -> Mapping[str, Any]:
    """Mean label distance {"10": mean} and modified nDCG {"100": share} with (N, T) `targets` of the N embeddings.

    {} where nobody with targets can find another image with targets; of the K, those that so many can be found for.
    """
    complete = np.asarray(np.isfinite(targets).all(axis=1))
    protocol = Protocol.of(embeddings)
    asked = protocol.among(complete)
    if len(asked.gallery) - asked.overlaps < 1 or not len(asked.queries):
        return {}
    found = evaluate_continuous(embeddings, targets, DISTANCE_AT, NDCG_AT, should_stop=stop, protocol=protocol)
    return {"label_distance": _by_rank(found.mean_distance), "ndcg": _by_rank(found.ndcg)}


def _by_rank(figures: Mapping[int, float | None]) -> dict[str, float]:
    return {str(k): figure for k, figure in figures.items() if figure is not None}


def _batch_size(embedder: Embedder, device: Device) -> int:
    pixels = PIXELS_AT_ONCE_ON_CUDA if device.kind == "cuda" else PIXELS_AT_ONCE
    return max(1, pixels // embedder.description.prepared_size**2)
