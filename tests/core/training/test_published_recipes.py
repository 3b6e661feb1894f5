"""The shipped recipes: what they say they are, and that every one of them can be run."""

from __future__ import annotations

import pytest
import torch

from core.losses import MultiSimilarityLoss, build_loss
from core.training.augmentation import augment
from core.training.recipe import PUBLISHED_DATA, Recipe, load_recipe, override, presets
from core.training.run_directory import summarise
from core.training.run_messages import MessageTail
from core.training.trainer import train
from tests.core.training.tiny_data import tiny_source

METHODS = ("multi-similarity", "mdr", "multi-objective", "proxy-anchor")
SETS = ("cub", "cars", "sop", "in-shop")
PUBLISHED = [recipe for recipe in presets() if recipe.data]
# What the sources give differently for each data set; all else is the method's.
DIFFERS = {
    "multi-similarity": {"batch.classes"},
    "mdr": {"batch.classes", "batch.images", "batch.total", "regularization.lambda", "optimizer.learning_rate"},
    "multi-objective": set(),
    "proxy-anchor": {
        "batch.classes",
        "optimizer.learning_rate",
        "schedule.step_epochs",
        "schedule.step_factor",
        "training.head_epochs",
        "training.batch_norm",
    },
}


def settings(recipe: Recipe) -> dict[str, object]:
    """Dotted keys of all tables with their values."""
    tables = recipe.as_dict().items()
    return {f"{table}.{key}": value for table, part in tables if isinstance(part, dict) for key, value in part.items()}


def test_every_method_has_a_recipe_for_every_data_set():
    names = {recipe.name for recipe in PUBLISHED}
    besides = {"cub-log-ratio", "log-ratio", "cub-multi-similarity-paper"}
    assert {f"{data}-{method}" for data in SETS for method in METHODS} | besides == names
    for short, data in zip(SETS, PUBLISHED_DATA, strict=True):
        assert {recipe.data for recipe in PUBLISHED if recipe.name.startswith(f"{short}-")} == {data}


def test_the_list_begins_with_the_small_ones_and_keeps_data_sets_together():
    order = [recipe.data for recipe in presets()]
    places = [order.index(data) for data in dict.fromkeys(order)]
    assert order == sorted(order, key=lambda data: places[list(dict.fromkeys(order)).index(data)])
    assert list(dict.fromkeys(order)) == ["", *PUBLISHED_DATA, "Human poses"]


@pytest.mark.parametrize("recipe", PUBLISHED, ids=lambda recipe: recipe.name)
def test_a_published_recipe_has_its_published_result_and_for_which_backbone(recipe):
    assert recipe.published_result
    if recipe.published_result.startswith("Recall@1"):
        assert any(word in recipe.published_result for word in ("BN-Inception", "ResNet-50", "backbone is not told"))
    assert recipe.validation.split == "test", "as the papers did"


@pytest.mark.parametrize("method", METHODS)
def test_recipes_of_a_method_differ_only_where_the_sources_do(method):
    tables = [settings(load_recipe(f"{data}-{method}")) for data in SETS]
    assert all(table.keys() == tables[0].keys() for table in tables)
    assert {key for key in tables[0] if len({str(table[key]) for table in tables}) > 1} == DIFFERS[method]


@pytest.mark.parametrize(
    ("name", "preset"),
    [
        ("cub-multi-similarity-paper", MultiSimilarityLoss.paper),
        *((f"{data}-multi-similarity", MultiSimilarityLoss.official_code) for data in SETS),
    ],
)
def test_multi_similarity_has_the_values_of_the_paper_or_of_the_code_by_name(name, preset):
    loss, expected = build_loss(load_recipe(name).loss), preset()
    for value in ("alpha", "beta", "base", "epsilon", "legacy_self_pair", "mining", "weighting"):
        assert getattr(loss, value) == getattr(expected, value), value


def test_the_papers_recipe_is_the_codes_but_for_the_loss():
    code, paper = (settings(load_recipe(f"cub-multi-similarity{kind}")) for kind in ("", "-paper"))
    assert {key for key in code if code[key] != paper[key]} == {"loss.beta", "loss.base", "loss.legacy_self_pair"}


@pytest.mark.parametrize("recipe", PUBLISHED, ids=lambda recipe: recipe.name)
def test_every_published_recipe_trains(tmp_path, recipe):
    """Two epochs of a step, the first with the backbone at rest where the recipe has such epochs."""
    targets = recipe.loss.supervision == "targets"
    source = tiny_source(tmp_path / "data", train_classes=4, images=5, targets=targets)
    small = override(
        recipe,
        "model.weights=random",
        "model.backbone=convnet",
        "model.width=4",
        "model.embedding_size=8",
        "model.input_size=16",
        "model.prepared_size=20",
        "batch.classes=4",
        f"batch.images={2 if targets else 3}",
        "batch.total=0",
        "batch.nearest=2",
        f"training.head_epochs={min(1, recipe.training.head_epochs)}",
        "training.epochs=2",
        "training.steps_per_epoch=1",
    )
    outcome = train(small, source, tmp_path / "run", "cpu")
    assert outcome.state == "finished"
    assert summarise(tmp_path / "run").step == 2
    losses = [message["loss"] for message in MessageTail(tmp_path / "run").read() if message["type"] == "step"]
    assert len(losses) == 2


@pytest.mark.parametrize("name", ["log-ratio", "cub-log-ratio"])
def test_log_ratio_enlarges_as_crops_of_202_to_248_pixels_do(name):
    """Ramps tell how much of the picture a view of 224 pixels shows."""
    torch.manual_seed(0)
    row, column = torch.meshgrid(torch.arange(288.0), torch.arange(288.0), indexing="ij")
    images = torch.stack([row, column, row]).expand(300, 3, 288, 288)
    seen = augment(images, load_recipe(name).augmentation, 224)
    factors = 223 / (seen[:, 0, -1, 112] - seen[:, 0, 0, 112])
    assert float(factors.min()) == pytest.approx(224 / 248, abs=0.004)
    assert float(factors.max()) == pytest.approx(224 / 202, abs=0.004)


def test_batches_of_mdr_are_256_images_where_theirs_are():
    for name in ("sop-mdr", "in-shop-mdr"):
        assert load_recipe(name).batch.size == 256


@pytest.mark.parametrize(("name", "backbone"), [("cub-mdr", "resnet50"), ("log-ratio", "resnet34")])
def test_the_recipes_backbone_is_the_published_one(name, backbone):
    assert load_recipe(name).model.backbone == backbone
