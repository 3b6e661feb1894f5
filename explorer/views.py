"""The views: arrangements of panels around one question.

Data set, slots, selection and query outlive a change of view.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from PySide6.QtCore import Qt

from core.messages import Message
from explorer.commands import Command
from explorer.panels.panel import PanelSpec

Area = Qt.DockWidgetArea
TOP = Qt.DockWidgetArea.TopDockWidgetArea
LEFT = Qt.DockWidgetArea.LeftDockWidgetArea
RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea
# Where one begins, and lands after opening data that have a model; and where, after opening data without one.
HOME, DATA_VIEW = "explore", "data"


@dataclass(frozen=True)
class View:
    """An arrangement of panels.

    Attributes:
        name: by which it is remembered.
        title: what the menu says.
        question: what it answers.
        centre: the panel in the middle; "" leaves the middle to those around it.
        docked: the panels of each edge, tabs where there are several, the first in front.
        shares: per cent of the window's width that the left and the right edge take, and of its height the bottom.
        icon: of its button on the rail.
    """

    name: str
    title: str
    question: str
    centre: str = ""
    docked: Mapping[Area, tuple[str, ...]] = field(default_factory=dict)
    shares: Mapping[Area, int] = field(default_factory=lambda: {LEFT: 15, RIGHT: 27, BOTTOM: 29})
    icon: str = "image"


VIEWS = (
    View(
        "data",
        Message("view-data"),
        Message("question-of-data"),
        "grid",
        {TOP: ("report",), RIGHT: ("columns", "selection", "neighbours")},
        {RIGHT: 30},
        icon="grid",
    ),
    View(
        "explore",
        Message("view-explore"),
        Message("question-of-explore"),
        "map",
        {LEFT: ("library",), RIGHT: ("neighbours", "selection"), BOTTOM: ("recall", "training", "compare")},
        icon="points",
    ),
    View(
        "compare",
        Message("compare"),
        Message("question-of-compare"),
        "map",
        {RIGHT: ("neighbours", "selection"), BOTTOM: ("compare", "recall")},
        {RIGHT: 30, BOTTOM: 36},
        "compare",
    ),
    View(
        "train",
        Message("view-train"),
        Message("question-of-train"),
        "map",
        {LEFT: ("library",), BOTTOM: ("training",)},
        {LEFT: 15, BOTTOM: 46},
        "curve",
    ),
)


def home_of(views: Sequence[View]) -> View:
    """The view of a first start: `HOME`, else the first."""
    return next((view for view in views if view.name == HOME), views[0])


def with_all(views: Sequence[View], panels: Sequence[PanelSpec]) -> list[View]:
    """The views, with the panels that none of them names as last tabs at the bottom of the view of a first start."""
    named = {name for view in views for names in ((view.centre,), *view.docked.values()) for name in names}
    others = tuple(panel.name for panel in panels if panel.name not in named and not panel.is_central)
    home = home_of(views)
    at_bottom = {**home.docked, BOTTOM: home.docked.get(BOTTOM, ()) + others}
    return [replace(view, docked=at_bottom) if others and view is home else view for view in views]


def commands_of(views: Sequence[View]) -> list[Command]:
    """A command for each view, with Ctrl and its number."""
    return [
        Command(f"view.{view.name}", f"{view.title}: {view.question}", f"Ctrl+{number}", menu=view.title)
        for number, view in enumerate(views, start=1)
    ]
