from __future__ import annotations

import os
import re
import subprocess
import sys

import numpy as np
import pytest

from core.errors import RecipeError
from core.losses import LOSSES
from core.losses.settings import MemorySettings, MultiSimilaritySettings, RegularizationSettings, TripletSettings
from core.settings import settings_of
from core.training.recipe import (
    TABLES,
    Recipe,
    first_difference,
    load_recipe,
    override,
    presets,
    read_recipe,
    to_toml,
    with_training,
)


def test_every_preset_survives_being_written_and_read(tmp_path):
    names = [recipe.name for recipe in presets()]
    assert {"demo", "omniglot", "clothing", "small"} <= set(names)
    for recipe in presets():
        path = tmp_path / f"{recipe.name}.toml"
        path.write_text(to_toml(recipe), encoding="utf-8")
        assert read_recipe(path) == recipe
        assert recipe.about


def test_awkward_texts_survive_being_written(tmp_path):
    recipe = override(load_recipe("small"), "model.backbone=resnet18")
    recipe = override(recipe, 'model.weights="C:\\\\weights\\\\a \\"b\\" é.pth"')
    (tmp_path / "r.toml").write_text(to_toml(recipe), encoding="utf-8")
    assert read_recipe(tmp_path / "r.toml").model.weights == 'C:\\weights\\a "b" é.pth'


def test_a_file_without_a_name_is_called_after_itself(tmp_path):
    (tmp_path / "mine.toml").write_text("[training]\nepochs = 3\n")
    recipe = load_recipe(str(tmp_path / "mine.toml"))
    assert (recipe.name, recipe.training.epochs) == ("mine", 3)


def test_overriding_the_loss_drops_the_settings_of_the_old_one():
    recipe = Recipe("r", loss=MultiSimilaritySettings(alpha=9.0))
    assert override(recipe, "loss.name=triplet", "loss.margin=0.4").loss == TripletSettings(margin=0.4)
    assert override(recipe, "loss.name=multi-similarity").loss == MultiSimilaritySettings(alpha=9.0)


def test_leaving_mdr_or_a_memory_leaves_their_settings():
    recipe = override(load_recipe("cub-mdr"), "regularization.name=none")
    assert recipe.regularization == RegularizationSettings(mean_distance=True)
    remembering = override(Recipe("r"), "memory.size=500", "memory.start=10")
    assert override(remembering, "memory.size=0").memory == MemorySettings()


def test_overrides_are_read_as_toml_or_as_text():
    recipe = override(
        Recipe("r"),
        "optimizer.learning_rate=3e-4",
        "model.normalize=false",
        "augmentation.scale=[0.5, 2]",
        "model.backbone=resnet18",
        'name="x"',
    )
    assert recipe.optimizer.learning_rate == 3e-4
    assert recipe.model.normalize is False
    assert recipe.augmentation.scale == (0.5, 2.0)
    assert (recipe.model.backbone, recipe.name) == ("resnet18", "x")


def test_epochs_and_seed_can_be_given_by_themselves():
    recipe = with_training(Recipe("r"), epochs=3)
    assert (recipe.training.epochs, recipe.training.seed) == (3, 0)
    assert with_training(recipe, seed=7).training.seed == 7


