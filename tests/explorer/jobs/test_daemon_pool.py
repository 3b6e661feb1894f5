"""Threads that may hang: begun when they are needed, left behind when they do not end."""

from __future__ import annotations

import threading

from explorer.jobs.daemon_pool import DaemonPool

SECONDS = 10


def test_all_work_is_done_by_few_threads() -> None:
    pool, seen, done = DaemonPool(2, "few"), set[str](), threading.Semaphore(0)

    def work() -> None:
        seen.add(threading.current_thread().name)
        done.release()

    for _ in range(50):
        pool.submit(work)
    assert all(done.acquire(timeout=SECONDS) for _ in range(50))
    assert pool.shutdown()
    assert seen <= {"few 0", "few 1"}


def test_no_thread_is_begun_while_one_is_idle() -> None:
    pool = DaemonPool(8, "idle")
    for _ in range(3):
        done = threading.Event()
        pool.submit(done.set)
        assert done.wait(SECONDS)
        # Until it waits for the next.
        assert pool._idle.acquire(timeout=SECONDS)
        pool._idle.release()
    assert len(pool._threads) == 1
    assert pool.shutdown()


def test_one_that_hangs_is_made_up_for_and_left_behind() -> None:
    pool, began, gate, done = DaemonPool(1, "hanging"), threading.Event(), threading.Event(), threading.Event()
    pool.submit(lambda: (began.set(), gate.wait(SECONDS)))
    assert began.wait(SECONDS)
    pool.submit(done.set)
    assert not done.wait(0.05)
    pool.make_up_for_one()
    assert done.wait(SECONDS)
    assert not pool.shutdown(patience=0.05)
    gate.set()
    assert pool.shutdown(patience=SECONDS)


def test_what_waits_is_dropped_with_the_pool() -> None:
    pool, began, gate, late = DaemonPool(1, "closing"), threading.Event(), threading.Event(), threading.Event()
    pool.submit(lambda: (began.set(), gate.wait(SECONDS)))
    assert began.wait(SECONDS)
    pool.submit(late.set)
    pool.shutdown(patience=0.0)
    gate.set()
    assert pool.shutdown(patience=SECONDS)
    pool.submit(late.set)
    assert not late.is_set()
