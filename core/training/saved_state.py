"""What resuming needs beside the newest checkpoint: the optimiser's averages, the loss's own state, how far it is.

    state/state.json                how far it is and the names of the files that belong to it; written last
    state/step_NNNNNNNN.safetensors tensors

A state is complete or not there: the JSON file names its files with their hash, and files of the state before are
removed only once it is written.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from core.checksum import checked, read_checked
from core.errors import CheckpointError, NewerVersionError, StorageError
from core.messages import Message
from core.models.checkpoint_files import file_hash
from core.models.recorded import mapping, number, text, whole
from core.models.tensor_file import read_tensors, write_tensors
from core.storage import write_json
from core.training.run_directory import STATE

FORMAT = 1
NAME = "state.json"


class ResumeRefusedError(CheckpointError):
    """A run cannot go on with this recipe, so few epochs or other data; it is left as it was."""


@dataclass(frozen=True)
class TrainerProgress:
    """How far a run is.

    Attributes:
        epoch: the epoch to go on with, from 1; beyond the last one when all is done.
        step_in_epoch: its batches that are already learnt from.
        step: batches over the whole run.
        loss_sum: of the batches of this epoch so far.
        checkpoint: the checkpoint file, by name, that holds the weights.
        best_checkpoint: the best measured so far, "" before; what it reached stands in its own file.
    """

    epoch: int = 1
    step_in_epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    checkpoint: str = ""
    best_checkpoint: str = ""

    @property
    def begun(self) -> int:
        """The last epoch of which anything was learnt, 0 for none."""
        return self.epoch if self.step_in_epoch else self.epoch - 1


@dataclass(frozen=True)
class SavedState:
    """A state as it was read, its content being what was written; `catalog` is the fingerprint of its data."""

    progress: TrainerProgress
    tensors: Mapping[str, Tensor]
    catalog: str

    def check_data(self, run: Path, catalog: str) -> None:
        """Raise ResumeRefusedError where the data, by their fingerprint, are other ones now."""
        if self.catalog != catalog:
            raise ResumeRefusedError(Message("run-data-changed", run=run), run)


def save_state(run: Path, progress: TrainerProgress, tensors: Mapping[str, Tensor], catalog: str) -> None:
    """Make (position, tensors) what resuming starts from; `catalog` is the fingerprint of the data."""
    folder = run / STATE
    path = folder / f"step_{progress.step:08d}.safetensors"
    write_tensors(path, tensors)
    write_json(
        folder / NAME,
        checked(
            {
                "format": FORMAT,
                "catalog": catalog,
                "tensors": path.name,
                "sha256": file_hash(path),
                "position": asdict(progress),
            }
        ),
    )
    for older in folder.glob("step_*.safetensors"):
        if older.name != path.name:
            older.unlink(missing_ok=True)


def read_state(run: Path) -> SavedState | None:
    """The saved state of a run whatever its data, or None where there is none.

    Raises CheckpointError when it is not, by its checksums, what was written.
    """
    folder = run / STATE
    if not os.path.lexists(folder / NAME):
        return None
    try:
        values = read_checked(folder / NAME, FORMAT)
        progress, path = _progress(mapping(values, "position")), folder / Path(text(values, "tensors")).name
        catalog, expected = text(values, "catalog"), text(values, "sha256")
        intact = file_hash(path) == expected
    except NewerVersionError as error:
        raise CheckpointError(Message("run-of-newer-version", run=run, reason=error), run) from error
    except (StorageError, OSError, ValueError) as error:
        raise CheckpointError(Message("run-state-damaged", run=run, reason=str(error).rstrip(".")), run) from error
    if not intact:
        raise CheckpointError(Message("content-hash-mismatch", path=path), path)
    return SavedState(progress, read_tensors(path), catalog)


def _progress(values: Mapping[str, Any]) -> TrainerProgress:
    """ValueError naming what is no position."""
    return TrainerProgress(
        epoch=whole(values, "epoch", 1),
        step_in_epoch=whole(values, "step_in_epoch"),
        step=whole(values, "step"),
        loss_sum=number(values, "loss_sum"),
        checkpoint=_name(values, "checkpoint"),
        best_checkpoint=_name(values, "best_checkpoint"),
    )


def _name(values: Mapping[str, Any], key: str) -> str:
    """The name of a checkpoint, which leads nowhere else."""
    name = text(values, key)
    if name != Path(name).name or name == "..":
        raise ValueError(f"{key} ({name!r})")
    return name
