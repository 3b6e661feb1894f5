"""Curves from messages: incremental, resumed, smoothed; and the estimate of the time left."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.panels.runs.run_history import RunHistory
from explorer.panels.runs.series import Series
from tests.explorer.panels.runs.trainer_messages import epoch, started, step


def test_series_grows_beyond_its_first_room() -> None:
    series = Series()
    for x in range(1000):
        series.append(x, 2.0 * x)
    assert len(series) == 1000
    np.testing.assert_array_equal(series.y, 2.0 * series.x)


def test_a_resumed_run_replaces_what_it_trains_again() -> None:
    series = Series()
    for x in (1, 2, 3, 4, 3):
        series.append(x, 10 * len(series) + x)
    assert series.x.tolist() == [1, 2, 3]
    assert series.y[-1] == 43


def test_reading_twice_takes_only_what_is_new() -> None:
    history, messages = RunHistory(), [started(), step(1, 2.0)]
    assert history.read(messages)
    assert not history.read(messages)
    messages += [step(2, 1.0), epoch(1, 0.5)]
    assert history.read(messages)
    assert history.loss.raw.y.tolist() == [2.0, 1.0]
    assert {k: series.y.tolist() for k, series in history.recall.items()} == {
        "1": [0.5], "2": [0.6], "4": [0.65], "8": [0.7],
    }  # fmt: skip


def test_another_list_is_read_afresh() -> None:
    history = RunHistory()
    history.read([started(), step(1, 2.0), step(2, 2.0)])
    history.read([started(), step(1, 5.0)])
    assert history.loss.raw.y.tolist() == [5.0]


def test_terms_are_read_with_the_steps_whichever_tell_them() -> None:
    history = RunHistory()
    history.read([started(), step(1, 2.0, terms={"pair": 1.0}), step(2, 2.0, terms={"pair": 2.0, "memory": 5.0})])
    assert {name: trace.raw.x.tolist() for name, trace in history.terms.items()} == {"pair": [1, 2], "memory": [2]}
    assert history.terms["pair"].raw.y.tolist() == [1.0, 2.0]


def test_a_resumed_run_is_smoothed_as_if_it_had_never_stopped() -> None:
    losses = [3.0, 2.0, 1.0, 2.0, 4.0, 1.0]
    straight, resumed = RunHistory(), RunHistory()
    straight.read([step(n, loss) for n, loss in enumerate(losses, start=1)])
    messages = [step(n, loss) for n, loss in enumerate([*losses[:3], 9.0, 9.0], start=1)]
    resumed.read(messages)
    assert len(resumed.loss.smooth) == 5
    messages += [started(), *(step(n, loss) for n, loss in enumerate(losses[3:], start=4))]
    resumed.read(messages)
    np.testing.assert_array_equal(resumed.loss.smooth, straight.loss.smooth)
    assert resumed.loss.raw.y.tolist() == losses


def test_smoothing_averages_at_first_and_follows_later() -> None:
    history = RunHistory()
    history.read([step(1, 3.0), step(2, 1.0), *(step(n, 1.0) for n in range(3, 300))])
    assert history.loss.smooth[1] == pytest.approx(2.0)
    assert history.loss.smooth[-1] == pytest.approx(1.0, abs=1e-3)
    assert len(history.loss.smooth) == len(history.loss.raw)


def test_time_left_comes_from_the_pace_and_then_from_the_trainer() -> None:
    history = RunHistory()
    assert history.seconds_left() is None
    messages = [started(epochs=3, steps=10), *(step(n, 1.0) for n in range(1, 11))]
    history.read(messages)
    assert history.seconds_left() == pytest.approx(20 * 0.5)
    messages += [epoch(1, 0.5, seconds_left=60.0), *(step(n, 1.0) for n in range(11, 16))]
    history.read(messages)
    assert history.seconds_left() == pytest.approx(60 * 15 / 20)
