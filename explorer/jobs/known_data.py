"""The data sets this workspace has opened, newest first, kept in `library.json`."""

from __future__ import annotations

import contextlib
from pathlib import Path

from core.checksum import check_format
from core.data.source import DEMO, DataSource
from core.errors import CoreError, StorageError
from core.storage import read_json, write_json
from core.training.run_directory import recorded_source

FILE, FORMAT = "library.json", 1
MOST = 30


def load_known(workspace: Path) -> list[DataSource]:
    """What was opened before; the demo is always there. What cannot be read counts as nothing: it is a convenience."""
    known: list[DataSource] = []
    with contextlib.suppress(CoreError, KeyError, TypeError):
        for values in read_json(workspace / FILE)["data"]:
            with contextlib.suppress(CoreError, AttributeError, TypeError, ValueError):
                known.append(recorded_source(values))
    demo = DataSource(DEMO)
    return known if demo in known else [*known, demo]


def remember(workspace: Path, known: list[DataSource], source: DataSource) -> list[DataSource]:
    """The list with `source` in it, written to the workspace; its order stays, so that the library does not jump.

    Raises StorageError where it cannot be written, and NewerVersionError where a newer version wrote it.
    """
    if source not in known:
        known = [source, *known][:MOST]
        _refuse_newer(workspace / FILE)
        write_json(workspace / FILE, {"format": FORMAT, "data": [item.as_dict() for item in known]})
    return known


def _refuse_newer(path: Path) -> None:
    with contextlib.suppress(StorageError):  # not there yet, or damaged
        values = read_json(path)
        if isinstance(values, dict):
            check_format(path, values, FORMAT)
