"""Choices as a user walks through them: each leaves a recipe, or one sentence about what to change."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import RecipeError
from core.losses import LOSSES
from core.training.recipe import Recipe, load_recipe, override, presets
from explorer.panels.runs.recipe_form import RecipeForm

WITH_MOST = "cub-mdr"


@pytest.fixture(scope="module")
def form(qapp: object) -> RecipeForm:
    return RecipeForm(load_recipe(WITH_MOST))


def fill(form: RecipeForm, name: str) -> Recipe:
    preset = load_recipe(name)
    form.show_recipe(preset)
    return preset


def choose(form: RecipeForm, key: str, value: Any) -> None:
    row = form.row(key)
    assert row is not None
    row.write(value)


def recipe(form: RecipeForm) -> Recipe:
    return Recipe.from_dict({"name": "any", **form.values()})


def sentence(form: RecipeForm) -> str:
    """Why it cannot start, "" when it can."""
    try:
        recipe(form)
    except RecipeError as error:
        assert form.row(str(error.subject)) is not None, "there is a field to say it at"
        return str(error)
    return ""


def test_leaving_mdr_leaves_its_settings_and_coming_back_brings_them(form: RecipeForm) -> None:
    before = fill(form, WITH_MOST).regularization
    choose(form, "regularization.name", "none")
    assert recipe(form).regularization.name == "none"
    assert recipe(form).regularization.mean_distance == before.mean_distance, "which is not of MDR alone"
    choose(form, "regularization.name", "mdr")
    assert recipe(form).regularization == before


@pytest.mark.parametrize("preset", [preset.name for preset in presets()])
def test_every_preset_can_be_left_for_every_kind_of_loss(form: RecipeForm, preset: str) -> None:
    fill(form, preset)
    kinds = ("multi-similarity", "triplet", "proxy-anchor", "arcface", "log-ratio", "multi-objective")
    for loss in kinds:
        choose(form, "loss.name", loss)
        assert sentence(form) == "", loss
        for regularization in ("mdr", "none"):
            choose(form, "regularization.name", regularization)
            assert sentence(form) == "", (loss, regularization)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_goes_with_every_choice_or_says_what_to_change(form: RecipeForm, loss: str) -> None:
    fill(form, WITH_MOST)
    choose(form, "loss.name", loss)
    assert sentence(form) == ""
    of_targets = LOSSES[loss][0].supervision == "targets"
    takes_memory = LOSSES[loss][0].supports_memory
    for sampling in ("random", "grouped", "covering"):
        choose(form, "batch.sampling", sampling)
        assert sentence(form).startswith("batch.sampling is " if of_targets and sampling != "covering" else "")
        assert bool(sentence(form)) == (of_targets and sampling != "covering")
    for size in (4096, 0):
        choose(form, "memory.size", size)
        assert bool(sentence(form)) == (size > 0 and not takes_memory)
        if sentence(form):
            assert "memory.size is 4096, but loss.name is" in sentence(form)


def test_a_memory_goes_with_the_loss_that_has_one(form: RecipeForm) -> None:
    start = override(load_recipe("small"), "loss.name=triplet", "memory.size=4096", "memory.start=50")
    form.show_recipe(start)
    choose(form, "loss.name", "proxy-anchor")
    assert (recipe(form).memory.size, recipe(form).memory.start) == (0, 1000)
    choose(form, "loss.name", "triplet")
    assert recipe(form).memory == start.memory


@pytest.mark.parametrize(
    ("key", "way"),
    [
        ("schedule.name", ("constant", "cosine", "step", "inverse")),
        ("optimizer.name", ("sgd", "adam", "adamw")),
        ("validation.split", ("held-out classes", "test")),
        ("augmentation.crop", ("centre",)),
        ("model.backbone", ("vit_b_16", "convnext_tiny", "convnet", "resnet18")),
        ("batch.sampling", ("grouped", "covering", "random")),
    ],
)
@pytest.mark.parametrize("preset", [WITH_MOST, "cub-proxy-anchor", "omniglot"])
def test_no_choice_is_refused_for_what_another_one_needed(
    form: RecipeForm, preset: str, key: str, way: tuple[str, ...]
) -> None:
    fill(form, preset)
    for value in way:
        choose(form, key, value)
        assert sentence(form) == "", value


def test_losses_keep_what_was_set_for_them(form: RecipeForm) -> None:
    fill(form, "small")
    choose(form, "loss.name", "triplet")
    choose(form, "loss.margin", 0.45)
    choose(form, "loss.name", "contrastive")
    choose(form, "loss.name", "triplet")
    assert recipe(form).loss.margin == 0.45
    fill(form, "small")
    choose(form, "loss.name", "triplet")
    assert recipe(form).loss.margin != 0.45, "another preset begins anew"


def test_numbers_that_contradict_each_other_stay_as_typed(form: RecipeForm) -> None:
    form.show_recipe(override(Recipe(name="one"), "training.epochs=30", "schedule.warmup_epochs=5"))
    choose(form, "training.epochs", 3)
    assert "schedule.warmup_epochs is 5" in sentence(form)
    choose(form, "training.epochs", 36)
    assert sentence(form) == "" and recipe(form).schedule.warmup_epochs == 5


def test_what_was_wrong_before_is_not_put_right_by_a_choice(form: RecipeForm) -> None:
    fill(form, WITH_MOST)
    choose(form, "optimizer.clip_norm", -1.0)
    choose(form, "regularization.name", "none")
    assert sentence(form).startswith("optimizer.clip_norm is -1")
    row = form.row("optimizer.clip_norm")
    assert row is not None and row.read() == -1.0


def test_a_hidden_field_that_is_at_fault_is_shown(form: RecipeForm) -> None:
    fill(form, "small")
    row = form.row("training.steps_per_epoch")
    assert row is not None and row.editor.isHidden()
    assert not form.complain("training.steps_per_epoch", "It must be set."), "said below as well"
    assert not row.editor.isHidden()
