"""What terms contributed, from messages written by hand and by a trainer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import CheckpointError
from core.study.contributions import contributions
from core.training.run_messages import MESSAGES
from core.training.trainer import train
from tests.core.training.tiny_data import tiny_recipe, tiny_source


def step(number: int, epoch: int, masses: tuple[float, float], weights: tuple[float, float] = (1.0, 2.0)) -> str:
    terms = {"pair": 0.1 * number, "proxy": 1.0}
    for name, mass, weight in zip(terms.copy(), masses, weights, strict=True):
        terms |= {f"{name} mass": mass, f"{name} weight": weight}
    return json.dumps({"type": "step", "step": number, "epoch": epoch, "loss": 1.0, "terms": terms})


def written(folder: Path, *lines: str) -> Path:
    (folder / MESSAGES).write_text("".join(f"{line}\n" for line in lines))
    return folder


def test_shares_are_of_masses_times_weights(tmp_path):
    run = written(tmp_path, step(1, 1, (3.0, 1.0)), step(2, 1, (1.0, 1.0)), step(3, 2, (0.0, 0.0)))
    first, second = contributions(run)
    assert (first.epoch, first.steps, second.epoch) == (1, 2, 2)
    pair = first.terms["pair"]
    # (3 + 1) * 1 beside (1 + 1) * 2.
    assert pair.share == first.terms["proxy"].share == 0.5
    assert (pair.value, pair.mass, pair.weight) == (pytest.approx(0.15), 2.0, 1.0)
    assert second.terms["pair"].share is None


def test_a_step_taken_twice_counts_once_as_it_was_last(tmp_path):
    run = written(tmp_path, step(1, 1, (1.0, 0.0)), step(2, 1, (9.0, 0.0)), step(2, 1, (1.0, 1.0)))
    (epoch,) = contributions(run)
    assert epoch.steps == 2
    assert epoch.terms["pair"].mass == 1.0


def test_other_losses_and_other_folders_are_refused(tmp_path):
    with pytest.raises(CheckpointError, match="holds no steps of a run"):
        contributions(tmp_path)
    plain = json.dumps({"type": "step", "step": 1, "epoch": 1, "loss": 1.0, "terms": {"mdr": 1.0}})
    with pytest.raises(CheckpointError, match="does not tell what its terms contribute"):
        contributions(written(tmp_path, plain))


def test_balanced_terms_contribute_alike_in_a_real_run(tmp_path):
    recipe = tiny_recipe("loss.name=multi-objective", "loss.balanced=true", "training.steps_per_epoch=1")
    train(recipe, tiny_source(tmp_path / "data", 4, 2, 4), tmp_path / "run", "cpu")
    epochs = contributions(tmp_path / "run")
    assert [(epoch.epoch, epoch.steps) for epoch in epochs] == [(1, 1), (2, 1), (3, 1)]
    # Later steps are weighed by what came before as well.
    assert [term.share for term in epochs[0].terms.values()] == pytest.approx([1 / 3] * 3)
    for epoch in epochs:
        assert list(epoch.terms) == ["pair", "proxy", "separation"]
        assert sum(term.share for term in epoch.terms.values()) == pytest.approx(1)
