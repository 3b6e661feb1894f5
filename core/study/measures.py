"""What a run of a study is measured by on its test split.

The nearer of two images is found by the one rule of all measures (`core.retrieval.distance_rule`): embeddings of unit
length by their cosine similarity, those that were trained without by Euclidean distance, as they were trained.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.errors import EmbeddingsError
from core.messages import Message
from core.retrieval.continuous import evaluate_continuous
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import evaluate

MAP_AT_R = "map@r"
RECALL, DISTANCE, NDCG = "recall", "target-distance", "ndcg"

Targets = npt.NDArray[np.float32]


def measure(names: Sequence[str], embeddings: Embeddings, targets: Targets | None) -> dict[str, float]:
    """The asked-for measures (see `core.study.definition`); the roles in `embeddings` say who searches whom.

    `targets` (N, T) are the continuous labels, NaN where missing. Raises EmbeddingsError where there is nothing to
    measure.
    """
    by_class = [name for name in names if name == MAP_AT_R or name.startswith(RECALL)]
    by_target = [name for name in names if name not in by_class]
    found = of_classes(by_class, embeddings) if by_class else {}
    if by_target:
        found |= of_targets(by_target, embeddings, targets)
    return {name: found[name] for name in names}


def of_classes(names: Sequence[str], embeddings: Embeddings) -> dict[str, float]:
    """Recall@K and MAP@R as `core.retrieval.evaluation` defines them."""
    recall_at = [number(name) for name in names if name != MAP_AT_R]
    found = evaluate(embeddings, recall_at or [1])
    figures = {name: found.map_at_r if name == MAP_AT_R else found.recall[number(name)] for name in names}
    measured = {name: figure for name, figure in figures.items() if figure is not None}
    if len(measured) < len(names):
        raise EmbeddingsError(Message("queries-without-positives"))
    return measured


def of_targets(names: Sequence[str], embeddings: Embeddings, targets: Targets | None) -> dict[str, float]:
    """Mean target distance at K and modified nDCG at K, as `core.retrieval.continuous` defines them."""
    if targets is None:
        raise EmbeddingsError(Message("measure-without-targets-in-data", measure=names[0]), names[0])
    distance_at = [number(name) for name in names if name.startswith(DISTANCE)]
    ndcg_at = [number(name) for name in names if name.startswith(NDCG)]
    found = evaluate_continuous(embeddings, targets, distance_at or [1], ndcg_at or [1])
    figures = {name: (found.mean_distance if name.startswith(DISTANCE) else found.ndcg)[number(name)] for name in names}
    missing = [name for name, figure in figures.items() if figure is None]
    if missing:
        told = Message("measure-of-too-few-images", measure=missing[0], gallery=found.protocol.gallery)
        raise EmbeddingsError(told, missing)
    return {name: figure for name, figure in figures.items() if figure is not None}


def number(name: str) -> int:
    """K of a measure at K."""
    return int(name.split("@")[1])
