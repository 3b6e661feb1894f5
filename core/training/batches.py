"""Which batches a recipe asks for."""

from __future__ import annotations

from typing import Protocol

from core.data.catalog import Rows
from core.data.dense_batches import DenseBatches
from core.data.published_batches import GroupedBatches, IndependentBatches, RandomBatches
from core.data.samplers import ClassBalancedBatches
from core.training.recipe import Recipe
from core.training.training_data import TrainingData


class Batches(Protocol):
    """Batches of positions among the training images, the same whenever they are asked for."""

    def epoch(self, number: int) -> list[Rows]:
        """The batches of one epoch, from 1."""


def batches_of(recipe: Recipe, data: TrainingData) -> Batches:
    """How the recipe wants the training images of `data` to be put together."""
    batch, training = recipe.batch, recipe.training
    seed, steps = training.seed, training.steps_per_epoch
    if recipe.loss.learns_from == "targets":
        return DenseBatches(data.targets(data.train), batch.size, batch.nearest, seed, steps)
    codes = data.train_codes
    if batch.sampling == "grouped":
        return GroupedBatches(codes, batch.classes, batch.images, seed, steps)
    if batch.sampling == "independent":
        return IndependentBatches(codes, batch.size, batch.images, seed, steps)
    if batch.sampling == "random":
        return RandomBatches(len(codes), batch.size, seed, steps)
    return ClassBalancedBatches(codes, batch.classes, batch.images, seed, steps)
