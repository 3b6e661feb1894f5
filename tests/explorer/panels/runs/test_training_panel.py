"""The training panel: choosing, acting, deleting with a question, drawing live."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pyqtgraph import TextItem
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QPushButton, QTableView

from core.models.checkpoint_files import CheckpointInfo
from core.models.description import ModelDescription
from core.models.measure import LABEL_DISTANCE_AT_10
from core.training.run_directory import STOPPING
from explorer.appearance import theme
from explorer.appearance.widgets import EmptyState, ProblemStrip
from explorer.panels.runs import run_table
from explorer.panels.runs.panel import RunView, TrainingPanel
from explorer.panels.runs.run_table import Column
from explorer.state.subject import DATA, RUN
from tests.explorer.panels.runs.trainer_messages import by_targets, epoch, started, step


@pytest.fixture
def panel(session, qtbot) -> TrainingPanel:
    made = TrainingPanel(session)
    qtbot.addWidget(made)
    made.resize(1440, 260)
    made.show()
    return made


def part(panel: TrainingPanel, words: str) -> QPushButton:
    """The visible button with these words."""
    return next(made for made in panel.findChildren(QPushButton) if made.text() == words and made.isVisible())


def choose(panel: TrainingPanel, *rows: int) -> None:
    view = panel.findChild(RunView)
    view.clearSelection()
    flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    for row in rows:
        view.selectionModel().select(view.model().index(row, 0), flags)


def checkpoint(path) -> CheckpointInfo:
    return CheckpointInfo(
        path / "epoch_001.safetensors", "one / epoch 1", "ab" * 32, 10, 1, 10, True, ModelDescription()
    )


def curves_ready(panel: TrainingPanel, qtbot):
    qtbot.waitUntil(lambda: panel.curves.plots is not None, timeout=20_000)
    return panel.curves.plots


def lines(plot) -> list[int]:
    """How many points each drawn curve has."""
    return sorted(len(curve.getOriginalDataset()[0]) for curve in plot.getPlotItem().listDataItems())


def test_without_runs_it_says_where_the_first_one_begins(panel) -> None:
    empty = next(made for made in panel.findChildren(EmptyState) if made.isVisible())
    assert empty.sentence.startswith("No runs yet") and "curves of loss and recall" in empty.sentence
    dialog = panel.new_run()
    assert dialog is not None and dialog.isVisible() and not dialog.isModal()
    dialog.reject()
    assert panel.dialog is None


def test_the_newest_run_is_chosen_and_a_started_one_takes_over(panel, session, make_run) -> None:
    session.runs.set_all([make_run("b"), make_run("a")])
    assert [run.name for run in panel.chosen] == ["b"]
    choose(panel, 1)
    session.runs.set_all([make_run("c"), make_run("b"), make_run("a")])
    assert [run.name for run in panel.chosen] == ["a"]
    session.runs.set_all([make_run("d", state="running"), make_run("c"), make_run("b"), make_run("a")])
    assert [run.name for run in panel.chosen] == ["d"]


def test_buttons_fit_the_chosen_runs(panel, session, make_run) -> None:
    left = make_run("left", state="crashed", epoch=2, sentence="killed")
    session.runs.set_all([make_run("on", state="running"), make_run("done"), left])
    enabled = {}
    for row, name in enumerate(("on", "done", "left")):
        choose(panel, row)
        enabled[name] = [words for words in ("Stop", "Resume", "Duplicate", "Delete") if part(panel, words).isEnabled()]
    assert enabled == {"on": ["Stop", "Duplicate"], "done": ["Duplicate", "Delete"], "left": ["Duplicate", "Delete"]}
    session.runs.set_all([make_run("left", state="crashed", epoch=2, checkpoints=(checkpoint(left.path),))])
    assert part(panel, "Resume").isEnabled()


def test_stop_and_resume_are_wishes(panel, session, make_run, qtbot) -> None:
    running = make_run("on", state="running")
    session.runs.set_all([running])
    part(panel, "Stop").setFocus()
    with qtbot.waitSignal(session.runs.stop_requested) as wish:
        part(panel, "Stop").click()
    assert wish.args == [running.path]
    session.runs.set_all([make_run("on", state="stopped", epoch=2, checkpoints=(checkpoint(running.path),))])
    assert isinstance(panel.focusWidget(), QTableView), "not the next button, which Space would press"
    with qtbot.waitSignal(session.runs.resume_requested) as wish:
        part(panel, "Resume").click()
    assert wish.args == [running.path]


def test_delete_asks_in_place_first(panel, session, make_run, qtbot) -> None:
    runs = [make_run("b", checkpoints=(checkpoint(session.workspace),)), make_run("a")]
    session.runs.set_all(runs)
    asked: list[object] = []
    session.runs.delete_requested.connect(asked.append)
    part(panel, "Delete").click()
    part(panel, "Keep").click()
    assert asked == []
    choose(panel, 0, 1)
    part(panel, "Delete").click()
    assert panel.confirm.question.text() == "Delete 2 runs and 1 checkpoint permanently?"
    part(panel, "Delete").click()
    assert asked == [run.path for run in runs]


def test_a_run_that_goes_away_takes_its_question_along(panel, session, make_run) -> None:
    session.runs.set_all([make_run("b"), make_run("a")])
    part(panel, "Delete").click()
    choose(panel, 1)
    assert part(panel, "Duplicate").isVisible()


def test_a_crashed_run_says_its_sentence(panel, session, make_run) -> None:
    session.runs.set_all([make_run("one", state="crashed", sentence="interrupted at epoch 2 of 3: killed", epoch=2)])
    assert panel.curves.sentence.text() == "interrupted at epoch 2 of 3: killed"
    session.problems.set(RUN, "one: killed", "log")
    strip = panel.findChild(ProblemStrip)
    assert strip.isVisible() and strip.sentence == "one: killed"
    session.problems.clear(RUN)
    assert not strip.isVisible()


def test_problems_elsewhere_are_not_this_panels(panel, session, make_run) -> None:
    session.runs.set_all([make_run("one")])
    session.problems.set(DATA, "no such folder")
    assert not panel.findChild(ProblemStrip).isVisible()


def test_curves_follow_a_running_run(panel, session, make_run, qtbot) -> None:
    run = make_run("one", state="running")
    session.runs.set_all([run])
    session.runs.add_messages(run.path, [started(), *(step(n, 2.0 / n) for n in range(1, 11))])
    loss, recall = curves_ready(panel, qtbot)
    qtbot.waitUntil(lambda: lines(loss) == [10, 10])
    assert lines(recall) == []
    session.runs.add_messages(run.path, [epoch(1, 0.5), *(step(n, 0.2, 2) for n in range(11, 16))])
    qtbot.waitUntil(lambda: lines(loss) == [15, 15])
    assert lines(recall) == [1, 1, 1, 1]


def test_several_runs_are_laid_over_each_other(panel, session, make_run, qtbot) -> None:
    runs = [make_run("b"), make_run("a")]
    session.runs.set_all(runs)
    for run in runs:
        session.runs.add_messages(run.path, [started(), step(1, 2.0), step(2, 1.0), epoch(1, 0.5)])
    loss, recall = curves_ready(panel, qtbot)
    choose(panel, 0, 1)
    assert panel.curves.legend.names == ["b", "a"]
    assert lines(loss) == [2, 2, 2, 2]
    assert lines(recall) == [1, 1]
    part(panel, "@8").click()
    assert recall.getPlotItem().listDataItems()[0].getOriginalDataset()[1].tolist() == pytest.approx([70.0])
    choose(panel, 0)
    assert lines(loss) == [2, 2]
    assert lines(recall) == [1, 1, 1, 1]


def test_a_run_by_label_distance_draws_that_instead_of_recall(panel, session, make_run, qtbot) -> None:
    runs = [make_run("b", measure=LABEL_DISTANCE_AT_10), make_run("a", measure=LABEL_DISTANCE_AT_10)]
    session.runs.set_all([*runs, make_run("by recall")])
    for run in runs:
        session.runs.add_messages(run.path, [started(), step(1, 2.0), by_targets(1, 0.5), by_targets(2, 0.4)])
    session.runs.add_messages(panel.chosen[0].path.parent / "by recall", [started(), step(1, 2.0), epoch(1, 0.5)])
    _loss, validation = curves_ready(panel, qtbot)
    choose(panel, 0)
    assert validation.getPlotItem().getAxis("left").labelText == "Label distance ↓"
    assert lines(validation) == [2, 2, 2]
    drawn = [item.getOriginalDataset()[1].tolist() for item in validation.getPlotItem().listDataItems()]
    assert [0.5, 0.4] in drawn, "not in per cent"
    choose(panel, 0, 1)
    assert lines(validation) == [2, 2], "the one that decides"
    assert not any(made.text() == "@8" and made.isVisible() for made in panel.findChildren(QPushButton))
    choose(panel, 2)
    assert validation.getPlotItem().getAxis("left").labelText == "Recall, %"
    assert lines(validation) == [1, 1, 1, 1]


@pytest.mark.parametrize(("width", "epochs"), [(1100, 2), (1100, 30), (1920, 4)])
def test_the_names_of_curves_are_whole(session, make_run, panel, qtbot, width: int, epochs: int):
    run = make_run("a", measure=LABEL_DISTANCE_AT_10)
    session.runs.set_all([run])
    distances = [by_targets(number, 0.5 - 0.01 * number) for number in range(1, epochs + 1)]
    session.runs.add_messages(run.path, [started(), step(1, 2.0), *distances])
    _loss, validation = curves_ready(panel, qtbot)
    panel.resize(width, 260)
    choose(panel, 0)
    qtbot.wait(50)
    names = [item for item in validation.getPlotItem().items if isinstance(item, TextItem) and item.isVisible()]
    assert "@10" in [name.toPlainText() for name in names]
    right = validation.getPlotItem().getViewBox().sceneBoundingRect().right()
    assert all(name.sceneBoundingRect().right() <= right for name in names)


def learn_with_levels(session, run, steps: int = 12) -> None:
    messages = [started()]
    for n in range(1, steps + 1):
        terms = {"pair": 1.0 / n, "proxy": 0.5, "mdr": 0.25, "level 1": -3.0 + 0.01 * n, "level 2": 3.0}
        messages.append(step(n, 2.0 / n, terms=terms))
    session.runs.add_messages(run.path, messages)


def view_choice(panel: TrainingPanel) -> QComboBox:
    return next(box for box in panel.findChildren(QComboBox) if box.accessibleName() == "Curves shown")


def choose_view(panel: TrainingPanel, qtbot, title: str) -> None:
    box = view_choice(panel)
    box.setCurrentText(title)
    box.activated.emit(box.currentIndex())


def test_the_levels_of_mdr_are_drawn_over_time(panel, session, make_run, qtbot) -> None:
    run = make_run("one", state="running")
    session.runs.set_all([run])
    learn_with_levels(session, run)
    curves_ready(panel, qtbot)
    assert [view_choice(panel).itemText(i) for i in range(view_choice(panel).count())] == [
        "Loss and recall", "Loss components", "MDR levels",
    ]  # fmt: skip
    choose_view(panel, qtbot, "MDR levels")
    plot = panel.curves.term_plot
    assert plot.isVisible() and plot.accessibleName() == "Level, σ per step"
    drawn = [curve.getOriginalDataset()[1] for curve in plot.getPlotItem().listDataItems()]
    assert [values[-1] for values in drawn] == pytest.approx([-2.88, 3.0])
    names = [switch.accessibleName() for switch in panel.curves.terms.switches.values()]
    assert names == ["level 1 −2.88", "level 2 3"]


def test_the_choice_of_curves_is_whole(panel, session, make_run, qtbot, qapp) -> None:
    theme.apply(qapp, "light")
    run = make_run("one", state="running")
    session.runs.set_all([run])
    learn_with_levels(session, run)
    curves_ready(panel, qtbot)
    choice = view_choice(panel)
    qtbot.waitUntil(choice.isVisible)
    assert panel.curves.legend.rect().contains(choice.geometry()), "its lower edge would be cut"


def test_terms_are_hidden_and_shown_one_by_one(panel, session, make_run, qtbot) -> None:
    runs = [make_run("one"), make_run("plain")]
    session.runs.set_all(runs)
    learn_with_levels(session, runs[0])
    session.runs.add_messages(runs[1].path, [started(), step(1, 2.0), step(2, 1.0)])
    curves_ready(panel, qtbot)
    choose_view(panel, qtbot, "Loss components")
    plot = panel.curves.term_plot
    assert lines(plot) == [12] * 6  # three terms, raw behind smooth
    qtbot.mouseClick(panel.curves.terms.switches["proxy"], Qt.MouseButton.LeftButton)
    assert lines(plot) == [12] * 4
    choose(panel, 1)
    assert not view_choice(panel).isVisible() and panel.curves.plots[0].isVisible()
    choose(panel, 0)
    assert plot.isVisible() and lines(plot) == [12] * 4


def test_eight_terms_are_told_apart(panel, session, make_run, qtbot) -> None:
    run = make_run("one")
    session.runs.set_all([run])
    eight = {f"part {n}": float(n) for n in range(8)}
    session.runs.add_messages(run.path, [started(), *(step(n, 1.0, terms=eight) for n in range(1, 5))])
    curves_ready(panel, qtbot)
    choose_view(panel, qtbot, "Loss components")
    inks = {curve.opts["pen"].color().name() for curve in panel.curves.term_plot.getPlotItem().listDataItems()}
    assert len(inks) == 8
    assert all(switch.isVisible() for switch in panel.curves.terms.switches.values())


def test_plots_follow_the_theme(panel, session, make_run, qtbot, qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    run = make_run("one")
    session.runs.set_all([run])
    session.runs.add_messages(run.path, [started(), step(1, 2.0), step(2, 1.0)])
    loss, _ = curves_ready(panel, qtbot)
    assert loss.backgroundBrush().color().name() == theme.DARK.panel
    theme.apply(qapp, "light")
    assert loss.backgroundBrush().color().name() == theme.LIGHT.panel
    strong = loss.getPlotItem().listDataItems()[1]
    qtbot.waitUntil(lambda: strong.opts["pen"].color().name() == theme.LIGHT.accent)


def test_a_view_chosen_by_hand_stays_until_a_double_click(panel, session, make_run, qtbot) -> None:
    run = make_run("one", state="running")
    session.runs.set_all([run])
    session.runs.add_messages(run.path, [started(), epoch(1, 0.5), epoch(2, 0.6)])
    _, recall = curves_ready(panel, qtbot)
    box = recall.getPlotItem().getViewBox()
    box.setRange(xRange=(1.2, 1.4), padding=0)
    box.sigRangeChangedManually.emit(box.state["mouseEnabled"])
    session.runs.add_messages(run.path, [epoch(3, 0.7)])
    qtbot.waitUntil(lambda: lines(recall) == [3, 3, 3, 3])
    assert box.viewRange()[0] == pytest.approx([1.2, 1.4])
    qtbot.mouseDClick(recall.viewport(), Qt.MouseButton.LeftButton)
    assert box.viewRange()[0][1] > 3


def test_narrow_tables_leave_out_the_less_needed_columns(panel, session, make_run) -> None:
    session.runs.set_all([make_run("one")])
    view = panel.findChild(RunView)
    view.resize(1000, 200)
    assert not view.isColumnHidden(Column.DEVICE)
    view.resize(550, 200)
    assert view.isColumnHidden(Column.DEVICE) and view.isColumnHidden(Column.LOSS)
    assert not view.isColumnHidden(Column.BEST)


def test_a_long_run_is_read_in_portions(panel, session, make_run, qtbot, monkeypatch) -> None:
    monkeypatch.setattr(run_table, "PORTION", 3)
    first = make_run("long")
    session.runs.add_messages(first.path, [started(), *(step(n, 1.0) for n in range(1, 26))])
    session.runs.set_all([first])
    table = panel.findChild(RunView).model()
    assert len(table.history(first.path).loss.raw) < 25
    qtbot.waitUntil(lambda: len(table._histories[first.path].loss.raw) == 25)


def test_small_figures_are_written_as_they_are(panel, session, make_run, qtbot) -> None:
    first = make_run("small")
    session.runs.add_messages(first.path, [started(), *(step(n, 0.5 / n) for n in range(1, 9))])
    session.runs.set_all([first])
    loss, _recall = curves_ready(panel, qtbot)
    loss.setYRange(0.1, 0.5)
    theme.notifier.changed.emit()
    assert loss.getPlotItem().getAxis("left").autoSIPrefixScale == 1.0


def test_recall_is_per_cent_before_there_is_any(panel, session, make_run, qtbot) -> None:
    first = make_run("young", state="running")
    messages = [started(), step(1, 2.0)]
    session.runs.add_messages(first.path, messages)
    session.runs.set_all([first])
    loss, recall = curves_ready(panel, qtbot)
    loss.getPlotItem().getViewBox().updateAutoRange()
    assert loss.getPlotItem().viewRange()[0][0] >= 0, "there is no step before the first"

    def top() -> float:
        recall.getPlotItem().getViewBox().updateAutoRange()
        return recall.getPlotItem().viewRange()[1][1]

    assert top() >= 100
    session.runs.add_messages(first.path, [epoch(1, 0.5)])
    qtbot.waitUntil(lambda: lines(recall) != [])
    qtbot.waitUntil(lambda: top() < 80)


def test_a_run_that_stops_says_so_and_can_be_stopped_now(panel, session, make_run) -> None:
    running = make_run("on", state="running", sentence="epoch 2 of 3", seconds_left=60.0)
    session.runs.set_all([running])
    assert panel._view.model().index(0, Column.LEFT).data() == "60 s"
    stop, resume = part(panel, "Stop"), part(panel, "Resume")
    width = stop.minimumWidth()
    session.runs.set_all([replace(running, sentence=STOPPING)])
    assert stop.text() == "Stop now" and stop.isEnabled() and not resume.isEnabled()
    assert stop.sizeHint().width() <= width, "the buttons beside it stay where they are"
    table = panel._view.model()
    assert table.index(0, Column.STATE).data() == "stopping…"
    assert table.index(0, Column.LEFT).data() == ""


def test_beside_runs_the_library_has_the_only_new_run_button(panel, session, make_run) -> None:
    def offered() -> list[str]:
        buttons = panel.findChildren(QPushButton)
        return [each.text() for each in buttons if each.isVisible() and each.text() in ("New run", "Open data…")]

    assert len(offered()) == 1
    session.runs.set_all([make_run("one")])
    assert offered() == []


def test_a_run_is_starting_until_its_first_epoch(panel, session, make_run) -> None:
    running = make_run("on", state="running", epoch=0)
    session.runs.set_all([running])
    state = panel._view.model().index(0, Column.STATE)
    assert state.data() == "starting"
    session.runs.set_all([replace(running, epoch=1)])
    assert state.data() == "running"
