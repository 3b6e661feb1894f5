"""At which ranks the images of a query's class stand: one pass over its similarities, compiled.

Nothing is sorted but the R similarities of the query's own class. Every other image of the gallery only matters if it
is among the nearest that are listed, or nearer than one of the R, and for MAP@R and R-precision only if that one can
still be among the R nearest; the bound below which an image need not be looked at rises while the row is read. Most of
a row is therefore only compared, in stretches of 64, with that bound. The similarities are those of the matrix product
itself, so ranks are exact.

Importing this module imports numba (half a second). `core prepare` fills its cache.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core import paths

# numba reads the variable when it is imported, once.
os.environ.setdefault("NUMBA_CACHE_DIR", str(paths.compiled()))

import numba

from core.data.catalog import Rows
from core.retrieval.parallel import parallel_rows
from core.retrieval.similarity import TILE

Similarities = npt.NDArray[np.float32] | npt.NDArray[np.float64]
Measure = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Positives:
    """Gallery columns by class.

    Attributes:
        columns: (G,) int64 labelled gallery columns, class by class, ascending within a class.
        starts: (C + 2,) int64; class c has columns[starts[c]:starts[c + 1]]. The last, empty one is for code -1.
    """

    columns: Rows
    starts: Rows

    @classmethod
    def of(cls, codes: Rows, class_count: int) -> Positives:
        """From the (G,) class codes of the gallery; -1 where unlabelled."""
        order = np.argsort(codes, kind="stable")
        unlabelled = int(np.sum(codes < 0))
        sizes = np.bincount(codes[codes >= 0], minlength=class_count)
        ends = np.cumsum(sizes)
        return cls(order[unlabelled:], np.concatenate([[0], ends, [len(codes) - unlabelled]]).astype(np.int64))


@dataclass(frozen=True, eq=False)
class RankedBlock:
    """What the ranks of B queries' positives amount to. R is the number of a query's positives.

    Attributes:
        positives: (B,) int64 R.
        first_hit: (B,) int64 rank of the nearest positive, from 1; -1 where R is 0.
        hits: (B,) int64 positives among the R nearest.
        precision_sum: (B,) float64 sum over the positives among the R nearest of precision at their rank.
        hits_at: (B, P) int64 positives among the K nearest, for each K asked for.
        nearest: (B, N) int64 columns of the N most similar images, ties to the lower column; -1 where there are fewer.
        nearest_similarity: (B,) of the first of them, as the row has it; -inf where there is none.
    """

    positives: Rows
    first_hit: Rows
    hits: Rows
    precision_sum: Measure
    hits_at: Rows
    nearest: Rows
    nearest_similarity: Measure


def rank_positives(
    similarities: Similarities,
    own: Rows,
    positives: Positives,
    at: tuple[int, ...] = (),
    listed: int = 1,
) -> RankedBlock:
    """Rank the positives of B queries by their (B, W) similarities to the gallery; larger is nearer.

    `own` has the (B,) class code of each query, -1 where unlabelled. What a query must not find, as itself, is -inf and
    counts nowhere. `at` are the K of `hits_at`, ascending; `listed` is how many of the nearest are listed, at least 1.
    Equal similarities are ordered by column. `similarities` serve as scratch space: those of positives are gone
    afterwards.
    """
    count = len(similarities)
    block = RankedBlock(
        np.zeros(count, np.int64),
        np.full(count, -1, np.int64),
        np.zeros(count, np.int64),
        np.zeros(count),
        np.zeros((count, len(at)), np.int64),
        np.full((count, listed), -1, np.int64),
        np.full(count, -np.inf),
    )

    def rank_part(rows: slice) -> None:
        _rank_rows(
            similarities[rows],
            similarities.dtype.type(np.inf),
            own[rows],
            positives.columns,
            positives.starts,
            np.array(at, np.int64),
            *(figures[rows] for figures in vars(block).values()),
        )

    parallel_rows(rank_part, count)
    return block


def compile_all() -> None:
    """Run everything once for both types of similarities, so that it is in numba's cache."""
    positives = Positives.of(np.array([0, 0, 1]), 2)
    rank_positives(np.array([[-np.inf, 0.5, 0.25]], np.float32), np.arange(1), positives)
    rank_positives(np.array([[-np.inf, 0.5, 0.25]]), np.arange(1), positives)


