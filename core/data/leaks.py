"""What training has seen that it must not have: images and classes that lie in two splits at once.

Three kinds of image leak, the surest first; a pair is named once, by the surest:

- "same file": the bytes are equal.
- "near", "mirrored": copies that were resized, compressed anew, or exchanged left and right. Perceptual hashes propose,
  pixels decide: line drawings and studio photographs share hashes with many others, but not their pixels.
- "embedding": each is the other's nearest by cosine in the other split, above a threshold; needs embeddings. It finds
  what is cropped or photographed twice, and is only as good as the embedding.

Files of equal bytes are compared, and named, once: ten thousand placeholders in two splits are one pair of files and a
hundred million pairs of images.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from core.data.catalog import SPLITS, Catalog, Rows
from core.data.perceptual_hash import BITS, SIDE, Hashes, Squares, mirrored, perceptual_hashes
from core.data.prepared_images import Geometry, PreparedImages
from core.data.same_files import DifferentFiles, first_of_same_files
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
        pairs: different files, the surest kinds and smallest distances first.
        classes: names of the classes that both have, in natural order.
        images: how many images each has.
        copies: row of a pair -> the other rows of its split with the same bytes, where there are any.
    """

    first: str
    second: str
    images: tuple[int, int]
    pairs: tuple[Pair, ...]
    classes: tuple[str, ...]
    copies: Mapping[int, tuple[int, ...]]

    def count(self, kind: Kind) -> int:
        """How many pairs of images are of a kind, every copy counted."""
        return sum(prod(self.images_of(pair)) for pair in self.pairs if pair.kind == kind)

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
    hashes = _Hashes(images, rows, len(catalog))
    first_of_same = first_of_same_files(catalog, rows, should_stop)
    files = {split: DifferentFiles.of(rows[catalog.splits[rows] == split], first_of_same) for split in SPLITS}
    two_by_two = list(combinations([split for split in SPLITS if len(files[split].rows)], 2))
    between: list[SplitPair] = []
    for first, second in two_by_two:
        if should_stop is not None and should_stop():
            raise Cancelled("Stopped while comparing splits.")
        reporter.progress("comparing splits", len(between), len(two_by_two), unit="pairs of splits")
        sides = files[first], files[second]
        found = [*_same_files(*sides), *_copies(hashes, sides[0].rows, sides[1].rows)]
        if embeddings is not None:
            found += _neighbours(*embeddings, *sides, cosine)
        between.append(_split_pair(catalog, (first, second), sides, _each_once(found)))
    return Leaks(tuple(between), unreadable)


def _split_pair(
    catalog: Catalog, names: tuple[str, str], sides: tuple[DifferentFiles, DifferentFiles], pairs: tuple[Pair, ...]
) -> SplitPair:
    left, right = sides
    shared = set(catalog.labels[left.images].tolist()) & set(catalog.labels[right.images].tolist())
    classes = tuple(label for label in catalog.classes if label in shared)
    named = {row for pair in pairs for row in (pair.first, pair.second)}
    copies = {row: same for row, same in (left.copies() | right.copies()).items() if row in named}
    return SplitPair(*names, (len(left.images), len(right.images)), pairs, classes, copies)


def _each_once(found: Sequence[Pair]) -> tuple[Pair, ...]:
    """Each pair by its surest kind."""
    surest: dict[tuple[int, int], Pair] = {}
    for pair in sorted(found, key=_by_sureness):
        surest.setdefault((pair.first, pair.second), pair)
    return tuple(surest.values())


def _by_sureness(pair: Pair) -> tuple[int, float, int, int]:
    return KINDS.index(pair.kind), pair.distance, pair.first, pair.second


def _same_files(left: DifferentFiles, right: DifferentFiles) -> Iterator[Pair]:
    _, *places = np.intersect1d(left.contents, right.contents, assume_unique=True, return_indices=True)
    for first, second in zip(left.rows[places[0]].tolist(), right.rows[places[1]].tolist(), strict=True):
        yield Pair(first, second, "same file", 0.0)


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


def _neighbours(
    vectors: Vectors, rows: Rows, left: DifferentFiles, right: DifferentFiles, least: float
) -> Iterator[Pair]:
    """Pairs that are each other's nearest by cosine; rows without a vector are passed over."""
    (with_left, named_left), (with_right, named_right) = left.among(rows), right.among(rows)
    if not with_left.size or not with_right.size:
        return
    order = np.argsort(rows, kind="stable")
    units = [_unit(vectors[order[np.searchsorted(rows, side, sorter=order)]]) for side in (with_left, with_right)]
    best, of_left, of_right = _nearest_both_ways(*units)
    for at in np.flatnonzero(best >= least).tolist():
        other = int(of_left[at])
        if of_right[other] == at:
            yield Pair(int(named_left[at]), int(named_right[other]), "embedding", max(0.0, 1.0 - float(best[at])))


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
