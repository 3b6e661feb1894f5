"""The one door: whatever is chosen, typed or dropped is looked at in a thread, and then opened as what it is."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from core.data.format_detection import FILE_PATTERNS
from core.data.readers.manifest_table import NAMED_SUFFIXES
from core.data.source import DataSource
from core.looking import VECTORS, Look, look
from core.messages import Message
from core.models.checkpoint_files import WEIGHTS
from explorer.commands import Commands
from explorer.dropped import Dropped, look_at
from explorer.file_dialogs import ask_for_file, ask_for_folder
from explorer.jobs.runner import JobRunner
from explorer.jobs.shown_work import ShownWork
from explorer.session import Session
from explorer.state.slots import SlotKey
from explorer.state.subject import DROPPED, EMBEDDINGS, Subject


class Door(QObject):
    """Opens what is named; its commands are bound here."""

    def __init__(self, session: Session, runner: JobRunner, commands: Commands, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._runner, self._commands, self._window = session, runner, commands, window
        self._shown = ShownWork(session, runner)
        # A model that waits for the data it was trained on.
        self._waiting: tuple[DataSource, Path] | None = None
        session.catalog_changed.connect(self._on_catalog_changed)
        commands.bind(
            {
                "data.open_folder": self.choose_folder,
                "data.open_table": self.choose_file,
            }
        )

    def choose_folder(self) -> None:
        """Ask for a folder and open it."""
        if folder := ask_for_folder(self._session, self._window, Message("open-folder")):
            self.use([Path(folder)])

    def choose_file(self) -> None:
        """Ask for a file and open it, or use it as what it is."""
        if name := ask_for_file(self._session, self._window, Message("choose-file"), self.file_kinds()):
            self.use([Path(name)])

    def use(self, files: list[Path]) -> None:
        """Open what was dropped or chosen: of each kind the first that is there."""
        again = partial(self.use, files)
        words = Message("looking-at", name=files[0].name or files[0])
        self._shown.submit("dropped", DROPPED, words, partial(look_at, files), self._on_looked, again)

    def open_model(self, slot: SlotKey, found: Look) -> None:
        """Use a checkpoint, a run or vectors: on the open data, else on those that it was trained on."""
        path = Path(found.path)
        if self._session.catalog is not None:
            self._session.open_file(slot, path)
        elif found.kind == "vectors" and found.data is not None:
            self._session.open_data(found.data.source)
        elif found.data is not None:
            self._waiting = found.data.source, path
            self._session.open_data(found.data.source)

    def why_not(self, found: Look) -> str:
        """Why something that is whole cannot be used now, "" where it can."""
        needs_data = found.kind in ("checkpoint", "run", "vectors") and found.data is None
        if found.problem is not None or self._session.catalog is not None or not needs_data:
            return ""
        return Message("data-first-for-model")

    def use_of(self, found: Look) -> str:
        """What opening a model does, "" for data and for what cannot be used."""
        session = self._session
        if found.kind not in ("checkpoint", "run", "vectors") or found.problem is not None:
            return ""
        if session.catalog is not None:
            return Message("shown-on-open-data", data=session.catalog.name)
        if found.kind == "vectors" or found.data is None:
            return ""
        return Message("opens-with-its-data", data=found.data.source.location)

    @property
    def free_slot(self) -> SlotKey:
        """Where a dropped checkpoint goes: what is A stays and is compared, unless it could not be used."""
        session = self._session
        failed = session.problems.get(Subject(EMBEDDINGS, session.reference)) is not None
        return session.reference if failed or not session.has_model else session.slots[1]

    @staticmethod
    def file_kinds() -> str:
        """The files that can be opened, as the system's dialog takes them."""
        patterns = [f"*{suffix}" for suffix in NAMED_SUFFIXES]
        index_files = [pattern for pattern in FILE_PATTERNS if not pattern.lower().endswith(NAMED_SUFFIXES)]
        models = [f"*{WEIGHTS}", f"*{VECTORS}"]
        kinds = {
            Message("manifests"): patterns,
            Message("checkpoints-and-embeddings"): models,
            Message("index-files"): index_files,
            Message("all-files"): ["*"],
        }
        kinds = {Message("all-that-can-be-opened"): [*patterns, *models, *index_files], **kinds}
        return ";;".join(f"{kind} ({' '.join(names)})" for kind, names in kinds.items())

    def _on_looked(self, found: Dropped) -> None:
        session = self._session
        if found.data:
            session.open_data(DataSource(found.data))
        elif found.model is not None and session.catalog is not None:
            session.open_file(self.free_slot, found.model)
        elif found.model is not None:
            self._open_with_its_data(found.model)
        elif found.image is not None and session.catalog is not None:
            self._commands.run("query.file", found.image)
        else:
            session.problems.set(DROPPED, found.reason or Message("data-first-for-image"))

    def _open_with_its_data(self, model: Path) -> None:
        work = partial(look, DataSource(str(model)))
        words = Message("looking-at", name=model.name)
        again = partial(self._open_with_its_data, model)
        self._shown.submit("dropped", DROPPED, words, work, self._on_model_looked_at, again)

    def _on_model_looked_at(self, found: Look) -> None:
        if reason := self.why_not(found) or (found.problem.in_window if found.problem is not None else ""):
            self._session.problems.set(DROPPED, reason)
        else:
            self.open_model(self._session.reference, found)

    @Slot()
    def _on_catalog_changed(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and self._session.source == waiting[0]:
            self._session.open_file(self._session.reference, waiting[1])
