"""Study files: what rows inherit, and every mistake in one sentence."""

from __future__ import annotations

import pytest

from core.errors import RecipeError
from core.losses.settings import MultiObjectiveSettings, TripletSettings
from core.study.definition import STUDIES, flat, load_study
from tests.core.study.tiny_study import tiny_study


def test_a_row_starts_from_the_recipe_and_the_row_it_is_like(tmp_path):
    study = tiny_study(tmp_path)
    plain, triplet = study.rows
    assert triplet.tuned == plain.tuned == ("rate",)
    recipe = study.recipe("a run", 7, triplet.set, study.tunings[0].choices[1])
    assert (recipe.name, recipe.training.seed, recipe.training.epochs) == ("a run", 7, 2)
    assert isinstance(recipe.loss, TripletSettings)
    assert recipe.optimizer.learning_rate == 0.001
    assert recipe.model.width == 4


def test_a_recipe_file_is_looked_for_beside_the_study(tmp_path):
    (tmp_path / "own.toml").write_text("[training]\nepochs = 9\n")
    assert tiny_study(tmp_path, 'recipe = "small"', 'recipe = "own.toml"').base.model.width == 4


def test_flat_names_settings_as_recipes_do():
    assert flat({"loss": {"name": "triplet", "margin": 0.1}, "a": 1}) == {
        "loss.name": "triplet",
        "loss.margin": 0.1,
        "a": 1,
    }


@pytest.mark.parametrize("path", sorted(STUDIES.glob("*.toml")), ids=lambda path: path.stem)
def test_shipped_studies_hold_together(path):
    """Reading one proves each of its recipes."""
    study = load_study(path.stem)
    assert study.name == path.stem
    assert study.about
    assert len(study.seeds) >= 3


def test_the_omniglot_study_takes_multi_objective_apart():
    rows = {row.name: row for row in load_study("omniglot").rows}
    left_out = {"pair": (0.0, 1.0, 1.0), "proxy": (1.0, 0.0, 1.0), "separation": (1.0, 1.0, 0.0)}
    for term, weights in left_out.items():
        for name in (f"multi-objective, no {term} term", f"multi-objective, no {term} term + MDR"):
            changes = {key.removeprefix("loss."): value for key, value in rows[name].set.items()}
            keys = ("pair_weight", "proxy_weight", "separation_weight")
            settings = MultiObjectiveSettings(**{key: changes[key] for key in keys if key in changes})
            assert settings.arguments()["weights"] == weights
            assert ("regularization.name" in rows[name].set) == name.endswith("MDR")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("held_out = 0.5", "held_out = 2", "held_out is 2; expected a share between 0 and 1"),
        ("seeds = [0, 1]", "seeds = [0, 0]", r"seeds is \[0, 0\]; expected different whole numbers"),
        ("seeds = [0, 1]", "seeds = []", r"seeds is \[\]; expected different whole numbers"),
        ("seeds = [0, 1]", "speed = 1", "speed is not part of the study; there are: name, about, recipe"),
        ("seeds = [0, 1]", 'measures = ["recall"]', "measures has 'recall'; there are: recall@K"),
        ("seeds = [0, 1]", 'measures = ["recall@0"]', "measures has 'recall@0'"),
        ("seeds = [0, 1]", "measures = []", "expected a list of: recall@K"),
        ('recipe = "small"', 'recipe = "large"', "There is no recipe 'large'"),
        ('recipe = "small"', "", "the study has no recipe"),
        ('[["triplet", "plain"]]', '[["triplet", "plane"]]', "contrasts has 'plane', which is no row"),
        ('[["triplet", "plain"]]', '["triplet"]', "expected pairs of rows"),
        ("epochs = 2", "epoch = 2", "training.epoch is not a setting"),
        ("learning_rate = 0.001", "rate = 0.001", "tuning 'rate': optimizer.rate is not a setting"),
        ("learning_rate = 0.001", "learning_rate = -1", "tuning 'rate': optimizer.learning_rate is -1"),
        ('name = "rate"', "", "tuning 1 has no name"),
        ('name = "rate"', 'name = "rate"\nafter = ["later"]', "comes after 'later', which is no tuning above it"),
        ("{ optimizer.learning_rate = 0.01 }, ", "", "expected at least two tables"),
        ('tuned = ["rate"]', 'tuned = ["speed"]', "row 'plain' is tuned by 'speed', which is no tuning"),
        ('tuned = ["rate"]', 'tuned = "rate"', "tuned of row 1 is 'rate'; expected a list"),
        ('like = "plain"', 'like = "plane"', r"row 2 \('triplet'\) is like 'plane', which is no row above it"),
        ('name = "triplet"\nlike', 'name = "plain"\nlike', "Two rows are called 'plain'"),
        ('"triplet" }', '"tripled" }', "row 'triplet': loss.name is 'tripled'"),
        ('set = { loss.name = "triplet" }', "sets = 1", "sets is not part of row 2; there are: name, like, set, tuned"),
        ('set = { loss.name = "triplet" }', "set = 1", "set of row 2 is 1; expected a table"),
        ('name = "tiny"', "name = 1", "name of the study is 1; expected a text"),
        ("[set]", "[set", "not readable TOML"),
    ],
)
def test_a_mistake_is_refused_in_one_sentence(tmp_path, old, new, sentence):
    with pytest.raises(RecipeError, match=sentence) as caught:
        tiny_study(tmp_path, old, new)
    assert "tiny.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_study_without_rows_or_by_an_unknown_name_is_refused(tmp_path):
    (tmp_path / "bare.toml").write_text('recipe = "small"\n')
    with pytest.raises(RecipeError, match="no rows"):
        load_study(tmp_path / "bare.toml")
    with pytest.raises(RecipeError, match=r"one of: .*omniglot.*wardrobe"):
        load_study("omniglod")
    with pytest.raises(RecipeError, match="Could not read"):
        load_study(tmp_path / "missing.toml")
