from __future__ import annotations

import json
import re

import pytest

from core.__main__ import main
from core.data.catalog_opening import open_catalog
from core.models.checkpoint_files import list_checkpoints
from core.training.run_directory import source_of, summarise
from tests.core.training.tiny_data import TINY, tiny_source


@pytest.fixture
def words(tmp_path):
    """The command line of a tiny run."""
    settings = [word for assignment in TINY for word in ("--set", assignment)]
    source = tiny_source(tmp_path / "data")
    return ["train", "small", *source.arguments(), "--out", str(tmp_path / "run"), "--device", "cpu", *settings]


def test_prints_a_line_per_epoch_and_the_best_figure(words, tmp_path, capsys):
    assert main([*words, "--epochs", "2", "--seed", "5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("training on 4 images of 2 classes, measuring on 4 of 2, on CPU (")
    assert [line.split()[:2] for line in lines[1:3]] == [["epoch", "1"], ["epoch", "2"]]
    # In percent, as `evaluate` prints it; four images are right or wrong.
    assert re.search(r"R@1 (0|25|50|75|100)\.00 %  ", lines[1])
    assert re.search(
        r": finished 2 epochs; Recall@1 by cosine similarity on the test split: best (0|25|50|75|100)\.00 % \(",
        lines[-1],
    )
    assert lines[-1].endswith("; the best was chosen on that split")
    assert len(lines) == 4
    assert "  by cosine similarity  " in lines[1]
    recipe = summarise(tmp_path / "run").recipe
    assert (recipe.training.epochs, recipe.training.seed) == (2, 5)


def test_json_lines_are_all_there_is_on_standard_output(words, capsys):
    assert main([*words, "--json-lines", "--epochs", "1"]) == 0
    kinds = [json.loads(line)["type"] for line in capsys.readouterr().out.splitlines()]
    assert kinds[-1] == "finished"
    assert {"started", "step", "epoch", "checkpoint"} <= set(kinds)


def test_a_loss_and_its_settings_can_be_chosen(words, tmp_path):
    assert main([*words, "--epochs", "1", "--set", "loss.name=triplet", "--set", "loss.sampling=hard"]) == 0
    assert summarise(tmp_path / "run").recipe.loss.sampling == "hard"


def test_a_second_run_in_the_same_folder_is_refused_and_resume_goes_on(words, tmp_path, capsys):
    assert main([*words, "--epochs", "1"]) == 0
    assert main([*words, "--epochs", "2"]) == 2
    assert (
        capsys.readouterr().err.splitlines()[-1].endswith("expected a new folder. --resume goes on with the run in it.")
    )
    assert main([*words, "--epochs", "2", "--resume"]) == 0
    assert list_checkpoints(tmp_path / "run")[-1].epoch == 2


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--set", "loss.alpha=high"], "loss.alpha is 'high'; expected a number."),
        (["--epochs", "0"], "training.epochs is 0; expected 1 or more."),
        (["--label-column", "colour"], "colour"),
    ],
)
def test_bad_input_is_one_sentence_and_status_2(words, capsys, more, sentence):
    assert main([*words, *more]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    assert sentence in errors[0]


def test_published_result_and_held_out_classes_come_first(tmp_path, capsys):
    source = tiny_source(tmp_path / "data", train_classes=4)
    settings = [*TINY, "published_result=the moon", "validation.split=held-out classes", "validation.share=0.5"]
    words = [word for assignment in settings for word in ("--set", assignment)]
    run = tmp_path / "run"
    assert main(["train", "small", *source.arguments(), "--out", str(run), "--device", "cpu", *words]) == 0
    first, second, *_, last = capsys.readouterr().out.splitlines()
    assert first == "published result of small: the moon"
    assert second.startswith("training on 4 images of 2 classes, choosing on 4 of 2 held out, measuring on 4 of 2, on")
    assert "Recall@1 by cosine similarity on held-out classes: best " in last
    assert " on the test split, the last " in last


def test_resuming_needs_neither_recipe_nor_data_again(words, tmp_path, capsys):
    assert main([*words, "--epochs", "1"]) == 0
    run = str(tmp_path / "run")
    assert main(["train", "--out", run, "--resume", "--epochs", "2", "--device", "cpu"]) == 0
    assert ": finished 2 epochs" in capsys.readouterr().out
    assert summarise(tmp_path / "run").recipe.training.epochs == 2


@pytest.mark.parametrize(
    ("left", "message"),
    [
        ([], "RECIPE and --data are left out; only --resume does without"),
        (["small"], "--data is left out; only --resume does without"),
        (["--resume"], "is not there; expected the directory of a run"),
    ],
)
def test_a_new_run_needs_recipe_and_data(left, message, tmp_path, capsys):
    assert main(["train", *left, "--out", str(tmp_path / "run")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_embeddings_without_unit_length_are_measured_by_euclidean_distance_and_that_is_said(words, tmp_path, capsys):
    assert main([*words, "--epochs", "1", "--set", "model.normalize=false"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  by Euclidean distance  " in lines[1] and "Recall@1 by Euclidean distance on" in lines[-1]
    (info,) = list_checkpoints(tmp_path / "run")
    assert info.distance == "euclidean"
    assert info.data == (open_catalog(source_of(tmp_path / "run")).name, info.metrics["data"]["catalog"])
    assert info.data[1] == open_catalog(source_of(tmp_path / "run")).fingerprint
