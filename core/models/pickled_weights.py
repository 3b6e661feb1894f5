"""Weights in PyTorch's own files (.pt, .pth, .ckpt, ...), which may be damaged or made to do harm."""

from __future__ import annotations

import argparse
import pickle
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.errors import CheckpointError
from core.storage import open_regular

# How deep dictionaries lie within each other, and how many weights are looked at: far more than any program saves.
DEEPEST = 8
MOST_TENSORS = 100_000
# What training scripts save beside their weights; it holds values and does nothing.
HARMLESS: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [argparse.Namespace]


def read_pickled(path: Path) -> dict[str, Tensor]:
    """All named tensors in a file, those in dictionaries within it as "outer.inner"; nothing in it is executed.

    Raises CheckpointError in one sentence where it holds none, holds code, or is damaged.
    """
    _check_archive(path)
    try:
        with open_regular(path) as handle, torch.serialization.safe_globals(HARMLESS):
            content = torch.load(handle, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path} contains code or is damaged; not loaded. Where it was saved, torch.save(network.state_dict(),"
            " FILE) makes one without code.",
            path,
        ) from error
    except OSError as error:
        raise CheckpointError(f"Could not read {path}: {error.strerror or error}.", path) from error
    except Exception as error:  # a damaged file ends the unpickler in any of a dozen errors
        raise CheckpointError(f"{path} contains code or is damaged; not loaded.", path) from error
    tensors = dict(_tensors(content, "", DEEPEST))
    if not tensors:
        raise CheckpointError(f"{path} holds no weights; expected names with tensors.", path)
    if len(tensors) > MOST_TENSORS:
        raise CheckpointError(f"{path} holds {len(tensors):,} tensors; expected up to {MOST_TENSORS:,}.", path)
    return tensors


def _tensors(content: Any, prefix: str, deeper: int) -> Iterator[tuple[str, Tensor]]:
    if not isinstance(content, Mapping) or not deeper:
        return
    for key, value in content.items():
        if isinstance(value, Tensor):
            yield f"{prefix}{key}", value
        else:
            yield from _tensors(value, f"{prefix}{key}.", deeper - 1)


def _check_archive(path: Path) -> None:
    """torch stores tensors uncompressed, one after the other; anything else can unfold to any size."""
    try:
        if not zipfile.is_zipfile(path):
            return
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except Exception as error:  # the directory of a damaged archive
        raise CheckpointError(f"{path} is damaged: its archive cannot be read; not loaded.", path) from error
    if any(entry.flag_bits & 1 for entry in entries):
        raise CheckpointError(f"{path} is encrypted, which weights never are; not loaded.", path)
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise CheckpointError(f"{path} is compressed, which weights never are; not loaded.", path)
    if sum(entry.file_size for entry in entries) > path.stat().st_size:
        raise CheckpointError(f"{path} is damaged: its entries claim more bytes than it has; not loaded.", path)