@numba.njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def _rank_rows(  # type: ignore[no-untyped-def]
    similarities,
    infinity,
    own,
    columns,
    starts,
    at,
    positives,
    first_hit,
    hits,
    precision_sum,
    hits_at,
    nearest,
    nearest_similarity,
) -> None:
    largest = 0
    for code in range(len(starts) - 1):
        largest = max(largest, starts[code + 1] - starts[code])
    ahead = np.zeros(largest + 1, np.int64)
    values = np.empty(largest, similarities.dtype)
    columns_of = np.empty(largest, np.int64)
    others = np.empty(nearest.shape[1], similarities.dtype)
    other_columns = np.empty(nearest.shape[1], np.int64)
    last, guess = nearest.shape[1] - 1, -infinity
    quarter = similarities.dtype.type(0.25)
    for query in range(len(similarities)):
        row = similarities[query]
        count = positives[query] = _take_positives(row, columns, starts, own[query], values, columns_of)
        depth = max(count, at[-1]) if len(at) else count
        others[:] = -infinity
        live, top_ahead = _read_row(
            row, values[:count], columns_of[:count], depth, ahead, infinity, others, other_columns, guess
        )
        if others[last] == -infinity and guess > -infinity:
            others[:] = -infinity
            _read_row(row, values[:0], columns_of[:0], 0, ahead, infinity, others, other_columns, -infinity)
        # The next query's list will hardly begin below this; where it does, its row is read once more.
        guess = similarities.dtype.type(-np.inf)
        if others[last] > -infinity:
            guess = others[last] - quarter * (others[0] - others[last])
        nearest_similarity[query] = _list_nearest(
            values[:count], columns_of[:count], others, other_columns, nearest[query]
        )
        if not count:
            continue
        first_hit[query] = 1 + top_ahead
        rank = 0
        for position in range(live):
            rank += 1 + ahead[position]
            if rank <= count:
                hits[query] += 1
                precision_sum[query] += (position + 1) / rank
            for number in range(len(at)):
                if rank <= at[number]:
                    hits_at[query, number] += 1
        ahead[:count] = 0


@numba.njit(nogil=True, cache=True)
def _take_positives(row, columns, starts, own, values, columns_of):  # type: ignore[no-untyped-def]
    """Move the row's R positives, nearest first, ties by column, to `values` and `columns_of`; returns R."""
    count = 0
    for position in range(starts[own], starts[own + 1]) if own >= 0 else range(0):
        column = columns[position]
        if row[column] > -np.inf:
            values[count], columns_of[count] = row[column], column
            row[column] = -np.inf
            count += 1
    gap = 1
    while gap < count // 3:
        gap = 3 * gap + 1
    while gap:  # Shell's sort: insertion for the usual few, and good enough for thousands
        for end in range(gap, count):
            value, column, position = values[end], columns_of[end], end
            while position >= gap:
                other, other_column = values[position - gap], columns_of[position - gap]
                if other > value or (other == value and other_column < column):
                    break
                values[position], columns_of[position] = other, other_column
                position -= gap
            values[position], columns_of[position] = value, column
        gap //= 3
    return count


