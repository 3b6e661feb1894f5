"""How the images of a data set are parted into groups and put in order: pure functions, run in a thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.data.catalog import Catalog, Rows, natural_key
from core.data.columns import MOST_ORDERED, Column
from core.messages import Message
from explorer.image_grid.groups import Codes, Group, Parts, parted

GroupOrder = Literal["most", "fewest", "name"]
Figures = npt.NDArray[np.floating] | Rows


@dataclass(frozen=True, eq=False)
class Parting:
    """What groups are made by.

    Attributes:
        codes: (N,) the group of each catalog row, -1 for none.
        titles: of the groups, in their own order.
        colours: of the groups, "#rrggbb"; none where they have none.
        rest: the title of the images that are in no group.
    """

    codes: Codes
    titles: Sequence[str]
    colours: Sequence[str] = ()
    rest: str = ""

    def title(self, code: int) -> str:
        """Of a group; of code -1 that of the rest."""
        return self.rest if code < 0 else str(self.titles[code])

    def colour(self, code: int) -> str:
        """Of a group, "" for none."""
        return self.colours[code] if 0 <= code < len(self.colours) else ""


class FileNames:
    """The order of the file names of a data set, found when it is first asked for."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    @cached_property
    def places(self) -> Rows:
        """(N,) the place of each row in the natural order of the names ("a2" before "a10")."""
        return _natural_places(str(path).rpartition("/")[2] for path in self.catalog.paths)


def places_in(column: Column, highest_first: bool) -> Figures:
    """(N,) figures that rise with the values of a column, or fall with them; NaN where there is none."""
    values = column.numbers
    if values is None:
        # Of very many texts the words have no order.
        of_words = np.arange(column.values) if column.values <= MOST_ORDERED else _natural_places(column.words)
        values = np.append(of_words.astype(np.float64), np.nan)[column.codes]
    return -values if highest_first else values


def _natural_places(names: Iterable[str]) -> Rows:
    """The place of each name in the natural order of all."""
    import pyarrow as pa
    import pyarrow.compute as pc

    # Names that are no UTF-8 have an order too. Arrow sorts without holding up the window.
    keys = pa.array([natural_key(name)[0].encode("utf-8", "surrogatepass") for name in names], pa.large_binary())
    order = pc.array_sort_indices(keys).to_numpy()
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    return places


@dataclass(frozen=True, eq=False)
class Order:
    """How groups are sorted, and images within them.

    Attributes:
        groups: which groups come first.
        names: sorts images by these, where there are any.
        column: sorts images by its values; images without one come last.
        highest_first: by falling values.
    """

    groups: GroupOrder = "most"
    names: FileNames | None = None
    column: Column | None = None
    highest_first: bool = False

    def sorted(self, rows: Rows) -> Rows:
        """Rows in the order of the images; equal ones stay as they are."""
        if self.names is not None:
            return in_order(rows, self.names.places)
        return in_order(rows, None if self.column is None else places_in(self.column, self.highest_first))


def in_order(rows: Rows, figures: Figures | None) -> Rows:
    """The rows by rising figures (N,) of catalog rows, those without one (NaN) last; as they are for None."""
    return rows if figures is None else rows[np.argsort(figures[rows], kind="stable")]


def groups_of(catalog: Catalog, rows: Rows, parting: Parting | None, order: GroupOrder = "most") -> list[Group]:
    """The groups of rows that are in order already; one without a head where nothing parts them.

    Groups come with the most images first, the fewest, or by their titles' own order, which also decides among equals.
    """
    if parting is None:
        return [Group("", rows)] if len(rows) else []
    parts = parted(rows, parting.codes)
    counts = np.diff(parts.starts, append=len(rows))
    by = {"most": -counts, "fewest": counts, "name": np.zeros(len(counts))}[order]
    codes, rows_of, notes = parts.codes.tolist(), parts.each(), split_notes(catalog, parts)
    return [
        Group(parting.title(codes[at]), rows_of[at], parting.colour(codes[at]), notes[at])
        for at in np.argsort(by, kind="stable").tolist()
    ]


def split_notes(catalog: Catalog, parts: Parts) -> list[str]:
    """The splits that each group has images in; "" where the data are not divided."""
    splits = [split for split, _ in catalog.split_counts()]
    if not splits or not len(parts.starts):
        return [""] * len(parts.starts)
    bits = np.zeros(len(catalog), np.uint8)
    for number, split in enumerate(splits):
        bits[catalog.rows(split)] = 1 << number
    found = np.bitwise_or.reduceat(bits[parts.rows], parts.starts)
    words = [
        Message("splits-of-group", splits=[split for number, split in enumerate(splits) if code & 1 << number])
        for code in range(1 << len(splits))
    ]
    return [words[code] for code in found.tolist()]
