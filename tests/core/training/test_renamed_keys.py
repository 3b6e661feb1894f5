"""Keys of an earlier version mean what they meant, through every door by which a recipe comes in."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest

from core.__main__ import main
from core.checksum import KEY, with_checksum, write_checked
from core.data.catalog_opening import open_catalog
from core.data.source import DataSource
from core.errors import RecipeError
from core.models.checkpoint_files import details_path, list_checkpoints
from core.storage import read_json, write_json
from core.study.definition import load_study
from core.study.one_run import RESULT, StudyJob, StudyResult, finished_result
from core.training.recipe import Recipe, first_difference, override, read_recipe, to_toml
from core.training.renamed_keys import RENAMED
from core.training.run_directory import read_run_recipe
from core.training.trainer import train
from tests.core.training.tiny_data import tiny_recipe, tiny_source

DECAYING, MDR = "optimizer.weight_decay=0.01", "regularization.name=mdr"
# Old key -> a value that is not its default, and what must be set beside it to have a meaning.
OLD: dict[str, tuple[Any, tuple[str, ...]]] = {
    "aims_at": ("the moon", ()),
    "augmentation.quarter_turns": (True, ()),
    "loss.beta_rate": (7.0, ("loss.name=margin", "loss.learn_beta=true")),
    "loss.proxy_rate": (7.0, ("loss.name=proxy-anchor",)),
    "optimizer.backbone_decay": (0.5, (DECAYING,)),
    "optimizer.backbone_rate": (0.5, ()),
    "optimizer.head_decay": (0.5, (DECAYING,)),
    "optimizer.head_rate": (0.5, ()),
    "optimizer.level_decay": (0.5, (DECAYING, MDR)),
    "optimizer.proxy_decay": (0.5, (DECAYING, "loss.name=proxy-anchor")),
    "regularization.level_rate": (0.5, (MDR,)),
    "validation.choose_on": ("held-out classes", ()),
}
every_old_key = pytest.mark.parametrize("old", OLD)


def changed(old: str, key: str) -> Recipe:
    """The default recipe with the value of an old key, set under the name `key`."""
    value, beside = OLD[old]
    return override(Recipe("r"), *beside, f"{key}={json.dumps(value)}")


def as_written_before(recipe: Recipe) -> dict[str, Any]:
    """The recipe's plain values under the keys of the version before."""
    earlier = {new: old.rpartition(".")[2] for old, new in RENAMED.items()}
    return {
        earlier.get(table, table): {earlier.get(f"{table}.{key}", key): value for key, value in entries.items()}
        if isinstance(entries, dict)
        else entries
        for table, entries in recipe.as_dict().items()
    }


def toml_of(values: dict[str, Any]) -> str:
    """Plain values as a TOML file: a table each on a line of its own."""
    # JSON's texts, numbers, lists and truth values are TOML's.
    lines = []
    for key, value in values.items():
        entries = {f"{key}.{name}": entry for name, entry in value.items()} if isinstance(value, dict) else {key: value}
        lines += [f"{name} = {json.dumps(entry)}\n" for name, entry in entries.items()]
    return "".join(lines)


def test_every_old_key_is_tried() -> None:
    assert OLD.keys() == RENAMED.keys()


@every_old_key
def test_an_old_key_on_the_command_line_means_the_same(old):
    assert changed(old, old) == changed(old, RENAMED[old])
    default = override(Recipe("r"), *OLD[old][1])
    assert first_difference(changed(old, old), default) == RENAMED[old]


@every_old_key
def test_an_old_recipe_file_means_the_same_and_is_written_with_the_keys_of_today(old, tmp_path):
    recipe = changed(old, RENAMED[old])
    text = toml_of(as_written_before(recipe))
    assert f"{old} = {json.dumps(OLD[old][0])}\n" in text
    (tmp_path / "r.toml").write_text(text)
    assert read_recipe(tmp_path / "r.toml") == recipe
    assert Recipe.from_dict(tomllib.loads(to_toml(recipe))) == recipe
    assert RENAMED[old] in toml_of(tomllib.loads(to_toml(recipe)))


