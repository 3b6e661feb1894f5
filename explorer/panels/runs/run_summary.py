"""What a recipe will do with the open data, in plain words, and what keeps it from starting."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from core.data.catalog import Catalog, Rows
from core.errors import RecipeError
from core.training.held_out import hold_out
from core.training.recipe import Recipe
from core.wording import counted

PLACES = {"auto": "on the GPU if there is one", "cpu": "on the CPU", "cuda": "on the GPU"}
TARGETS_NAMED = 4


def check_name(name: str) -> None:
    """Raises RecipeError when a run cannot be called that."""
    if not name:
        raise RecipeError("A run needs a name.", "name")
    if any(letter in '/\\:*?"<>|' for letter in name) or name.startswith("."):
        raise RecipeError(
            f"'{name}' cannot be a folder's name: leave out / \\ : * ? \" < > | and a dot in front.", "name"
        )


def check_data(catalog: Catalog | None, recipe: Recipe) -> Catalog:
    """The open data; raises RecipeError when there is nothing for the recipe's loss to learn from."""
    if catalog is None:
        raise RecipeError("No data set is open; open one to train on it.", "data")
    if recipe.loss.supervision == "targets":
        if catalog.targets is None or not catalog.target_names:
            raise RecipeError(
                f"{catalog.name} has no continuous targets, from which the {recipe.loss.name} loss learns.", "loss.name"
            )
        return catalog
    classes = len(class_sizes(catalog))
    if classes < 2:
        count = "1 class" if classes == 1 else "no classes"
        raise RecipeError(
            f"{catalog.name} has {count} in split 'train'; expected at least 2. Reading options… in the menu divides"
            " train and test by class.",
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
        return "none open"
    counts = class_sizes(catalog)
    return f"{catalog.name} · {int(counts.sum()):,} training images of {len(counts):,} classes"


def summary(recipe: Recipe, catalog: Catalog, device: str) -> str:
    """What a run will do, in plain words."""
    if recipe.loss.supervision == "targets":
        return _summary_by_targets(recipe, catalog, device)
    batch, counts = recipe.batch, learnt_from(catalog, recipe)
    turned = " (four times as many with rotations)" if recipe.augmentation.rotation_classes else ""
    steps = steps_per_epoch(recipe, counts)
    classes = min(batch.classes, len(counts) * (4 if turned else 1))
    by_class = batch.sampling in ("covering", "grouped") and not batch.total
    images = f"{classes} × {batch.images}" if by_class else f"{min(batch.size, int(counts.sum()))}"
    return (
        f"Trains {recipe.model.backbone} on {len(counts):,} classes{turned} of {catalog.name} "
        f"with the {_loss(recipe)}: "
        f"{counted(recipe.training.epochs, 'epoch')} of about {counted(steps, 'batch', 'batches')} of {images} images, "
        f"{PLACES[device]}. {_measuring(recipe, catalog)}"
    )


def _summary_by_targets(recipe: Recipe, catalog: Catalog, device: str) -> str:
    assert catalog.targets is not None
    train = catalog.targets[catalog.splits == "train"]
    images = int(np.isfinite(train).all(axis=1).sum())
    steps = recipe.training.steps_per_epoch or images
    return (
        f"Trains {recipe.model.backbone} on {images:,} images of {catalog.name} "
        f"with the {_loss(recipe)} by {_targets(catalog.target_names)}: "
        f"{counted(recipe.training.epochs, 'epoch')} of {counted(steps, 'batch', 'batches')} of "
        f"{counted(min(recipe.batch.size, images), 'image')}, "
        f"{PLACES[device]}. {_measuring(recipe, catalog)}"
    )


def _targets(names: Sequence[str]) -> str:
    """Their names, of many (CUB-200-2011 has 312) only how many they are."""
    return ", ".join(names) if len(names) <= TARGETS_NAMED else f"{len(names):,} targets"


def _loss(recipe: Recipe) -> str:
    joined = " and MDR" if recipe.regularization.name == "mdr" else ""
    return f"{recipe.loss.name} loss{joined}"


def _measuring(recipe: Recipe, catalog: Catalog) -> str:
    """What is measured after every epoch and on what, and what that means for the best checkpoint."""
    if recipe.validation.holds_out:
        apart = len(class_sizes(catalog)) - len(learnt_from(catalog, recipe))
        return (
            f"{apart:,} training classes are held out, on which the best checkpoint is selected. Only it and the last "
            "are kept, and measured on the test split at the end."
        )
    what = "Label distance" if recipe.loss.supervision == "targets" else "Recall"
    return (
        f"{what} is measured after every epoch on the test split. "
        "Only the best checkpoint by it, and the last, are kept."
    )


def _training_codes(catalog: Catalog) -> Rows:
    codes = catalog.codes[catalog.splits == "train"]
    return np.asarray(codes[codes >= 0])


def _sizes(codes: Rows) -> Rows:
    return np.asarray(np.unique(codes, return_counts=True)[1], dtype=np.int64)
