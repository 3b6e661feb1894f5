"""What is trained, with which recipe, and what is not trained again; the training itself is made up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import pytest
from filelock import FileLock

from core.data.source import DataSource
from core.errors import CheckpointError, StorageError
from core.storage import read_json, write_json
from core.study.one_run import RESULT, StudyJob, StudyResult, _catalog, carry_out, finished_result
from core.study.report import RESULTS, write_results
from core.study.runner import LOCK, StudyOutcome, StudyRunner, rounds, slug
from core.training.recipe import Recipe
from tests.core.study.tiny_study import tiny_study


class PretendTrainer:
    """Answers every job with a figure made of its learning rate and seed, as if it had been trained."""

    def __init__(self, failing: str = "") -> None:
        self.done: list[StudyJob] = []
        self._failing = failing

    def __call__(self, jobs: Sequence[StudyJob]) -> Iterator[tuple[StudyJob, StudyResult]]:
        for job in jobs:
            self.done.append(job)
            yield job, self._result(job)

    def _result(self, job: StudyJob) -> StudyResult:
        if self._failing and self._failing in job.folder.name:
            return StudyResult({}, failure="it went wrong")
        recipe = Recipe.from_dict(job.recipe)
        figure = 0.5 + recipe.optimizer.learning_rate + recipe.training.seed % 10 / 100
        result = StudyResult(dict.fromkeys(job.measures, figure), seconds=2.0, processor_seconds=1.0, device="CPU")
        write_json(
            job.folder / RESULT,
            {
                "recipe": dict(job.recipe),
                "catalog": _catalog(job.source).fingerprint,
                "held_out": job.held_out,
                "result": asdict(result),
            },
        )
        return result

    @property
    def names(self) -> list[str]:
        return [job.folder.name for job in self.done]


@pytest.fixture
def source(tiny_folder):
    return DataSource(str(tiny_folder))


def test_rows_are_trained_with_what_their_tunings_chose(tmp_path, source):
    trainer = PretendTrainer()
    outcome = StudyRunner(tiny_study(tmp_path), source, tmp_path / "out", trainer).run()
    assert trainer.names == ["rate-1", "rate-2", "plain-seed-0", "triplet-seed-0", "plain-seed-1", "triplet-seed-1"]
    assert [job.held_out for job in trainer.done] == [0.5, 0.5, 0, 0, 0, 0]
    rates = [job.recipe["optimizer"]["learning_rate"] for job in trainer.done]
    assert rates == [0.01, 0.001, 0.01, 0.01, 0.01, 0.01]
    assert outcome.figures("plain", "map@r") == pytest.approx({0: 0.51, 1: 0.52})
    assert outcome.choices["rate"].tried[1] == ({"optimizer.learning_rate": 0.001}, pytest.approx(0.501))


def test_where_less_is_better_the_least_is_chosen(tmp_path, source):
    study = tiny_study(tmp_path, "seeds = [0, 1]", 'seeds = [0]\nmeasures = ["target-distance@2"]')
    outcome = StudyRunner(study, source, tmp_path / "out", PretendTrainer()).run()
    assert outcome.choices["rate"].chosen == {"optimizer.learning_rate": 0.001}


def test_finished_runs_are_kept(tmp_path, source):
    study = tiny_study(tmp_path)
    first, second = PretendTrainer(), PretendTrainer()
    before = StudyRunner(study, source, tmp_path / "out", first).run()
    after = StudyRunner(study, source, tmp_path / "out", second).run()
    assert second.done == []
    assert after.results == before.results


def test_more_seeds_add_runs(tmp_path, source):
    StudyRunner(tiny_study(tmp_path), source, tmp_path / "out", PretendTrainer()).run()
    trainer = PretendTrainer()
    StudyRunner(tiny_study(tmp_path, "[0, 1]", "[0, 1, 5]"), source, tmp_path / "out", trainer).run()
    assert trainer.names == ["plain-seed-5", "triplet-seed-5"]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("width = 4", "width = 6", "model.width"),
        ("held_out = 0.5", "held_out = 0.25", "held_out"),
        ("seeds", 'measures = ["recall@4"]\nseeds', r"choice of measures \(without recall@4\)"),
    ],
)
def test_a_changed_study_is_refused_before_anything_is_trained(tmp_path, source, old, new, key):
    StudyRunner(tiny_study(tmp_path), source, tmp_path / "out", PretendTrainer()).run()
    trainer = PretendTrainer()
    changed = tiny_study(tmp_path, old, new)
    with pytest.raises(CheckpointError, match=f"rate-1 was finished with another {key}; --redo trains"):
        StudyRunner(changed, source, tmp_path / "out", trainer).run()
    assert trainer.done == []


def test_redo_trains_what_has_changed_and_only_that(tmp_path, source):
    StudyRunner(tiny_study(tmp_path), source, tmp_path / "out", PretendTrainer()).run()
    trainer = PretendTrainer()
    changed = tiny_study(tmp_path, 'loss.name = "triplet"', 'loss = { name = "triplet", margin = 0.1 }')
    StudyRunner(changed, source, tmp_path / "out", trainer, redo=True).run()
    assert trainer.names == ["triplet-seed-0", "triplet-seed-1"]


def test_changed_data_are_noticed(tmp_path, source, tiny_folder):
    study = tiny_study(tmp_path)
    StudyRunner(study, source, tmp_path / "out", PretendTrainer()).run()
    (tiny_folder / "red cross" / "0.png").unlink()
    _catalog.cache_clear()
    with pytest.raises(CheckpointError, match="another state of the data"):
        StudyRunner(study, source, tmp_path / "out", PretendTrainer()).run()


def test_a_damaged_result_is_said(tmp_path, source):
    study = tiny_study(tmp_path)
    StudyRunner(study, source, tmp_path / "out", PretendTrainer()).run()
    (tmp_path / "out" / "tunings" / "rate-2" / RESULT).write_text("{")
    with pytest.raises(CheckpointError, match=r"rate-2.*cannot be used.*--redo"):
        StudyRunner(study, source, tmp_path / "out", PretendTrainer()).run()


def test_a_failed_run_does_not_end_the_others_and_is_tried_again(tmp_path, source):
    study = tiny_study(tmp_path)
    outcome = StudyRunner(study, source, tmp_path / "out", PretendTrainer("plain-seed-0")).run()
    assert outcome.failures == ["plain, seed 0: it went wrong"]
    assert list(outcome.figures("plain", "map@r")) == [1]
    assert list(outcome.figures("triplet", "map@r")) == [0, 1]
    trainer = PretendTrainer()
    assert StudyRunner(study, source, tmp_path / "out", trainer).run().failures == []
    assert trainer.names == ["plain-seed-0"]


def test_rows_whose_tuning_came_to_nothing_are_not_trained(tmp_path, source):
    trainer = PretendTrainer("rate")
    outcome = StudyRunner(tiny_study(tmp_path), source, tmp_path / "out", trainer).run()
    assert trainer.names == ["rate-1", "rate-2"]
    assert len(outcome.failures) == 4
    assert outcome.failures[0] == "plain, seed 0: every run of its tuning 'rate' failed"


def test_the_other_choices_stand_for_one_that_failed(tmp_path, source):
    outcome = StudyRunner(tiny_study(tmp_path), source, tmp_path / "out", PretendTrainer("rate-1")).run()
    assert outcome.choices["rate"].chosen == {"optimizer.learning_rate": 0.001}
    assert outcome.choices["rate"].tried[0][1] is None


def test_results_are_written_after_each_run(tmp_path, source):
    seen: list[int] = []

    def on_result(outcome: StudyOutcome) -> None:
        write_results(tmp_path / "out", outcome)
        document = read_json(tmp_path / "out" / RESULTS)
        seen.append(sum(len(row["runs"]) for row in document["rows"].values()))

    StudyRunner(tiny_study(tmp_path), source, tmp_path / "out", PretendTrainer(), on_result=on_result).run()
    assert seen == [0, 0, 1, 2, 3, 4]


def test_tunings_wait_for_those_they_come_after(tmp_path):
    text = 'name = "weight"\nafter = ["rate"]\nset = { regularization.name = "mdr" }\nchoices = '
    study = tiny_study(
        tmp_path,
        "[[rows]]",
        f"[[tunings]]\n{text}[{{ regularization.lambda = 0.1 }}, {{ regularization.lambda = 0.2 }}]\n[[rows]]",
    )
    assert [[tuning.name for tuning in together] for together in rounds(study.tunings)] == [["rate"], ["weight"]]


def test_two_studies_do_not_share_a_folder(tmp_path, source, monkeypatch):
    monkeypatch.setattr("core.study.runner.PROBE_SECONDS", 0.0)
    study, out, trainer = tiny_study(tmp_path), tmp_path / "out", PretendTrainer()
    out.mkdir()
    with FileLock(out / LOCK), pytest.raises(CheckpointError, match="is being carried out; wait for its end"):
        StudyRunner(study, source, out, trainer).run()
    assert trainer.done == []
    assert StudyRunner(study, source, out, trainer).run().failures == []


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path, source):
    (tmp_path / "out").touch()
    with pytest.raises(StorageError, match=r"No study can be kept in .*out: File exists\.$"):
        StudyRunner(tiny_study(tmp_path), source, tmp_path / "out", PretendTrainer()).run()


def test_names_become_folders():
    assert slug("multi-objective, no pair term + MDR") == "multi-objective-no-pair-term-with-mdr"


def test_one_real_run_is_measured_at_its_last_checkpoint(tmp_path, source):
    """Against the same recipe trained by hand, on a catalog whose test split is there."""
    study = tiny_study(tmp_path)
    recipe = study.recipe("by hand", 3)
    job = StudyJob(tmp_path / "run", recipe.as_dict(), source, study.measures, device="cpu")
    result = carry_out(job)
    from core.training.trainer import train

    train(recipe, source, tmp_path / "other", "cpu")
    from core.models.checkpoint_files import list_checkpoints

    last = list_checkpoints(tmp_path / "other")[-1]
    assert last.epoch == 2
    assert result.measures["recall@1"] == pytest.approx(last.metrics["recall"]["1"])
    assert result.measures["map@r"] == pytest.approx(last.metrics["map_at_r"])
    assert finished_result(job) == result
    assert [info.epoch for info in list_checkpoints(job.folder)] == [2], "no checkpoint was chosen by a measure"


def test_what_cannot_be_trained_is_a_failure_in_one_sentence(tmp_path, source):
    study = tiny_study(tmp_path)
    recipe = study.recipe("log-ratio", 0, {"loss.name": "log-ratio", "batch.nearest": 1})
    result = carry_out(StudyJob(tmp_path / "run", recipe.as_dict(), source, study.measures, device="cpu"))
    assert "has no continuous targets" in result.failure
    assert not (tmp_path / "run" / RESULT).exists()
