"""How many images of each class are selected."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.catalog import Catalog, Rows

UNLABELLED = -1


@dataclass(frozen=True, eq=False)
class ClassCounts:
    """The C classes that have selected images, those with most first.

    Attributes:
        names: all classes of the data.
        codes: (C,) indices into `names`, `UNLABELLED` for images without a class.
        selected: (C,) how many of each are selected.
        shown: (C,) how many of each there are in the split that is shown.
    """

    names: tuple[str, ...]
    codes: Rows
    selected: Rows
    shown: Rows

    @classmethod
    def of(cls, catalog: Catalog, rows: Rows, shown: Rows) -> ClassCounts:
        """Count (M,) selected catalog rows; `shown` is what `counted` says of all that are shown."""
        selected = counted(catalog, rows)
        order = np.argsort(-selected, kind="stable")[: np.count_nonzero(selected)]
        return cls(catalog.classes, order - 1, selected[order], shown[order])

    @classmethod
    def none(cls) -> ClassCounts:
        """Nothing is selected."""
        nothing = np.empty(0, np.int64)
        return cls((), nothing, nothing, nothing)

    def __len__(self) -> int:
        return len(self.codes)

    def arranged(self, catalog: Catalog, rows: Rows) -> Rows:
        """(M,) the selected rows as the classes stand, those of a class together."""
        place = np.zeros(len(self.names) + 1, np.min_scalar_type(max(1, len(self))))
        place[self.codes + 1] = np.arange(len(self))
        # Of small integers numpy sorts in one pass over them.
        return rows[np.argsort(place[catalog.codes[rows] + 1], kind="stable")]


def counted(catalog: Catalog, rows: Rows) -> Rows:
    """(C + 1,) how many of some catalog rows are of no class, and of each class."""
    return np.bincount(catalog.codes[rows] + 1, minlength=len(catalog.classes) + 1)
