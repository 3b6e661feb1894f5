from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pytestqt.qtbot import QtBot

from core.training.run_directory import RunSummary, summarise
from explorer.panels.runs.stalled import StalledNotice


def stalled(path: Path, since: float | None = 1.0) -> RunSummary:
    return replace(summarise(path), state="running", sentence="no progress since 14:02", quiet_since=since)


def test_a_stalled_run_is_asked_about_and_can_be_stopped(qtbot: QtBot, tmp_path: Path) -> None:
    notice = StalledNotice()
    qtbot.addWidget(notice)
    notice.show_runs([stalled(tmp_path / "well", None)])
    assert (notice.isHidden(), notice.sentence) == (True, "")
    notice.show_runs([stalled(tmp_path / "well", None), stalled(tmp_path / "one")])
    assert (notice.isHidden(), notice.sentence) == (False, "one: no progress since 14:02.")
    with qtbot.waitSignal(notice.stop_requested) as asked:
        notice.stop.click()
    assert asked.args == [tmp_path / "one"]
    assert notice.isHidden()


def test_who_waits_is_asked_again_only_once_it_got_on(qtbot: QtBot, tmp_path: Path) -> None:
    notice = StalledNotice()
    qtbot.addWidget(notice)
    notice.show_runs([stalled(tmp_path / "one")])
    notice.wait.click()
    notice.show_runs([stalled(tmp_path / "one")])
    assert notice.isHidden()
    notice.show_runs([stalled(tmp_path / "one", None)])
    notice.show_runs([stalled(tmp_path / "one")])
    assert not notice.isHidden()


def test_files_that_do_not_answer_are_read_again(qtbot: QtBot, tmp_path: Path) -> None:
    notice = StalledNotice()
    qtbot.addWidget(notice)
    unanswered = replace(stalled(tmp_path / "one", None), sentence="its files have not answered", unanswered_since=1.0)
    notice.show_runs([unanswered])
    assert notice.sentence == "one: its files have not answered."
    assert not notice.retry.isHidden() and not notice.stop.isHidden()
    with qtbot.waitSignal(notice.read_again_requested) as asked:
        notice.retry.click()
    assert asked.args == [tmp_path / "one"]
    notice.show_runs([replace(unanswered, state="unanswered")])
    assert notice.stop.isHidden(), "nothing is known to train there"
    notice.show_runs([stalled(tmp_path / "one")])
    assert notice.retry.isHidden(), "what stalls is the trainer; its files answer"
