"""Pairs of files that are one image, counted while they are found: between two splits, or within one.

However many copies there are, what is kept stays small: files of equal bytes are compared, and named, once, and of an
image's look-alikes only the nearest are named. All are counted: ten thousand placeholders in two splits are a hundred
million pairs of images.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.data.catalog import Catalog, Rows
from core.leaks.exact_duplicates import DistinctFiles

Kind = Literal["same file", "near", "mirrored", "embedding"]
Vectors = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

KINDS: tuple[Kind, ...] = ("same file", "near", "mirrored", "embedding")
NAMED = 3  # look-alikes of one image and kind


@dataclass(frozen=True)
class Pair:
    """Two images that are one: catalog rows, and how far apart they are.

    Each row is the first in its split of those with the same bytes, and stands for all of them. `distance` is 0 for the
    same file, 1 - correlation of the pixels for copies, 1 - cosine for embeddings.
    """

    first: int
    second: int
    kind: Kind
    distance: float


@dataclass
class AlikePairs:
    """What is found between the files of two splits, or within those of one (`left` and `right` are the same).

    Attributes:
        pairs: different files, of each image of the right side the NAMED nearest of a kind.
        counts: how many pairs of images are of a kind, every copy counted.
        unnamed: how many pairs of files are counted only.
        conflicts: of the pairs those that are copies in two classes; `conflict_count` counts the unnamed as well.
    """

    left: DistinctFiles
    right: DistinctFiles
    catalog: Catalog
    pairs: list[Pair] = field(default_factory=list)
    counts: Counter[Kind] = field(default_factory=Counter)
    unnamed: int = 0
    conflicts: list[Pair] = field(default_factory=list)
    conflict_count: int = 0
    _times: tuple[Rows, Rows] = field(init=False)
    _concerned: tuple[Mask, Mask] = field(init=False)

    def __post_init__(self) -> None:
        count = len(self.catalog)
        self._times = self.left.times(count), self.right.times(count)
        self._concerned = np.zeros(count, np.bool_), np.zeros(count, np.bool_)

    def add_exact_duplicates(self) -> None:
        """Files of equal bytes: on both sides, or several times within one."""
        if self.left is not self.right:
            _, *positions = np.intersect1d(
                self.left.contents, self.right.contents, assume_unique=True, return_indices=True
            )
            self.add("same file", self.left.rows[positions[0]], self.right.rows[positions[1]])
            return
        for first, others in self.left.copies().items():
            self.counts["same file"] += len(others) * (len(others) + 1) // 2
            self._concerned[0][first] = True
            self.pairs.append(Pair(first, others[0], "same file", 0.0))

    def add(self, kind: Kind, first: Rows, second: Rows, distances: Vectors | None = None) -> None:
        """Count pairs of different files, all that an image of the right side is in, and keep the nearest."""
        distances = np.zeros(len(first), np.float32) if distances is None else distances
        self.counts[kind] += int(self._times[0][first] @ self._times[1][second])
        for concerned, rows in zip(self._concerned, (first, second), strict=True):
            concerned[rows] = True
        order = np.lexsort((first, distances, second))
        position = np.arange(len(order)) - np.searchsorted(second[order], second[order])
        named = order[position < NAMED]
        self.unnamed += len(order) - len(named)
        found = zip(first[named].tolist(), second[named].tolist(), distances[named].tolist(), strict=True)
        pairs = [Pair(one, other, kind, distance) for one, other, distance in found]
        self.pairs += pairs
        if kind in ("near", "mirrored"):
            labels = self.catalog.labels
            differ = (labels[first] != labels[second]) & (labels[first] != "") & (labels[second] != "")
            self.conflict_count += int(differ.sum())
            self.conflicts += [pair for pair, is_one in zip(pairs, differ[named].tolist(), strict=True) if is_one]

    def concerned(self) -> tuple[int, int]:
        """How many images of each side are in a pair; within one split both numbers are that of the split."""
        left, right = self._concerned
        if self.left is self.right:
            left = right = left | right
        return int(self._times[0][left].sum()), int(self._times[1][right].sum())

    def copies(self) -> Mapping[int, tuple[int, ...]]:
        """Row of a pair -> the other rows of its split with the same bytes, where there are any."""
        named = {row for pair in self.pairs for row in (pair.first, pair.second)}
        return {row: same for row, same in (self.left.copies() | self.right.copies()).items() if row in named}


def by_sureness(pair: Pair) -> tuple[int, float, int, int]:
    """Orders pairs: the surest kinds and smallest distances first."""
    return KINDS.index(pair.kind), pair.distance, pair.first, pair.second
