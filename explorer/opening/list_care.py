"""Care for the list of data sets: other names, other places, fewer entries, and a second look at the files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from core.data.catalog import Catalog
from core.data.catalog_opening import default_split, open_catalog
from core.data.file_listing import FileListing, read_listing
from core.data.recheck import Rechecked, recheck
from core.data.source import DataSource
from core.errors import CoreError
from core.messages import Message
from core.progress import Reporter
from explorer.commands import Commands
from explorer.file_dialogs import ask_for_file, ask_for_folder
from explorer.jobs.recent_pictures import kept_listing
from explorer.jobs.runner import JobRunner
from explorer.jobs.shown_work import ShownWork
from explorer.opening.door import Door
from explorer.opening.rename_dialog import RenameDialog
from explorer.panels.library.library_tree import shown_name, source_name
from explorer.session import Session
from explorer.state.library import DataFacts
from explorer.state.subject import RECHECKED


class ListCare(QObject):
    """Does the commands of `explorer.data_menu`; files are never touched."""

    def __init__(self, session: Session, runner: JobRunner, commands: Commands, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._window, self._commands = session, window, commands
        self._shown = ShownWork(session, runner)
        commands.bind(
            {
                "data.look_at": self.look_at,
                "data.rename": self.rename,
                "data.remove": self.remove,
                "data.recheck": self.recheck,
                "data.locate": self.locate,
            }
        )

    def look_at(self, source: DataSource | None = None) -> None:
        """Show what it is and how it is read, before it is opened."""
        if (named := source or self._session.source) is not None:
            self._commands.run("data.open", named)

    def rename(self, source: DataSource | None = None) -> None:
        """Ask what to call a data set."""
        named = source or self._session.source
        if named is None:
            return
        dialog = RenameDialog(source_name(named), shown_name(self._session, named), self._window)
        dialog.named.connect(partial(self._on_named, named))
        dialog.open()

    def remove(self, source: DataSource | None = None) -> None:
        """Take a data set off the list, and say that its files stay."""
        named = source or self._session.source
        if named is not None:
            told = Message("data-removed", name=shown_name(self._session, named))
            self._session.library.remove(named)
            self._session.problems.set_notice(RECHECKED, told)

    def recheck(self, source: DataSource | None = None) -> None:
        """List the files again and say what is new, missing or changed since."""
        named, session = source or self._session.source, self._session
        if named is None:
            return
        before = session.catalog if named == session.source else None
        words = Message("rechecking-files", name=shown_name(session, named))
        facts = session.library.facts.get(named, DataFacts())
        work = partial(_recheck, named, before, kept_listing(session.workspace, facts.fingerprint))
        again = partial(self.recheck, named)
        self._shown.submit("recheck", RECHECKED, words, work, partial(self._on_rechecked, named), again, reports=True)

    def locate(self, source: DataSource) -> None:
        """Ask where a data set lies now, and look at it there."""
        session = self._session
        is_file = bool(Path(source.location).suffix)
        title = Message("where-data-lie-now", name=shown_name(session, source))
        ask = partial(ask_for_file, kinds=Door.file_kinds()) if is_file else ask_for_folder
        if chosen := ask(session, self._window, title):
            there = replace(source, location=chosen)
            session.library.relocate(source, there)
            self._commands.run("data.open", there)

    def _on_named(self, source: DataSource, name: str) -> None:
        own = source_name(source)
        self._session.library.rename(source, "" if name.strip() == own else name)

    def _on_rechecked(self, source: DataSource, found: Rechecked | Catalog) -> None:
        session = self._session
        if isinstance(found, Rechecked):
            if not found.is_as_before and source == session.source:
                session.set_catalog(source, found.catalog, default_split(found.catalog))
            session.problems.set_notice(RECHECKED, found.sentence)
            return
        facts = session.library.facts.get(source)
        name, images = shown_name(session, source), len(found)
        if facts is None or not facts.images:
            told = Message("rechecked-first-time", name=name, images=images)
        elif facts.fingerprint == found.fingerprint:
            told = Message("rechecked-as-before", name=name, images=images)
        else:
            told = Message("rechecked-otherwise", name=name, images=images, before=facts.images)
        session.problems.set_notice(RECHECKED, told)


def _recheck(
    source: DataSource, before: Catalog | None, kept: Path, reporter: Reporter, should_stop: Callable[[], bool]
) -> Rechecked | Catalog:
    """Beside what is open, or what there was at its last opening; else as it is now."""
    if before is not None:
        return recheck(source, before, reporter, should_stop)
    if (listed := _listing(kept)) is not None:
        return recheck(source, listed, reporter, should_stop)
    return open_catalog(source, reporter, should_stop, draw_later=True, anew=True)


def _listing(kept: Path) -> FileListing | None:
    with suppress(CoreError):
        return read_listing(kept)
    return None
