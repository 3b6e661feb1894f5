"""What a run tells beside its loss, sorted into pictures: which curves belong on one plot. No Qt here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.messages import Message


@dataclass(frozen=True)
class TermView:
    """One plot of named figures.

    Attributes:
        key: "terms", "contributions", ...
        title: what the choice of plots calls it.
        axis: what its upward axis measures.
        terms: the term as logged -> what its curve is called there.
        smoothed: whether its figures jump from batch to batch and are drawn as moving averages.
    """

    key: str
    title: str
    axis: str
    terms: dict[str, str]
    smoothed: bool = True


# MDR tells these two of the distances it measures in.
DISTANCES = ("mean distance", "deviation")
MASS, WEIGHT, LEVEL = " mass", " weight", "level "


def views_of(names: Iterable[str]) -> list[TermView]:
    """The plots that these logged names fill, in a steady order; [] for a loss that tells nothing."""
    known = list(names)
    levels = {name: name for name in known if name.startswith(LEVEL)}
    masses = {name: name.removesuffix(MASS) for name in known if name.endswith(MASS)}
    weights = {name: name.removesuffix(WEIGHT) for name in known if name.endswith(WEIGHT)}
    distances = {name: name for name in known if name in DISTANCES}
    elsewhere = levels.keys() | masses.keys() | weights.keys() | distances.keys()
    parts = {name: name for name in known if name not in elsewhere}
    views = (
        TermView("terms", Message("loss-components"), Message("axis-component"), parts),
        TermView("contributions", Message("component-contributions"), Message("axis-contribution"), masses),
        TermView("weights", Message("component-weights"), Message("axis-weight"), weights),
        TermView("levels", Message("mdr-levels"), Message("axis-level"), levels, smoothed=False),
        TermView("distances", Message("mdr-distances"), Message("axis-distance"), distances, smoothed=False),
    )
    return [view for view in views if view.terms]
