"""Data sets, checkpoints and embeddings that no file and no network stands behind."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from core.data.catalog import Catalog, texts
from core.models.checkpoint_files import CheckpointInfo
from core.models.description import ModelDescription
from core.retrieval.embeddings import Embeddings, Origin
from core.retrieval.index import Index
from core.retrieval.similarity import unit
from explorer.results.embeddings import EMBEDDINGS, INDEX
from explorer.session import Session

DIMENSIONS = 8


def made_catalog(
    classes: tuple[str, ...] = ("disc", "ring", "square"), images: int = 5, root: Path = Path("/nowhere")
) -> Catalog:
    """`images` rows for each class, all of the test split."""
    labels = [name for name in classes for _ in range(images)]
    nothing = texts([""] * len(labels))
    paths = texts([f"{name}/{index}.png" for name in classes for index in range(images)])
    return Catalog("shapes", root, paths, texts(labels), texts(["test"] * len(labels)), nothing, nothing)


def made_checkpoint(name: str, folder: Path = Path("/nowhere"), recall: float | None = None) -> CheckpointInfo:
    """A checkpoint whose files are not there; its identity follows its name."""
    metrics = {} if recall is None else {"recall": {"1": recall}}
    digest = hashlib.sha256(name.encode()).hexdigest()
    path = folder / f"{name}.safetensors"
    return CheckpointInfo(path, name, digest, 1, 1, 10, True, ModelDescription(), metrics)


def made_vectors(catalog: Catalog, seed: object, spread: float = 0.4) -> np.ndarray:
    """(N, DIMENSIONS) float32 of unit length, images of a class near each other; another seed is another network."""
    generator = np.random.default_rng(int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:4], "big"))
    centres = generator.normal(size=(len(catalog.classes), DIMENSIONS))
    return unit(centres[catalog.codes] + spread * generator.normal(size=(len(catalog), DIMENSIONS)))


def made_embeddings(catalog: Catalog, seed: object, spread: float = 0.4) -> Embeddings:
    """Embeddings of every row."""
    rows = np.arange(len(catalog), dtype=np.int64)
    origin = Origin(catalog.fingerprint, str(seed), "all", "CPU")
    return Embeddings(made_vectors(catalog, seed, spread), rows, catalog.labels, catalog.paths, origin=origin)


def set_embeddings(session: Session, slot: str, embeddings: Embeddings) -> None:
    """A slot has these embeddings, and their index."""
    session.results[EMBEDDINGS].put(slot, embeddings)
    session.results[INDEX].put(slot, Index(embeddings))
