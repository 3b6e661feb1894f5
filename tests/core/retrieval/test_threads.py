"""Blocks in threads: everything is done once, one failure ends all, and the library's threads are given back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from core.data.catalog import Rows
from core.retrieval import metrics, threads
from core.retrieval.metrics import evaluate
from core.retrieval.threads import share_out
from tests.core.retrieval.test_metrics import clustered, embeddings_of


@pytest.fixture
def four_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine with four cores."""

    @contextmanager
    def four() -> Iterator[int]:
        yield 4

    monkeypatch.setattr(threads, "_product_threads", four)


def product_threads() -> int:
    return max((library["num_threads"] for library in threads._multipliers().info()), default=1)


@pytest.mark.usefixtures("four_threads")
@pytest.mark.parametrize(("fewest", "parts"), [(1, 4), (5, 2), (11, 1)])
def test_every_place_is_worked_on_once(fewest: int, parts: int) -> None:
    seen: list[int] = []
    shares: list[float] = []

    def work(places: Rows, share: float, ended: Callable[[], bool]) -> None:
        assert not ended()
        seen.extend(places.tolist())
        shares.append(share)

    share_out(work, np.arange(10), fewest)
    assert sorted(seen) == list(range(10))
    assert shares == [1 / parts] * parts


@pytest.mark.usefixtures("four_threads")
def test_the_first_error_ends_all() -> None:
    others: list[bool] = []

    def work(places: Rows, share: float, ended: Callable[[], bool]) -> None:
        if places[0] == 0:
            raise ValueError("no more")
        until = time.monotonic() + 60
        while not ended() and time.monotonic() < until:
            time.sleep(0.001)
        others.append(ended())

    with pytest.raises(ValueError, match="no more"):
        share_out(work, np.arange(4), 2)
    assert others == [True]


def test_products_take_one_thread_inside_and_as_many_as_before_afterwards() -> None:
    before = product_threads()
    both = threading.Barrier(2, timeout=60)
    inside: list[int] = []

    def work(places: Rows, share: float, ended: Callable[[], bool]) -> None:
        inside.append(product_threads())
        both.wait()

    other = threading.Thread(target=share_out, args=(work, np.arange(1), 1))
    other.start()
    share_out(work, np.arange(1), 1)
    other.join()
    assert inside == [1, 1]
    assert product_threads() == before


@pytest.mark.usefixtures("four_threads")
def test_threads_change_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    embeddings = embeddings_of(*clustered(0, images=700, classes=30, dimensions=16))
    alone = evaluate(embeddings)
    monkeypatch.setattr(metrics, "FEWEST_QUERIES", 100)
    shared = evaluate(embeddings)
    assert shared.recall == alone.recall
    assert shared.map_at_r == alone.map_at_r
    for name in ("first_hit", "average_precision", "nearest", "nearest_similarity", "precision_at_r"):
        np.testing.assert_array_equal(getattr(shared, name), getattr(alone, name))
