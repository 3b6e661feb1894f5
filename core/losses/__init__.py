"""Losses: modules that take raw embeddings (B, D) and class codes (B,) or targets (B, T) and return a scalar.

To add one: a file with its class, a settings dataclass, a line in `LOSSES`, a test. The classes are imported on
first use, so that reading recipes (which the window does) does not load torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from core.losses.pml_settings import LIBRARY
from core.losses.settings import (
    BinaryTripletSettings,
    BinomialDevianceSettings,
    DenseTripletSettings,
    LogRatioSettings,
    LossSettings,
    MemorySettings,
    MultiObjectiveSettings,
    MultiSimilaritySettings,
    ProxyAnchorSettings,
    ProxyNCASettings,
    RegressionSettings,
    RegularizationSettings,
    TripletSettings,
)

if TYPE_CHECKING:
    from core.losses.loss import Loss
    from core.losses.mdr import MultiLevelDistanceRegularization
    from core.losses.memory import CrossBatchMemory

# name in a recipe -> (its settings, module, class)
LOSSES: dict[str, tuple[type[LossSettings], str, str]] = {
    "multi-similarity": (MultiSimilaritySettings, "core.losses.multi_similarity", "MultiSimilarityLoss"),
    "triplet": (TripletSettings, "core.losses.triplet", "TripletLoss"),
    "multi-objective": (MultiObjectiveSettings, "core.losses.multi_objective", "MultiObjectiveLoss"),
    "proxy-anchor": (ProxyAnchorSettings, "core.losses.proxy_anchor", "ProxyAnchorLoss"),
    "proxy-nca": (ProxyNCASettings, "core.losses.proxy_nca", "ProxyNCALoss"),
    "log-ratio": (LogRatioSettings, "core.losses.log_ratio", "LogRatioLoss"),
    "dense-triplet": (DenseTripletSettings, "core.losses.dense_triplet", "DenseTripletLoss"),
    "binary-triplet": (BinaryTripletSettings, "core.losses.binary_triplet", "BinaryTripletLoss"),
    "regression": (RegressionSettings, "core.losses.regression", "RegressionLoss"),
    "binomial-deviance": (BinomialDevianceSettings, "core.losses.binomial_deviance", "BinomialDevianceLoss"),
    **{settings.name: (settings, "core.losses.pml", "PMLLoss") for settings in LIBRARY},
}
# What this package offers beside them, and where it is.
OTHERS = {
    "CrossBatchMemory": "core.losses.memory",
    "MultiLevelDistanceRegularization": "core.losses.mdr",
    "normalize_by_mean_distance": "core.losses.mdr",
}


def build_loss(settings: LossSettings, classes: int = 0, embedding_size: int = 0) -> Loss:
    """The loss that `settings` describe, with a proxy for each of `classes` classes if it has proxies."""
    _, module, name = LOSSES[settings.name]
    sizes = settings.sizes(classes, embedding_size)
    loss: Loss = getattr(importlib.import_module(module), name)(**sizes, **settings.arguments())
    return loss


def with_memory(loss: Loss, settings: MemorySettings, embedding_size: int) -> Loss:
    """`loss`, paired with past batches as well if `settings` ask for it."""
    if not settings.size:
        return loss
    kind: type[CrossBatchMemory] = __getattr__("CrossBatchMemory")
    return kind(loss, embedding_size, settings.size, settings.start, settings.weight)


def build_regularizer(settings: RegularizationSettings) -> MultiLevelDistanceRegularization | None:
    """What `settings` add to a loss; None for nothing."""
    if settings.name == "none":
        return None
    kind: type[MultiLevelDistanceRegularization] = __getattr__("MultiLevelDistanceRegularization")
    return kind(settings.levels, settings.momentum, settings.zero_diagonal)


def __getattr__(name: str) -> Any:
    modules = OTHERS | {exported: module for _, module, exported in LOSSES.values()}
    if name in modules:
        return getattr(importlib.import_module(modules[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
