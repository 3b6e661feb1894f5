"""The runs table as a model, without a view."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from core.models.measure import LABEL_DISTANCE_AT_10
from explorer.panels.runs.run_metrics_text import in_short
from explorer.panels.runs.run_table import FRACTION, TOKEN, Column, RunTable
from tests.explorer.panels.runs.trainer_messages import epoch, started, step


def words(table: RunTable, row: int) -> list[str]:
    return [table.index(row, column).data() for column in Column]


def test_shows_every_run_in_the_sessions_order(session, make_run) -> None:
    measured = make_run("second", last_figure=0.702, chosen_on="test", best_epoch=2)
    session.runs.set_all([measured, make_run("first", loss=None, best_figure=None, epochs=0)])
    table = RunTable(session)
    assert words(table, 0) == [
        "second", "finished", "3 / 3", "0.500", "71.8", "70.2", "test split", "", "CPU (2 cores)",
    ]  # fmt: skip
    assert words(table, 1)[2:7] == ["–", "–", "–", "–", ""]
    assert table.index(0, Column.BEST).data(Qt.ItemDataRole.ToolTipRole) == (
        "Recall@1 on the test split: best 71.8 at epoch 2, last 70.2. The best is optimistic: it was selected on the "
        "images it is measured on; the last was not."
    )


def test_a_run_chosen_on_held_out_classes_shows_the_test_split_as_well(session, make_run) -> None:
    run = make_run(
        "one", chosen_on="held-out classes", best_epoch=2, last_figure=0.7, best_on_test=0.6,
        last_on_test=0.61,
    )  # fmt: skip
    session.runs.set_all([run])
    table = RunTable(session)
    assert table.index(0, Column.CHOSEN).data() == "held-out"
    assert "On the test split it reaches 60.0, the last one 61.0." in table.index(0, Column.LAST).data(
        Qt.ItemDataRole.ToolTipRole
    )
    assert in_short(run) == "best R@1 71.8 (epoch 2) · last 70.0 · on held-out classes · on the test split 60.0"


def test_a_run_by_label_distance_says_that_lower_is_better(session, make_run) -> None:
    run = make_run(
        "one", measure=LABEL_DISTANCE_AT_10, best_figure=0.4422, best_epoch=2, last_figure=0.5, chosen_on="test"
    )
    session.runs.set_all([make_run("other")])
    table = RunTable(session)
    assert table.headerData(Column.BEST, Qt.Orientation.Horizontal) == "Best R@1"
    session.runs.set_all([run, make_run("other")])
    assert table.headerData(Column.BEST, Qt.Orientation.Horizontal) == "Best"
    assert words(table, 0)[Column.BEST : Column.CHOSEN] == ["↓ 0.442", "0.500"]
    assert words(table, 1)[Column.BEST] == "71.8"
    assert in_short(run) == "best distance@10 0.442 (epoch 2) · last 0.500 · on the test split"
    assert (
        table.index(0, Column.BEST)
        .data(Qt.ItemDataRole.ToolTipRole)
        .startswith("Label distance@10 on the test split: best 0.442 at epoch 2, last 0.500. Lower is better. The best")
    )


@pytest.mark.parametrize(("state", "token"), [("running", "accent"), ("finished", "right"), ("crashed", "wrong")])
def test_states_have_a_word_and_a_colour(session, make_run, state: str, token: str) -> None:
    session.runs.set_all([make_run("one", state=state, epoch=1, sentence="why", done=1 / 3)])
    table = RunTable(session)
    index = table.index(0, Column.STATE)
    assert (index.data(), index.data(TOKEN)) == (state, token)
    assert index.data(FRACTION) == pytest.approx(1 / 3)
    assert index.data(Qt.ItemDataRole.ToolTipRole) == "one: why"


def test_a_running_run_tells_the_time_left(session, make_run) -> None:
    run = make_run("one", state="running")
    session.runs.set_all([run])
    table = RunTable(session)
    assert table.index(0, Column.LEFT).data() == ""
    session.runs.add_messages(run.path, [started(3, 10), *(step(n, 1.0) for n in range(1, 11)), epoch(1, 0.5, 120)])
    assert table.index(0, Column.LEFT).data() == "2 min"


def test_progress_changes_rows_and_a_new_run_resets(session, make_run, qtbot) -> None:
    run = make_run("one", state="running", epoch=1)
    session.runs.set_all([run])
    table = RunTable(session)
    with qtbot.waitSignal(table.dataChanged), qtbot.assertNotEmitted(table.modelReset):
        session.runs.set_all([make_run("one", state="running", epoch=2)])
    assert table.index(0, Column.EPOCH).data() == "2 / 3"
    with qtbot.waitSignal(table.dataChanged):
        session.runs.add_messages(run.path, [step(1, 1.0)])
    with qtbot.waitSignal(table.modelReset):
        session.runs.set_all([make_run("two"), run])
    assert table.rowCount() == 2 and table.row_of(run.path) == 1


def test_a_run_whose_files_do_not_answer_shows_that_first(session, make_run) -> None:
    session.runs.set_all([make_run("one", state="running", unanswered_since=1.0), make_run("two", state="unanswered")])
    table = RunTable(session)
    assert [words(table, row)[Column.STATE] for row in (0, 1)] == ["no answer", "no answer"]
