"""The data sets this workspace has opened, newest first, kept in `library.json`."""

from __future__ import annotations

from pathlib import Path

from core.data.source import DEMO, DataSource
from core.errors import CoreError
from core.storage import read_json, write_json

MOST = 30


def load_known(workspace: Path) -> list[DataSource]:
    """What was opened before; the demo is always there. A damaged file counts as empty: it is only a convenience."""
    path = workspace / "library.json"
    known = []
    if path.is_file():
        try:
            known = [DataSource.from_dict(values) for values in read_json(path)["data"]]
        except (CoreError, AttributeError, KeyError, TypeError):
            known = []
    demo = DataSource(DEMO)
    return known if demo in known else [*known, demo]


def remember(workspace: Path, known: list[DataSource], source: DataSource) -> list[DataSource]:
    """The list with `source` in it, written to the workspace; its order stays, so that the library does not jump."""
    if source not in known:
        known = [source, *known][:MOST]
        write_json(workspace / "library.json", {"format": 1, "data": [item.as_dict() for item in known]})
    return known
