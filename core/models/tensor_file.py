"""Files of named tensors (safetensors): written whole or not at all, and refused when crafted or damaged."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from core.errors import CheckpointError, StorageError
from core.storage import atomic_path, open_regular

# Ours are below 100 kB; a crafted header of 100 MB would take seconds to parse.
LARGEST_HEADER = 8 << 20


def write_tensors(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """Write `tensors`; StorageError with need and place when the disk is full, and then an older file stays."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    need = sum(tensor.numel() * tensor.element_size() for tensor in plain.values())
    free = shutil.disk_usage(path.parent).free
    if free < need:
        raise StorageError(f"Disk full: {path.name} needs {_megabytes(need)}, {_megabytes(free)} are free.", path)
    try:
        with atomic_path(path) as temporary:
            save_file(plain, temporary)
    except SafetensorError as error:
        raise StorageError(f"Could not write {path}: {error}.", path) from error


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a file, on the processor; CheckpointError when it is not a sound safetensors file."""
    path = Path(path)
    try:
        with open_regular(path) as handle:
            header = int.from_bytes(handle.read(8), "little")
        if header > min(LARGEST_HEADER, path.stat().st_size):
            raise CheckpointError(f"{path} is damaged: its header claims {header:,} bytes.", path)
        tensors: dict[str, torch.Tensor] = load_file(path)
    except SafetensorError as error:
        raise CheckpointError(f"{path} is damaged ({error}).", path) from error
    except OSError as error:
        raise CheckpointError(f"Could not read {path}: {error.strerror or error}.", path) from error
    return tensors


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