@every_old_key
def test_an_old_study_file_means_the_same(old, tmp_path):
    """For all rows, in a single one, and among the choices of a tuning."""
    value, beside = OLD[old]
    base = toml_of(as_written_before(override(Recipe("r"), *beside)))
    (tmp_path / "base.toml").write_text(base)
    setting = f"{old} = {json.dumps(value)}"
    start = 'recipe = "base.toml"\n'
    tuning = f'[[tunings]]\nname = "t"\nchoices = [{{ {setting} }}, {{ training.seed = 5 }}]\n'
    (tmp_path / "s.toml").write_text(f'{start}{tuning}[[rows]]\nname = "a"\nset.{setting}\n')
    study = load_study(tmp_path / "s.toml")
    in_row, in_tuning = (study.recipe("r", 0, changes) for changes in (study.rows[0].set, study.tunings[0].choices[0]))
    (tmp_path / "s.toml").write_text(f'{start}set.{setting}\n[[rows]]\nname = "a"\n')
    assert in_row == in_tuning == load_study(tmp_path / "s.toml").recipe("r", 0) == changed(old, RENAMED[old])


@every_old_key
def test_both_names_of_one_setting_are_refused_in_one_sentence(old, tmp_path):
    new, value = RENAMED[old], json.dumps(OLD[old][0])
    sentence = rf"{old} and {new} are both given; they are one setting: leave out {old}, its earlier name\."
    with pytest.raises(RecipeError, match=sentence) as caught:
        override(Recipe("r"), f"{old}={value}", f"{new}={value}")
    assert caught.value.subject == old
    (tmp_path / "r.toml").write_text(f"{old} = {value}\n{new} = {value}\n")
    with pytest.raises(RecipeError, match=rf"r\.toml: {sentence}"):
        read_recipe(tmp_path / "r.toml")


def test_a_run_of_the_version_before_is_read_and_resumed(tmp_path, capsys):
    settings = ("loss.name=proxy-anchor", "loss.proxy_lr_mult=7", "optimizer.backbone_lr_mult=0.5", "training.epochs=1")
    recipe, source, run = tiny_recipe(*settings), tiny_source(tmp_path / "data"), tmp_path / "run"
    before = as_written_before(recipe)
    assert (before["loss"]["proxy_rate"], before["optimizer"]["backbone_rate"]) == (7.0, 0.5)
    train(recipe, source, run, "cpu")
    (run / "recipe.toml").write_text(with_checksum(toml_of(before)))
    details = details_path(list_checkpoints(run)[0].path)
    values = {key: value for key, value in read_json(details).items() if key != KEY}
    write_checked(details, {**values, "recipe": before})
    assert read_run_recipe(run) == Recipe.from_dict(list_checkpoints(run)[0].recipe) == recipe
    assert main(["train", "--out", str(run), "--resume", "--epochs", "2", "--device", "cpu"]) == 0
    assert "finished 2 epochs" in capsys.readouterr().out
    assert read_run_recipe(run) == override(recipe, "training.epochs=2")
    assert list_checkpoints(run)[-1].epoch == 2


def test_a_finished_run_of_an_old_study_is_not_trained_again(tmp_path, tiny_folder):
    recipe, source = changed("loss.proxy_rate", "loss.proxy_lr_mult"), DataSource(str(tiny_folder))
    result = {"measures": {"recall@1": 0.5}}
    values = {"recipe": as_written_before(recipe), "held_out": 0.0, "result": result}
    write_json(tmp_path / RESULT, {**values, "catalog": open_catalog(source).fingerprint})
    job = StudyJob(tmp_path, recipe.as_dict(), source, ("recall@1",), 0.0, "cpu")
    assert finished_result(job) == StudyResult(**result)
