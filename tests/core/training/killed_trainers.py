"""Trains and dies: each of its children is killed at another point while it saves. Started by test_killed.py.

One process loads torch; the children are forked from it before any thread exists.
"""

from __future__ import annotations

import importlib
import os
import random
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path

import torch

from core.data.source import DataSource
from core.training.run_directory import RECIPE
from core.training.trainer import train
from tests.core.training.tiny_data import tiny_recipe

# What the child dies of: the n-th call of this function. Each epoch writes weights, their details, the optimiser's
# tensors, the state, and then removes what is no longer needed.
POINTS = {
    "weights": ("core.models.tensor_file", "save_file", 3),
    "details": ("core.models.checkpoint", "write_json", 2),
    "moments": ("core.models.tensor_file", "save_file", 4),
    "state": ("core.training.saved_state", "write_json", 2),
    "removal": ("core.training.checkpoint_keeper", "details_path", 1),
}
RANDOM_KILLS = 4


def die_in(module_name: str, function: str, call: int) -> None:
    """Make the `call`-th call of a function the end of this process, after half a file."""
    module = importlib.import_module(module_name)
    original = getattr(module, function)
    calls = 0

    def fatal(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == call:
            if function == "save_file":
                Path(str(arguments[1])).write_bytes(b"half a file")
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments)

    setattr(module, function, fatal)


def die_after(seconds: float, run: Path) -> None:
    """Kill this process from a thread at no particular point, but not before there is a run at all."""

    def wait() -> None:
        while not (run / RECIPE).exists():
            time.sleep(0.001)
        time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def main(manifest: str, folder: Path) -> None:
    torch.set_num_threads(1)
    chance = random.Random(0)
    endings = {name: partial(die_in, *point) for name, point in POINTS.items()}
    for index in range(RANDOM_KILLS):
        endings[f"random_{index}"] = partial(die_after, chance.uniform(0.0, 0.6), folder / f"random_{index}")
    for name, ending in endings.items():
        child = os.fork()
        if not child:
            ending()
            train(tiny_recipe("training.epochs=100000"), DataSource(manifest), folder / name, "cpu")
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
