"""The training panel: the runs, what can be done with them, and their curves."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QPushButton,
    QStackedLayout,
    QTableView,
    QWidget,
)

from core.messages import Message
from core.training.recipe import Recipe
from core.training.run_directory import RunSummary
from explorer.appearance.layouts import divided, in_column, in_row, stacked
from explorer.appearance.plain import Label
from explorer.appearance.tables import flatten
from explorer.appearance.widgets import EmptyState, ProblemStrip, button
from explorer.empty_panels import NEW_RUN, OPEN_DATA
from explorer.panels.panel import Panel
from explorer.panels.runs.curves import Curves
from explorer.panels.runs.new_run import NewRunDialog
from explorer.panels.runs.run_cells import EpochCell, StateCell
from explorer.panels.runs.run_table import Column, RunTable
from explorer.panels.runs.stalled import StalledNotice
from explorer.session import Session
from explorer.state.subject import RUN, Subject

WIDTHS = {
    Column.STATE: 116,
    Column.EPOCH: 150,
    Column.LOSS: 78,
    Column.BEST: 88,
    Column.LAST: 64,
    Column.CHOSEN: 100,
    Column.LEFT: 92,
    Column.DEVICE: 120,
}

# The table's width from which on a column is shown.
NEEDED = {Column.DEVICE: 940, Column.CHOSEN: 820, Column.LOSS: 720, Column.LEFT: 600}


# The button is in the library: one on a screen is enough.
STOP = Message("stop-explained")
INSISTING = Message("stop-now")
STOP_NOW = Message("stop-now-explained")


class TrainingPanel(Panel):
    """Runs at the left, `curves` of the chosen ones at the right; `dialog` is the open form for a new run, or None."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.dialog: NewRunDialog | None = None
        self._chosen: list[Path] = []
        self._table = RunTable(session, self)
        self._view = self._make_view()
        self.curves = Curves()
        self._actions = self._make_actions()
        self.confirm = DeleteQuestion()
        self._problem = ProblemStrip()
        self._stalled = StalledNotice()
        self._empty = EmptyState()
        self._empty.command_wished.connect(self.command_wished)
        self._pages = self._arrange()
        self.confirm.answered.clicked.connect(self._on_delete_confirmed)
        self.confirm.keep.clicked.connect(partial(self._bar.setCurrentWidget, self._actions))
        self._problem.closed.connect(partial(session.problems.clear, RUN))
        self._stalled.stop_requested.connect(session.runs.stop)
        self._stalled.read_again_requested.connect(session.runs.read_again)
        self._table.modelAboutToBeReset.connect(self._on_about_to_reset)
        self._table.modelReset.connect(self._on_reset)
        self._table.read_on.connect(self._on_read_on)
        self._view.selectionModel().selectionChanged.connect(self._on_selection_changed)
        session.runs.changed.connect(self._on_runs_changed)
        session.catalog_changed.connect(self._show_what_is_missing)
        session.runs.advanced.connect(self._on_run_advanced)
        session.problems.changed.connect(self._on_problem)
        self._choose_newest()
        self._show_what_is_missing()
        self._on_runs_changed()

    @property
    def chosen(self) -> list[RunSummary]:
        """The runs chosen in the table, newest first."""
        rows = sorted(index.row() for index in self._view.selectionModel().selectedRows())
        return [self._table.run(row) for row in rows]

    def new_run(self, recipe: Recipe | None = None) -> NewRunDialog:
        """Open the form for a new run, filled in from `recipe` or from a preset; it does not block the window."""
        if self.dialog is not None:
            self.dialog.close()
        self.dialog = NewRunDialog(self._session, recipe, self.window())
        self.dialog.finished.connect(self._on_dialog_finished)
        self.dialog.show()
        return self.dialog

    def calls(self) -> dict[str, Callable[..., object]]:
        return {"run.new": self.new_run}

    def sizeHint(self) -> QSize:
        return QSize(1100, 260)

    def _make_view(self) -> RunView:
        view = RunView()
        view.setAccessibleName(Message("runs"))
        view.setModel(self._table)
        flatten(view, sortable=False)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setItemDelegateForColumn(Column.STATE, StateCell(view))
        view.setItemDelegateForColumn(Column.EPOCH, EpochCell(view))
        header = view.horizontalHeader()
        header.setStretchLastSection(False)
        for column, width in WIDTHS.items():
            header.resizeSection(column, width)
        header.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        return view

    def _make_actions(self) -> QWidget:
        box = QWidget()
        row = in_row(on=box, margins=(12, 8, 12, 8), spacing=4)
        self._stop = button(Message("stop"), "quiet", "stop")
        self._resume = button(Message("resume"), "quiet", "play")
        self._duplicate = button(Message("duplicate"), "quiet", "duplicate")
        self._delete = button(Message("delete"), "quiet", "trash")
        for made, tip, slot in (
            (self._stop, STOP, self._on_stop),
            (self._resume, Message("resume-explained"), self._on_resume),
            (self._duplicate, Message("duplicate-explained"), self._on_duplicate),
            (self._delete, Message("delete-explained"), self._on_delete),
        ):
            made.setToolTip(tip)
            made.clicked.connect(slot)
            row.addWidget(made)
        # As wide as its longer name, so that the others stay where they are.
        self._stop.setText(INSISTING)
        self._stop.setMinimumWidth(self._stop.sizeHint().width())
        self._stop.setText(Message("stop"))
        row.addStretch(1)
        return box

    def _arrange(self) -> QStackedLayout:
        self._bar = stacked(self._actions, self.confirm)
        left = QWidget()
        in_column(self._bar, self._problem, self._stalled, (self._view, 1), on=left, spacing=0)
        left.setMinimumWidth(460)
        self.curves.setMinimumWidth(260)
        return stacked(self._empty, divided(left, self.curves, 56), on=self)

    def _show_what_is_missing(self) -> None:
        way = OPEN_DATA if self._session.catalog is None else NEW_RUN
        self._empty.set(Message("no-runs-yet"), Message("how-to-train"), way.words, "normal", way.command)

    def _choose_newest(self) -> None:
        if self._table.rowCount() and not self._view.selectionModel().hasSelection():
            self._view.selectRow(0)

    def _on_runs_changed(self) -> None:
        self._pages.setCurrentIndex(1 if self._session.runs.all else 0)
        self._stalled.show_runs(self._session.runs.all)
        self._show_chosen()

    def _on_run_advanced(self, path: Path) -> None:
        if any(run.path == path for run in self.chosen):
            self._table.history(path)
            self.curves.advance()

    def _on_read_on(self, path: Path) -> None:
        if any(run.path == path for run in self.chosen):
            self.curves.advance()

    def _on_selection_changed(self, _chosen: QItemSelection, _left: QItemSelection) -> None:
        self._bar.setCurrentWidget(self._actions)
        self._show_chosen()

    def _show_chosen(self) -> None:
        runs = self.chosen
        self.curves.show_runs([(run, self._table.history(run.path)) for run in runs])
        running = [run for run in runs if run.state == "running"]
        insisting = bool(running) and all(run.is_stopping for run in running)
        pressed = next((made for made in (self._stop, self._resume, self._delete) if made.hasFocus()), None)
        self._stop.setEnabled(bool(running))
        self._stop.setText(INSISTING if insisting else Message("stop"))
        self._stop.setToolTip(STOP_NOW if insisting else STOP)
        one = runs[0] if len(runs) == 1 else None
        self._resume.setEnabled(one is not None and can_resume(one))
        self._duplicate.setEnabled(one is not None and one.recipe is not None)
        self._delete.setEnabled(bool(runs) and all(run.state not in ("running", "unanswered") for run in runs))
        # Qt would hand the focus on to the next button, where Space does something else.
        if pressed is not None and not pressed.isEnabled():
            self._view.setFocus()

    def _on_about_to_reset(self) -> None:
        self._chosen = [run.path for run in self.chosen]

    def _on_reset(self) -> None:
        """Keep what was chosen; a new run at the top is chosen instead."""
        rows = [row for path in self._chosen if (row := self._table.row_of(path)) is not None]
        newest = self._table.run(0) if self._table.rowCount() else None
        if newest is not None and newest.state == "running" and newest.path not in self._chosen:
            rows = [0]
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        for row in rows:
            self._view.selectionModel().select(self._table.index(row, 0), flags)
        self._choose_newest()

    def _on_duplicate(self) -> None:
        self.new_run(self.chosen[0].recipe)

    def _on_stop(self) -> None:
        for run in self.chosen:
            if run.state == "running":
                self._session.runs.stop(run.path)

    def _on_resume(self) -> None:
        self._session.runs.resume(self.chosen[0].path)

    def _on_delete(self) -> None:
        self.confirm.ask(self.chosen)
        self._bar.setCurrentWidget(self.confirm)
        self.confirm.keep.setFocus()

    def _on_delete_confirmed(self) -> None:
        self._bar.setCurrentWidget(self._actions)
        for run in self.confirm.runs:
            self._session.runs.delete(run.path)

    def _on_dialog_finished(self) -> None:
        self.dialog = None

    def _on_problem(self, subject: Subject, sentence: str, details: str) -> None:
        if subject != RUN:
            return
        if sentence:
            self._problem.show_problem(sentence, details)
        else:
            self._problem.clear()


