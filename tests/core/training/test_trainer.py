from __future__ import annotations

import errno
import json
import os
import re
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.data.catalog import texts
from core.data.catalog_opening import open_catalog
from core.errors import CheckpointError, CoreError, DataError, DeviceError, StorageError, TrainingError
from core.models.checkpoint import load
from core.models.checkpoint_files import list_checkpoints, resolve
from core.models.device import choose_device
from core.models.measure import LABEL_DISTANCE_AT_10
from core.models.tensor_file import read_tensors
from core.progress import Reporter
from core.retrieval.continuous import evaluate_continuous
from core.retrieval.evaluation import evaluate
from core.training import stop, trainer
from core.training.recipe import override
from core.training.run_directory import claim, is_alive, request_stop, summarise
from core.training.run_messages import MessageTail
from core.training.step import TrainingStep
from core.training.trainer import train
from core.training.validation import embed_rows
from tests.core.training.tiny_data import tiny_recipe, tiny_source


class StopAt(Reporter):
    """Asks for a stop when a message of the given kind has come so many times."""

    def __init__(self, run, kind, times=1):
        self.run, self.kind, self.left = run, kind, times

    def event(self, kind, **fields):
        if kind == self.kind:
            self.left -= 1
            if not self.left:
                request_stop(self.run)

    def progress(self, task, done, total, unit="images"):
        self.event(task)


@pytest.fixture(autouse=True)
def quick_stop(monkeypatch):
    monkeypatch.setattr(stop, "POLL_SECONDS", 0.0)


@pytest.fixture
def source(tmp_path):
    return tiny_source(tmp_path / "data")


@pytest.fixture
def run(tmp_path):
    return tmp_path / "runs" / "first"


def kinds(run):
    return [message["type"] for message in MessageTail(run).read()]


def weights(run):
    return read_tensors(list_checkpoints(run)[-1].path)


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_three_epochs_leave_a_whole_run(source, run):
    outcome = train(tiny_recipe(), source, run, "cpu")
    assert outcome.state == "finished"
    summary = summarise(run)
    assert (summary.state, summary.epoch, summary.epochs, summary.step) == ("finished", 3, 3, 3)
    assert summary.sentence == outcome.sentence
    assert summary.data == source
    assert summary.recipe == tiny_recipe()
    assert summary.device.startswith("CPU (")
    assert summary.best_figure is not None
    assert 1 <= len(summary.checkpoints) <= 2
    assert summary.checkpoints[-1].epoch == 3
    assert summary.checkpoints[-1].name == "first / epoch 3"
    assert not is_alive(run)
    assert not list(run.rglob("*.unfinished"))


def test_messages_come_as_promised(source, run):
    train(tiny_recipe(), source, run, "cpu")
    messages = [message for message in MessageTail(run).read() if message["type"] not in ("progress", "notice")]
    assert [message["type"] for message in messages] == ["started", *["step", "checkpoint", "epoch"] * 3, "finished"]
    started = messages[0]
    assert {key: started[key] for key in ("name", "epochs", "steps_per_epoch", "first_epoch")} == {
        "name": "first",
        "epochs": 3,
        "steps_per_epoch": 1,
        "first_epoch": 1,
    }
    assert [started[f"{split}_{what}"] for split in ("train", "test") for what in ("images", "classes")] == [4, 2, 4, 2]
    assert set(messages[1]) == {"type", "step", "epoch", "loss", "terms", "learning_rate", "seconds"}
    assert set(messages[1]["terms"]) == {"positive", "negative"}
    assert (started["chosen_on"], started["held_out_images"], started["held_out_classes"]) == ("test", 0, 0)
    measures = {"recall", "map_at_r", "distance", "label_distance", "ndcg"}
    assert set(messages[3]) == {"type", "epoch", "loss", "seconds", "seconds_left"} | measures
    assert messages[3]["label_distance"] == messages[3]["ndcg"] == {}, "a loss that learns from classes"
    assert list(messages[3]["recall"]) == ["1", "2", "4", "8"]
    assert messages[3]["distance"] == messages[-1]["result"]["distance"] == "cosine", "embeddings of unit length"
    assert (run / messages[-3]["path"]).is_file()
    assert messages[-2]["seconds_left"] == 0
    result = messages[-1]["result"]
    assert (result["chosen_on"], result["last_checkpoint"], result["best_on_test"]) == ("test", "epoch_003", None)
    assert json.loads((run / "run.json").read_text())["result"] == result


