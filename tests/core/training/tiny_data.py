"""A data set of a few tiny pictures, and a recipe that learns them in milliseconds a step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data.source import DataSource
from core.losses import LOSSES
from core.training.recipe import Recipe, load_recipe, override

TINY = (
    "model.width=4",
    "model.embedding_size=8",
    "model.input_size=16",
    "model.prepared_size=18",
    "batch.classes=2",
    "batch.images=2",
    "batch.nearest=1",
    "training.epochs=3",
)

# What some losses need beside their name on a batch of six images with two targets.
NEEDS = {"binary-triplet": ("loss.positives=2",), "regression": ("loss.targets=2",)}
REMEMBERING = ("batch.classes=3", "batch.images=2", "memory.size=8", "memory.start=0")
EVERY_LOSS = [
    *(pytest.param((f"loss.name={name}", *NEEDS.get(name, ())), id=name) for name in LOSSES),
    *(
        pytest.param((f"loss.name={name}", *REMEMBERING), id=f"{name} with a memory")
        for name, (settings, _, _) in LOSSES.items()
        if settings.supports_memory
    ),
]


def tiny_recipe(*assignments: str) -> Recipe:
    """The smallest recipe, with changes."""
    return override(load_recipe("small"), *TINY, *assignments)


def tiny_source(
    folder: Path, train_classes: int = 2, test_classes: int = 2, images: int = 2, targets: bool = False
) -> DataSource:
    """A manifest of `images` noisy squares for each class, whose colour is the class; train classes come first.

    With `targets` it has the mean red and green of each picture, but for the first.
    """
    random = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["image,label,split" + (",target_red,target_green" if targets else "")]
    for number in range(train_classes + test_classes):
        colour = random.integers(0, 255, 3)
        split = "train" if number < train_classes else "test"
        for index in range(images):
            pixels = np.clip(colour + random.normal(0, 40, (20, 24, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}_{index}.png")
            red, green, _ = pixels.mean(axis=(0, 1)) / 255
            cells = f",{red:.4f},{green:.4f}" if len(lines) > 1 else ",,"
            lines.append(f"{number}_{index}.png,class {number},{split}" + (cells if targets else ""))
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n")
    return DataSource(str(folder / "manifest.csv"))
