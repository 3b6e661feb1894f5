"""What a path is, whatever a person names: data, vectors, a checkpoint, a run, a picture; told without reading all."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from core.data.data_look import DataLook, look_at_data
from core.data.images import SUFFIXES, UNREAD_SUFFIXES
from core.data.source import DataSource, is_name
from core.data.vectors.array_archive import ArrayArchive
from core.data.vectors.vector_columns import without_ends_of_one
from core.errors import CoreError, DataError
from core.messages import Message
from core.models.checkpoint_files import DETAILS as CHECKPOINT_DETAILS
from core.models.checkpoint_files import WEIGHTS, details_path, list_checkpoints, read_info
from core.paths import absolute
from core.storage import open_regular
from core.training.run_directory import DETAILS, RECIPE, source_of

Kind = Literal["data", "vectors", "checkpoint", "run", "picture"]
# A .parquet file passes for a table of images.
VECTORS = ".npz"
# A checkpoint lies in its run's folder for checkpoints.
LEVELS_TO_RUN = 2


@dataclass(frozen=True)
class Look:
    """What a path is.

    Attributes:
        path: as it was named.
        kind: what it can be used as.
        sentence: how it is understood.
        data: how data would be read; of a run or a checkpoint those that it was trained on, None where it is not told.
        problem: why it cannot be used as it is, None where nothing is known against it.
    """

    path: str
    kind: Kind
    sentence: str
    data: DataLook | None = None
    problem: CoreError | None = None


def kind_of(location: str) -> Kind:
    """By its name and what lies there; what is nothing else counts as data, whose readers say what is wrong."""
    if is_name(location):
        return "data"
    path = absolute(location)
    if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for names that are too long
        return "run" if any(_is_file(path / name) for name in (DETAILS, RECIPE)) else "data"
    suffix = path.suffix.lower()
    if suffix == WEIGHTS:
        return "checkpoint"
    if suffix == VECTORS:
        return "vectors"
    if suffix == CHECKPOINT_DETAILS and _is_file(path.with_suffix(WEIGHTS)):
        return "checkpoint"
    return "picture" if suffix in SUFFIXES | UNREAD_SUFFIXES else "data"


def look(source: DataSource, should_stop: Callable[[], bool] = lambda: False) -> Look:
    """What the source's location is, and of data how they would be read as the source says.

    Reads the drive, for a thread; raises Cancelled soon after `should_stop` answers True.
    """
    location = source.location.strip()
    kind = kind_of(location) if location else "data"
    if kind == "data":
        data = look_at_data(source, should_stop)
        return Look(location, kind, data.sentence, data, data.problem)
    path = absolute(location)
    if not os.path.exists(path):  # noqa: PTH110 - Path.exists raises for names that are too long
        error = DataError(Message("data-missing", location=location), path)
        return Look(location, kind, error.in_window, problem=error)
    try:
        found = _LOOKS[kind](location, path)
        if kind != "vectors":
            return found
        data = look_at_data(source, should_stop)
        return replace(found, data=data, problem=data.problem)
    except CoreError as error:
        return Look(location, kind, error.in_window, problem=error)
    except OSError as error:
        refused = DataError(Message("file-not-read", path=path, reason=error.strerror or error), path)
        return Look(location, kind, refused.in_window, problem=refused)


def trained_on(checkpoint: Path) -> DataSource | None:
    """The data of the run that `checkpoint` is or lies in; None for one that belongs to no run."""
    for folder in (checkpoint, *checkpoint.parents[:LEVELS_TO_RUN]):
        if _is_file(folder / DETAILS):
            try:
                return source_of(folder)
            except CoreError:
                return None
    return None


def _at_vectors(location: str, path: Path) -> Look:
    """A model's vectors of the open data, or data themselves."""
    with open_regular(path) as handle:
        headers = ArrayArchive(handle, path).headers
    tables = {name: shape for name, header in headers.items() if len(shape := without_ends_of_one(header.shape)) == 2}
    if not tables:
        raise DataError(Message("archive-without-vectors", path=path, arrays=len(headers)), path)
    name = max(tables, key=lambda each: math.prod(tables[each]))
    count, width = tables[name]
    message = Message("file-is-vectors", path=path.name, count=count, width=width, array=name)
    return Look(location, "vectors", message)


def _at_checkpoint(location: str, path: Path) -> Look:
    weights = path.with_suffix(WEIGHTS)
    if not _is_file(details_path(weights)):
        message = Message("weights-without-details", path=weights, details=details_path(weights).name)
        return Look(location, "checkpoint", message, problem=DataError(message, weights))
    message = Message("file-is-checkpoint", name=read_info(weights).name)
    source = trained_on(weights)
    return Look(location, "checkpoint", message, None if source is None else DataLook(source, message))


def _at_run(location: str, path: Path) -> Look:
    kept, source = list_checkpoints(path), trained_on(path)
    if source is None:
        return Look(location, "run", Message("folder-is-run-without-data", run=path.name, checkpoints=len(kept)))
    message = Message("folder-is-run", run=path.name, checkpoints=len(kept), data=source.location)
    return Look(location, "run", message, DataLook(source, message))


def _at_picture(location: str, path: Path) -> Look:
    message = Message("file-is-picture", path=path)
    return Look(location, "picture", message, problem=DataError(message, path))


def _is_file(path: Path) -> bool:
    """Whether there is such a file; not where a folder may not be entered, of which Path.is_file raises."""
    return os.path.isfile(path)  # noqa: PTH113


_LOOKS: dict[Kind, Callable[[str, Path], Look]] = {
    "vectors": _at_vectors,
    "checkpoint": _at_checkpoint,
    "run": _at_run,
    "picture": _at_picture,
}
