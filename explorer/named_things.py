"""What the bare words of a command line name: data to open, or models and embeddings to look at them with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from core.errors import DataError
from core.looking import kind_of
from core.messages import Message
from core.models.checkpoint_files import shipped_model
from core.paths import absolute

MODELS = ("run", "checkpoint", "vectors")


class NamedThings(NamedTuple):
    """`data`: a location, "" when none is named. `checkpoints`: checkpoints, runs and embeddings files, A first."""

    data: str
    checkpoints: list[Path]


def sort_out(words: Sequence[str]) -> NamedThings:
    """Tell data from models by what lies there. Raises DataError when two words name data.

    Where no data are named and the first of the models is a file of vectors, that is the data too.
    """
    checkpoints = [shipped_model(word) or absolute(word) for word in words if _is_model(word)]
    data = [word for word in words if not _is_model(word)]
    if len(data) > 1:
        raise DataError(
            Message("data-named-by-two", first=data[0], second=data[1]),
            data[1],
        )
    if not data and checkpoints and kind_of(str(checkpoints[0])) == "vectors":
        data = [str(checkpoints[0])]
    return NamedThings(data[0] if data else "", checkpoints)


def _is_model(word: str) -> bool:
    return kind_of(word) in MODELS or (not absolute(word).exists() and shipped_model(word) is not None)
