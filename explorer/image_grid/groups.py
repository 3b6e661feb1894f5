"""Images that belong together, and how a column parts images into such groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows

Codes = npt.NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Group:
    """Images under one head.

    Attributes:
        title: what the head says; a group that is alone and has none has no head.
        rows: (M,) catalog rows in the order in which they are shown.
        colour: of the dot before the title, "#rrggbb", or "" for none.
        note: what the badge behind the count says, "" for none.
    """

    title: str
    rows: Rows
    colour: str = ""
    note: str = ""


class Parts(NamedTuple):
    """Rows parted by their codes.

    Attributes:
        codes: (G,) those that there are: ascending, -1 last.
        rows: (M,) catalog rows, those of one code together.
        starts: (G,) where the rows of each code begin.
    """

    codes: Rows
    rows: Rows
    starts: Rows

    def each(self) -> list[Rows]:
        """The rows of each code."""
        return np.split(self.rows, self.starts[1:]) if len(self.starts) else []


def parted(rows: Rows, codes: Codes) -> Parts:
    """The rows of each code together, in the order given; those of codes below zero count as one.

    Args:
        rows: (M,) catalog rows.
        codes: (N,) a code for each catalog row.
    """
    of_rows = codes[rows]
    beyond = int(of_rows.max(initial=-1)) + 1
    # Of small integers numpy sorts in one pass over them, ten times as fast.
    small = np.where(of_rows < 0, beyond, of_rows).astype(np.min_scalar_type(beyond))
    order = np.argsort(small, kind="stable")
    small = small[order]
    starts = np.flatnonzero(np.append(True, small[1:] != small[:-1])[: len(small)])
    found = small[starts].astype(np.int64)
    return Parts(np.where(found == beyond, -1, found), rows[order], starts)
