"""What a run minimises: the loss of its recipe, and the regulariser that joins it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from core.data.catalog import Rows
from core.losses import build_loss, build_regularizer, with_memory
from core.losses.mdr import normalize_by_mean_distance
from core.training.optimizer import parameter_group
from core.training.recipe import Recipe

TURNS = 4


class Objective(nn.Module):
    """loss(embeddings, labels or targets) + lambda * regulariser(embeddings) + nu * sum of squared levels.

    Its state is that of both parts: proxies, levels, running statistics. `codes` are the class codes that training
    may meet; a loss with proxies has one for each of them, in ascending order.
    """

    codes: Tensor

    def __init__(self, recipe: Recipe, codes: Rows) -> None:
        super().__init__()
        known = np.unique(codes)
        if recipe.augmentation.rotation_classes:
            known = (known[:, None] * TURNS + np.arange(TURNS)).ravel()
        self._recipe = recipe
        loss = build_loss(recipe.loss, len(known), recipe.model.embedding_size)
        self.loss = with_memory(loss, recipe.memory, recipe.model.embedding_size)
        self.regularizer = build_regularizer(recipe.regularization)
        self.register_buffer("codes", torch.from_numpy(known), persistent=False)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Proxies and levels, each with how many times as fast as the network it learns."""
        decays = self._recipe.optimizer
        groups = [parameter_group(self.loss.parameters(), self._recipe.loss.proxy_lr_mult, decays.proxy_decay_mult)]
        if self.regularizer is not None:
            rate = self._recipe.regularization.level_lr_mult
            groups.append(parameter_group(self.regularizer.parameters(), rate, decays.level_decay_mult))
        return [group for group in groups if group["params"]]

    def forward(self, embeddings: Tensor, labels: Tensor, targets: Tensor | None = None) -> Tensor:
        """What the step goes down on: embeddings (B, D), class codes (B,), and targets (B, T) if it needs them."""
        settings = self._recipe.regularization
        if settings.mean_distance:
            embeddings = normalize_by_mean_distance(embeddings)
        relations = self._indices(labels) if self._recipe.loss.supervision == "classes" else targets
        value: Tensor = self.loss(embeddings, relations)
        if self.regularizer is not None:
            value = value + settings.lambda_ * self.regularizer(embeddings)
            value = value + settings.nu * self.regularizer.penalty()
        return value

    def logged(self) -> Mapping[str, Tensor]:
        """The named parts of the last call, for the curves."""
        return self.loss.logged() | ({} if self.regularizer is None else self.regularizer.terms)

    def _indices(self, labels: Tensor) -> Tensor:
        """Class codes as places among the proxies; a loss without proxies takes the codes."""
        return torch.searchsorted(self.codes, labels) if self._recipe.loss.proxy_lr_mult else labels
