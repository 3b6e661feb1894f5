"""What training has seen that it must not have: images and classes that lie in two splits at once.

Three kinds of image leak, the surest first; a pair is named once, by the surest:

- "same file": the bytes are equal.
- "near", "mirrored": copies that were resized, compressed anew, or exchanged left and right. Perceptual hashes propose,
  pixels decide: line drawings and studio photographs share hashes with many others, but not their pixels.
- "embedding": each is the other's nearest by cosine in the other split, above a threshold; needs embeddings. It finds
  what is cropped or photographed twice, and is only as good as the embedding.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from core.data.catalog import SPLITS, Catalog, Rows
from core.data.perceptual_hash import BITS, SIDE, Hashes, Squares, mirrored, perceptual_hashes
from core.data.prepared_images import Geometry, PreparedImages
from core.errors import Cancelled
from core.progress import Reporter

Kind = Literal["same file", "near", "mirrored", "embedding"]
Vectors = npt.NDArray[np.float32]
Likeness = npt.NDArray[np.floating[Any]]

KINDS: tuple[Kind, ...] = ("same file", "near", "mirrored", "embedding")
# Of 400 photographs and 400 drawings, each reduced to a third at JPEG quality 30, all pass; so does one of seven
# million pairs of different photographs (shorts on one hanger), and none of five million pairs of different drawings.
MOST_BITS, LEAST_CORRELATION = 10, 0.96
FLAT = 2.0  # grey levels of deviation below which a picture has no pattern that could correlate
COSINE = 0.98
BLOCK = 1024


@dataclass(frozen=True)
class Pair:
    """Two images of different splits that are one: catalog rows, and how far apart they are.

    `distance` is 0 for the same file, 1 - correlation of the pixels for copies, 1 - cosine for embeddings.
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
        pairs: images, the surest kinds and smallest distances first.
        classes: names of the classes that both have, in natural order.
        images: how many images each has.
    """

    first: str
    second: str
    images: tuple[int, int]
    pairs: tuple[Pair, ...]
    classes: tuple[str, ...]

    def count(self, kind: Kind) -> int:
        """How many pairs are of a kind."""
        return sum(pair.kind == kind for pair in self.pairs)


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
    hashes = _Hashes(images, rows, len(catalog))
    there = [split for split in SPLITS if np.any(catalog.splits[rows] == split)]
    between: list[SplitPair] = []
    for first, second in combinations(there, 2):
        if should_stop is not None and should_stop():
            raise Cancelled("Stopped while comparing splits.")
        reporter.progress("comparing splits", len(between), len(there) * (len(there) - 1) // 2, unit="pairs of splits")
        sides = rows[catalog.splits[rows] == first], rows[catalog.splits[rows] == second]
        found = [*_same_files(catalog, *sides), *_copies(hashes, *sides)]
        if embeddings is not None:
            found += _neighbours(*embeddings, *sides, cosine)
        shared = {str(label) for label in catalog.labels[sides[0]]} & {str(label) for label in catalog.labels[sides[1]]}
        between.append(
            SplitPair(
                first,
                second,
                (len(sides[0]), len(sides[1])),
                _each_once(found),
                tuple(label for label in catalog.classes if label in shared),
            )
        )
    return Leaks(tuple(between), unreadable)


def _each_once(found: Sequence[Pair]) -> tuple[Pair, ...]:
    """Each pair by its surest kind."""
    surest: dict[tuple[int, int], Pair] = {}
    for pair in sorted(found, key=_by_sureness):
        surest.setdefault((pair.first, pair.second), pair)
    return tuple(surest.values())


def _by_sureness(pair: Pair) -> tuple[int, float, int, int]:
    return KINDS.index(pair.kind), pair.distance, pair.first, pair.second


def _same_files(catalog: Catalog, first: Rows, second: Rows) -> Iterator[Pair]:
    """Files of equal bytes; only those of equal size are read."""
    by_size: tuple[dict[str, list[int]], ...] = (defaultdict(list), defaultdict(list))
    for sizes, rows in zip(by_size, (first, second), strict=True):
        for row in rows.tolist():
            sizes[str(catalog.stamps[row]).partition("-")[0]].append(row)
    for size in by_size[0].keys() & by_size[1].keys():
        alike: dict[tuple[str, object], list[int]] = defaultdict(list)
        for row in by_size[0][size]:
            alike[_content(catalog, row)].append(row)
        for row in by_size[1][size]:
            yield from (Pair(other, row, "same file", 0.0) for other in alike.get(_content(catalog, row), ()))


def _content(catalog: Catalog, row: int) -> tuple[str, object]:
    # Two parts of one picture are two images.
    with catalog.path(row).open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest(), catalog.box(row)


class _Hashes:
    """The hashes of some catalog rows, as they are and mirrored, and their pictures on demand."""

    def __init__(self, images: PreparedImages, rows: Rows, count: int) -> None:
        self._images = images
        self.plain: Hashes = np.zeros((count, BITS // 8), np.uint8)
        self.mirrored: Hashes = np.zeros((count, BITS // 8), np.uint8)
        for start in range(0, len(rows), BLOCK):
            block = rows[start : start + BLOCK]
            squares = images.batch(block)
            self.plain[block] = perceptual_hashes(squares)
            self.mirrored[block] = perceptual_hashes(mirrored(squares))

    def pictures(self, rows: Rows) -> Squares:
        """(R, 32, 32, 3) pictures of rows, which may repeat."""
        different, places = np.unique(rows, return_inverse=True)
        return self._images.batch(different)[places]


def _copies(hashes: _Hashes, first: Rows, second: Rows) -> Iterator[Pair]:
    """Pairs whose hashes are close and whose pixels confirm it."""
    index = _binary_index(hashes.plain[first])
    kinds: tuple[tuple[Kind, Hashes], ...] = (("near", hashes.plain), ("mirrored", hashes.mirrored))
    for kind, queries in kinds:
        for start in range(0, len(second), BLOCK):
            block = second[start : start + BLOCK]
            # The limit is excluded.
            limits, _, found = index.range_search(queries[block], MOST_BITS + 1)
            right = np.repeat(block, np.diff(limits).astype(np.int64))
            yield from _confirmed(hashes, first[found], right, kind)


def _binary_index(codes: Hashes) -> Any:
    # faiss takes a quarter of a second to import.
    import faiss

    index = faiss.IndexBinaryFlat(BITS)
    index.add(np.ascontiguousarray(codes))
    return index


def _confirmed(hashes: _Hashes, left: Rows, right: Rows, kind: Kind) -> Iterator[Pair]:
    for start in range(0, len(left), BLOCK):
        some = slice(start, start + BLOCK)
        others = hashes.pictures(right[some])
        likeness = correlations(hashes.pictures(left[some]), mirrored(others) if kind == "mirrored" else others)
        for place in np.flatnonzero(likeness >= LEAST_CORRELATION).tolist():
            yield Pair(int(left[some][place]), int(right[some][place]), kind, 1.0 - float(likeness[place]))


def correlations(one: Squares, other: Squares) -> Likeness:
    """(R,) Pearson correlations of (R, 32, 32, 3) pictures over pixels and colours, at half the size.

    Two pictures without any pattern are alike (1) when their brightness is; one with and one without are not (0).
    """
    left, right = _halved(one), _halved(other)
    means = left.mean(axis=1, keepdims=True), right.mean(axis=1, keepdims=True)
    as_bright = np.abs(means[0] - means[1])[:, 0] < FLAT
    left, right = left - means[0], right - means[1]
    deviations = [np.sqrt(np.einsum("rp,rp->r", side, side) / side.shape[1]) for side in (left, right)]
    flat = (deviations[0] < FLAT).astype(int) + (deviations[1] < FLAT)
    together = np.einsum("rp,rp->r", left, right) / left.shape[1]
    likeness = together / np.maximum(deviations[0] * deviations[1], FLAT * FLAT)
    decided: Likeness = np.select([flat == 2, flat == 1], [as_bright, 0.0], likeness)
    return decided


def _halved(squares: Squares) -> Vectors:
    """(R, 768): the means of 2 x 2 pixels."""
    wide = squares.astype(np.float32)
    rows = wide[:, ::2] + wide[:, 1::2]
    pooled = rows[:, :, ::2] + rows[:, :, 1::2]
    pooled *= 0.25
    return pooled.reshape(len(squares), -1)


def _neighbours(vectors: Vectors, rows: Rows, first: Rows, second: Rows, least: float) -> Iterator[Pair]:
    """Pairs that are each other's nearest by cosine; rows without a vector are passed over."""
    place = {row: at for at, row in enumerate(rows.tolist())}
    sides = [np.array([row for row in side.tolist() if row in place], np.int64) for side in (first, second)]
    if not all(side.size for side in sides):
        return
    left, right = (_unit(vectors[[place[row] for row in side.tolist()]]) for side in sides)
    best_of_left, nearest_of_left = np.full(len(left), -np.inf, np.float32), np.zeros(len(left), np.int64)
    nearest_of_right = np.zeros(len(right), np.int64)
    for start in range(0, len(right), BLOCK):
        cosines = right[start : start + BLOCK] @ left.T
        nearest_of_right[start : start + BLOCK] = cosines.argmax(axis=1)
        best = cosines.max(axis=0)
        better = best > best_of_left
        best_of_left[better] = best[better]
        nearest_of_left[better] = start + cosines.argmax(axis=0)[better]
    for at in np.flatnonzero(best_of_left >= least).tolist():
        other = int(nearest_of_left[at])
        if nearest_of_right[other] == at:
            distance = max(0.0, 1.0 - float(best_of_left[at]))
            yield Pair(int(sides[0][at]), int(sides[1][other]), "embedding", distance)


def _unit(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    # A vector of zeros has no direction: it is near to nothing.
    unit: Vectors = (vectors / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
    return unit
