"""Saving and loading checkpoints; see `core.models.checkpoint_files` for their form."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
import torchvision

from core.checksum import checked, read_checked
from core.errors import CheckpointError
from core.messages import Message
from core.models.checkpoint_files import FORMAT, CheckpointInfo, details_path, file_hash, intact, read_info, resolve
from core.models.description import ModelDescription
from core.models.device import Device
from core.models.embedder import Embedder, on_device
from core.models.histograms import HistogramDescription
from core.models.tensor_file import read_shapes, read_tensors, write_tensors
from core.storage import write_json


@dataclass(frozen=True)
class LoadedCheckpoint:
    """A model in eval mode on its device, and what is known about it."""

    model: Embedder
    info: CheckpointInfo


def save(
    path: Path,
    embedder: Embedder,
    name: str,
    epoch: int,
    step: int,
    complete: bool,
    metrics: Mapping[str, Any],
    recipe: Mapping[str, Any],
) -> CheckpointInfo:
    """Write `path` (.safetensors), then its JSON file: the mark that it is complete.

    Raises StorageError when the disk is full.
    """
    details = details_path(path)
    # Weights and details must never be of two different checkpoints, not even for a moment.
    details.unlink(missing_ok=True)
    write_tensors(path, embedder.state_dict())
    write_json(
        details,
        checked(
            {
                "format": FORMAT,
                "name": name,
                "epoch": epoch,
                "step": step,
                "complete": complete,
                "metrics": dict(metrics),
                "model": embedder.description.as_dict(),
                "recipe": dict(recipe),
                "size": path.stat().st_size,
                "sha256": file_hash(path),
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
                "versions": versions(),
            }
        ),
    )
    return read_info(path)


def add_metrics(path: Path, metrics: Mapping[str, Any]) -> None:
    """Write further measures of a complete checkpoint beside those it has."""
    details = details_path(path)
    values = read_checked(details, FORMAT)
    write_json(details, checked({**values, "metrics": {**values["metrics"], **metrics}}))


def load(path: Path, device: Device) -> LoadedCheckpoint:
    """The model of a checkpoint, or of a run's best one; never executes anything in it.

    Raises CheckpointError in one sentence when it is missing, damaged (by size or hash) or does not fit its own
    description.
    """
    return load_intact(intact(resolve(path)), device)


def load_intact(info: CheckpointInfo, device: Device) -> LoadedCheckpoint:
    """As `load`, of a checkpoint whose weights were looked at already."""
    description = info.description
    if isinstance(description, HistogramDescription):
        raise CheckpointError(Message("checkpoint-without-network", path=info.path), info.path)
    _check_promise(info, description)
    embedder = Embedder(description)
    restore(embedder, info.path)
    return LoadedCheckpoint(on_device(embedder, device.torch).eval(), info)


def _check_promise(info: CheckpointInfo, description: ModelDescription) -> None:
    """Refuse weights that are not those of the network described, before it takes its memory."""
    try:
        # A network on torch's "meta" has names and shapes, and no numbers.
        with torch.device("meta"):
            promised = Embedder(description).state_dict()
    except (RuntimeError, OverflowError, ValueError) as error:
        raise CheckpointError(
            Message("checkpoint-network-not-built", path=info.path, reason=error), info.path
        ) from error
    found = read_shapes(info.path)
    for name, tensor in promised.items():
        if found.get(name) != tuple(tensor.shape):
            there = str(found[name]) if name in found else Message("not-there")
            raise CheckpointError(
                Message(
                    "checkpoint-weights-of-other-shape",
                    path=info.path,
                    backbone=description.backbone,
                    name=name,
                    found=there,
                    shape=str(tuple(tensor.shape)),
                ),
                info.path,
            )


def restore(embedder: Embedder, path: Path) -> None:
    """Put the weights of a checkpoint file into an embedder of the same description."""
    try:
        embedder.load_state_dict(read_tensors(path))
    except RuntimeError as error:
        first = str(error).strip().splitlines()[1:2]
        raise CheckpointError(
            Message(
                "checkpoint-weights-of-other-network",
                path=path,
                backbone=embedder.description.backbone,
                reason=first[0].strip() if first else error,
            ),
            path,
        ) from error


def versions() -> dict[str, str]:
    """The libraries that decide what weights mean."""
    return {"python": platform.python_version(), "torch": torch.__version__, "torchvision": torchvision.__version__}