@pytest.mark.parametrize(
    ("assignment", "sentence"),
    [
        ("optimizer.learning_rat=1", "optimizer.learning_rat is not a setting; there are: name, learning_rate"),
        ("loss.margin=1", "loss.margin is not a setting; there are: alpha, beta"),
        ("loss.name=softmax", "loss.name is 'softmax'; expected one of: multi-similarity, triplet"),
        ("optimiser.name=adam", "optimiser.name is not a setting; the tables are: model, loss, batch"),
        ("batch.classes=many", "batch.classes is 'many'; expected a whole number"),
        ("batch.classes=2.5", "batch.classes is 2.5; expected a whole number"),
        ("batch.classes=true", "batch.classes is True; expected a whole number"),
        ("batch.classes=1", "batch.classes is 1; a loss needs at least 2"),
        ("model.normalize=1", "model.normalize is 1; expected true or false"),
        ("model.backbone=resnet", "model.backbone is 'resnet'; expected one of: convnet, resnet18"),
        ("model.mean=[1, 2]", "model.mean is .1, 2.; expected a list of 3 values"),
        ("model.std=[0, 1, 1]", "model.std is .* above 0"),
        ("model.pooling=token", "model.pooling is 'token', but model.backbone is 'convnet'"),
        ("model.backbone=vit_b_16", "model.pooling is 'avg.*, but model.backbone is 'vit_b_16'"),
        ("model.weights=imagenet", "model.weights is 'imagenet', but model.backbone is 'convnet'"),
        ("model.input_size=300", "model.prepared_size is 72, smaller than model.input_size, 300"),
        ("model.input_size=8", "model.input_size is 8, but model.backbone is 'convnet'"),
        ("loss.epsilon=-1.0", "loss.epsilon is -1.0; expected 0 or more"),
        ("regularization.lambda=-1", "regularization.lambda is -1.0; expected 0 or more"),
        ("regularization.lambd=1", "regularization.lambd is not a setting; there are: name, lambda, nu"),
        ("regularization.levels=[]", "regularization.levels has 0 values; expected 1 to 1000"),
        ("batch.total=256", r"batch\.total is 256, but batch\.classes is 16 with batch\.images 4 each; .* 64"),
        ("regularization.momentum=1", "regularization.momentum is 1.0; expected 0 or more and less than 1"),
        ("regularization.name=l2", "regularization.name is 'l2'; expected one of: none, mdr"),
        ("optimizer.momentum=0.5", "optimizer.momentum is 0.5, but optimizer.name is 'adam'"),
        ("schedule.warmup_epochs=900", "schedule.warmup_epochs is 900, but training.epochs is"),
        ("augmentation.scale=[2, 1]", "augmentation.scale is .2.0, 1.0.; expected 0 < low <= high"),
        ("training.epochs=0", "training.epochs is 0; expected 1 or more"),
        ("model=3", "model is 3; expected a table"),
        ("colour=red", "colour is not part of a recipe; there are: name, about, data, published_result, model"),
        ("training", "'training' is not a setting; expected KEY=VALUE"),
    ],
)
def test_refusals_name_the_key_and_what_was_expected(assignment, sentence):
    with pytest.raises(RecipeError, match=sentence) as refused:
        override(load_recipe("small"), assignment)
    assert str(refused.value).endswith(".")


def test_two_settings_that_exclude_each_other_are_both_named():
    with pytest.raises(RecipeError, match=r"loss\.legacy_underflow .* loss\.sampling = 'distance-weighted'.* 'hard'"):
        override(Recipe("r"), "loss.name=triplet", "loss.sampling=hard", "loss.legacy_underflow=true")
    with pytest.raises(RecipeError, match=r"augmentation\.rotation is 50, but augmentation\.rotation_classes"):
        override(Recipe("r"), "augmentation.rotation=50", "augmentation.rotation_classes=true")
    with pytest.raises(RecipeError, match=r"model\.width is 32, but model\.backbone is 'resnet18'"):
        override(Recipe("r"), "model.width=32", "model.backbone=resnet18")


