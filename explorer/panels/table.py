"""The panels of the window, a line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtGui import QAction

from core.messages import Message
from explorer.panels.columns.panel import ColumnsPanel
from explorer.panels.compare.panel import ComparePanel
from explorer.panels.gallery.panel import GalleryPanel
from explorer.panels.grid.panel import GridPanel
from explorer.panels.library.panel import LibraryPanel
from explorer.panels.map.panel import MapPanel
from explorer.panels.panel import PanelContext, PanelSpec
from explorer.panels.recall.panel import RecallPanel
from explorer.panels.report.panel import ReportPanel
from explorer.panels.runs.panel import TrainingPanel
from explorer.panels.selection.panel import SelectionPanel
from explorer.results.table import RESULTS
from explorer.state.derived import Derived

# Beside those that the bar of offers has itself.
WAYS_TO_A_MODEL = ("slot.open_checkpoint", "slot.open_embeddings", "run.new")


def _ways_to_a_model(context: PanelContext) -> list[QAction]:
    return [context.commands.action(name) for name in WAYS_TO_A_MODEL]


PANELS: tuple[PanelSpec, ...] = (
    PanelSpec(
        "grid",
        Message("images"),
        lambda c: GridPanel(
            c.session,
            c.thumbnails,
            c.runner,
            c.commands.action("data.open"),
            c.commands.panel_requested.emit,
            c.settings,
            _ways_to_a_model(c),
            c.commands.action("view.explore"),
        ),
        is_central=True,
    ),
    PanelSpec(
        "map",
        Message("map"),
        lambda c: MapPanel(
            c.session,
            c.thumbnails,
            open_data=c.commands.action("data.open"),
            ways_to_a_model=_ways_to_a_model(c),
        ),
        is_central=True,
    ),
    PanelSpec(
        "library",
        Message("library"),
        lambda c: LibraryPanel(c.session, c.shipped, c.commands),
    ),
    PanelSpec("neighbours", Message("neighbours"), lambda c: GalleryPanel(c.session, c.thumbnails, c.runner)),
    PanelSpec(
        "selection",
        Message("selection"),
        lambda c: SelectionPanel(c.session, c.thumbnails, c.runner, c.commands.panel_requested.emit),
    ),
    PanelSpec("recall", Message("recall"), lambda c: RecallPanel(c.session, c.thumbnails, c.settings)),
    PanelSpec("columns", Message("columns"), lambda c: ColumnsPanel(c.session, c.runner)),
    PanelSpec("training", Message("training"), lambda c: TrainingPanel(c.session)),
    PanelSpec("report", Message("report"), lambda c: ReportPanel(c.session, c.commands)),
    PanelSpec("compare", Message("compare"), lambda c: ComparePanel(c.session, c.thumbnails)),
)


def results_of(panels: Sequence[PanelSpec]) -> list[Derived[Any]]:
    """The results of every slot: the table's, and those that panels have of their own, or share."""
    return list(dict.fromkeys([*RESULTS, *(result for panel in panels for result in panel.results)]))
