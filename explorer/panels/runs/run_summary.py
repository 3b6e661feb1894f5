"""What a recipe will do with the open data, in plain words, and what keeps it from starting."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from core.data.catalog import Catalog, Rows
from core.errors import RecipeError
from core.messages import Message
from core.training.held_out import hold_out
from core.training.recipe import Recipe

PLACES = {"auto": Message("on-gpu-if-there-is-one"), "cpu": Message("on-the-cpu"), "cuda": Message("on-the-gpu")}
TARGETS_NAMED = 4


def check_name(name: str) -> None:
    """Raises RecipeError when a run cannot be called that."""
    if not name:
        raise RecipeError(Message("run-without-name"), "name")
    if any(letter in '/\\:*?"<>|' for letter in name) or name.startswith("."):
        raise RecipeError(Message("run-name-no-folder", name=name), "name")


def check_data(catalog: Catalog | None, recipe: Recipe) -> Catalog:
    """The open data; raises RecipeError when there is nothing for the recipe's loss to learn from.

    DataError when there are no pictures.
    """
    if catalog is None:
        raise RecipeError(Message("no-data-to-train-on"), "data")
    catalog.require_pictures()
    if recipe.loss.supervision == "targets":
        if catalog.targets is None or not catalog.target_names:
            raise RecipeError(
                Message("no-targets-to-learn-from", data=catalog.name, loss=recipe.loss.name), "loss.name"
            )
        return catalog
    classes = len(class_sizes(catalog))
    if classes < 2:
        raise RecipeError(
            Message("too-few-training-classes", data=catalog.name, classes=classes),
            "data",
        )
    learnt_from(catalog, recipe)
    return catalog


def class_sizes(catalog: Catalog) -> Rows:
    """(C,) how many labelled training images each class has, without the classes that have none."""
    return _sizes(_training_codes(catalog))


def learnt_from(catalog: Catalog, recipe: Recipe) -> Rows:
    """(C,) the same without the classes that the recipe keeps apart; DataError when it keeps too few or too many."""
    codes = _training_codes(catalog)
    return _sizes(codes[~hold_out(codes, recipe.validation)] if recipe.validation.holds_out else codes)


def steps_per_epoch(recipe: Recipe, counts: Rows) -> int:
    """About how many batches an epoch has, for classes of these sizes."""
    batch = recipe.batch
    if recipe.training.steps_per_epoch or not len(counts):
        return recipe.training.steps_per_epoch
    if batch.sampling == "random":
        return max(1, int(counts.sum()) // batch.size)
    turns = 4 if recipe.augmentation.rotation_classes else 1
    if batch.sampling == "grouped":
        return max(1, turns * int(np.maximum(counts // batch.images, 1).sum()) // batch.classes)
    groups = -(-counts // batch.images)
    # Every image is shown; a class much larger than the others decides.
    return max(int(groups.max()), math.ceil(turns * int(groups.sum()) / min(batch.classes, turns * len(counts))))


def describe_data(catalog: Catalog | None) -> str:
    """The open data set in a line."""
    if catalog is None:
        return Message("none-open")
    counts = class_sizes(catalog)
    return Message("training-data", data=catalog.name, images=int(counts.sum()), classes=len(counts))


def summary(recipe: Recipe, catalog: Catalog, device: str) -> str:
    """What a run will do, in plain words."""
    if recipe.loss.supervision == "targets":
        return _summary_by_targets(recipe, catalog, device)
    batch, counts = recipe.batch, learnt_from(catalog, recipe)
    turned = recipe.augmentation.rotation_classes
    steps = steps_per_epoch(recipe, counts)
    classes = min(batch.classes, len(counts) * (4 if turned else 1))
    by_class = batch.sampling in ("covering", "grouped") and not batch.total
    images = f"{classes} × {batch.images}" if by_class else f"{min(batch.size, int(counts.sum()))}"
    return Message(
        "trains-on-classes",
        backbone=recipe.model.backbone,
        classes=len(counts),
        turned=turned,
        data=catalog.name,
        loss=_loss(recipe),
        epochs=recipe.training.epochs,
        batches=steps,
        images=images,
        place=PLACES[device],
        measuring=_measuring(recipe, catalog),
    )


def _summary_by_targets(recipe: Recipe, catalog: Catalog, device: str) -> str:
    assert catalog.targets is not None
    train = catalog.targets[catalog.splits == "train"]
    images = int(np.isfinite(train).all(axis=1).sum())
    steps = recipe.training.steps_per_epoch or images
    return Message(
        "trains-on-targets",
        backbone=recipe.model.backbone,
        images=images,
        data=catalog.name,
        loss=_loss(recipe),
        targets=_targets(catalog.target_names),
        epochs=recipe.training.epochs,
        batches=steps,
        batch=min(recipe.batch.size, images),
        place=PLACES[device],
        measuring=_measuring(recipe, catalog),
    )


def _targets(names: Sequence[str]) -> str:
    """Their names, of many (CUB-200-2011 has 312) only how many they are."""
    return ", ".join(names) if len(names) <= TARGETS_NAMED else Message("targets-counted", targets=len(names))


def _loss(recipe: Recipe) -> str:
    return Message("loss-named", loss=recipe.loss.name, mdr=recipe.regularization.name == "mdr")


def _measuring(recipe: Recipe, catalog: Catalog) -> str:
    """What is measured after every epoch and on what, and what that means for the best checkpoint."""
    if recipe.validation.holds_out:
        apart = len(class_sizes(catalog)) - len(learnt_from(catalog, recipe))
        return Message("selected-on-held-out", classes=apart)
    what = Message("measure-label-distance") if recipe.loss.supervision == "targets" else Message("recall")
    return Message("selected-on-test", measure=what)


def _training_codes(catalog: Catalog) -> Rows:
    codes = catalog.codes[catalog.splits == "train"]
    return np.asarray(codes[codes >= 0])


def _sizes(codes: Rows) -> Rows:
    return np.asarray(np.unique(codes, return_counts=True)[1], dtype=np.int64)