@pytest.mark.parametrize(
    ("assignments", "sentence"),
    [
        (["loss.mining=false", "loss.epsilon=0.2"], r"loss\.epsilon is 0\.2, but loss\.mining is false"),
        (
            ["loss.name=multi-objective", "loss.balanced=true", "loss.proxy_weight=2"],
            r"loss\.proxy_weight is 2\.0, but loss\.balanced is true",
        ),
        (
            ["loss.name=multi-objective", "loss.pair_weight=0", "loss.proxy_weight=0", "loss.separation_weight=0"],
            r"loss\.pair_weight, loss\.proxy_weight and loss\.separation_weight are all 0",
        ),
        (
            ["loss.name=multi-objective", "loss.separation=mean", "loss.separation_gamma=8"],
            r"loss\.separation_gamma is 8\.0, but loss\.separation is 'mean'",
        ),
        (["regularization.mean_distance=true"], r"regularization\.mean_distance is true, but model\.normalize is true"),
        (["loss.name=proxy-nca", "loss.smoothing=1"], r"loss\.smoothing is 1\.0; expected 0 or more and less than 1"),
        (
            ["loss.name=log-ratio", "augmentation.rotation_classes=true"],
            r"augmentation\.rotation_classes is true, but loss\.name is 'log-ratio'",
        ),
        (
            ["loss.name=log-ratio", "batch.classes=2", "batch.images=3"],
            r"batch\.nearest is 5, but batch\.classes x batch\.images is 6",
        ),
        (
            ["loss.name=binary-triplet", "batch.classes=2", "batch.images=4", "loss.positives=7"],
            r"loss\.positives is 7, but batch\.classes x batch\.images is 8",
        ),
        (
            ["loss.name=proxy-anchor", "memory.size=500"],
            r"memory\.size is 500, but loss\.name is 'proxy-anchor', which cannot .* one of: multi-similarity, triplet",
        ),
        (["memory.size=100"], r"memory\.size is 100, but batch\.classes x batch\.images is 120"),
        (["memory.start=-1"], r"memory\.start is -1; expected 0 or more"),
        (
            ["loss.name=margin", "loss.nu=0.1"],
            r"loss\.nu is 0\.1, but loss\.learn_beta is false",
        ),
        (["loss.name=arcface", "loss.margin=200"], r"loss\.margin is 200\.0; expected 0 or more and less than 180"),
        (
            ["training.batch_norm=frozen", "model.backbone=convnext_tiny"],
            r"training\.batch_norm is 'frozen', but model\.backbone is 'convnext_tiny': it has no batch norm",
        ),
        (["training.head_epochs=20"], r"training\.head_epochs is 20, but training\.epochs is 20"),
        (["schedule.milestones=[3]"], r"schedule\.milestones is \[3\.0\], but schedule\.name is 'cosine'"),
        (["schedule.name=milestones"], r"schedule\.milestones is \[\], but schedule\.name is 'milestones'"),
        (["schedule.decay=0.1"], r"schedule\.decay is 0\.1, but schedule\.name is 'cosine'"),
        (
            ["schedule.name=milestones", "schedule.milestones=[3, 2]"],
            r"schedule\.milestones is \[3\.0, 2\.0\]; expected ascending numbers above 0",
        ),
        (["augmentation.crop_area=[0.2, 1]"], r"augmentation\.crop_area is .*, but augmentation\.crop is 'centre'"),
        (["augmentation.crop_aspect=[0.5, 2]"], r"augmentation\.crop_aspect is .*, but augmentation\.crop is 'centre'"),
        (
            ["augmentation.crop=random resized", "augmentation.crop_area=[0.2, 1]", "augmentation.scale=[1, 2]"],
            r"augmentation\.scale is \[1\.0, 2\.0\], but augmentation\.crop is 'random resized'",
        ),
        (["augmentation.crop=random resized"], r"augmentation\.crop is 'random resized', but augmentation\.crop_area"),
        (
            ["augmentation.crop=random resized", "augmentation.crop_area=[0.2, 2]"],
            r"augmentation\.crop_area is \[0\.2, 2\.0\]; expected shares of up to 1",
        ),
        (["augmentation.flip_together=true"], r"augmentation\.flip_together is true, but augmentation\.flip is false"),
        (["batch.sampling=independent"], r"batch\.sampling is 'independent', but training\.steps_per_epoch is 0"),
        (
            ["loss.name=log-ratio", "batch.sampling=random"],
            r"batch\.sampling is 'random', but loss\.name is 'log-ratio'",
        ),
        (
            ["loss.name=log-ratio", "validation.split=held-out classes"],
            r"validation\.split is 'held-out classes', but loss\.name is 'log-ratio'",
        ),
        (["validation.share=0.5"], r"validation\.share is 0\.5, but validation\.split is 'test'"),
        (
            ["validation.split=held-out classes", "validation.share=1"],
            r"validation\.share is 1\.0; expected between 0 and 1",
        ),
        (["optimizer.head_decay_mult=2"], r"optimizer\.head_decay_mult is 2\.0, but optimizer\.weight_decay is 0"),
        (
            ["optimizer.weight_decay=0.1", "optimizer.proxy_decay_mult=0"],
            r"optimizer\.proxy_decay_mult is 0, but loss\.name is 'multi-similarity': it has no proxies",
        ),
        (
            ["optimizer.weight_decay=0.1", "optimizer.level_decay_mult=0"],
            r"optimizer\.level_decay_mult is 0, but regularization\.name is 'none'",
        ),
        (
            ["regularization.lambda=0.6"],
            r"regularization\.lambda is 0\.6, but regularization\.name is 'none'.* it is 0\.1",
        ),
        (
            ["regularization.levels=[0, 1, 2]"],
            r"regularization\.levels is \[0\.0, 1\.0, 2\.0\], but regularization\.name",
        ),
        (["memory.start=100"], r"memory\.start is 100, but memory\.size is 0"),
        (
            ["schedule.step_epochs=5"],
            r"schedule\.step_epochs is 5, but schedule\.name is 'cosine': only 'step' has one",
        ),
        (
            ["schedule.step_factor=0.2"],
            r"schedule\.step_factor is 0\.2, but schedule\.name is 'cosine': only 'step' and 'milestones' have one",
        ),
        (
            ["training.head_epochs=1", "optimizer.backbone_lr_mult=0"],
            r"training\.head_epochs is 1, but optimizer\.backbone_lr_mult is 0",
        ),
        (["loss.name=proxy-anchor", "loss.proxy_lr_mult=0"], r"loss\.proxy_lr_mult is 0\.0; expected a number above 0"),
    ],
)
def test_settings_of_losses_that_exclude_each_other_are_both_named(assignments, sentence):
    with pytest.raises(RecipeError, match=sentence):
        override(Recipe("r"), *assignments)


