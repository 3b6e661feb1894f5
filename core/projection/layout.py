"""UMAP's layout: stochastic attraction along edges, repulsion from images drawn at random (section 3.2).

Compiled by numba; sequential, so that a seed gives the same map every time. umap-learn's maps keep as many neighbours
but cost a new user 14 s of compiling on import and 4 s more at every start.
"""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np
import numpy.typing as npt

from core.projection.neighbour_graph import Graph
from core.projection.pca import Points

# 1 / (1 + a d^(2b)) fitted to UMAP's target curve for spread 1 and minimal distance 0.1.
CURVE_A, CURVE_B = 1.5769434602697652, 0.8950608778515733
REPULSIONS = 5
_FARTHEST_STEP = 4.0
_EPOCHS_PER_CALL = 10


def optimise(
    start: Points, graph: Graph, epochs: int, seed: int, advance: Callable[[int], None] | None = None
) -> Points:
    """Move (N, 2) points from `start` for a number of epochs; `advance(epochs done)` is called now and then.

    An edge of weight w is drawn every (largest weight / w) epochs; those that would never be are left out.
    """
    points = start.astype(np.float32).copy()
    largest = graph.weights.max(initial=0.0)
    used = graph.weights * epochs >= largest
    heads, tails = graph.heads[used].astype(np.int32), graph.tails[used].astype(np.int32)
    every = largest / graph.weights[used]
    due, repulsion_due = every.copy(), every / REPULSIONS
    state = np.random.default_rng(seed).integers(1, 2**63, 2, dtype=np.uint64)
    for done in range(0, epochs, _EPOCHS_PER_CALL):
        until = min(done + _EPOCHS_PER_CALL, epochs)
        _move(points, heads, tails, every, due, repulsion_due, done, until, epochs, state)
        if advance is not None:
            advance(until)
    return points


def _clip(value: float) -> float:
    return min(max(value, -_FARTHEST_STEP), _FARTHEST_STEP)


def _random(state: npt.NDArray[np.uint64]) -> np.uint64:
    """Next number of an xorshift128+ generator."""
    first, second = state[0], state[1]
    first ^= first << np.uint64(23)
    first ^= first >> np.uint64(17)
    first ^= second ^ (second >> np.uint64(26))
    state[0], state[1] = second, first
    return np.uint64(first + second)


def _move_epochs(
    points: Points,
    heads: npt.NDArray[np.int32],
    tails: npt.NDArray[np.int32],
    every: npt.NDArray[np.float64],
    due: npt.NDArray[np.float64],
    repulsion_due: npt.NDArray[np.float64],
    begin: int,
    end: int,
    epochs: int,
    state: npt.NDArray[np.uint64],
) -> None:
    """Epochs begin..end of `epochs`; changes points, due, repulsion_due and state."""
    count = np.uint64(len(points))
    for epoch in range(begin, end):
        rate = 1.0 - epoch / epochs
        for edge in range(len(heads)):
            if due[edge] > epoch:
                continue
            head, tail = heads[edge], tails[edge]
            across, down = points[head, 0] - points[tail, 0], points[head, 1] - points[tail, 1]
            squared = across * across + down * down
            if squared > 0.0:
                power = squared**CURVE_B
                pull = -2.0 * CURVE_A * CURVE_B * power / (squared * (1.0 + CURVE_A * power))
                step_across, step_down = rate * _clip_fast(pull * across), rate * _clip_fast(pull * down)
                points[head, 0] += step_across
                points[head, 1] += step_down
                points[tail, 0] -= step_across
                points[tail, 1] -= step_down
            due[edge] += every[edge]
            draws = int((epoch - repulsion_due[edge]) * REPULSIONS / every[edge])
            for _ in range(draws):
                other = np.int64(_random_fast(state) % count)
                if other == head:
                    continue
                across, down = points[head, 0] - points[other, 0], points[head, 1] - points[other, 1]
                squared = across * across + down * down
                if squared > 0.0:
                    push = 2.0 * CURVE_B / ((0.001 + squared) * (1.0 + CURVE_A * squared**CURVE_B))
                    points[head, 0] += rate * _clip_fast(push * across)
                    points[head, 1] += rate * _clip_fast(push * down)
            if draws > 0:
                repulsion_due[edge] += draws * every[edge] / REPULSIONS


_clip_fast = numba.njit(cache=True)(_clip)
_random_fast = numba.njit(cache=True)(_random)
_move = numba.njit(cache=True, fastmath=True)(_move_epochs)
