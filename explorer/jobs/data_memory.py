"""How each data set was looked at last, kept in the workspace.

Its A and B, split, colouring, groups, selection, view, and how each view was arranged.
"""

from __future__ import annotations

import base64
import contextlib
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PySide6.QtCore import QObject, QTimer, SignalInstance, Slot

from core.data.source import DataSource
from core.errors import CoreError
from core.storage import read_json
from explorer.jobs.notes import Notes, save_note
from explorer.results.embeddings import EMBEDDINGS
from explorer.session import CLASS, Session

FILE, FORMAT = "looked_at.json", 1
MOST = 30
# A selection of more images is made anew faster than it is read.
MOST_SELECTED = 100_000
SETTLED_MS = 800


@dataclass(frozen=True)
class DatasetView:
    """What was chosen for one data set.

    Attributes:
        slots: the files that were A, B and so on, "" where nothing was.
        split: "" means the default.
        fingerprint: of the catalog that `selected` and `query` are rows of.
        view: the view that was shown, "" where none was noted.
        arrangements: view -> how its panels were arranged, as `arranged_text` writes it.
    """

    slots: tuple[str, ...] = ()
    split: str = ""
    colouring: str = CLASS
    fingerprint: str = ""
    selected: tuple[int, ...] = ()
    query: int | None = None
    grouping: str = CLASS
    view: str = ""
    arrangements: Mapping[str, str] = field(default_factory=dict)

    @property
    def arranged(self) -> dict[str, bytes]:
        """The arrangement of each view; those that were damaged are left out."""
        found = {view: _arranged_bytes(text) for view, text in self.arrangements.items()}
        return {view: state for view, state in found.items() if state is not None}

    def as_dict(self) -> dict[str, Any]:
        """Plain values, under the names that files have."""
        values = asdict(self)
        return {"sides": values.pop("slots"), **values}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> DatasetView:
        """Inverse of `as_dict`. Raises KeyError, TypeError or ValueError for anything else."""
        query = values["query"]
        return cls(
            tuple(map(str, values["sides"])),
            str(values["split"]),
            str(values["colouring"]),
            str(values["fingerprint"]),
            tuple(int(row) for row in values["selected"]),
            None if query is None else int(query),
            # Versions before grouped nothing, and noted no view.
            str(values.get("grouping", CLASS)),
            str(values.get("view", "")),
            {str(view): str(text) for view, text in dict(values.get("arrangements", {})).items()},
        )


class Arranged(Protocol):
    """What knows which view is shown, and how each is arranged: `view_changed` follows a change of view."""

    @property
    def view_changed(self) -> SignalInstance: ...

    def noted(self) -> tuple[str, dict[str, bytes]]: ...


class DataMemory(QObject):
    """Notes how the open data set is looked at, and tells it when that is opened again.

    Only what could be used is noted as A or B: a file that was refused does not come back.
    """

    def __init__(self, session: Session, notes: Notes) -> None:
        super().__init__(session)
        self._session, self._notes = session, notes
        self._views: dict[DataSource, DatasetView] = {}
        self._noting = False
        self._arranged: Arranged | None = None
        self._timer = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._timer.timeout.connect(self.save)
        session.catalog_closing.connect(self.close_view)
        for changed in (
            *(session.checkpoint.changed, session.results[EMBEDDINGS].changed, session.split_changed),
            *(session.colouring_changed, session.grouping_changed),
            *(session.selection.rows_changed, session.selection.query_changed),
        ):
            changed.connect(self._on_changed)

    def watch(self, arranged: Arranged) -> None:
        """From now on, note the view that is shown and how each is arranged."""
        self._arranged = arranged
        arranged.view_changed.connect(self._on_changed)

    def put_views(self, views: dict[DataSource, DatasetView]) -> None:
        """What was noted at earlier times."""
        self._views = {**views, **self._views}

    def view_of(self, source: DataSource) -> DatasetView | None:
        """How a data set was looked at, or None when it never was."""
        return self._views.get(source)

    def open_view(self) -> None:
        """From now on, note how the open data set is looked at."""
        self._noting = True

    @Slot()
    def close_view(self) -> None:
        """The open data set is about to be closed, with everything that is chosen for it."""
        self.save()
        self._noting = False

    @Slot()
    def save(self) -> None:
        """Note what is chosen now; where it cannot be written down, it is known until the window closes."""
        self._timer.stop()
        source = self._session.source
        if not self._noting or source is None or self._session.catalog is None:
            return
        view = self._as_it_is(self._views.get(source, DatasetView()))
        if self._views.get(source) == view:
            return
        others = {key: value for key, value in self._views.items() if key != source}
        self._views = dict([(source, view), *others.items()][:MOST])
        self._notes.write(FILE, partial(save_views, self._session.workspace, dict(self._views)))

    @Slot()
    def _on_changed(self, *_slot: str) -> None:
        if self._noting:
            self._timer.start()

    def _as_it_is(self, before: DatasetView) -> DatasetView:
        session = self._session
        assert session.catalog is not None
        former = zip_longest(session.slots, before.slots[: len(session.slots)], fillvalue="")
        shown, states = (before.view, {}) if self._arranged is None else self._arranged.noted()
        selected = session.selection.rows if len(session.selection.rows) <= MOST_SELECTED else np.empty(0, np.int64)
        return replace(
            before,
            slots=tuple(self._slot(slot, file) for slot, file in former),
            split=session.split,
            colouring=session.colouring,
            grouping=session.grouping,
            fingerprint=session.catalog.fingerprint,
            selected=tuple(selected.tolist()),
            query=session.selection.query,
            view=shown,
            arrangements={**before.arrangements, **{view: arranged_text(state) for view, state in states.items()}},
        )

    def _slot(self, slot: str, former: str) -> str:
        chosen = self._session.checkpoint[slot]
        if chosen is None:
            return ""
        # On its way, or refused: what was there before is what to come back to.
        return str(chosen.path) if self._session.results[EMBEDDINGS][slot] is not None else former


def arranged_text(state: bytes) -> str:
    """An arrangement as text, with a sum by which damage is found: Qt takes what is written there on trust."""
    return f"{zlib.crc32(state):08x}{base64.b64encode(state).decode('ascii')}"


def _arranged_bytes(text: str) -> bytes | None:
    """Inverse of `arranged_text`; None where it was damaged."""
    try:
        state = base64.b64decode(text[8:], validate=True)
        return state if state and int(text[:8], 16) == zlib.crc32(state) else None
    except ValueError:
        return None


def load_views(workspace: Path) -> dict[DataSource, DatasetView]:
    """What was noted in a workspace, newest first; what cannot be read counts as nothing, for it is a convenience."""
    views: dict[DataSource, DatasetView] = {}
    try:
        for values in read_json(workspace / FILE)["views"]:
            with contextlib.suppress(AttributeError, KeyError, OverflowError, TypeError, ValueError):
                views[DataSource.from_dict(values["data"])] = DatasetView.from_dict(values["view"])
    except (CoreError, KeyError, TypeError):
        pass
    return views


def save_views(workspace: Path, views: Mapping[DataSource, DatasetView]) -> None:
    """Write all of them; raises as `save_note`."""
    listed = [{"data": source.as_dict(), "view": view.as_dict()} for source, view in views.items()]
    save_note(workspace / FILE, FORMAT, views=listed)
