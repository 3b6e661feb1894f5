import threading

import pytest

from core.retrieval import parallel
from core.retrieval.parallel import parallel_rows


@pytest.mark.parametrize("cores", [1, 2, 3, 7])
@pytest.mark.parametrize("count", [0, 1, 5, 20, 23])
def test_every_row_is_worked_on_once(monkeypatch, cores, count):
    monkeypatch.setattr(parallel, "CORES", cores)
    times = [0] * count

    def work(rows: slice) -> None:
        for row in range(rows.start, rows.stop):
            times[row] += 1

    parallel_rows(work, count, fewest=2)
    assert times == [1] * count


def test_few_rows_stay_in_the_calling_thread(monkeypatch):
    monkeypatch.setattr(parallel, "CORES", 4)
    seen = []
    parallel_rows(lambda rows: seen.append((threading.current_thread(), rows)), 127)
    assert seen == [(threading.current_thread(), slice(0, 127))]


@pytest.mark.parametrize("failing", [0, 1])
def test_an_error_in_any_thread_is_raised(monkeypatch, failing):
    monkeypatch.setattr(parallel, "CORES", 2)

    def work(rows: slice) -> None:
        if (rows.start > 0) == bool(failing):
            raise ValueError(f"rows from {rows.start}")

    with pytest.raises(ValueError, match=f"rows from {64 * failing}"):
        parallel_rows(work, 128)
