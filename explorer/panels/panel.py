"""What a panel is, what it is built from, and its entry in the table of panels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from explorer.commands import COMMANDS, act

if TYPE_CHECKING:
    from core.models.checkpoint_files import CheckpointInfo
    from explorer.commands import Commands
    from explorer.jobs.runner import JobRunner
    from explorer.session import Session
    from explorer.settings import Settings
    from explorer.state.derived import Derived
    from explorer.thumbnails import ThumbnailStore


class Panel(QWidget):
    """A part of the window that shows something of the session. It hears of other panels through the session alone.

    Its tab says its `windowTitle`; `header`, where it has one, is its heading, by which it is dragged.
    Signal: command_wished(str), a command that it offers should be done.
    """

    command_wished = Signal(str)

    header: QWidget | None = None

    @property
    def busy_reason(self) -> str:
        """What it is still doing, "" when all that it shows is final."""
        return ""

    def calls(self) -> dict[str, Callable[..., object]]:
        """What it does for commands (`explorer.commands`)."""
        return {}

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # What is taken out of the window is a window of its own: its keys do not reach that one.
        if not act(event, {name: call for name, call in self.calls().items() if COMMANDS[name].unclaimed}):
            super().keyPressEvent(event)

    def shutdown(self) -> bool:
        """End what it does in the background. Returns whether that has ended."""
        return True


@dataclass(frozen=True)
class PanelContext:
    """What panels are built from."""

    session: Session
    runner: JobRunner
    thumbnails: ThumbnailStore
    settings: Settings
    shipped: list[CheckpointInfo]
    commands: Commands


@dataclass(frozen=True)
class PanelSpec:
    """A panel of the window.

    Attributes:
        name: by which views, commands and remembered arrangements know it.
        title: what its tab and the menu say.
        build: makes it.
        is_central: it takes the middle of the window; others are docked around it.
        results: its own, which are made with the others (`explorer.results.table`).
    """

    name: str
    title: str
    build: Callable[[PanelContext], Panel]
    is_central: bool = False
    results: tuple[Derived[Any], ...] = ()
