"""What resuming needs beside the newest checkpoint: the optimiser's averages, the loss's own state, the position.

    state/state.json                the position and the names of the files that belong to it; written last
    state/step_NNNNNNNN.safetensors tensors

A state is complete or not there: the JSON file names its files with their hash, and files of the state before are
removed only once it is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from torch import Tensor

from core.errors import CheckpointError, StorageError
from core.models.checkpoint_files import file_hash
from core.models.tensor_file import read_tensors, write_tensors
from core.storage import read_json, write_json
from core.training.run_directory import STATE

FORMAT = 1


@dataclass(frozen=True)
class Position:
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


def save_state(run: Path, position: Position, tensors: Mapping[str, Tensor], catalog: str) -> None:
    """Make (position, tensors) what resuming starts from; `catalog` is the fingerprint of the data."""
    folder = run / STATE
    path = folder / f"step_{position.step:08d}.safetensors"
    write_tensors(path, tensors)
    write_json(
        folder / "state.json",
        {
            "format": FORMAT,
            "catalog": catalog,
            "tensors": path.name,
            "sha256": file_hash(path),
            "position": asdict(position),
        },
    )
    for older in folder.glob("step_*.safetensors"):
        if older.name != path.name:
            older.unlink(missing_ok=True)


def load_state(run: Path, catalog: str) -> tuple[Position, dict[str, Tensor]] | None:
    """The saved state, or None when the run was interrupted before its first.

    Raises CheckpointError when it is damaged, or when the data have changed since.
    """
    folder = run / STATE
    if not (folder / "state.json").is_file():
        return None
    try:
        values = read_json(folder / "state.json")
        if values["format"] > FORMAT:
            raise CheckpointError(f"{run} was trained by a newer version; it cannot be resumed by this one.", run)
        known = {item.name for item in fields(Position)}
        position = Position(**{key: value for key, value in values["position"].items() if key in known})
        path = folder / str(values["tensors"])
        intact = file_hash(path) == values["sha256"]
        other_data = values["catalog"] != catalog
    except (StorageError, OSError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"The state of {run} is damaged ({error}); its checkpoints still work.", run) from error
    if not intact:
        raise CheckpointError(f"{path} is damaged (hash mismatch); the checkpoints of the run still work.", path)
    if other_data:
        raise CheckpointError(f"{run} cannot be resumed: the data are not what they were when it was trained.", run)
    return position, read_tensors(path)
