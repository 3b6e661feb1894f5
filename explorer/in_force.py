"""All that is in force in a window: query, class in focus, selection, filter, and what single panels hide.

What is not here is not in force. Each ends by itself; Esc ends them one at a time, the last first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from core.data.conditions import Condition
from core.messages import Message
from explorer.column_words import condition_words
from explorer.session import Session

Kind = Literal["query", "focus", "selection", "filter", "panel"]


@dataclass(frozen=True)
class InForce:
    """One thing in force.

    Attributes:
        kind: what it is.
        title, words: what that is called, and what it holds.
        end: ends it.
        tip: more about it, for who points at it.
        condition: of the filter, where it is one.
        panel: the panel that shows more of it, "" for none.
        is_waiting: it will be in force once its column is known.
    """

    kind: Kind
    title: str
    words: str
    end: Callable[[], object]
    tip: str = ""
    condition: Condition | None = None
    panel: str = ""
    is_waiting: bool = False


def in_force(session: Session) -> list[InForce]:
    """In the order of the row of chips."""
    if session.catalog is None:
        return []
    parts = (_of_query, _of_focus, _of_selection, _of_filter, _of_panels)
    return [found for part in parts for found in part(session)]


def _of_query(session: Session) -> list[InForce]:
    selection, catalog = session.selection, session.catalog
    assert catalog is not None
    title = Message("chip-query")
    if selection.query is not None:
        path = str(catalog.paths[selection.query])
        end = partial(_end_query, session)
        return [InForce("query", title, path.rpartition("/")[2], end, path, panel="neighbours")]
    if selection.query_image is not None:
        # It is no point of the map; a broken ring marks the image nearest to it.
        words = Message("shown-at-nearest-image", name=selection.query_image.name)
        return [InForce("query", title, words, partial(_end_query, session), panel="neighbours")]
    return []


def _end_query(session: Session) -> None:
    selection = session.selection
    # A click selected it; what was selected besides stays, and the query with it where it is one of several.
    if not selection.holds_images:
        selection.select([])
    selection.set_query(None)


def _of_focus(session: Session) -> list[InForce]:
    focus = session.selection.focus
    if focus is None or session.catalog is None:
        return []
    end = partial(session.selection.set_focus, None)
    return [InForce("focus", Message("chip-focus"), session.catalog.classes[focus], end, panel="recall")]


def _of_selection(session: Session) -> list[InForce]:
    if not session.selection.holds_images or session.catalog is None:
        return []
    selected, shown = len(session.selection.rows), len(session.catalog.rows(session.split))
    words = Message("selected-of-shown", selected=selected, shown=shown)
    end = partial(session.selection.select, [])
    return [InForce("selection", Message("chip-selected"), words, end, panel="selection")]


def _of_filter(session: Session) -> list[InForce]:
    found = []
    for condition in session.filter.conditions:
        column = session.columns[condition.column]
        words = condition_words(condition, "number" if column is None else column.kind)
        shown = session.filter.shown(condition)
        tip = Message("condition-not-known-yet") if shown is None else Message("condition-shows", images=shown)
        end = partial(session.filter.remove, condition)
        found.append(InForce("filter", Message("chip-filter"), words, end, tip, condition, is_waiting=shown is None))
    return found


def _of_panels(session: Session) -> list[InForce]:
    return [
        InForce("panel", hiding.title, hiding.words, hiding.end, panel=hiding.panel)
        for hiding in session.panel_filters.all
    ]
