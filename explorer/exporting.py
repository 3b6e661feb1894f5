"""Exporting images as CSV: which of them is asked in a popup, the file by the system's dialog; a thread writes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from core.data.catalog import Rows
from core.messages import Message
from core.retrieval.export import ModelFigures, sidecar_of, write
from explorer.appearance.layouts import in_column
from explorer.appearance.plain import literal
from explorer.appearance.popup import Popup
from explorer.appearance.widgets import button, quiet_label
from explorer.file_dialogs import ask_where_to_save
from explorer.jobs.runner import JobRunner
from explorer.jobs.shown_work import ShownWork
from explorer.results.embeddings import EMBEDDINGS
from explorer.results.measures import EVALUATION
from explorer.session import Session
from explorer.state.slots import SlotKey
from explorer.state.subject import EXPORTED

JOB, WIDTH = "export", 300
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')


@dataclass(frozen=True, eq=False)
class Exported:
    """Images that can be exported: `title` is what they are, `what` is that in the name of a file."""

    title: str
    what: str
    rows: Rows


class Exporting(QObject):
    """Asks which images, and where to; says in the window when they are written, or why not."""

    def __init__(self, session: Session, runner: JobRunner, parent: QWidget) -> None:
        super().__init__(parent)
        self._session, self._parent = session, parent
        self._shown = ShownWork(session, runner)

    def choices(self) -> list[Exported]:
        """What there is to export: the selection, what the filter shows, all of the split."""
        session, found = self._session, []
        if session.catalog is None:
            return []
        rows, mask = session.catalog.rows(session.split), session.filter.mask
        if session.selection.holds_images:
            found.append(Exported(Message("export-selection"), Message("what-selection"), session.selection.rows))
        if mask is not None and len(shown := rows[mask[rows]]):
            found.append(Exported(Message("export-shown"), Message("what-shown"), shown))
        is_all = session.split == "all"
        title = Message("export-all") if is_all else Message("export-split", split=session.split)
        found.append(Exported(title, Message("what-all") if is_all else session.split, rows))
        return found

    def models(self) -> tuple[list[ModelFigures], list[SlotKey]]:
        """What each shown model finds, the reference first; and the slots of those that are not measured yet."""
        session, known, waiting = self._session, [], []
        for slot in session.slots:
            embeddings, evaluation = session.results[EMBEDDINGS][slot], session.results[EVALUATION][slot]
            if session.checkpoint[slot] is None:
                continue
            if embeddings is None or evaluation is None:
                waiting.append(slot)
            else:
                known.append(ModelFigures(f"{slot} {session.model_name(slot)}", embeddings, evaluation))
        return known, waiting

    def ask(self, control: QWidget) -> None:
        """Ask which images, in a popup below a control."""
        if choices := self.choices():
            Popup(ExportChoice(choices, self._told(), self._on_chosen), self._parent).open_below(control)

    def _told(self) -> list[str]:
        """What is written of each image, and what is not known yet."""
        session, (models, waiting) = self._session, self.models()
        # A table of images without any picture is none.
        pictures = session.catalog is not None and session.catalog.has_pictures
        told: list[str] = [Message("export-holds-data", pictures=pictures)]
        if models:
            titles = [model.title for model in models]
            told = [Message("export-holds-figures", models=titles, pictures=pictures)]
        if waiting:
            names = [f"{slot} {session.model_name(slot)}" for slot in waiting]
            told.append(Message("export-waits-for", models=names))
        return told

    def _on_chosen(self, chosen: Exported) -> None:
        catalog = self._session.catalog
        if catalog is None:
            return
        name = Message("name-of-export", name=_NOT_IN_NAMES.sub("_", catalog.name), what=chosen.what)
        title = Message("export-to", images=len(chosen.rows))
        path = ask_where_to_save(self._session, self._parent.window(), title, name, Message("csv-files"))
        if path:
            self._write(Path(path), chosen)

    def _write(self, path: Path, chosen: Exported) -> None:
        session = self._session
        assert session.catalog is not None
        models, waiting = self.models()
        facts: dict[str, Any] = {
            "what": chosen.what,
            "split": session.split,
            "not_measured_yet": [session.model_name(slot) for slot in waiting],
        }
        # What is written is what was chosen, whatever changes meanwhile.
        work = partial(write, path, session.catalog, chosen.rows, models, facts)
        words = Message("exported", images=len(chosen.rows), path=path, sidecar=sidecar_of(path).name)
        if session.catalog.has_pictures and not session.catalog.root.is_relative_to(path.parent):
            words = Message("exported-elsewhere", exported=words, root=session.catalog.root)
        self._begin(path.name, work, words)

    def _begin(self, name: str, work: Callable[..., None], done: Message) -> None:
        """Do it; `done` is said when it is."""
        self._shown.submit(
            JOB,
            EXPORTED,
            Message("exporting", name=name),
            work,
            lambda _nothing: self._session.problems.set_notice(EXPORTED, done),
            partial(self._begin, name, work, done),
            reports=True,
        )


class ExportChoice(QWidget):
    """A button for each choice with its count, and what is told of each image."""

    def __init__(
        self,
        choices: Sequence[Exported],
        told: Sequence[str],
        chosen: Callable[[Exported], object],
    ) -> None:
        super().__init__()
        self._chosen = chosen
        self.setAccessibleName(Message("export-images"))
        self.buttons = []
        for choice in choices:
            made = button(literal(Message("export-choice", what=choice.title, images=len(choice.rows))))
            made.clicked.connect(partial(self._choose, choice))
            self.buttons.append(made)
        notes = [quiet_label(line, small=True) for line in told]
        for note in notes:
            note.setWordWrap(True)
        in_column(
            quiet_label(Message("export-images")), *self.buttons, *notes, on=self, margins=(12, 10, 12, 12), spacing=8
        )
        self.setFixedWidth(WIDTH)
        self.setFocusProxy(self.buttons[0])

    def _choose(self, choice: Exported) -> None:
        self.window().close()
        self._chosen(choice)
