"""Keys of recipes that an earlier version called otherwise: what is written with them still means the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from core.settings import dotted, require

# Dotted key of an earlier version -> that of today.
RENAMED = {
    "aims_at": "published_result",
    "augmentation.quarter_turns": "augmentation.rotation_classes",
    "loss.beta_rate": "loss.beta_lr_mult",
    "loss.proxy_rate": "loss.proxy_lr_mult",
    "optimizer.backbone_decay": "optimizer.backbone_decay_mult",
    "optimizer.backbone_rate": "optimizer.backbone_lr_mult",
    "optimizer.head_decay": "optimizer.head_decay_mult",
    "optimizer.head_rate": "optimizer.head_lr_mult",
    "optimizer.level_decay": "optimizer.level_decay_mult",
    "optimizer.proxy_decay": "optimizer.proxy_decay_mult",
    "regularization.level_rate": "regularization.level_lr_mult",
    "validation.choose_on": "validation.split",
}


def current_keys(keys: Iterable[str]) -> list[str]:
    """Dotted keys as they are called today; RecipeError where one is given by both of its names."""
    given = list(keys)
    for key in given:
        require(RENAMED.get(key) not in given, "setting-given-by-both-names", key, current=RENAMED.get(key))
    return [RENAMED.get(key, key) for key in given]


def with_current_keys(values: Mapping[str, Any], table: str = "") -> dict[str, Any]:
    """A recipe's plain values, or those of one of its tables, under the keys of today."""
    keys = current_keys(dotted(table, key) for key in values)
    return {
        key.rpartition(".")[2]: with_current_keys(value, key) if isinstance(value, Mapping) and not table else value
        for key, value in zip(keys, values.values(), strict=True)
    }
