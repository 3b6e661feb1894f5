from __future__ import annotations

import contextlib
import json

import pytest

from core.errors import CheckpointError
from core.models.measure import LABEL_DISTANCE_AT_10, RECALL_AT_1, SelectionMeasure
from core.training.messages import RunReporter
from core.training.recipe import load_recipe, override, to_toml
from core.training.run_directory import claim, is_alive, request_stop, stop_requested, summarise
from core.training.run_messages import MESSAGES, MessageTail
from tests.core.training.listed_runs import list_runs


class Heard:
    def __init__(self):
        self.events, self.shown = [], []

    def event(self, kind, **fields):
        self.events.append((kind, fields))

    def progress(self, task, done, total, unit="images"):
        self.shown.append((task, done, total, unit))

    def close(self):
        pass


@pytest.fixture
def run(tmp_path):
    path = tmp_path / "runs" / "one"
    path.mkdir(parents=True)
    (path / "recipe.toml").write_text(to_toml(load_recipe("small")), encoding="utf-8")
    return path


def write(run, *messages, torn=""):
    with (run / MESSAGES).open("a", encoding="utf-8") as handle:
        handle.writelines(json.dumps(message) + "\n" for message in messages)
        handle.write(torn)


STARTED = {"type": "started", "epochs": 12}


def step(number, epoch, loss=0.5):
    return {"type": "step", "step": number, "epoch": epoch, "loss": loss}


def epoch(number, recall):
    return {"type": "epoch", "epoch": number, "recall": {"1": recall}, "seconds_left": 90.0}


def test_a_killed_trainer_is_seen_as_interrupted(run):
    write(
        run, STARTED, step(1, 1), epoch(1, 0.4), step(2, 2), epoch(2, 0.3), step(3, 3, loss=0.25), torn='{"type": "st'
    )
    summary = summarise(run)
    assert (summary.state, summary.epoch, summary.epochs, summary.step, summary.loss) == ("crashed", 3, 12, 3, 0.25)
    assert summary.sentence == (
        "interrupted at epoch 3 of 12: the trainer ended without a word (killed, or out of memory)"
    )
    assert summary.best_figure == 0.4
    assert summary.seconds_left is None


def test_what_is_done_and_left_goes_on_within_an_epoch(run):
    """In its last epoch a run is not finished."""
    write(run, {**STARTED, "epochs": 3, "steps_per_epoch": 10}, *(step(number, 1) for number in range(1, 11)))
    with claim(run, resume=True):
        assert (summarise(run).done, summarise(run).seconds_left) == (pytest.approx(1 / 3), None)
        write(run, epoch(1, 0.4), *(step(number, 2) for number in range(11, 21)), epoch(2, 0.5))
        assert (summarise(run).done, summarise(run).seconds_left) == (pytest.approx(2 / 3), 90)
        write(run, *(step(number, 3) for number in range(21, 26)))
        assert (summarise(run).done, summarise(run).seconds_left) == (pytest.approx(25 / 30), 45)


def test_a_trainer_that_never_spoke_is_seen_as_such(run):
    assert summarise(run).sentence == "the trainer ended before its first step; trainer.log may say why"


def test_a_trainer_that_was_ended_by_force_was_stopped(run):
    """Asked to stop, and killed before it did: nothing has crashed."""
    request_stop(run)
    assert (summarise(run).state, summarise(run).sentence) == ("stopped", "stopped before its first step")
    write(run, STARTED, step(1, 1), epoch(1, 0.4), step(2, 2))
    assert (summarise(run).state, summarise(run).sentence) == (
        "stopped",
        "ended by force in epoch 2 of 12",
    )
    with claim(run, resume=True):
        assert summarise(run).state == "running"
        assert not stop_requested(run)


def test_best_and_last_are_told_apart(run):
    write(run, {**STARTED, "chosen_on": "test"}, epoch(1, 0.4), epoch(2, 0.6), epoch(3, 0.5))
    summary = summarise(run)
    assert (summary.chosen_on, summary.best_epoch) == ("test", 2)
    assert (summary.best_figure, summary.last_figure) == (0.6, 0.5)
    assert (summary.best_on_test, summary.last_on_test) == (0.6, 0.5)


def test_what_was_chosen_elsewhere_has_its_test_figures_when_they_are_measured(run):
    write(run, {**STARTED, "chosen_on": "held-out classes"}, epoch(1, 0.4), epoch(2, 0.6), epoch(3, 0.5))
    summary = summarise(run)
    assert (summary.best_figure, summary.best_on_test, summary.last_on_test) == (0.6, None, None)
    tested = {"type": "tested", "path": "", "split": "test", "map_at_r": 0.1}
    write(run, {**tested, "epoch": 3, "best": False, "recall": {"1": 0.3}})
    write(run, {**tested, "epoch": 2, "best": True, "recall": {"1": 0.35}})
    summary = summarise(run)
    assert (summary.best_on_test, summary.last_on_test) == (0.35, 0.3)


def by_targets(number, distance, recall=None):
    shares = {} if recall is None else {"1": recall}
    distances = {"1": distance / 2, "10": distance}
    return {"type": "epoch", "epoch": number, "recall": shares, "label_distance": distances, "seconds_left": 90.0}


def test_of_label_distances_the_lowest_is_best(run):
    write(run, {**STARTED, "chosen_on": "test"}, by_targets(1, 0.4, 0.1), by_targets(2, 0.2), by_targets(3, 0.3, 0.9))
    summary = summarise(run)
    assert (summary.measure, summary.best_epoch) == (LABEL_DISTANCE_AT_10, 2)
    assert (summary.best_figure, summary.last_figure) == (0.2, 0.3)


