"""What training has seen that it must not have: images and classes that lie in two splits at once.

Three kinds of image leak, the surest first; a pair is named once, by the surest:

- "same file": the bytes are equal.
- "near", "mirrored": copies that were resized, compressed anew, or exchanged left and right (`look_alikes.py`).
- "embedding": each is the other's nearest by cosine in the other split, above a threshold; needs embeddings. It finds
  what is cropped or photographed twice, and is only as good as the embedding.

However many copies there are, what is kept stays small: files of equal bytes are compared, and named, once, and of an
image's look-alikes only the nearest are named. All are counted: ten thousand placeholders in two splits are a hundred
million pairs of images.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.data.catalog import SPLITS, Catalog, Rows
from core.data.look_alikes import Copies, LookAlikes
from core.data.perceptual_hash import SIDE
from core.data.prepared_images import Geometry, PreparedImages
from core.data.same_files import DifferentFiles, first_of_same_files
from core.errors import Cancelled
from core.progress import Reporter

Kind = Literal["same file", "near", "mirrored", "embedding"]
Vectors = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

KINDS: tuple[Kind, ...] = ("same file", "near", "mirrored", "embedding")
COSINE = 0.98
NAMED = 3  # look-alikes of one image and kind
BLOCK = 256


@dataclass(frozen=True)
class Pair:
    """Two images of different splits that are one: catalog rows, and how far apart they are.

    Each row is the first in its split of those with the same bytes, and stands for all of them. `distance` is 0 for the
    same file, 1 - correlation of the pixels for copies, 1 - cosine for embeddings.
    """

    first: int
    second: int
    kind: Kind
    distance: float


@dataclass(frozen=True)
class SplitPair:
    """What two splits share.

    Attributes:
        first, second: the splits.
        images: how many images each has.
        pairs: different files, the surest kinds and smallest distances first; of the second split's images each with
            its NAMED nearest of a kind.
        unnamed: how many pairs of different files are counted only.
        counts: how many pairs of images are of a kind, every copy counted.
        concerned: how many images of each are in a pair.
        classes: names of the classes that both have, in natural order.
        copies: row of a pair -> the other rows of its split with the same bytes, where there are any.
    """

    first: str
    second: str
    images: tuple[int, int]
    pairs: tuple[Pair, ...]
    unnamed: int
    counts: Mapping[Kind, int]
    concerned: tuple[int, int]
    classes: tuple[str, ...]
    copies: Mapping[int, tuple[int, ...]]

    def images_of(self, pair: Pair) -> tuple[int, int]:
        """How many images of each split have the bytes of a pair."""
        return 1 + len(self.copies.get(pair.first, ())), 1 + len(self.copies.get(pair.second, ()))


@dataclass(frozen=True)
class Leaks:
    """Every two splits of a catalog; `unreadable` maps rows that could not be compared to their sentences."""

    between: tuple[SplitPair, ...]
    unreadable: dict[int, str]


def find_leaks(
    catalog: Catalog,
    embeddings: tuple[Vectors, Rows] | None = None,
    cosine: float = COSINE,
    reporter: Reporter | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Leaks:
    """Compare every split of a catalog with every other.

    Args:
        catalog: N images; those in no split are passed over.
        embeddings: (M, D) vectors, not necessarily of unit length, and their (M,) catalog rows.
        cosine: the least cosine of an "embedding" pair.

    Raises Cancelled when `should_stop` answers True.
    """
    reporter = reporter or Reporter()
    images = PreparedImages(catalog, Geometry(SIDE, "squash"))
    rows = np.flatnonzero(catalog.splits != "").astype(np.int64)
    unreadable = images.prepare(rows, reporter, should_stop)
    rows = rows[~np.isin(rows, list(unreadable))]
    look_alikes = LookAlikes(images, rows, len(catalog))
    first_of_same = first_of_same_files(catalog, rows, should_stop)
    files = {split: DifferentFiles.of(rows[catalog.splits[rows] == split], first_of_same) for split in SPLITS}
    two_by_two = list(combinations([split for split in SPLITS if len(files[split].rows)], 2))
    between: list[SplitPair] = []
    for first, second in two_by_two:
        shared = _Shared(files[first], files[second], len(catalog))
        shared.add("same file", *_same_files(shared.left, shared.right))
        for copies in look_alikes.between(shared.left.rows, shared.right.rows):
            if should_stop is not None and should_stop():
                raise Cancelled("Stopped while comparing splits.")
            shared.add_copies(copies, first_of_same)
            reporter.progress("comparing splits", len(between), len(two_by_two), unit="pairs of splits")
        if embeddings is not None:
            left, right, distances = _neighbours(*embeddings, shared.left, shared.right, cosine)
            new = (first_of_same[left] != first_of_same[right]) & ~look_alikes.are_copies(left, right)
            shared.add("embedding", left[new], right[new], distances[new])
        between.append(shared.told(catalog, first, second))
    return Leaks(tuple(between), unreadable)


@dataclass
class _Shared:
    """What is found between two splits, counted while it is found; `count` is the number of catalog rows."""

    left: DifferentFiles
    right: DifferentFiles
    count: int
    pairs: list[Pair] = field(default_factory=list)
    counts: Counter[Kind] = field(default_factory=Counter)
    unnamed: int = 0
    _times: tuple[Rows, Rows] = field(init=False)
    _concerned: tuple[Mask, Mask] = field(init=False)

    def __post_init__(self) -> None:
        self._times = self.left.times(self.count), self.right.times(self.count)
        self._concerned = np.zeros(self.count, np.bool_), np.zeros(self.count, np.bool_)

    def add_copies(self, copies: Copies, first_of_same: Rows) -> None:
        """Add look-alikes of different bytes."""
        others = copies.where(first_of_same[copies.first] != first_of_same[copies.second])
        self.add(others.kind, others.first, others.second, others.distances)

    def add(self, kind: Kind, first: Rows, second: Rows, distances: Vectors) -> None:
        """Count pairs of different files, all that an image of the second split is in, and keep the nearest."""
        self.counts[kind] += int(self._times[0][first] @ self._times[1][second])
        for concerned, rows in zip(self._concerned, (first, second), strict=True):
            concerned[rows] = True
        order = np.lexsort((first, distances, second))
        place = np.arange(len(order)) - np.searchsorted(second[order], second[order])
        named = order[place < NAMED]
        self.unnamed += len(order) - len(named)
        found = zip(first[named].tolist(), second[named].tolist(), distances[named].tolist(), strict=True)
        self.pairs += [Pair(one, other, kind, distance) for one, other, distance in found]

    def told(self, catalog: Catalog, first: str, second: str) -> SplitPair:
        """All of it, once nothing is to come."""
        shared = set(catalog.labels[self.left.images].tolist()) & set(catalog.labels[self.right.images].tolist())
        named = {row for pair in self.pairs for row in (pair.first, pair.second)}
        copies = (self.left.copies() | self.right.copies()).items()
        left, right = (int(times[some].sum()) for times, some in zip(self._times, self._concerned, strict=True))
        return SplitPair(
            first,
            second,
            images=(len(self.left.images), len(self.right.images)),
            pairs=tuple(sorted(self.pairs, key=_by_sureness)),
            unnamed=self.unnamed,
            counts={kind: self.counts[kind] for kind in KINDS},
            concerned=(left, right),
            classes=tuple(label for label in catalog.classes if label in shared),
            copies={row: same for row, same in copies if row in named},
        )


def _by_sureness(pair: Pair) -> tuple[int, float, int, int]:
    return KINDS.index(pair.kind), pair.distance, pair.first, pair.second


def _same_files(left: DifferentFiles, right: DifferentFiles) -> tuple[Rows, Rows, Vectors]:
    _, *places = np.intersect1d(left.contents, right.contents, assume_unique=True, return_indices=True)
    return left.rows[places[0]], right.rows[places[1]], np.zeros(len(places[0]), np.float32)


def _neighbours(
    vectors: Vectors, rows: Rows, left: DifferentFiles, right: DifferentFiles, least: float
) -> tuple[Rows, Rows, Vectors]:
    """Pairs that are each other's nearest by cosine, and 1 - cosine; rows without a vector are passed over."""
    (with_left, named_left), (with_right, named_right) = left.among(rows), right.among(rows)
    if not with_left.size or not with_right.size:
        return with_left[:0], with_right[:0], np.zeros(0, np.float32)
    order = np.argsort(rows, kind="stable")
    units = [_unit(vectors[order[np.searchsorted(rows, side, sorter=order)]]) for side in (with_left, with_right)]
    best, of_left, of_right = _nearest_both_ways(*units)
    mutual = np.flatnonzero((best >= least) & (of_right[of_left] == np.arange(len(of_left))))
    return named_left[mutual], named_right[of_left[mutual]], np.maximum(0, 1 - best[mutual])


def _nearest_both_ways(left: Vectors, right: Vectors) -> tuple[Vectors, Rows, Rows]:
    """(L,) cosines of the nearest of (R, D) unit vectors to each of (L, D), where they are, and (R,) the other way."""
    best, of_left = np.full(len(left), -np.inf, np.float32), np.zeros(len(left), np.int64)
    of_right = np.zeros(len(right), np.int64)
    for start in range(0, len(right), BLOCK):
        cosines = right[start : start + BLOCK] @ left.T
        of_right[start : start + BLOCK] = cosines.argmax(axis=1)
        nearest = cosines.max(axis=0)
        better = nearest > best
        best[better] = nearest[better]
        of_left[better] = start + cosines.argmax(axis=0)[better]
    return best, of_left, of_right


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    # A vector of zeros has no direction: it is near to nothing.
    unit: Vectors = (vectors / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
    return unit
