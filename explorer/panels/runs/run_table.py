"""The runs of the workspace as a table model, newest first."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QObject, Qt, QTimer, Signal

from core.messages import Message
from core.models.measure import RECALL_AT_1
from core.training.run_directory import STOPPING, RunSummary
from core.training.run_result import HELD_OUT
from explorer.appearance.item_list import NOWHERE, Index
from explorer.appearance.number_format import duration
from explorer.panels.runs.run_history import RunHistory
from explorer.panels.runs.run_metrics_text import figure, in_full
from explorer.session import Session

FRACTION = Qt.ItemDataRole.UserRole
TOKEN = Qt.ItemDataRole.UserRole + 1
# Messages that are read at once: some 30 ms, also where each tells fifteen terms.
PORTION = 4000

# Words and theme colours of the states.
STATES = {
    "running": (Message("run-is-running"), "accent"),
    "finished": (Message("run-is-finished"), "right"),
    "stopped": (Message("run-is-stopped"), "secondary"),
    "failed": (Message("run-is-failed"), "wrong"),
    "crashed": (Message("run-is-crashed"), "wrong"),
    "damaged": (Message("run-is-damaged"), "wrong"),
    "newer": (Message("run-is-newer"), "secondary"),
    "unanswered": (Message("no-answer"), "wrong"),
}


class Column(IntEnum):
    """The columns in their order."""

    NAME = 0
    STATE = 1
    EPOCH = 2
    LOSS = 3
    BEST = 4
    LAST = 5
    CHOSEN = 6
    LEFT = 7
    DEVICE = 8


TITLES = (
    *(Message("run"), Message("state"), Message("epoch"), Message("loss"), Message("column-best")),
    *(Message("column-last"), Message("selected-on"), Message("time-left"), Message("device")),
)
NUMBERS = (Column.LOSS, Column.BEST, Column.LAST, Column.LEFT)
EXPLANATIONS = {
    Column.LOSS: Message("column-loss-explained"),
    Column.BEST: Message("column-best-explained"),
    Column.LAST: Message("column-last-explained"),
    Column.CHOSEN: Message("column-selected-explained"),
}
# The table has room for a word.
CHOSEN = {"test": Message("test-split"), "val": Message("validation"), HELD_OUT: Message("held-out")}


class RunTable(QAbstractTableModel):
    """Adapts Session's runs; the roles FRACTION (0..1 of the epochs) and TOKEN (a colour of Theme) serve the cells.

    Signal: read_on(path), the history of a long run grew by another portion.
    """

    read_on = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._runs: list[RunSummary] = list(session.runs.all)
        self._histories: dict[Path, RunHistory] = {}
        self._unread: set[Path] = set()
        self._reading = QTimer(self, singleShot=True)
        self._reading.timeout.connect(self._on_reading)
        session.runs.changed.connect(self._on_runs_changed)
        session.runs.advanced.connect(self._on_run_advanced)

    def run(self, row: int) -> RunSummary:
        """The run of a row."""
        return self._runs[row]

    def row_of(self, path: Path) -> int | None:
        """Where a run is, or None."""
        return next((row for row, run in enumerate(self._runs) if run.path == path), None)

    def history(self, path: Path) -> RunHistory:
        """A run's curves; up to date, but for those of a long run, which grow in portions. `read_on` tells of each."""
        history = self._histories.setdefault(path, RunHistory())
        history.read(self._session.runs.messages_of(path), PORTION)
        if not history.complete:
            self._unread.add(path)
            self._reading.start()
        return history

    def _on_reading(self) -> None:
        """The next portion of every run that is behind, each time the window has nothing else to do."""
        behind, self._unread = self._unread, set()
        for path in behind:
            self.history(path)
            self.read_on.emit(path)

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._runs)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            only_recall = all(run.measure == RECALL_AT_1 for run in self._runs)
            return Message("column-best-recall") if section == Column.BEST and only_recall else TITLES[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return EXPLANATIONS.get(Column(section))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(Column(section))
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        run, column = self._runs[index.row()], Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(run, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            about_figures = column in (Column.BEST, Column.LAST, Column.CHOSEN)
            return in_full(run) if about_figures else f"{run.name}: {run.sentence}"
        if role == FRACTION:
            return run.done
        if role == TOKEN:
            return _standing(run)[1]
        return None

    def _words(self, run: RunSummary, column: Column) -> str:
        match column:
            case Column.NAME:
                return run.name
            case Column.STATE:
                return _standing(run)[0]
            case Column.EPOCH:
                return f"{run.epoch} / {run.epochs}" if run.epochs else "–"
            case Column.LOSS:
                return "–" if run.loss is None else f"{run.loss:.3f}"
            case Column.BEST:
                down = "↓ " if run.measure.lower_is_better and run.best_figure is not None else ""
                return f"{down}{figure(run.measure, run.best_figure)}"
            case Column.LAST:
                return figure(run.measure, run.last_figure)
            case Column.CHOSEN:
                return CHOSEN.get(run.chosen_on, run.chosen_on)
            case Column.LEFT:
                # Before the first epoch has ended only the steps tell their pace.
                going_on = run.state == "running" and not run.is_stopping
                left = run.seconds_left or self.history(run.path).seconds_left() if going_on else None
                return "" if left is None else duration(left)
            case Column.DEVICE:
                return run.device

    def _on_runs_changed(self) -> None:
        runs = list(self._session.runs.all)
        if [run.path for run in runs] != [run.path for run in self._runs]:
            self.beginResetModel()
            self._runs = runs
            self._histories = {run.path: self._histories[run.path] for run in runs if run.path in self._histories}
            self.endResetModel()
            return
        changed = [row for row, run in enumerate(runs) if run != self._runs[row]]
        self._runs = runs
        for row in changed:
            self._emit_row_changed(row)
        if changed:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, Column.BEST, Column.BEST)

    def _on_run_advanced(self, path: Path) -> None:
        row = self.row_of(path)
        if row is not None:
            self._emit_row_changed(row)

    def _emit_row_changed(self, row: int) -> None:
        self.dataChanged.emit(self.index(row, 0), self.index(row, len(Column) - 1))


def _standing(run: RunSummary) -> tuple[str, str]:
    """How a run stands: a word and a colour of Theme."""
    if run.unanswered_since is not None:
        return STATES["unanswered"]
    if run.is_stopping:
        return STOPPING, "secondary"
    if run.state == "running" and run.quiet_since is None and not run.epoch:
        return Message("run-is-starting"), "accent"
    return (Message("run-is-stalled"), "wrong") if run.quiet_since is not None else STATES[run.state]


def _alignment(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
