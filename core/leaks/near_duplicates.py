"""Pictures that are copies of one another although their bytes differ: resized, compressed anew, or mirrored.

Perceptual hashes propose, pixels decide: line drawings and studio photographs share hashes with many others, but not
their pixels. The thresholds were chosen on 300 photographs and 300 drawings and on all pairs of 5,398 and 4,840 others:
`docs/data.md` says what they find and what they take for a copy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from core.data.decoded_images import DecodedImages
from core.leaks.perceptual_hash import BITS, Hashes, Squares, mirrored, perceptual_hashes

Kind = Literal["near", "mirrored"]
Values = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

MOST_BITS, LEAST_CORRELATION = 10, 0.975
FLAT = 2.0  # grey levels of deviation below which a picture has no pattern that could correlate
# Pictures at a time; of queries fewer, because each may be proposed every other image.
BLOCK, QUERIES = 1024, 128


class Patterns(NamedTuple):
    """R pictures at 16 x 16: (R, 768) of zero mean and unit length, their (R,) mean, and which have no pattern."""

    units: Values
    means: Values
    flat: Mask


class Copies(NamedTuple):
    """P pairs of one kind: (P,) catalog rows on either side, and (P,) 1 - correlation of their pixels."""

    kind: Kind
    first: Rows
    second: Rows
    distances: Values

    def where(self, some: Mask) -> Copies:
        """The pairs for which `some` is true."""
        return Copies(self.kind, self.first[some], self.second[some], self.distances[some])


class NearDuplicates:
    """Finds copies among the prepared pictures of `rows`; `count` is the number of catalog rows."""

    def __init__(self, images: DecodedImages, rows: Rows, count: int) -> None:
        self._images = images
        self._hashes: dict[Kind, Hashes] = {
            kind: np.zeros((count, BITS // 8), np.uint8) for kind in ("near", "mirrored")
        }
        for start in range(0, len(rows), BLOCK):
            block = rows[start : start + BLOCK]
            for kind, hashes in self._hashes.items():
                hashes[block] = perceptual_hashes(self._squares(block, kind))

    def between(self, first: Rows, second: Rows) -> Iterator[Copies]:
        """All pairs of copies, those of a few rows of `second` at a time; what is near is not mirrored as well."""
        index = _binary_index(self._hashes["near"][first])
        for start in range(0, len(second), QUERIES):
            block = second[start : start + QUERIES]
            yield from self._of_both_kinds(index, first, block)

    def within(self, rows: Rows) -> Iterator[Copies]:
        """All pairs of copies among `rows` (ascending), each once, the first of a pair before the second."""
        index = _binary_index(self._hashes["near"][:0])
        for start in range(0, len(rows), QUERIES):
            block = rows[start : start + QUERIES]
            # What comes later finds what is there by then.
            index.add(np.ascontiguousarray(self._hashes["near"][block]))
            yield from self._of_both_kinds(index, rows[: start + QUERIES], block, earlier=True)

    def _of_both_kinds(self, index: Any, first: Rows, block: Rows, earlier: bool = False) -> Iterator[Copies]:
        near, turned = (self._copies(kind, index, first, block, earlier) for kind in self._hashes)
        yield near
        keys = [found.second * len(self._hashes["near"]) + found.first for found in (near, turned)]
        yield turned.where(~np.isin(keys[1], keys[0]))

    def are_copies(self, first: Rows, second: Rows) -> Mask:
        """(P,) whether each of P pairs of rows is one that `between` finds."""
        answers = np.zeros(len(first), np.bool_)
        for start in range(0, len(first), QUERIES):
            some = slice(start, start + QUERIES)
            left = patterns(self._squares(first[some], "near"))
            for kind, hashes in self._hashes.items():
                bits = np.bitwise_count(self._hashes["near"][first[some]] ^ hashes[second[some]]).sum(axis=1)
                likeness = correlations(left, patterns(self._squares(second[some], kind))).diagonal()
                answers[some] |= (bits <= MOST_BITS) & (likeness >= LEAST_CORRELATION)
        return answers

    def _copies(self, kind: Kind, index: Any, first: Rows, block: Rows, earlier: bool) -> Copies:
        """Copies of a block's pictures among the index's `first`; of `earlier` rows than their own alone."""
        # The limit is excluded.
        limits, _, found = index.range_search(self._hashes[kind][block], MOST_BITS + 1)
        queries = np.repeat(np.arange(len(block)), np.diff(limits).astype(np.int64))
        if earlier:
            wanted = first[found] < block[queries]
            found, queries = found[wanted], queries[wanted]
        order = np.argsort(found, kind="stable")
        found, queries = found[order], queries[order]
        proposed, starts = np.unique(found, return_index=True)
        asked = patterns(self._squares(block, kind))
        likeness = np.empty(len(found), np.float32)
        for start in range(0, len(proposed), BLOCK):
            some = proposed[start : start + BLOCK]
            among = slice(starts[start], starts[start + BLOCK] if start + BLOCK < len(starts) else None)
            both = correlations(patterns(self._squares(first[some], "near")), asked)
            likeness[among] = both[np.searchsorted(some, found[among]), queries[among]]
        return Copies(kind, first[found], block[queries], np.maximum(0, 1 - likeness)).where(
            likeness >= LEAST_CORRELATION
        )

    def _squares(self, rows: Rows, kind: Kind) -> Squares:
        squares = self._images.batch(rows)
        return mirrored(squares) if kind == "mirrored" else squares


def patterns(squares: Squares) -> Patterns:
    """What `correlations` compares of (R, 32, 32, 3) pictures: the means of 2 x 2 pixels, which compression keeps."""
    wide = squares.astype(np.float32)
    rows = wide[:, ::2] + wide[:, 1::2]
    pooled: Values = (rows[:, :, ::2] + rows[:, :, 1::2]).reshape(len(squares), -1)
    pooled *= 0.25
    means: Values = pooled.mean(axis=1)
    pooled -= means[:, None]
    lengths: Values = np.sqrt(np.einsum("rp,rp->r", pooled, pooled))
    flat = lengths < FLAT * np.sqrt(pooled.shape[1])
    # Without a pattern a picture correlates with nothing.
    pooled[flat] = 0
    pooled /= np.where(flat, 1, lengths)[:, None]
    return Patterns(pooled, means, flat)


def correlations(one: Patterns, other: Patterns) -> Values:
    """(L, R) Pearson correlations of L and R pictures over pixels and colours.

    Two pictures without any pattern are alike (1) when their brightness is; one with and one without are not (0).
    """
    together: Values = one.units @ other.units.T
    if one.flat.any() and other.flat.any():
        both = np.ix_(one.flat, other.flat)
        together[both] = np.abs(one.means[one.flat][:, None] - other.means[other.flat]) < FLAT
    return together


def _binary_index(codes: Hashes) -> Any:
    # faiss takes a quarter of a second to import.
    import faiss

    index = faiss.IndexBinaryFlat(BITS)
    index.add(np.ascontiguousarray(codes))
    return index
