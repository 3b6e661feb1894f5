from __future__ import annotations

import gc
import threading
import weakref

import pytest

from explorer.garbage import GarbageCollection, left_lying


class Knot:
    """Only a search for garbage finds it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def ends() -> list[threading.Thread]:
    """In which thread each knot ended."""
    return []


@pytest.fixture
def automatic():
    gc.enable()
    yield
    gc.disable()


def leave_garbage(ends: list[threading.Thread]) -> None:
    weakref.finalize(Knot(), lambda: ends.append(threading.current_thread()))


def test_garbage_ends_in_the_thread_of_the_window_alone(qtbot, automatic, ends):
    collection = GarbageCollection()
    leave_garbage(ends)
    kept: list[list[int]] = []
    worker = threading.Thread(target=lambda: kept.extend([] for _ in range(200_000)))
    worker.start()
    worker.join()
    assert ends == []
    qtbot.waitUntil(lambda: len(ends) == 1)
    assert ends == [threading.main_thread()]
    collection.stop()


def test_what_has_grown_old_is_found_too(qtbot, automatic, ends):
    collection = GarbageCollection()
    knot = Knot()
    weakref.finalize(knot, lambda: ends.append(threading.current_thread()))
    gc.collect()
    del knot
    growing: list[list[int]] = []

    def grow() -> bool:
        growing.extend([] for _ in range(50_000))
        collection.collect_what_is_due()
        return bool(ends)

    qtbot.waitUntil(grow)
    collection.stop()


def test_nothing_is_looked_for_while_much_is_listed(qtbot, automatic, ends):
    collection = GarbageCollection()
    leave_garbage(ends)
    with left_lying():
        kept = [[] for _ in range(5_000)]
        collection.collect_what_is_due()
        assert ends == []
    collection.collect_what_is_due()
    assert len(ends) == 1 and kept
    collection.stop()


@pytest.mark.parametrize("before", [True, False])
def test_python_goes_on_as_before_once_the_window_has_closed(qapp, automatic, before):
    (gc.enable if before else gc.disable)()
    collection = GarbageCollection()
    assert not gc.isenabled()
    collection.stop()
    assert gc.isenabled() == before
