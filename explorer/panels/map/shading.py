"""Which colour group every point of a map belongs to, and what the legend says about the groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.catalog import Catalog, Rows
from core.data.column_kinds import Numbers
from core.data.columns import Column
from core.messages import Message
from explorer.appearance.colouring import (
    WRONG,
    Codes,
    category_groups,
    category_palette,
    correctness_codes,
    correctness_palette,
    focused,
    scale_codes,
    scale_palette,
)
from explorer.appearance.oklch import Bytes
from explorer.appearance.theme import Theme
from explorer.column_words import number_text, title_of

CLASSES = (Message("one-class"), Message("several-classes"))
OUTCOMES = (Message("one-outcome"), Message("several-outcomes"))
VALUES = (Message("one-value"), Message("several-values"))


@dataclass(frozen=True)
class Scale:
    """Colours of numbers from `low` to `high`, as text; `missing` points have none."""

    low: str
    high: str
    missing: int


@dataclass(frozen=True, eq=False)
class Shading:
    """Colours of N points in G groups.

    Attributes:
        palette: (G + 1, 3) or (G, 3); code -1 means the last entry.
        codes: (N,) group of each point.
        front: (N,) points to draw over the others, or None.
        names: (G,) what the groups are called.
        kind: what a group is, singular and plural.
        column: by which column, "" where the kind says it.
        scale: where the colours are those of numbers, and G is 0.
        members: (N,) group of each point where a class in focus leaves the others grey; else None, as `codes` say.
    """

    palette: Bytes
    codes: Codes
    names: tuple[str, ...]
    kind: tuple[str, str]
    front: npt.NDArray[np.bool_] | None = None
    column: str = ""
    scale: Scale | None = None
    members: Codes | None = None

    @property
    def groups(self) -> Codes:
        """(N,) the group of each point, whatever colour it has; -1 for none."""
        return self.codes if self.members is None else self.members

    @property
    def counts(self) -> Codes:
        """(G,) points in each group."""
        return counts_of(self.groups, len(self.names))


def counts_of(codes: Codes, groups: int) -> Codes:
    """(G,) how many of `codes` are in each group; -1 is in none."""
    return np.bincount(codes[codes >= 0], minlength=groups)[:groups].astype(np.int64)


def by_class(catalog: Catalog, rows: Rows, palette: Bytes, focus: int | None, near: Codes, tokens: Theme) -> Shading:
    """Colour by class; with a class in focus it and the classes `near` it keep their colours and the rest is grey."""
    codes = catalog.codes[rows]
    if focus is None:
        return Shading(palette, codes, catalog.classes, CLASSES)
    shown = np.append(near, focus)
    return Shading(focused(palette, shown, tokens.name), codes, catalog.classes, CLASSES, np.isin(codes, shown))


def by_correctness(first_hit: Codes, k: int, focused_on: npt.NDArray[np.bool_] | None, tokens: Theme) -> Shading:
    """Colour by the rank of the first hit (N,), the wrong ones on top; outside a class in focus all is grey."""
    codes = correctness_codes(first_hit, k)
    palette = correctness_palette(tokens.right, tokens.accent, tokens.wrong, tokens.name)
    names = (
        Message("correct-in-top-1"),
        Message("correct-in-top-k", k=k),
        Message("outcome-wrong"),
        Message("shading-not-measured"),
    )
    if focused_on is None:
        return Shading(palette, codes, names, OUTCOMES, codes == WRONG)
    return Shading(palette, np.where(focused_on, codes, -1), names, OUTCOMES, focused_on)


def by_column(column: Column, rows: Rows, focused_on: npt.NDArray[np.bool_] | None, tokens: Theme) -> Shading:
    """Colour by a column: numbers and dates on a scale, else its values; outside a class in focus all is grey."""
    title = title_of(column.name)
    if column.kind in ("number", "date") and column.numbers is not None:
        return _on_a_scale(column, column.numbers[rows], focused_on, tokens)
    own, groups = category_groups(column.counts)
    others = column.values - len(own)
    has_missing = bool(column.missing)
    names = [str(column.words[at]) for at in own] + [Message("other-values", count=others)] * bool(others)
    names += [Message("value-missing")] * has_missing
    codes = np.append(groups, len(names) - 1 if has_missing else -1)[column.codes[rows]]
    palette = category_palette(len(own), bool(others), has_missing, tokens.name)
    coloured = codes if focused_on is None else np.where(focused_on, codes, -1)
    return Shading(palette, coloured, tuple(names), VALUES, focused_on, title, members=codes)


def not_measured(name: str, rows: Rows, tokens: Theme) -> Shading:
    """All grey, as long as the column is not known."""
    palette = scale_palette(tokens.name)[-1:]
    return Shading(palette, np.full(len(rows), -1, np.int64), (), VALUES, None, title_of(name))


def _on_a_scale(column: Column, values: Numbers, focused_on: npt.NDArray[np.bool_] | None, tokens: Theme) -> Shading:
    low, high = column.range or (0.0, 0.0)
    missing = int(np.count_nonzero(np.isnan(values)))
    codes = scale_codes(values, low, high)
    codes = codes if focused_on is None else np.where(focused_on, codes, -1)
    first, last = (number_text(end, column.kind) if column.range else "" for end in (low, high))
    palette = scale_palette(tokens.name)
    return Shading(palette, codes, (), VALUES, focused_on, title_of(column.name), Scale(first, last, missing))
