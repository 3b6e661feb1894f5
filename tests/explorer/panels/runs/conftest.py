"""Runs as a trainer would leave them, without a trainer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.data.catalog import Catalog, texts
from core.data.source import DataSource
from core.training.recipe import Recipe
from core.training.run_directory import RunSummary
from explorer.session import Session


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """Eight images of each of six classes, with two targets; the first three classes are for training."""
    labels = [f"class {index // 8}" for index in range(48)]
    splits = ["train" if index < 24 else "test" for index in range(48)]
    empty = texts([""] * 48)
    targets = np.random.default_rng(0).random((48, 2), dtype=np.float32)
    return Catalog(
        "shapes",
        tmp_path,
        texts([f"{i}.png" for i in range(48)]),
        texts(labels),
        texts(splits),
        empty,
        empty,
        targets,
        ("target_size", "target_weight"),
    )


@pytest.fixture
def session(tmp_path: Path, catalog: Catalog) -> Session:
    opened = Session(tmp_path)
    opened.set_catalog(DataSource("shapes"), catalog, "test")
    return opened


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., RunSummary]:
    def make(name: str, **fields: Any) -> RunSummary:
        finished = RunSummary(
            path=tmp_path / "runs" / name,
            name=name,
            state="finished",
            sentence="trained 3 epochs",
            epoch=3,
            epochs=3,
            step=30,
            loss=0.5,
            best_figure=0.718,
            seconds_left=None,
            device="CPU (2 cores)",
            data=DataSource("shapes"),
            recipe=Recipe(name=name),
            checkpoints=(),
        )
        return replace(finished, **fields)

    return make
