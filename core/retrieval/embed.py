"""Embeddings made by a checkpoint: of catalog rows, or of one image file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.data.catalog import Catalog, Rows
from core.data.decoded_images import DecodedImages, ResizeSpec
from core.data.images import decode_square
from core.errors import Cancelled, EmbeddingsError
from core.messages import Message
from core.models.image_model import load_model
from core.progress import Reporter
from core.retrieval.embeddings import Embeddings, Origin, Vectors, of_catalog


class CheckpointEmbedder:
    """A checkpoint loaded once, to embed as often as asked: its `info`, and `device_name`, what it computes on.

    `device` is "auto", "cpu" or "cuda". Raises CheckpointError or DeviceError.
    """

    def __init__(self, checkpoint: Path, device: str = "auto") -> None:
        self._model = load_model(checkpoint, device)
        self.info, self.device_name = self._model.info, self._model.device_name

    @property
    def geometry(self) -> ResizeSpec:
        """How this checkpoint wants images prepared."""
        description = self.info.description
        return ResizeSpec(description.prepared_size, description.fit)

    def embed(
        self,
        catalog: Catalog,
        rows: Rows,
        split: str,
        reporter: Reporter | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Embeddings:
        """Embed catalog `rows`, which are the images of `split`; unreadable ones are left out, told and in the origin.

        Raises EmbeddingsError when no image can be read, Cancelled when `should_stop` says so.
        """
        reporter = reporter if reporter is not None else Reporter()
        images = DecodedImages(catalog, self.geometry)
        unreadable = images.prepare(rows, reporter, should_stop)
        readable = rows[~np.isin(rows, list(unreadable))]
        _report_unreadable(unreadable, len(rows), reporter)
        vectors = np.empty((len(readable), self.info.description.embedding_size), np.float32)
        step = self._model.batch_size
        for start in range(0, len(readable), step):
            if should_stop is not None and should_stop():
                raise Cancelled(Message("embedding-stopped"))
            vectors[start : start + step] = self._model.vectors(images.batch(readable[start : start + step]))
            reporter.progress(Message("stage-embedding"), min(start + step, len(readable)), len(readable))
        origin = Origin(
            catalog=catalog.fingerprint,
            checkpoint=self.info.identity,
            split=split,
            device=self.device_name,
            unreadable=tuple(str(catalog.paths[row]) for row in unreadable),
        )
        return of_catalog(vectors, readable, catalog, origin)

    def embed_file(self, path: Path) -> Vectors:
        """(D,) embedding of one image file, prepared exactly as the catalog's images are; raises ImageError."""
        square = decode_square(path, self.geometry.size, self.geometry.fit)
        pixels = np.array(square)  # Pillow's own memory is read-only, torch wants its own
        vector: Vectors = self._model.vectors(pixels[None])[0]
        if not np.isfinite(vector).all():
            raise EmbeddingsError(Message("embedding-not-finite", path=path), path)
        return vector


def _report_unreadable(unreadable: dict[int, str], count: int, reporter: Reporter) -> None:
    if not unreadable:
        return
    first = next(iter(unreadable.values()))
    if len(unreadable) == count:
        raise EmbeddingsError(Message("no-image-readable", count=count, first=first))
    reporter.notice(Message("images-not-readable", count=len(unreadable), total=count, first=first))