def test_learning_lowers_the_loss(tmp_path, run):
    source = tiny_source(tmp_path / "data", train_classes=6, images=4)
    train(
        tiny_recipe("training.epochs=6", "training.steps_per_epoch=8", "batch.classes=6", "batch.images=4"),
        source,
        run,
        "cpu",
    )
    losses = [message["loss"] for message in MessageTail(run).read() if message["type"] == "epoch"]
    assert losses[-1] < 0.8 * losses[0]


def test_the_checkpoint_measures_as_it_did_in_training(source, run):
    train(tiny_recipe(), source, run, "cpu")
    device = choose_device("cpu")
    loaded = load(run, device)
    catalog = open_catalog(source)
    data = trainer.open_training_data(catalog, tiny_recipe(), Reporter(), lambda: False)
    embeddings = embed_rows(loaded.model, data.images, catalog, data.test, "test", device, lambda: False)
    assert evaluate(embeddings).recall[1] == loaded.info.recall_at_1
    assert resolve(run) == loaded.info.path


def test_the_best_checkpoint_is_kept_beside_the_last(source, run, monkeypatch):
    shares = iter([0.5, 0.75, 0.25])
    measured = trainer.Trainer._measure

    def scripted(self):
        return {**measured(self), "recall": {"1": next(shares)}}

    monkeypatch.setattr(trainer.Trainer, "_measure", scripted)
    train(tiny_recipe(), source, run, "cpu")
    assert [(info.epoch, info.recall_at_1) for info in list_checkpoints(run)] == [(2, 0.75), (3, 0.25)]
    assert resolve(run).stem == "epoch_002"
    assert summarise(run).best.epoch == 2


# Before the first step, within an epoch, at an epoch's last step, and once it is measured.
STOPS = (("started", 1), ("step", 4), ("step", 2), ("epoch", 1))


@pytest.mark.parametrize(
    "settings",
    [
        ("loss.name=triplet", "loss.sampling=random"),
        ("loss.name=multi-objective", "loss.balanced=true", "regularization.name=mdr"),
        ("loss.name=contrastive", "memory.size=100", "memory.start=2"),
        ("loss.name=soft-triple", "loss.centers_per_class=2"),
        (
            "loss.name=proxy-anchor",
            "training.head_epochs=1",
            "training.batch_norm=statistics frozen",
            "optimizer.name=adamw",
            "optimizer.weight_decay=0.01",
            "optimizer.backbone_lr_mult=0.5",
            "optimizer.clip_value=0.1",
            "schedule.name=milestones",
            "schedule.milestones=[1.5]",
            "batch.sampling=random",
            "augmentation.scale=[1, 1]",
            "augmentation.crop=random resized",
            "augmentation.crop_area=[0.2, 1]",
            "validation.split=held-out classes",
            "validation.share=0.5",
        ),
    ],
    ids=[
        "triplet",
        "multi-objective with mdr",
        "contrastive with a memory",
        "soft-triple",
        "everything a published recipe asks for",
    ],
)
@pytest.mark.usefixtures("one_thread")
def test_a_run_that_is_stopped_again_and_again_equals_an_uninterrupted_one(tmp_path, settings):
    source = tiny_source(tmp_path / "data", train_classes=4, images=6)
    recipe = tiny_recipe(*settings, "augmentation.rotation_classes=true")
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    train(recipe, source, whole, "cpu")
    for stops, (kind, times) in enumerate(STOPS):
        outcome = train(recipe, source, broken, "cpu", StopAt(broken, kind, times), resume=stops > 0)
        assert outcome.state == "stopped", kind
        assert outcome.sentence.startswith("stopped by you in epoch"), kind
        assert load(broken, choose_device("cpu")).model is not None, kind
        assert summarise(broken).state == "stopped", kind
    assert train(recipe, source, broken, "cpu", resume=True).state == "finished"
    assert summarise(broken).state == "finished"
    assert same(weights(whole), weights(broken))
    losses = [[m["loss"] for m in MessageTail(run).read() if m["type"] == "epoch"] for run in (whole, broken)]
    assert losses[0] == losses[1]