@numba.njit(nogil=True, cache=True)
def _read_row(  # type: ignore[no-untyped-def]
    row, values, columns_of, depth, ahead, infinity, others, other_columns, listed
):
    """One pass over the images of other classes.

    Returns how many positives, the nearest first, have a rank up to `depth` at all (`live`), and how many images stand
    before the nearest positive. ahead[p], p < live, becomes the number of images between positive p - 1 and positive
    p; `others` and `other_columns` the nearest images of other classes that are nearer than `listed`, where `others`
    were all -inf. `infinity` is of the row's type, as all bounds are: otherwise every value would be converted before
    it is compared.
    """
    live, before, top_ahead = len(values), 0, 0
    top, floor, top_column = infinity, infinity, 0
    if live:
        top, floor, top_column = values[0], values[live - 1], columns_of[0]
    for start in range(0, len(row), TILE):
        stop = min(start + TILE, len(row))
        whole = stop - start == TILE
        if whole and not _count_from(row, start, min(listed, top, floor)):
            continue
        top_ahead += _count_ahead(row, start, stop, top, top_column)
        lowest = min(listed, floor)
        if whole and not _count_from(row, start, lowest):
            continue
        for column in range(start, stop):
            value = row[column]
            if value < lowest:
                continue
            if value > listed:
                _enter(value, column, others, other_columns)
                listed = max(listed, others[len(others) - 1])
            if value < floor:
                continue
            position = _positives_before(value, column, values, columns_of, live)
            if position == live:  # as near as the last one, in a higher column
                continue
            ahead[position] += 1
            before += 1
            while live and live + before > depth:
                live -= 1
                before -= ahead[live]
                ahead[live] = 0
            floor = values[live - 1] if live else infinity
    return live, top_ahead


@numba.njit(nogil=True, cache=True)
def _enter(value, column, others, other_columns):  # type: ignore[no-untyped-def]
    """Put an image, whose column is above all of theirs, into its place among the nearest; the last one drops out."""
    position = len(others) - 1
    while position and others[position - 1] < value:
        others[position], other_columns[position] = others[position - 1], other_columns[position - 1]
        position -= 1
    others[position], other_columns[position] = value, column


@numba.njit(nogil=True, cache=True)
def _list_nearest(values, columns_of, others, other_columns, nearest):  # type: ignore[no-untyped-def]
    """Merge positives and other images, both nearest first, into `nearest`; returns the greatest similarity."""
    of_own, of_others = 0, 0
    for rank in range(len(nearest)):
        value, column = others[of_others], other_columns[of_others]
        if of_own < len(values):
            own, own_column = values[of_own], columns_of[of_own]
            if own > value or (own == value and own_column < column):
                value, column = own, own_column
        if value == -np.inf:
            break
        nearest[rank] = column
        if of_own < len(values) and column == columns_of[of_own]:
            of_own += 1
        else:
            of_others += 1
    greatest = others[0]
    return max(greatest, values[0]) if len(values) else greatest


@numba.njit(nogil=True, cache=True)
def _count_from(row, start, bound):  # type: ignore[no-untyped-def]
    """How many of the TILE values from `start` on reach `bound`: unsigned bytes and places become vector code."""
    count = np.uint8(0)
    for offset in range(TILE):
        count = np.uint8(count + np.uint8(row[np.uint64(start + offset)] >= bound))
    return count


@numba.njit(nogil=True, cache=True)
def _count_ahead(row, start, stop, value, at):  # type: ignore[no-untyped-def]
    """How many of row[start:stop] stand before `value` in column `at`."""
    if stop <= at and stop - start == TILE:
        return np.int64(_count_from(row, start, value))
    count = np.int64(0)
    for column in range(start, stop):
        count += row[column] > value or (row[column] == value and column < at)
    return count


@numba.njit(nogil=True, cache=True)
def _positives_before(value, column, values, columns_of, live):  # type: ignore[no-untyped-def]
    """How many of the first `live` positives stand before an image of another class."""
    low, high = 0, live
    while low < high:
        middle = (low + high) // 2
        if values[middle] > value or (values[middle] == value and columns_of[middle] < column):
            low = middle + 1
        else:
            high = middle
    return low
