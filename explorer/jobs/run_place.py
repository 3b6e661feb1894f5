"""Where a new run goes: a directory with a free name, and beside the runs what its trainer is asked for."""

from __future__ import annotations

import contextlib
import itertools
from pathlib import Path
from typing import NamedTuple

from core.errors import CoreError, StorageError
from core.messages import Message
from core.storage import write_text
from core.training.recipe import Recipe, to_toml


class Place(NamedTuple):
    """`run`: its directory, which is there and empty. `request`: the recipe, until the trainer has written its own."""

    run: Path
    request: Path


def make_place(workspace: Path, name: str, recipe: Recipe) -> Place:
    """A directory that nobody else has, called like `name`. Raises StorageError where it cannot be made."""
    try:
        run = _free_directory(workspace / "runs", name)
        request = _request(workspace, run)
        write_text(request, to_toml(recipe))
    except (OSError, CoreError) as error:
        raise StorageError(Message("run-cannot-be-started", name=name, reason=error), workspace) from error
    return Place(run, request)


def forget_request(workspace: Path, run: Path) -> None:
    """Remove what a trainer was asked for, where that is still there."""
    with contextlib.suppress(OSError):
        _request(workspace, run).unlink(missing_ok=True)


def _request(workspace: Path, run: Path) -> Path:
    return workspace / "requests" / f"{run.name}.toml"


def _free_directory(folder: Path, name: str) -> Path:
    plain = "".join(letter if letter.isalnum() or letter in "-_ " else "-" for letter in name).strip() or "run"
    folder.mkdir(parents=True, exist_ok=True)
    for number in itertools.count(1):
        candidate = folder / (plain if number == 1 else f"{plain}-{number}")
        # Made at once: another window may ask for the same name at the same time.
        with contextlib.suppress(FileExistsError):
            candidate.mkdir()
            break
    return candidate
