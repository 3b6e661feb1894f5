"""What adding a loss takes: its file, its settings and one line in `core.losses.LOSSES`, and it is everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from pytestqt.qtbot import QtBot
from torch import Tensor

from core.errors import RecipeError
from core.losses import LOSSES
from core.losses.loss import Loss
from core.losses.pairs import References, full_precision, no_loss, pair_masks
from core.losses.settings import LossSettings
from core.settings import Positive, setting
from core.training.recipe import override, read_recipe, to_toml
from core.training.run_messages import MessageTail
from core.training.trainer import train
from explorer.panels.runs.recipe_form import RecipeForm
from tests.core.training.tiny_data import tiny_recipe, tiny_source


@dataclass(frozen=True)
class PullingSettings(LossSettings):
    """Settings of `PullingLoss`."""

    name: ClassVar[str] = "pulling"
    supports_memory: ClassVar[bool] = True

    strength: Positive = setting(
        2.0, "How strongly images of a class are pulled together.", "2 (equation 1)", title="Pull"
    )
    legacy_sum: bool = setting(False, "Sum over pairs, as the authors' code does.", rare=True)


class PullingLoss(Loss):
    """strength * mean over positive pairs of |x_i - x_j|^2, or their sum."""

    def __init__(self, strength: float = 2.0, legacy_sum: bool = False) -> None:
        super().__init__()
        self.strength, self.legacy_sum = strength, legacy_sum

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        return self._of(embeddings, embeddings, pair_masks(labels)[0])

    def cross_batch_loss(self, embeddings: Tensor, labels: Tensor, references: References) -> Tensor:
        return self._of(embeddings, references.embeddings, pair_masks(labels, references)[0])

    def _of(self, embeddings: Tensor, others: Tensor, positive: Tensor) -> Tensor:
        with full_precision(embeddings) as X:
            squares = (X[:, None] - others.to(X.dtype)).square().sum(dim=2)[positive]
            self.terms = {"positive": squares.detach().sum()}
            if not len(squares):
                return no_loss(X)
            return self.strength * (squares.sum() if self.legacy_sum else squares.mean())


@pytest.fixture(autouse=True)
def pulling(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(LOSSES, "pulling", (PullingSettings, __name__, "PullingLoss"))
    yield


@pytest.mark.parametrize("memory", [0, 16])
def test_a_recipe_trains_with_it(memory: int, tmp_path: Path) -> None:
    remembering = [f"memory.size={memory}", "memory.start=0"] if memory else []
    settings = ["loss.name=pulling", "loss.strength=3", "training.epochs=1", *remembering]
    (tmp_path / "recipe.toml").write_text(to_toml(override(tiny_recipe(), *settings)), encoding="utf-8")
    recipe = read_recipe(tmp_path / "recipe.toml")
    assert recipe.loss == PullingSettings(3.0)
    assert train(recipe, tiny_source(tmp_path / "data"), tmp_path / "run", "cpu").state == "finished"
    step = next(message for message in MessageTail(tmp_path / "run").read() if message["type"] == "step")
    assert step["loss"] > 0 and "positive" in step["terms"]


def test_its_value_is_that_of_a_loop() -> None:
    X, labels = torch.randn(5, 3, dtype=torch.float64), [0, 0, 1, 0, 1]
    pairs = [(X[i] - X[j]).square().sum() for i in range(5) for j in range(5) if i != j and labels[i] == labels[j]]
    total = 3 * float(sum(pairs))
    assert PullingLoss(3.0)(X, torch.tensor(labels)).item() == pytest.approx(total / len(pairs))
    assert PullingLoss(3.0, legacy_sum=True)(X, torch.tensor(labels)).item() == pytest.approx(total)


def test_a_mistake_is_said_and_lists_it() -> None:
    with pytest.raises(RecipeError, match=r"loss\.strength is -1\.0; expected a number above 0"):
        override(tiny_recipe(), "loss.name=pulling", "loss.strength=-1.0")
    with pytest.raises(RecipeError, match=r"expected one of: multi-similarity, .*, pulling"):
        override(tiny_recipe(), "loss.name=unknown")
    with pytest.raises(RecipeError, match=r"past embeddings; expected 0, or one of: multi-similarity, .*, pulling"):
        override(tiny_recipe(), "loss.name=proxy-anchor", "memory.size=16")


def test_the_window_offers_it_with_its_settings(qtbot: QtBot) -> None:
    form = RecipeForm(tiny_recipe())
    qtbot.addWidget(form)
    name = form.row("loss.name")
    assert name is not None and "pulling" in name.setting.choices
    name.write("pulling")
    strength = form.row("loss.strength")
    assert strength is not None and strength.read() == 2.0
    assert (strength.label.text(), strength.note.text()) == ("Pull", strength.setting.help)
    rare = form.row("loss.legacy_sum")
    assert rare is not None and not rare.editor.isVisibleTo(form)
    form.show_everything(True)
    assert rare.editor.isVisibleTo(form)