def held_out_source(tmp_path):
    return tiny_source(tmp_path / "data", train_classes=5, test_classes=3, images=4)


HELD_OUT = ("validation.split=held-out classes", "validation.share=0.4")


def test_the_best_is_chosen_on_classes_kept_apart_and_tested_once(tmp_path, run):
    outcome = train(tiny_recipe(*HELD_OUT), held_out_source(tmp_path), run, "cpu")
    messages = MessageTail(run).read()
    started = next(message for message in messages if message["type"] == "started")
    assert (started["train_classes"], started["held_out_classes"], started["test_classes"]) == (3, 2, 3)
    assert (started["train_images"], started["held_out_images"]) == (12, 8)
    tested = [message for message in messages if message["type"] == "tested"]
    assert [message["best"] for message in tested][-1]
    assert {message["split"] for message in tested} == {"test"}
    summary = summarise(run)
    result = outcome.result
    assert summary.chosen_on == result.chosen_on == "held-out classes"
    assert (summary.best_figure, summary.last_figure) == (result.best, result.last)
    assert (summary.best_on_test, summary.last_on_test) == (result.best_on_test, result.last_on_test)
    assert result.best_on_test is not None
    best = summary.best
    assert (best.chosen_on, best.recall_at_1, best.metrics["test"]["recall"]["1"]) == (
        "held-out classes",
        result.best,
        result.best_on_test,
    )
    assert json.loads((run / "run.json").read_text())["result"]["best_on_test"] == result.best_on_test
    assert "held-out classes" in outcome.sentence
    assert "on the test split" in outcome.sentence


def test_classes_kept_apart_are_never_learnt_from(tmp_path, run, monkeypatch):
    learnt = set()
    original = TrainingStep.run

    def listening(self, images, codes, *rest):
        learnt.update(codes.tolist())
        return original(self, images, codes, *rest)

    monkeypatch.setattr(TrainingStep, "run", listening)
    source = held_out_source(tmp_path)
    train(tiny_recipe(*HELD_OUT), source, run, "cpu")
    data = trainer.open_training_data(open_catalog(source), tiny_recipe(*HELD_OUT), Reporter(), lambda: False)
    apart = set(data.catalog.codes[data.held_out].tolist())
    assert len(apart) == 2
    assert learnt == set(data.train_codes.tolist())
    assert not learnt & apart
    assert not learnt & set(data.catalog.codes[data.test].tolist())


def test_the_chosen_checkpoint_measures_on_the_test_split_as_it_did_at_the_end(tmp_path, run):
    source = held_out_source(tmp_path)
    train(tiny_recipe(*HELD_OUT), source, run, "cpu")
    device = choose_device("cpu")
    loaded = load(run, device)
    data = trainer.open_training_data(open_catalog(source), tiny_recipe(*HELD_OUT), Reporter(), lambda: False)
    embeddings = embed_rows(loaded.model, data.images, data.catalog, data.test, "test", device, lambda: False)
    assert evaluate(embeddings).recall[1] == loaded.info.metrics["test"]["recall"]["1"]


def test_a_stop_while_testing_is_made_up_for_by_resuming(tmp_path, run):
    source = held_out_source(tmp_path)
    whole = train(tiny_recipe(*HELD_OUT), source, tmp_path / "whole", "cpu")
    assert train(tiny_recipe(*HELD_OUT), source, run, "cpu", StopAt(run, "epoch", 3)).state == "stopped"
    assert summarise(run).best_on_test is None
    resumed = train(tiny_recipe(*HELD_OUT), source, run, "cpu", resume=True)
    assert resumed.result == whole.result
    again = train(tiny_recipe(*HELD_OUT), source, run, "cpu", resume=True)
    assert again.result == whole.result, "read from the checkpoints, not measured anew"
    assert summarise(run).best_on_test == whole.result.best_on_test


