"""Files of equal bytes, and the different files of a split: however often each is there, it is compared once."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from core.data.catalog import Catalog, Rows
from core.storage import open_regular


def first_of_duplicates(catalog: Catalog, rows: Rows) -> Rows:
    """(N,) for each of N catalog rows the first of `rows` with the same bytes and box; others stand for themselves.

    Only files of equal size are read.
    """
    by_size: dict[str, list[int]] = defaultdict(list)
    for row in rows.tolist():
        by_size[str(catalog.stamps[row]).partition("-")[0]].append(row)
    first = np.arange(len(catalog), dtype=np.int64)
    for alike in by_size.values():
        if len(alike) > 1:
            seen: dict[tuple[str, object], int] = {}
            for row in alike:
                first[row] = seen.setdefault(_content(catalog, row), row)
    return first


def first_of_two_classes(catalog: Catalog, first_of_same: Rows, rows: Rows) -> list[tuple[int, int]]:
    """Of the contents that `rows` have under several classes the first image of each of two; unlabelled ones are none.

    `first_of_same` is what `first_of_duplicates` says.
    """
    labelled = rows[catalog.labels[rows] != ""]
    contents = first_of_same[labelled]
    _, times = np.unique(contents, return_counts=True)
    if len(times) == len(contents):
        return []
    labels: dict[int, dict[str, int]] = defaultdict(dict)
    several = np.isin(contents, np.unique(contents)[times > 1])
    for row, content in zip(labelled[several].tolist(), contents[several].tolist(), strict=True):
        labels[content].setdefault(str(catalog.labels[row]), row)
    return [(first, second) for first, second, *_ in (list(of.values()) for of in labels.values() if len(of) > 1)]


def _content(catalog: Catalog, row: int) -> tuple[str, object]:
    try:
        with open_regular(catalog.path(row)) as handle:
            # Two parts of one picture are two images.
            return hashlib.file_digest(handle, "sha256").hexdigest(), catalog.box(row)
    except OSError:
        # Gone since it was decoded.
        return "", row


@dataclass(frozen=True, eq=False)
class DistinctFiles:
    """S images of one split, which have F different contents.

    Attributes:
        images: (S,) catalog rows, ascending.
        contents_of_images: (S,) what `first_of_duplicates` says of each.
        contents: (F,) the different ones, ascending.
        rows: (F,) the first image of each.
    """

    images: Rows
    contents_of_images: Rows
    contents: Rows
    rows: Rows

    @classmethod
    def of(cls, images: Rows, first: Rows) -> DistinctFiles:
        """Those of a split's rows, with what `first_of_duplicates` says of all rows."""
        contents, indices = np.unique(first[images], return_index=True)
        return cls(images, first[images], contents, images[indices])

    def among(self, some: Rows) -> tuple[Rows, Rows]:
        """(E,) images that are among `some`, one for each content, and the (E,) `rows` of the same contents."""
        there = np.isin(self.images, some)
        contents, indices = np.unique(self.contents_of_images[there], return_index=True)
        return self.images[there][indices], self.rows[np.searchsorted(self.contents, contents)]

    def times(self, count: int) -> Rows:
        """(count,) for each catalog row of `rows` how many images have its bytes; 0 for others."""
        found = np.zeros(count, np.int64)
        found[self.rows] = np.unique(self.contents_of_images, return_counts=True)[1]
        return found

    def copies(self) -> dict[int, tuple[int, ...]]:
        """Each of `rows` that is there more than once -> the other images of the same bytes."""
        others = np.setdiff1d(self.images, self.rows)
        contents = self.contents_of_images[np.searchsorted(self.images, others)]
        rows = self.rows[np.searchsorted(self.contents, contents)]
        found: dict[int, list[int]] = defaultdict(list)
        for row, other in zip(rows.tolist(), others.tolist(), strict=True):
            found[row].append(other)
        return {row: tuple(same) for row, same in found.items()}
