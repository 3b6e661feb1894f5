"""The way of the arrow keys over the pictures that a layout shows."""

from __future__ import annotations

from typing import NamedTuple

from explorer.image_grid.layout import GridLayout


class Place(NamedTuple):
    """A picture by its group and its number within it."""

    group: int
    place: int


def beside(layout: GridLayout, at: Place, step: int) -> Place:
    """The picture shown before (-1) or after (+1), over the ends of groups; the same one at either end of all."""
    group, place = on_show(layout, at)
    if 0 <= place + step < layout.shown[group]:
        return Place(group, place + step)
    if not 0 <= group + step < len(layout.counts):
        return Place(group, place)
    group += step
    return Place(group, 0 if step > 0 else int(layout.shown[group]) - 1)


def below(layout: GridLayout, at: Place, lines: int) -> Place:
    """The picture so many lines further down (up below zero), in its column or the last one of a shorter line."""
    at = on_show(layout, at)
    column = at.place % layout.columns
    for _ in range(abs(lines)):
        at = _one_line(layout, at, column, 1 if lines > 0 else -1)
    return at


def on_show(layout: GridLayout, at: Place) -> Place:
    """The picture itself where it is shown, else the last one that its group shows."""
    return Place(at.group, min(at.place, int(layout.shown[at.group]) - 1))


def last(layout: GridLayout) -> Place:
    """The last picture shown."""
    return Place(len(layout.counts) - 1, int(layout.shown[-1]) - 1)


def _one_line(layout: GridLayout, at: Place, column: int, step: int) -> Place:
    group, line = at.group, at.place // layout.columns + step
    if not 0 <= line <= _last_line(layout, group):
        group += step
        if not 0 <= group < len(layout.counts):
            return at
        line = 0 if step > 0 else _last_line(layout, group)
    return Place(group, min(line * layout.columns + column, int(layout.shown[group]) - 1))


def _last_line(layout: GridLayout, group: int) -> int:
    return (int(layout.shown[group]) - 1) // layout.columns
