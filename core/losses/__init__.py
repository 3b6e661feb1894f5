"""Losses: modules that take raw embeddings (B, D) and class codes (B,) and return a scalar.

To add one: a file with its class, a settings dataclass, a line in `LOSSES`, a test. The classes are imported on
first use, so that reading recipes (which the window does) does not load torch.
"""

from __future__ import annotations

import importlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from core.losses.settings import LossSettings, MultiSimilaritySettings, TripletSettings

if TYPE_CHECKING:
    from core.losses.loss import Loss
    from core.losses.multi_similarity import MultiSimilarityLoss
    from core.losses.triplet import TripletLoss

# name in a recipe -> (its settings, module, class)
LOSSES: dict[str, tuple[type[LossSettings], str, str]] = {
    "multi-similarity": (MultiSimilaritySettings, "core.losses.multi_similarity", "MultiSimilarityLoss"),
    "triplet": (TripletSettings, "core.losses.triplet", "TripletLoss"),
}

__all__ = ["LOSSES", "MultiSimilarityLoss", "TripletLoss", "build_loss"]


def build_loss(settings: LossSettings) -> Loss:
    """The loss that `settings` describe."""
    _, module, name = LOSSES[settings.name]
    loss: Loss = getattr(importlib.import_module(module), name)(**asdict(settings))
    return loss


def __getattr__(name: str) -> Any:
    for _, module, exported in LOSSES.values():
        if name == exported:
            return getattr(importlib.import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