class RunView(QTableView):
    """Leaves out the less needed columns where there is no room for them."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = event.size().width()
        for column, least in NEEDED.items():
            self.setColumnHidden(column, room < least)


class DeleteQuestion(QWidget):
    """Asks in place whether runs shall go; `answered` deletes, `keep` does not."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[RunSummary] = []
        self.question = Label()
        self.answered: QPushButton = button(Message("delete"), "danger", "trash")
        self.keep: QPushButton = button(Message("keep"))
        in_row((self.question, 1), self.keep, self.answered, on=self, margins=(12, 8, 12, 8))

    def ask(self, runs: list[RunSummary]) -> None:
        """Put the question about these runs."""
        self.runs = list(runs)
        what = runs[0].name if len(runs) == 1 else Message("runs-counted", runs=len(runs))
        checkpoints = sum(len(run.checkpoints) for run in runs)
        with_what = Message("and-checkpoints", checkpoints=checkpoints) if checkpoints else ""
        self.question.setText(Message("delete-permanently", what=what, besides=with_what))


def can_resume(run: RunSummary) -> bool:
    """Whether a run ended before its last epoch and left something to continue from."""
    # One that is damaged says, when it is resumed, what it can be gone on from.
    unfinished = run.state in ("stopped", "failed", "crashed", "damaged") and run.epoch <= run.epochs
    return unfinished and bool(run.checkpoints) and run.data is not None
