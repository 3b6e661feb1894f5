"""The queries on which A and B disagree, with what each retrieved first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.comparison import Comparison
from core.data.catalog import Catalog, Rows
from core.data.columns import Mask
from core.messages import Message


@dataclass(frozen=True)
class ChangedQuery:
    """A query, what A retrieves first for it, and what B does: their catalog rows and class names."""

    rows: tuple[int, ...]
    labels: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """All of it in words."""
        label, a, b = self.labels
        return Message("changed-query", label=label, row=self.rows[0], a=a, b=b)


@dataclass(frozen=True, eq=False)
class ChangedQueries:
    """Q queries, as catalog rows in ascending order.

    Attributes:
        rows: (Q,) the queries.
        first_a: (Q,) what A retrieves first for each.
        first_b: (Q,) what B retrieves first for each.
    """

    rows: Rows
    first_a: Rows
    first_b: Rows

    def __len__(self) -> int:
        return len(self.rows)

    def index_of(self, row: int | None) -> int | None:
        """Where a catalog row is listed, or None."""
        found = np.flatnonzero(self.rows == (-1 if row is None else row))
        return int(found[0]) if found.size else None

    def listed(self, catalog: Catalog) -> list[ChangedQuery]:
        """Each of them."""
        columns, nameless = (self.rows, self.first_a, self.first_b), Message("unlabelled")
        names = [[str(label) or nameless for label in catalog.labels[column]] for column in columns]
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return [ChangedQuery(row, label) for row, label in zip(rows, zip(*names, strict=True), strict=True)]

    def of_class(self, code: int | None, codes: Rows) -> ChangedQueries:
        """Only the queries of one class; `codes` are the catalog's, and None keeps every class."""
        return self if code is None else self._where(codes[self.rows] == code)

    def within(self, mask: Mask | None) -> ChangedQueries:
        """Only the queries that a filter shows; `mask` is over catalog rows, and None shows all."""
        return self if mask is None else self._where(mask[self.rows])

    def _where(self, wanted: Mask) -> ChangedQueries:
        return ChangedQueries(self.rows[wanted], self.first_a[wanted], self.first_b[wanted])


NOTHING = ChangedQueries(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64))


def changed_queries(comparison: Comparison, rows: Rows) -> ChangedQueries:
    """Those of a comparison at the catalog rows, `comparison.fixed` say."""
    # The evaluations of a comparison count positions within its common rows, not catalog rows.
    positions = np.searchsorted(comparison.rows, rows)
    return ChangedQueries(
        rows=rows,
        first_a=comparison.rows[comparison.evaluation_a.nearest[positions]],
        first_b=comparison.rows[comparison.evaluation_b.nearest[positions]],
    )
