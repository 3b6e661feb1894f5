"""Which colour group every point of a map belongs to, and what the legend says about the groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.catalog import Catalog, Rows
from core.messages import Message
from explorer.appearance.colouring import WRONG, Codes, correctness_codes, correctness_palette, focused
from explorer.appearance.oklch import Bytes
from explorer.appearance.theme import Theme

CLASSES = (Message("one-class"), Message("several-classes"))
OUTCOMES = (Message("one-outcome"), Message("several-outcomes"))


@dataclass(frozen=True, eq=False)
class Shading:
    """Colours of N points in G groups.

    Attributes:
        palette: (G + 1, 3) or (G, 3); code -1 means the last entry.
        codes: (N,) group of each point.
        front: (N,) points to draw over the others, or None.
        names: (G,) what the groups are called.
        kind: what a group is, singular and plural.
    """

    palette: Bytes
    codes: Codes
    names: tuple[str, ...]
    kind: tuple[str, str]
    front: npt.NDArray[np.bool_] | None = None

    @property
    def counts(self) -> Codes:
        """(G,) points in each group."""
        return counts_of(self.codes, len(self.names))


def counts_of(codes: Codes, groups: int) -> Codes:
    """(G,) how many of `codes` are in each group; -1 is in none."""
    return np.bincount(codes[codes >= 0], minlength=groups).astype(np.int64)


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
