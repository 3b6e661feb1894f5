"""Files of named tensors (safetensors): written whole or not at all, and refused when crafted or damaged."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from core.errors import CheckpointError, StorageError
from core.messages import Message
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
        raise StorageError(
            Message("disk-full-for-file", file=path.name, need=_megabytes(need), free=_megabytes(free)), path
        )
    try:
        with atomic_path(path) as temporary:
            save_file(plain, temporary)
    except SafetensorError as error:
        raise StorageError(Message("file-not-written", path=path, reason=error), path) from error


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a file, on the processor; CheckpointError when it is not a sound safetensors file."""
    with _reading(path):
        tensors: dict[str, torch.Tensor] = load_file(path)
        return tensors


def read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """The names and shapes of a file's tensors, from its header alone; CheckpointError as `read_tensors`."""
    with _reading(path), safe_open(path, framework="pt") as tensors:
        return {name: tuple(tensors.get_slice(name).get_shape()) for name in tensors.keys()}  # noqa: SIM118 - no dict


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what a damaged or crafted file ends in into one sentence; how long its header is is looked at first."""
    try:
        with open_regular(path) as handle:
            header = int.from_bytes(handle.read(8), "little")
            size = os.fstat(handle.fileno()).st_size
        if header > min(LARGEST_HEADER, size):
            raise CheckpointError(Message("checkpoint-header-oversized", path=path, header=header), path)
        yield
    except OSError as error:
        raise CheckpointError(Message("file-not-readable", path=path, reason=error.strerror or error), path) from error
    except (SafetensorError, ValueError, RuntimeError, OverflowError, LookupError, TypeError, MemoryError) as error:
        raise CheckpointError(Message("file-damaged", path=path, reason=str(error)[:200]), path) from error


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
