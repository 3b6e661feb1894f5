"""What a column makes groups of: its values, or ranges of them where they are numbers or dates."""

from __future__ import annotations

import math

import numpy as np

from core.data.column_kinds import Numbers
from core.data.columns import Column
from core.messages import Message
from explorer.appearance.colouring import category_groups, category_palette
from explorer.column_words import title_of
from explorer.image_grid.groups import Codes
from explorer.panels.grid.grouping import Parting

# More different numbers than these are put together in ranges.
MOST_NUMBERS = 24
# More different texts are names of single images rather than of groups.
MOST_TEXTS = 20_000
MOST_RANGES = 12
MOST_DATES = 60


def parting_of(column: Column, background: str = "dark") -> Parting:
    """The groups of a column; images without a value are the rest.

    Words have the colours that they have on maps, on a `background` that is "dark" or "light".
    """
    rest = Message("group-without-value", column=title_of(column.name))
    numbers = column.numbers
    if numbers is not None and column.values > MOST_NUMBERS:
        codes, titles = _dates(numbers) if column.kind == "date" else _ranges(numbers)
        return Parting(codes, titles, rest=rest)
    if column.values > MOST_TEXTS:
        return _most_frequent(column, rest)
    colours = _colours(column, background) if column.kind in ("text", "yes/no") else ()
    return Parting(column.codes, column.words.tolist(), colours, rest)


def _colours(column: Column, background: str) -> list[str]:
    """Of each word; the less frequent of many share one."""
    own, groups = category_groups(column.counts)
    palette = category_palette(len(own), len(own) < column.values, False, background)
    return ["#" + bytes(colour).hex() for colour in palette[groups]]


def _most_frequent(column: Column, rest: str) -> Parting:
    kept = np.sort(np.argsort(-column.counts, kind="stable")[:MOST_TEXTS])
    places = np.full(column.values + 1, len(kept), np.int64)
    places[kept], places[-1] = np.arange(len(kept)), -1
    others = Message("other-values", count=column.values - len(kept))
    return Parting(places[column.codes], [*column.words[kept], others], rest=rest)


def _ranges(numbers: Numbers) -> tuple[Codes, list[str]]:
    """(N,) which range each number is in, -1 for NaN and infinity, and what the ranges are.

    All are of one round width, from the lower end to the upper one, which only the last includes.
    """
    is_known = np.isfinite(numbers)
    least, most = float(numbers[is_known].min()), float(numbers[is_known].max())
    step = _round_step(most / MOST_RANGES - least / MOST_RANGES)
    first = math.floor(least / step)
    # A number that is the end of a range by a rounding error less begins the next one.
    codes = np.full(len(numbers), -1, np.int64)
    codes[is_known] = np.floor(numbers[is_known] / step + 1e-9).astype(np.int64) - first
    # The greatest number alone would have a range of its own where it begins one: 1 of figures from 0 to 1.
    count = max(1, math.ceil(most / step - 1e-9) - first)
    codes = np.minimum(codes, count - 1)
    edges = [f"{(first + number) * step:.12g}" for number in range(count + 1)]
    return codes, [Message("range-of-group", low=edges[at], high=edges[at + 1]) for at in range(count)]


def _round_step(wanted: float) -> float:
    """The least of 1, 2, 5, 10, 20, ... that is as wide, whatever the power of ten."""
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= wanted * (1 - 1e-9))


def _dates(seconds: Numbers) -> tuple[Codes, list[str]]:
    """(N,) the day, month or year of each time, the finest of which there are not too many, and their names."""
    is_known = ~np.isnan(seconds)
    times = np.floor(seconds[is_known]).astype("int64").astype("datetime64[s]")
    codes = np.full(len(seconds), -1, np.int64)
    for unit in ("D", "M", "Y"):
        found, codes[is_known] = np.unique(times.astype(f"datetime64[{unit}]"), return_inverse=True)
        if len(found) <= MOST_DATES:
            break
    return codes, [str(each) for each in found]