def test_a_share_that_leaves_too_few_classes_is_refused(source, run):
    with pytest.raises(DataError, match=r"validation\.share is 0\.4, which keeps 1 of 2 training classes apart"):
        train(tiny_recipe(*HELD_OUT), source, run, "cpu")


def test_a_single_epoch_is_one_epoch(source, run):
    outcome = train(tiny_recipe("training.epochs=1"), source, run, "cpu")
    assert outcome.sentence.startswith("finished 1 epoch; Recall@1 by cosine similarity on the test split: best ")


def test_a_second_interruption_is_a_stop_as_well(source, run, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(TrainingStep, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(tiny_recipe(), source, run, "cpu")
    assert (summarise(run).state, summarise(run).sentence) == ("stopped", "stopped at once by a second Ctrl+C")


@pytest.mark.parametrize("name", ["log-ratio", "dense-triplet", "binary-triplet"])
@pytest.mark.usefixtures("one_thread")
def test_continuous_targets_are_learnt_from_and_resumed(tmp_path, name):
    source = tiny_source(tmp_path / "data", images=4, targets=True)
    few = ("loss.positives=1",) if name == "binary-triplet" else ()
    recipe = tiny_recipe(f"loss.name={name}", *few, "training.steps_per_epoch=4", "regularization.name=mdr")
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    train(recipe, source, whole, "cpu")
    assert train(recipe, source, broken, "cpu", StopAt(broken, "step", 6)).state == "stopped"
    train(recipe, source, broken, "cpu", resume=True)
    assert same(weights(whole), weights(broken))
    messages = MessageTail(whole).read()
    started = next(message for message in messages if message["type"] == "started")
    assert (started["train_images"], started["steps_per_epoch"]) == (7, 4)
    notices = [message["sentence"] for message in messages if message["type"] == "notice"]
    assert "Not learnt from, for lack of targets: 1 of 8 images of split 'train'." in notices
    steps = [message for message in messages if message["type"] == "step"]
    assert all("level 1" in message["terms"] for message in steps)


def of_targets(tmp_path, *settings, test_classes=4):
    """A source of 16 images to measure on, and a recipe that learns from their targets."""
    source = tiny_source(tmp_path / "data", test_classes=test_classes, images=4, targets=True)
    return source, tiny_recipe("loss.name=log-ratio", "training.steps_per_epoch=1", *settings)


def test_what_learns_from_targets_is_measured_by_them(tmp_path, run):
    source, recipe = of_targets(tmp_path)
    train(recipe, source, run, "cpu")
    loaded = load(run, choose_device("cpu"))
    catalog = open_catalog(source)
    data = trainer.open_training_data(catalog, recipe, Reporter(), lambda: False)
    embeddings = embed_rows(loaded.model, data.images, catalog, data.test, "test", choose_device("cpu"), lambda: False)
    found = evaluate_continuous(embeddings, catalog.targets[data.test], (1, 5, 10), (100,))
    assert loaded.info.measure == LABEL_DISTANCE_AT_10
    assert loaded.info.figure == found.mean_distance[10]
    assert loaded.info.metrics["ndcg"]["100"] == found.ndcg[100]
    epochs = [message for message in MessageTail(run).read() if message["type"] == "epoch"]
    assert all(list(message["label_distance"]) == ["1", "5", "10"] for message in epochs)
    assert min(message["label_distance"]["10"] for message in epochs) == loaded.info.figure


def test_the_lowest_label_distance_is_best_and_stays_so_when_resumed(tmp_path, run, monkeypatch):
    scripted = iter([(0.4, 0.1), (0.2, 0.2), (0.3, 0.9), (0.25, 0.95)])
    measured = trainer.Trainer._measure

    def written(self):
        distance, recall = next(scripted)
        return {**measured(self), "recall": {"1": recall}, "label_distance": {"10": distance}}

    monkeypatch.setattr(trainer.Trainer, "_measure", written)
    source, recipe = of_targets(tmp_path)
    outcome = train(recipe, source, run, "cpu")
    assert "best 0.2000 (epoch_002), last 0.3000; lower is better" in outcome.sentence
    assert [(info.epoch, info.figure) for info in list_checkpoints(run)] == [(2, 0.2), (3, 0.3)]
    assert resolve(run).stem == "epoch_002"
    longer = override(recipe, "training.epochs=4")
    assert train(longer, source, run, "cpu", resume=True).result.best_checkpoint == "epoch_002"
    summary = summarise(run)
    assert (summary.best.epoch, summary.best_epoch, summary.best_figure, summary.last_figure) == (2, 2, 0.2, 0.25)


def test_a_run_that_was_chosen_by_recall_before_is_resumed_by_label_distance(tmp_path, run, monkeypatch):
    """Versions up to 1.0 measured nothing but recall, and noted the best in the state."""
    source, recipe = of_targets(tmp_path)
    with monkeypatch.context() as before:
        before.setattr(trainer, "by_targets", lambda *_: {})
        assert train(recipe, source, run, "cpu", StopAt(run, "epoch", 1)).state == "stopped"
    state = run / "state" / "state.json"
    values = json.loads(state.read_text())
    del values["checksum"]  # older versions wrote none
    values["position"] |= {"best_recall": 0.5, "last_recall": 0.25}
    state.write_text(json.dumps(values))
    outcome = train(recipe, source, run, "cpu", resume=True)
    assert outcome.result.measure == LABEL_DISTANCE_AT_10
    assert outcome.result.best_checkpoint in ("epoch_002", "epoch_003")
    assert resolve(run).stem == outcome.result.best_checkpoint


def test_images_that_are_each_their_own_class_are_measured_by_targets_alone(tmp_path, run):
    source, recipe = of_targets(tmp_path)
    catalog = open_catalog(source)
    catalog = replace(catalog, labels=texts([f"image {row}" for row in range(len(catalog))]))
    outcome = train(recipe, source, run, "cpu", catalog=catalog)
    assert outcome.sentence.startswith("finished 3 epochs; label distance@10 on the test split: best 0.")
    epochs = [message for message in MessageTail(run).read() if message["type"] == "epoch"]
    assert all(message["recall"] == {} and message["map_at_r"] is None for message in epochs)


def test_images_without_targets_are_counted_where_they_cannot_be_measured(tmp_path, run):
    """With no more than one that has any, Recall@1 decides."""
    source, recipe = of_targets(tmp_path, "training.epochs=1")
    catalog = open_catalog(source)
    targets = catalog.targets.copy()
    targets[catalog.rows("test")[1:]] = np.nan
    outcome = train(recipe, source, run, "cpu", catalog=replace(catalog, targets=targets))
    notices = [message["sentence"] for message in MessageTail(run).read() if message["type"] == "notice"]
    assert "Left out of label distance and nDCG, for lack of targets: 15 of 16 images of split 'test'." in notices
    assert outcome.result.measure.name == "Recall@1"
    assert summarise(run).measure == outcome.result.measure


def test_with_few_images_to_find_the_label_distance_is_that_of_fewer(tmp_path, run):
    source, recipe = of_targets(tmp_path, "training.epochs=1", test_classes=2)
    assert train(recipe, source, run, "cpu").result.measure.name == "label distance@5"


def test_targets_that_are_not_there_are_missed_in_one_sentence(source, run):
    with pytest.raises(DataError, match=r"has no continuous targets, from which loss\.name = 'log-ratio' learns"):
        train(tiny_recipe("loss.name=log-ratio"), source, run, "cpu")


def test_a_finished_run_can_be_given_more_epochs(source, run):
    train(tiny_recipe(), source, run, "cpu")
    train(tiny_recipe("training.epochs=5"), source, run, "cpu", resume=True)
    started = [message for message in MessageTail(run).read() if message["type"] == "started"]
    assert [message["first_epoch"] for message in started] == [1, 4]
    assert summarise(run).epoch == 5


def test_fewer_epochs_than_were_trained_are_refused_and_as_many_are_said_to_be_done(source, run):
    train(tiny_recipe(), source, run, "cpu")
    before = (run / "run.json").read_bytes(), (run / "recipe.toml").read_bytes()
    with pytest.raises(CheckpointError, match=r"is at epoch 3 already, beyond the 2 epochs asked for") as caught:
        train(tiny_recipe("training.epochs=2"), source, run, "cpu", resume=True)
    assert "--epochs 4" in caught.value.on_command_line and "--" not in caught.value.in_window
    assert ((run / "run.json").read_bytes(), (run / "recipe.toml").read_bytes()) == before
    assert summarise(run).state == "finished"
    outcome = train(tiny_recipe(), source, run, "cpu", resume=True)
    assert outcome.sentence.startswith("finished 3 epochs before, so nothing was left to train")


def test_resuming_with_another_recipe_or_other_data_is_refused(source, run, tmp_path):
    train(tiny_recipe(), source, run, "cpu")
    with pytest.raises(CheckpointError, match=r"another loss\.name"):
        train(tiny_recipe("loss.name=triplet"), source, run, "cpu", resume=True)
    other = tiny_source(tmp_path / "other", images=3)
    with pytest.raises(CheckpointError, match=r"data are not what they were .* begin a new run in another folder"):
        train(tiny_recipe("training.epochs=4"), other, run, "cpu", resume=True)
    assert summarise(run).state == "finished"


def test_stopping_while_decoding_leaves_a_run_that_can_be_begun_anew(tmp_path, run):
    source = tiny_source(tmp_path / "data", images=20)
    outcome = train(tiny_recipe(), source, run, "cpu", StopAt(run, "decoding"))
    assert (outcome.state, outcome.sentence) == ("stopped", "stopped before the first step")
    assert train(tiny_recipe(), source, run, "cpu").state == "finished"


def test_an_existing_run_is_not_overwritten(source, run):
    train(tiny_recipe(), source, run, "cpu")
    before = kinds(run)
    with pytest.raises(CheckpointError, match=r"is not empty .*; expected a new folder"):
        train(tiny_recipe(), source, run, "cpu")
    assert kinds(run) == before


def test_a_run_that_is_being_trained_is_refused(source, run, monkeypatch):
    monkeypatch.setattr("core.training.run_directory.PROBE_SECONDS", 0.1)
    with claim(run, resume=False):
        assert is_alive(run)
        with pytest.raises(CheckpointError, match="is being trained by another process"):
            train(tiny_recipe(), source, run, "cpu")


def test_nothing_to_resume_is_said(source, run):
    with pytest.raises(CheckpointError, match="holds no run to resume"):
        train(tiny_recipe(), source, run, "cpu", resume=True)


@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_a_loss_or_gradient_that_is_not_finite_stops_at_once_and_names_the_images(source, run, monkeypatch, what):
    def poisoned(self, embeddings, labels):
        value = embeddings.sum()
        if self.calls == 2:
            value = value * torch.nan if what == "loss" else (embeddings * 0).sqrt().sum()
        self.calls += 1
        self.terms = {}
        return value

    monkeypatch.setattr("core.losses.multi_similarity.MultiSimilarityLoss.calls", 0, raising=False)
    monkeypatch.setattr("core.losses.multi_similarity.MultiSimilarityLoss.forward", poisoned)
    with pytest.raises(TrainingError, match=rf"The {what} is not finite at step 3 of epoch 3.*0_0\.png") as stopped:
        train(tiny_recipe(), source, run, "cpu")
    assert sorted(stopped.value.subject) == [0, 1, 2, 3]
    summary = summarise(run)
    assert (summary.state, summary.sentence) == ("failed", str(stopped.value))
    assert all(tensor.isfinite().all() for tensor in weights(run).values())
    assert summary.checkpoints[-1].epoch == 2


def test_weights_that_are_not_finite_are_never_saved(source, run):
    """SGD with an absurd rate throws the weights to infinity in a step whose own loss was fine."""
    keys = ("learning_rate", "weight_decay", "backbone_lr_mult", "backbone_decay_mult")
    absurd = [f"optimizer.{key}=1e12" for key in keys]
    recipe = tiny_recipe("optimizer.name=sgd", *absurd, "training.epochs=5")
    with pytest.raises(TrainingError, match="finite"):
        train(recipe, source, run, "cpu")
    assert all(tensor.isfinite().all() for info in list_checkpoints(run) for tensor in read_tensors(info.path).values())


def test_what_opening_found_and_what_cannot_be_read_is_said_and_left_out(tmp_path, run):
    source = tiny_source(tmp_path / "data", images=3)
    (tmp_path / "data" / "0_2.png").unlink()
    for name in ("0_1.png", "1_1.png"):
        torn = tmp_path / "data" / name
        torn.write_bytes(torn.read_bytes()[:200])
    train(tiny_recipe(), source, run, "cpu")
    messages = MessageTail(run).read()
    notices = [message["sentence"] for message in messages if message["type"] == "notice"]
    assert any("1 has no image file (first: 0_2.png)" in notice for notice in notices)
    one_sentence = r"2 images cannot be read and are left out: \S+0_1\.png [^.;]+; \S+1_1\.png [^.;]+\."
    assert any(re.fullmatch(one_sentence, notice) for notice in notices)
    assert next(message["train_images"] for message in messages if message["type"] == "started") == 3


def test_without_a_test_split_nothing_is_measured(source, run):
    catalog = open_catalog(source)
    catalog = replace(catalog, splits=texts(["train"] * len(catalog)))
    train(tiny_recipe(), source, run, "cpu", catalog=catalog)
    summary = summarise(run)
    assert (summary.state, summary.best_figure) == ("finished", None)
    assert summary.best.epoch == 3


def test_one_class_is_refused_before_training(tmp_path, run):
    source = tiny_source(tmp_path / "data", train_classes=1)
    with pytest.raises(DataError, match="at least two classes; the images have 1"):
        train(tiny_recipe(), source, run, "cpu")
    assert summarise(run).state == "failed"


def test_a_missing_device_is_one_sentence(source, run, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceError, match="There is no CUDA device here"):
        train(tiny_recipe(), source, run, "cuda")
    assert summarise(run).sentence.startswith("There is no CUDA device here")


def test_running_out_of_gpu_memory_says_what_to_try(source, run, monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(TrainingStep, "run", full)
    with pytest.raises(DeviceError, match=r"Out of GPU memory at batch 4 .*: try batch\.classes=2") as error:
        train(tiny_recipe(), source, run, "cpu")
    assert isinstance(error.value, CoreError)


def test_an_error_of_its_own_is_the_last_message(source, run, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(TrainingStep, "run", broken)
    with pytest.raises(ZeroDivisionError):
        train(tiny_recipe(), source, run, "cpu")
    assert summarise(run).sentence == "the trainer ended on an error of its own: ZeroDivisionError: division by zero"


def test_no_thread_outlives_training(source, run):
    train(tiny_recipe(), source, run, "cpu", StopAt(run, "step", 2))
    assert not [thread for thread in threading.enumerate() if thread.name == "image feed"]


def test_a_step_that_is_not_finite_changes_nothing():
    training_step = TrainingStep(tiny_recipe(), choose_device("cpu"), np.array([0, 1]))
    before = {name: tensor.clone() for name, tensor in training_step.embedder.head.state_dict().items()}
    images = np.random.default_rng(0).integers(0, 255, (4, 18, 18, 3), dtype=np.uint8)
    with torch.no_grad():
        training_step.embedder.backbone[0][0].weight[0, 0, 0, 0] = torch.nan
    result = training_step.run(images, np.array([0, 0, 1, 1]), 0, 1e-3)
    assert not result.finite
    assert same(before, training_step.embedder.head.state_dict())


def test_a_disk_that_is_full_of_messages_is_one_sentence_and_the_checkpoint_stays(source, run, monkeypatch):
    write, written = os.write, []

    def full(handle, content):
        written.append(content)
        if sum(b'"step"' in each for each in written) > 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(handle, content)

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StorageError, match=r"messages\.jsonl: the disk is full \([\d,]+ bytes needed, .* free\)\.$"):
        train(tiny_recipe(), source, run, "cpu")
    monkeypatch.setattr(os, "write", write)
    assert MessageTail(run).read()[-1]["type"] == "epoch"
    assert list_checkpoints(run)[-1].epoch == 2
    assert train(tiny_recipe(), source, run, "cpu", resume=True).state == "finished"
