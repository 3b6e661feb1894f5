"""Weights in PyTorch's own files (.pt, .pth, .ckpt, ...), which may be damaged or made to do harm.

Training scripts save more than weights: a configuration, the best figure as a NumPy scalar, paths. Whatever is not
PyTorch's or plain is named in the file as a class or function of another program. Nothing of them is imported or
called: what they would have made stands as an empty dictionary, and the weights beside it are read.
"""

from __future__ import annotations

import argparse
import pickle
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

from core.errors import CheckpointError
from core.messages import Message, first_of
from core.storage import open_regular

# How deep dictionaries lie within each other, and how many weights are looked at: far more than any program saves.
DEEPEST = 8
MOST_TENSORS = 100_000
# A file names a few dozen classes at most; one made to do harm could name millions.
MOST_NAMES = 1000
NAMES_SHOWN = 3
PICKLED = b"\x80"
# What training scripts save beside their weights; it holds values and does nothing.
HARMLESS = argparse.Namespace
Safe = Callable[..., Any] | tuple[Callable[..., Any], str]


def read_pickled(path: Path) -> dict[str, Tensor]:
    """All named tensors in a file, those in dictionaries within it as "outer.inner"; nothing in it is executed.

    Raises CheckpointError in one sentence where it holds none, is of code alone, or is damaged.
    """
    _check_archive(path)
    try:
        with open_regular(path) as handle, warnings.catch_warnings():
            # Of kinds of tensors that are to be removed one day; whether they can be taken is told elsewhere.
            warnings.simplefilter("ignore")
            foreign = _names_of_others(handle)
            with safe_globals([HARMLESS, *map(_emptied, foreign)]):
                content = torch.load(handle, map_location="cpu", weights_only=True)
    except OSError as error:
        raise CheckpointError(Message("file-not-readable", path=path, reason=error.strerror or error), path) from error
    except Exception as error:  # a damaged file ends the unpickler in any of a dozen errors
        raise CheckpointError(Message("weights-file-damaged-or-code", path=path), path) from error
    tensors = dict(_tensors(content, "", DEEPEST))
    if not tensors:
        raise CheckpointError(_without_weights(path, content, foreign), path)
    if len(tensors) > MOST_TENSORS:
        raise CheckpointError(
            Message("weights-file-with-too-many-tensors", path=path, count=len(tensors), most=MOST_TENSORS), path
        )
    return tensors


def _names_of_others(handle: BinaryIO) -> Sequence[str]:
    """The classes and functions of other programs that an archive names; files of before PyTorch 1.6 do not tell."""
    if not zipfile.is_zipfile(handle):
        handle.seek(0)
        return ()
    handle.seek(0)
    names = sorted(get_unsafe_globals_in_checkpoint(handle))
    handle.seek(0)
    if len(names) > MOST_NAMES:
        raise pickle.UnpicklingError(f"{len(names)} names")
    return [name for name in names if name != f"{HARMLESS.__module__}.{HARMLESS.__qualname__}"]


def _emptied(name: str) -> Safe:
    """What stands for a class or function called `name`, such as "omegaconf.dictconfig.DictConfig"."""
    if name == "collections.deque":
        return _empty_list, name
    # Values of these are set up from a tuple, all others from a dictionary.
    return (_Nothing if name.startswith(("numpy.", "functools.")) else _Emptied), name


def _empty_list(*_: object) -> list[object]:
    return []


class _Emptied:
    """In place of any object: an empty dictionary, into which the unpickler may put what it likes."""

    def __new__(cls, *_: object) -> Any:
        return OrderedDict()


class _Nothing:
    """In place of a value that is not looked at."""

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, _: object) -> None:
        pass


def _without_weights(path: Path, content: Any, foreign: Sequence[str]) -> Message:
    if foreign and all(name.startswith("numpy.") for name in foreign):
        return Message("weights-file-of-numpy", path=path)
    if foreign:
        # What is not torch's own says most, such as the class of a whole network.
        names = sorted(foreign, key=lambda name: name.startswith("torch."))
        return Message("weights-file-of-objects", path=path, names=first_of([name[:80] for name in names], NAMES_SHOWN))
    if isinstance(content, Mapping):
        return Message("weights-file-of-nothing", path=path)
    return Message("weights-file-of-other-object", path=path, kind=type(content).__name__)


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
        with open_regular(path) as handle:
            if not zipfile.is_zipfile(handle):
                handle.seek(0)
                if handle.read(1) != PICKLED:
                    raise CheckpointError(Message("weights-file-foreign", path=path), path)
                return
            with zipfile.ZipFile(handle) as archive:
                entries = archive.infolist()
    except CheckpointError:
        raise
    except OSError as error:
        raise CheckpointError(Message("file-not-readable", path=path, reason=error.strerror or error), path) from error
    except Exception as error:  # the directory of a damaged archive
        raise CheckpointError(Message("weights-archive-not-readable", path=path), path) from error
    if any(entry.filename.endswith("/constants.pkl") for entry in entries):
        raise CheckpointError(Message("weights-file-is-torchscript", path=path), path)
    if not any(entry.filename.endswith("data.pkl") for entry in entries):
        raise CheckpointError(Message("weights-archive-foreign", path=path), path)
    encrypted = any(entry.flag_bits & 1 for entry in entries)
    if encrypted or any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise CheckpointError(Message("weights-archive-packed", path=path, encrypted=encrypted), path)
    if sum(entry.file_size for entry in entries) > path.stat().st_size:
        raise CheckpointError(Message("weights-archive-oversized", path=path), path)