def test_a_key_that_is_a_word_of_python_survives_a_file(tmp_path):
    recipe = override(Recipe("r"), "regularization.name=mdr", "regularization.lambda=0.6")
    (tmp_path / "r.toml").write_text(to_toml(recipe), encoding="utf-8")
    assert "lambda = 0.6" in (tmp_path / "r.toml").read_text(encoding="utf-8")
    assert read_recipe(tmp_path / "r.toml").regularization.lambda_ == 0.6


def test_a_list_of_any_length_survives_a_file(tmp_path):
    recipe = override(Recipe("r"), "schedule.name=milestones", "schedule.milestones=[2, 4.5, 8]")
    (tmp_path / "r.toml").write_text(to_toml(recipe), encoding="utf-8")
    assert read_recipe(tmp_path / "r.toml").schedule.milestones == (2.0, 4.5, 8.0)
    with pytest.raises(RecipeError, match=r"schedule\.milestones is 3; expected a list\."):
        override(Recipe("r"), "schedule.milestones=3")


def test_what_a_recipe_says_about_itself_survives_a_file(tmp_path):
    recipe = Recipe("r", data="CUB-200-2011", published_result="Recall@1 65.8 %")
    (tmp_path / "r.toml").write_text(to_toml(recipe), encoding="utf-8")
    assert read_recipe(tmp_path / "r.toml") == recipe
    assert "published_result" not in to_toml(Recipe("r"))


def test_files_that_are_no_recipes_are_refused(tmp_path):
    broken = tmp_path / "broken.toml"
    broken.write_text("[model\n")
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[model]\nsize = 3\n")
    with pytest.raises(RecipeError, match="is not readable TOML"):
        load_recipe(broken)
    with pytest.raises(RecipeError, match=r"wrong\.toml: model\.size is not a setting"):
        load_recipe(wrong)
    with pytest.raises(RecipeError, match=r"Could not read the recipe .*gone\.toml: No such file"):
        load_recipe(tmp_path / "gone.toml")
    with pytest.raises(RecipeError, match=r"There is no recipe 'nothing'; expected a \.toml file or one of: .*demo"):
        load_recipe("nothing")


def test_the_first_difference_is_named():
    recipe = load_recipe("small")
    longer = with_training(recipe, epochs=recipe.training.epochs + 1)
    assert first_difference(recipe, recipe) is None
    assert first_difference(recipe, longer) == "training.epochs"
    assert first_difference(recipe, longer, ignoring=("training.epochs",)) is None
    assert first_difference(recipe, override(recipe, "loss.name=triplet")) == "loss.name"


@pytest.mark.parametrize(
    "kind", [*TABLES.values(), *(settings for settings, _, _ in LOSSES.values())], ids=lambda kind: kind.__name__
)
def test_every_setting_explains_itself(kind):
    for item in settings_of(kind):
        assert item.help.endswith("."), item.name


