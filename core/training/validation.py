"""Measuring a model while it trains."""

from __future__ import annotations

import numpy as np

from core.data.catalog import Catalog, Rows
from core.errors import Cancelled
from core.models.device import Device
from core.models.embedder import Embedder
from core.models.inference import embed_batch
from core.retrieval.embeddings import Embeddings, Origin, of_catalog
from core.training.image_feed import ImageFeed, ImageSource
from core.training.stop import Stop

# Pixels embedded at once: small enough that a stop is noticed within a second or two on a processor.
PIXELS_AT_ONCE = 1 << 18
PIXELS_AT_ONCE_ON_CUDA = 1 << 24


def embed_rows(
    embedder: Embedder, images: ImageSource, catalog: Catalog, rows: Rows, split: str, device: Device, stop: Stop
) -> Embeddings:
    """The embeddings of `rows`; the embedder is left in eval mode. Raises Cancelled when `stop` says so."""
    embedder.eval()
    size = _batch_size(embedder, device)
    batches = [rows[start : start + size] for start in range(0, len(rows), size)]
    vectors = np.empty((len(rows), embedder.description.embedding_size), dtype=np.float32)
    done = 0
    with ImageFeed(images, batches) as feed:
        for batch, pixels in feed:
            if stop():
                raise Cancelled("Stopped while measuring.")
            vectors[done : done + len(batch)] = embed_batch(embedder, pixels, device)
            done += len(batch)
    return of_catalog(vectors, rows, catalog, Origin(catalog=catalog.fingerprint, split=split, device=device.name))


def _batch_size(embedder: Embedder, device: Device) -> int:
    pixels = PIXELS_AT_ONCE_ON_CUDA if device.kind == "cuda" else PIXELS_AT_ONCE
    return max(1, pixels // embedder.description.prepared_size**2)
