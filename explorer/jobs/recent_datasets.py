"""The data sets this workspace has opened, newest first, and what is remembered of each, kept in `library.json`."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Slot

from core.data.catalog import Catalog
from core.data.file_listing import keep_listing
from core.data.source import DEMO, DataSource
from core.errors import CoreError
from core.messages import Message
from core.storage import read_json
from core.training.run_directory import recorded_source
from explorer.jobs.notes import Notes, save_note
from explorer.jobs.recent_pictures import keep_pictures, kept_listing, rows_to_show
from explorer.jobs.runner import JobRunner
from explorer.session import Session
from explorer.state.library import DataFacts
from explorer.state.subject import WORKSPACE

FILE, FORMAT = "library.json", 1
MOST = 30
KEY = "data.facts"


def load_known(workspace: Path) -> list[DataSource]:
    """What was opened before; the demo is always there. What cannot be read counts as nothing: it is a convenience."""
    known = [source for source, _ in _listed(workspace)]
    demo = DataSource(DEMO)
    return known if demo in known else [*known, demo]


def load_facts(workspace: Path) -> dict[DataSource, DataFacts]:
    """What is remembered of each; an earlier version remembered nothing of them."""
    return {source: facts for source, facts in _listed(workspace) if facts is not None}


def with_source(known: list[DataSource], source: DataSource) -> list[DataSource]:
    """The list with `source` in it; its order stays, so that the library does not jump."""
    return known if source in known else [source, *known][:MOST]


def save_known(workspace: Path, known: list[DataSource], facts: Mapping[DataSource, DataFacts] | None = None) -> None:
    """Write the list. StorageError where it cannot be written, NewerVersionError where a newer version wrote it."""
    remembered = [asdict(facts[source]) if facts and source in facts else None for source in known]
    save_note(workspace / FILE, FORMAT, data=[item.as_dict() for item in known], facts=remembered)


class KnownData(QObject):
    """Writes down which data sets are known, and what of them, whenever that changes."""

    def __init__(self, session: Session, notes: Notes, runner: JobRunner) -> None:
        super().__init__(session)
        self._session, self._notes, self._runner = session, notes, runner
        self._written = self._as_it_is()
        session.library.changed.connect(self._on_library_changed)
        session.catalog_changed.connect(self._on_catalog_changed)

    @Slot()
    def _on_library_changed(self) -> None:
        session, known = self._session, self._as_it_is()
        if known != self._written:
            self._written = known
            name = session.catalog.name if session.catalog is not None else ""
            work = partial(save_known, session.workspace, *known)
            self._notes.write(FILE, work, partial(self._on_failed, name))

    @Slot()
    def _on_catalog_changed(self) -> None:
        source, catalog = self._session.source, self._session.catalog
        if source is None or catalog is None:
            return
        work = partial(_facts_of, self._session.workspace, catalog)
        self._runner.submit(KEY, work, partial(self._on_facts, source), stoppable=True)

    def _on_facts(self, source: DataSource, facts: DataFacts) -> None:
        before = self._session.library.facts.get(source, DataFacts())
        self._session.library.remember(source, replace(facts, name=before.name))

    def _on_failed(self, name: str, sentence: str) -> None:
        told = Message("open-but-not-remembered", name=name, sentence=sentence)
        self._session.problems.set(WORKSPACE, told if name else Message("data-not-remembered", sentence=sentence))

    def _as_it_is(self) -> tuple[list[DataSource], dict[DataSource, DataFacts]]:
        library = self._session.library
        return list(library.data_sets), dict(library.facts)


def _facts_of(workspace: Path, catalog: Catalog, should_stop: Callable[[], bool]) -> DataFacts:
    rows = rows_to_show(catalog)
    keep_pictures(workspace, catalog, rows, should_stop)
    # A convenience, as the pictures: without it a later look counts.
    with contextlib.suppress(CoreError, OSError):
        keep_listing(catalog, kept_listing(workspace, catalog.fingerprint))
    return DataFacts(
        images=len(catalog),
        classes=len(catalog.classes),
        opened=datetime.now(UTC).isoformat(timespec="seconds"),
        fingerprint=catalog.fingerprint,
        pictures=tuple(rows),
    )


def _listed(workspace: Path) -> list[tuple[DataSource, DataFacts | None]]:
    found: list[tuple[DataSource, DataFacts | None]] = []
    with contextlib.suppress(CoreError, KeyError, TypeError):
        values = read_json(workspace / FILE)
        facts = values.get("facts", []) if isinstance(values, dict) else []
        for place, each in enumerate(values["data"]):
            with contextlib.suppress(CoreError, AttributeError, TypeError, ValueError):
                found.append((recorded_source(each), _read(facts[place]) if place < len(facts) else None))
    return found


def _read(values: Any) -> DataFacts | None:
    """Facts as they were written, None where they were not."""
    with contextlib.suppress(KeyError, OverflowError, TypeError, ValueError):
        return DataFacts(
            name=str(values["name"]),
            images=int(values["images"]),
            classes=int(values["classes"]),
            opened=str(values["opened"]),
            fingerprint=str(values["fingerprint"]),
            pictures=tuple(int(row) for row in values["pictures"]),
        )
    return None