def test_reading_recipes_does_not_load_torch():
    code = (
        "import sys; from core.training import run_directory, recipe, messages; recipe.presets();"
        " assert not {'torch', 'torchvision', 'safetensors'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("assignment", "sentence"),
    [
        (
            "optimizer.learning_rate=1e38",
            r"optimizer\.learning_rate is 1e\+38; expected a finite number of up to 1e\+12",
        ),
        ("optimizer.learning_rate=nan", r"optimizer\.learning_rate is nan; expected a finite number"),
        ("optimizer.weight_decay=-inf", r"optimizer\.weight_decay is -inf; expected a finite number"),
        ("optimizer.learning_rate=-1", r"optimizer\.learning_rate is -1\.0; expected a number above 0"),
        ("model.embedding_size=100000000", r"model\.embedding_size is 100,000,000; expected up to 65,536"),
        ("memory.size=1000000000000", r"memory\.size is 1,000,000,000,000; expected up to"),
        ("training.steps_per_epoch=100000000000", r"training\.steps_per_epoch is 100,000,000,000; expected up to"),
        ("batch.images=1" + "0" * 40, r"batch\.images is 10+.*0; expected a whole number of up to"),
        ("batch.images=1" + "0" * 5000, r"batch\.images is '10+.*; expected a whole number"),
        ("model.mean=[1e300, 0, 0]", r"model\.mean is 1e\+300; expected a finite number"),
        ("model.mean=" + "[" * 3000 + "]" * 3000, r"model\.mean is '\[+.*; expected a list"),
        ("loss.alpha=" + "x" * 10_000, r"loss\.alpha is 'x+\.\.\.x+'; expected a number"),
        ("loss." + "y" * 10_000 + "=1", r"loss\.y+ is not a setting"),
    ],
    ids=lambda value: value[:30],
)
def test_values_that_no_library_takes_are_refused_shortly(assignment, sentence):
    with pytest.raises(RecipeError, match=sentence) as refused:
        override(load_recipe("small"), assignment)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a = " + b"[" * 50_000, "too deep within each other"),
        (b"x = 1" + b"0" * 5000, "is not readable TOML"),
        (b"\xff\xfe\x00", "is not readable TOML"),
        (b"# " + b"x" * (1 << 20), "it has more than the 1,048,576 bytes expected"),
        (b"a.b = 1\na = 2", "is not readable TOML"),
        (b".".join([b"loss.name"] + [b"a"] * 200) + b" = 1", "loss.name is {'a': {'a': "),
        (b"loss = 1979-05-27", "expected a table"),
        (b"name = 3", "name is 3; expected a text"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_recipes_made_to_do_harm_are_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "recipe.toml"
    path.write_bytes(content)
    with pytest.raises(RecipeError, match=re.escape(sentence)) as refused:
        load_recipe(path)
    assert len(str(refused.value)) < 600


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_no_recipe(tmp_path):
    os.mkfifo(tmp_path / "recipe.toml")
    with pytest.raises(RecipeError, match=r"Could not read the recipe .*recipe\.toml"):
        load_recipe(tmp_path / "recipe.toml")


WRONG = [
    "1",
    "-1",
    "nan",
    "inf",
    "1e39",
    "true",
    '""',
    '"x"',
    "[]",
    "[[]]",
    "{}",
    "1979-05-27",
    "[1, 'a']",
    "0",
    "2" * 30,
]


def test_any_value_at_any_key_is_a_recipe_or_refused(tmp_path):
    """Values exchanged and bytes changed at random."""
    random, path = np.random.default_rng(0), tmp_path / "recipe.toml"
    lines = to_toml(load_recipe("cub-mdr")).splitlines()
    for turn in range(400):
        changed = list(lines)
        for _ in range(random.integers(1, 3)):
            index = random.integers(len(changed))
            key, separator, _ = changed[index].partition(" = ")
            changed[index] = key + separator + random.choice(WRONG)
        content = bytearray("\n".join(changed).encode())
        if turn % 2:
            content[random.integers(len(content))] = random.integers(256)
        path.write_bytes(content)
        try:
            assert isinstance(read_recipe(path), Recipe)
        except RecipeError as error:
            assert "\n" not in str(error)
