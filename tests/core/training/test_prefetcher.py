from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from core.errors import ImageError
from core.training.prefetcher import Prefetcher

BATCHES = [np.array([index, index + 1]) for index in range(0, 20, 2)]


class Source:
    def __init__(self, bad=-1):
        self.asked, self.bad = 0, bad

    def batch(self, rows):
        self.asked += 1
        if self.bad in rows:
            raise ImageError("picture 5 is torn.", "5")
        return np.broadcast_to(rows[:, None, None, None], (len(rows), 2, 2, 3)).astype(np.uint8)


def feeding():
    return [thread for thread in threading.enumerate() if thread.name == "image feed"]


def test_batches_come_in_order_with_their_images():
    with Prefetcher(Source(), BATCHES) as feed:
        got = [(rows.tolist(), images[:, 0, 0, 0].tolist()) for rows, images in feed]
    assert got == [(batch.tolist(), batch.tolist()) for batch in BATCHES]
    assert not feeding()


def test_no_more_is_fetched_ahead_than_asked_for():
    source = Source()
    with Prefetcher(source, BATCHES, ahead=2) as feed:
        next(iter(feed))
        time.sleep(0.2)
        # One is in use, two wait, and one more is in the thread's hands.
        assert source.asked <= 4


def test_leaving_early_ends_the_thread():
    with Prefetcher(Source(), BATCHES) as feed:
        next(iter(feed))
    assert not feeding()
    with pytest.raises(RuntimeError, match="enough"), Prefetcher(Source(), BATCHES):
        raise RuntimeError("enough")
    assert not feeding()


def test_an_error_of_the_source_is_raised_where_its_batch_would_come():
    got = []
    with pytest.raises(ImageError, match="torn"), Prefetcher(Source(bad=5), BATCHES) as feed:
        got.extend(rows.tolist() for rows, _ in feed)
    assert got == [[0, 1], [2, 3]]
    assert not feeding()


def test_nothing_to_fetch_is_an_empty_feed():
    with Prefetcher(Source(), []) as feed:
        assert list(feed) == []
