from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pytestqt.qtbot import QtBot

from core.training.run_directory import RunSummary, summarise
from explorer.runs.stalled import StalledNotice


def stalled(path: Path, since: float | None = 1.0) -> RunSummary:
    return replace(summarise(path), state="running", sentence="no progress since 14:02", quiet_since=since)


def test_a_stalled_run_is_asked_about_and_can_be_stopped(qtbot: QtBot, tmp_path: Path) -> None:
    notice = StalledNotice()
    qtbot.addWidget(notice)
    notice.show_runs([stalled(tmp_path / "well", None)])
    assert (notice.isHidden(), notice.sentence) == (True, "")
    notice.show_runs([stalled(tmp_path / "well", None), stalled(tmp_path / "one")])
    assert (notice.isHidden(), notice.sentence) == (False, "one: no progress since 14:02.")
    with qtbot.waitSignal(notice.stop_wanted) as asked:
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