def test_a_run_that_an_older_version_began_by_recall_goes_on_by_label_distance(run):
    write(run, STARTED, epoch(1, 0.1), epoch(2, 0.05))
    assert (summarise(run).measure, summarise(run).best_figure) == (RECALL_AT_1, 0.1)
    write(run, STARTED, by_targets(3, 0.4, 0.3), by_targets(4, 0.5, 0.9))
    summary = summarise(run)
    assert (summary.measure, summary.best_epoch) == (SelectionMeasure("label_distance", 10), 3)
    assert (summary.best_figure, summary.last_figure) == (0.4, 0.5)


def test_what_a_run_will_be_measured_by_is_known_before_it_is(run):
    assert summarise(run).measure == RECALL_AT_1
    (run / "recipe.toml").write_text(to_toml(override(load_recipe("small"), "loss.name=log-ratio")), encoding="utf-8")
    assert summarise(run).measure == LABEL_DISTANCE_AT_10


def test_runs_from_before_say_that_they_chose_on_the_test_split(run):
    write(run, STARTED, step(1, 1), epoch(1, 0.4))
    assert summarise(run).chosen_on == "test"


@pytest.mark.parametrize("ending", ["finished", "stopped", "failed"])
def test_a_spoken_ending_is_believed(run, ending):
    write(run, STARTED, step(1, 1), {"type": ending, "sentence": "as it was", "epoch": 1})
    assert (summarise(run).state, summarise(run).sentence) == (ending, "as it was")


def test_a_resumed_run_is_judged_by_its_newest_trainer(run):
    write(run, STARTED, step(1, 1), {"type": "stopped", "sentence": "as asked", "epoch": 1}, STARTED, step(2, 2))
    assert summarise(run).state == "crashed"


def test_a_living_trainer_is_running(run):
    with claim(run, resume=True):
        assert summarise(run).sentence == "starting"
        write(run, STARTED, step(1, 1), epoch(1, 0.4), step(2, 2))
        summary = summarise(run)
        assert (summary.state, summary.sentence, summary.seconds_left) == ("running", "epoch 2 of 12", 90.0)
        assert is_alive(run)
    assert not is_alive(run)


def test_looking_at_a_folder_leaves_no_lock_behind(tmp_path):
    assert not is_alive(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_tail_reads_each_line_once_and_waits_for_torn_ones(run):
    tail = MessageTail(run)
    assert tail.read() == []
    write(run, STARTED, torn='{"type": "step", "st')
    assert tail.read() == [STARTED]
    assert tail.read() == []
    write(run, torn='ep": 1, "epoch": 1, "loss": 0.5}\n')
    assert tail.read() == [step(1, 1)]


def test_lines_that_are_no_messages_are_passed_over(run):
    write(run, STARTED, torn='garbage\n[1]\n{"no": "type"}\n')
    assert MessageTail(run).read() == [STARTED]


def test_claiming_cuts_a_torn_line_and_sweeps_what_a_killed_writer_left(run):
    write(run, STARTED, torn='{"type": "st')
    litter = [run / "x.unfinished", run / "checkpoints" / "y.unfinished", run / "state" / "z.unfinished"]
    for path in litter:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    request_stop(run)
    with claim(run, resume=True):
        write(run, step(1, 1))
        assert not stop_requested(run)
    assert MessageTail(run).read() == [STARTED, step(1, 1)]
    assert not [path for path in litter if path.exists()]


def test_a_folder_with_other_things_in_it_is_not_trained_in(tmp_path):
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(CheckpointError, match=r"is not empty \(it has holiday\.jpg\)"), claim(tmp_path, resume=False):
        pass
    assert not is_alive(tmp_path)


def test_the_log_of_the_window_does_not_count_as_content(tmp_path):
    (tmp_path / "trainer.log").touch()
    with claim(tmp_path, resume=False):
        assert is_alive(tmp_path)


def test_a_path_that_cannot_be_a_folder_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(CheckpointError, match="cannot be trained in"), claim(tmp_path / "file", resume=False):
        pass


def test_runs_are_listed_by_name_and_other_folders_are_not(run):
    (run.parent / "empty").mkdir()
    (run.parent / "aaa").mkdir()
    (run.parent / "aaa" / "recipe.toml").write_text(to_toml(load_recipe("small")), encoding="utf-8")
    assert [summary.name for summary in list_runs(run.parent)] == ["aaa", "one"]
    assert list_runs(run.parent / "nowhere") == []


def test_a_recipe_or_record_that_cannot_be_read_does_not_hide_the_run(run):
    (run / "recipe.toml").write_text("[model\n")
    (run / "run.json").write_text("{")
    summary = summarise(run)
    assert (summary.recipe, summary.data, summary.device) == (None, None, "")


def test_everything_said_is_kept_and_passed_on(run):
    heard = Heard()
    with contextlib.closing(RunReporter(run, heard)) as reporter:
        reporter.event("notice", sentence="é")
        reporter.progress("decoding", 1, 2)
        reporter.show("epoch 1 of 2", 3, 4, "batches")
    assert [message["type"] for message in MessageTail(run).read()] == ["notice", "progress"]
    assert heard.events == [("notice", {"sentence": "é"})]
    assert heard.shown == [("decoding", 1, 2, "images"), ("epoch 1 of 2", 3, 4, "batches")]


def test_a_stop_asked_for_before_the_trainer_is_up_is_not_forgotten(tmp_path):
    request_stop(tmp_path)
    with claim(tmp_path, resume=False):
        assert stop_requested(tmp_path)
    assert not stop_requested(tmp_path)
