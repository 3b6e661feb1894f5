"""Images that belong together, and how a column parts images into such groups."""

from __future__ import annotations

from dataclasses import dataclass

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


def parted(rows: Rows, codes: Codes) -> tuple[Rows, list[Rows]]:
    """The rows of each code in the order given, and which codes there are: ascending, those below zero as one, last.

    Args:
        rows: (M,) catalog rows.
        codes: (N,) a code for each catalog row.
    """
    of_rows = codes[rows].astype(np.int64)
    beyond = int(of_rows.max(initial=-1)) + 1
    of_rows[of_rows < 0] = beyond
    # Of small integers numpy sorts in one pass over them, ten times as fast.
    order = np.argsort(of_rows.astype(np.min_scalar_type(beyond)), kind="stable")
    found, starts = np.unique(of_rows[order], return_index=True)
    found[found == beyond] = -1
    return found, np.split(rows[order], starts[1:]) if len(rows) else []
