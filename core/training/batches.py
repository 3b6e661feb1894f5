"""Which batches a recipe asks for."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from core.data.catalog import Rows
from core.messages import Message
from core.sampling.dense_batches import DenseBatches
from core.sampling.published_batches import GroupedBatches, IndependentBatches, RandomBatches
from core.sampling.samplers import ClassBalancedBatches
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
    if recipe.loss.supervision == "targets":
        return DenseBatches(data.targets(data.train), batch.size, batch.nearest, seed, steps)
    codes = data.train_codes
    if batch.sampling == "grouped":
        return GroupedBatches(codes, batch.classes, batch.images, seed, steps, batch.size)
    if batch.sampling == "independent":
        return IndependentBatches(codes, batch.size, batch.images, seed, steps)
    if batch.sampling == "random":
        return RandomBatches(len(codes), batch.size, seed, steps)
    return ClassBalancedBatches(codes, batch.classes, batch.images, seed, steps, batch.size)


def too_small(recipe: Recipe, data: TrainingData) -> Message | None:
    """What is to be said where no batch can hold as many images as the recipe asks for, None where one can."""
    batch = recipe.batch
    fullest = _fullest(recipe, data)
    if fullest >= batch.size:
        return None
    product = batch.size_words if batch.total else f"{batch.size_words} = {batch.classes} x {batch.images}"
    return Message(
        "batches-smaller-than-asked",
        fullest=fullest,
        product=product,
        size=batch.size,
        count=len(data.train),
        classes=data.class_count(data.train),
    )


def _fullest(recipe: Recipe, data: TrainingData) -> int:
    """How many images the fullest batch has that could be made if no batch were too large."""
    batch = recipe.batch
    if recipe.loss.supervision == "targets" or batch.sampling == "random":
        return len(data.train)
    if batch.sampling == "grouped":
        # Asked for too many classes it refuses; a class with too few images comes with some of them twice.
        return batch.size
    sizes = np.unique(data.train_codes, return_counts=True)[1]
    together = batch.classes if batch.sampling == "covering" else len(sizes)
    return min(batch.size, int(np.sort(np.minimum(sizes, batch.images))[-together:].sum()))
