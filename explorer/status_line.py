"""The line at the bottom: data, device and workspace, and what goes on in the background, with Cancel."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QProgressBar

from core.messages import Message
from explorer.appearance.elided import ElidedLabel
from explorer.appearance.layouts import in_row
from explorer.appearance.number_format import duration
from explorer.appearance.widgets import IconButton, quiet_label
from explorer.data_account import account_of
from explorer.session import Session


class StatusLine(QFrame):
    """Shows the newest task; its tooltip lists all of them."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("statusLine")
        self._session = session
        self._device = quiet_label(small=True)
        self._workspace, self._words = ElidedLabel(), ElidedLabel()
        self._data = ElidedLabel(where=Qt.TextElideMode.ElideRight)
        self._data_wanted = True
        for label in (self._data, self._workspace, self._words):
            label.setProperty("quiet", True)
            label.setFont(self._device.font())
        self._bar = QProgressBar()
        self._bar.setFixedWidth(120)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(Message("progress"))
        self._cancel = IconButton("close", Message("cancel-this-task"))
        self._cancel.setFixedSize(20, 20)
        self._cancel.clicked.connect(self._on_cancel)
        row = in_row(
            self._data, self._device, self._workspace, 1, self._words, on=self, margins=(14, 0, 10, 0), spacing=16
        )
        row.addWidget(self._bar, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._cancel)
        self.setFixedHeight(26)
        session.catalog_changed.connect(self._show_data)
        session.tasks.changed.connect(self._show)
        session.runs.changed.connect(self._show)
        session.device_changed.connect(self._show)
        self._show_data()
        self._show()

    def show_data(self, wanted: bool) -> None:
        """Whether to say in short what was understood of the data: not where the view says it at length."""
        self._data_wanted = wanted
        self._show_data()

    def _show_data(self) -> None:
        catalog, source = self._session.catalog, self._session.source
        words = "" if catalog is None or source is None else account_of(catalog, source).in_short
        self._data.setText(words)
        self._data.setVisible(bool(words) and self._data_wanted)

    def _show(self) -> None:
        session = self._session
        self._device.setText(Message("device-in-use", device=session.device) if session.device else "")
        self._device.setVisible(bool(session.device))
        self._workspace.setText(Message("workspace-in-use", workspace=_short(session.workspace)))
        self._workspace.setToolTip(str(session.workspace))
        tasks = session.tasks.all
        newest = tasks[-1] if tasks else None
        words = [task.words[:1].upper() + task.words[1:] for task in tasks] + self._training_texts()
        self._words.setText(words[len(tasks) - 1] if tasks else (words[0] if words else ""))
        self._words.setToolTip("\n".join(words))
        fraction = newest.fraction if newest is not None else self._training_fraction()
        self._bar.setVisible(bool(words))
        if fraction is None:
            self._bar.setRange(0, 0)
        else:
            self._bar.setRange(0, 1000)
            self._bar.setValue(round(1000 * fraction))
        self._cancel.setVisible(newest is not None and newest.cancel is not None)

    def _training_texts(self) -> list[str]:
        lines = []
        for run in self._session.runs.all:
            if run.state == "running":
                words = [run.name, run.sentence]
                if run.loss is not None:
                    words.append(Message("loss-of-step", loss=run.loss))
                if run.seconds_left:
                    words.append(Message("time-left-of-run", duration=duration(run.seconds_left)))
                lines.append("  ·  ".join(words))
        return lines

    def _training_fraction(self) -> float | None:
        running = [run for run in self._session.runs.all if run.state == "running" and run.epochs]
        return running[0].done if running and running[0].epoch else None

    def _on_cancel(self) -> None:
        tasks = self._session.tasks.all
        if tasks and tasks[-1].cancel is not None:
            tasks[-1].cancel()


def _short(path: Path) -> str:
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
