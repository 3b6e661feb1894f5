"""Studies: a table of recipes to be trained with several seeds, as a TOML file. No torch here.

    name, about     what it is called and what it shows
    recipe          the recipe that every row starts from: a preset's name, or a file beside the study's
    measures        what is measured on the test split: recall@K, map@r, target-distance@K, ndcg@K
    seeds           training.seed of the runs of a row
    set             changes to the recipe for every row, such as set.training.epochs = 12
    held_out        share of the training classes on which tunings are judged, and which they do not learn from
    [[tunings]]     name, set, after, choices: settings tried beforehand on those classes, the best of which is taken
    [[rows]]        name, like, set, tuned: a row of the table; it begins with the changes and tunings of the row `like`
    contrasts       pairs of rows whose difference is told as well, seed by seed

Unknown keys, rows and tunings are refused in one sentence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import RecipeError
from core.messages import Message
from core.paths import RESOURCES
from core.training.recipe import Recipe, flat, load_recipe, override, read_toml

STUDIES = RESOURCES / "studies"
MEASURES = ("recall@K", "map@r", "target-distance@K", "ndcg@K")
# Dotted key of a recipe -> its value.
Changes = Mapping[str, Any]

_MEASURE = re.compile(r"map@r|(recall|target-distance|ndcg)@[1-9]\d*")
_TOP = ("name", "about", "recipe", "measures", "seeds", "set", "held_out", "tunings", "rows", "contrasts")


@dataclass(frozen=True)
class Tuning:
    """Settings tried before the study on held-out training classes; the best of `choices` is taken.

    Attributes:
        name: what rows call it.
        set: the recipe it is tried in, as changes to the study's.
        after: earlier tunings whose outcome it starts from.
        choices: the changes to choose from, at least two.
    """

    name: str
    set: Changes
    after: tuple[str, ...]
    choices: tuple[Changes, ...]


@dataclass(frozen=True)
class Row:
    """A row of the table: changes to the study's recipe, made on top of what its tunings have chosen."""

    name: str
    set: Changes
    tuned: tuple[str, ...]


@dataclass(frozen=True)
class Study:
    """A whole study; see the head of this file. The tunings stand in the order in which they are made."""

    name: str
    about: str
    base: Recipe
    measures: tuple[str, ...]
    seeds: tuple[int, ...]
    held_out: float
    tunings: tuple[Tuning, ...]
    rows: tuple[Row, ...]
    contrasts: tuple[tuple[str, str], ...]

    def recipe(self, name: str, seed: int, *changes: Changes) -> Recipe:
        """The study's recipe under another name and seed, with changes made one after the other."""
        assignments = [_assignment(key, value) for part in changes for key, value in part.items()]
        named = (_assignment("name", name), _assignment("training.seed", seed))
        return override(self.base, *assignments, *named)


def load_study(name_or_path: str | Path) -> Study:
    """The study of a file, or the shipped one of that name; RecipeError says where it is at fault."""
    path = Path(name_or_path)
    if path.suffix != ".toml" and not path.is_file():
        path = STUDIES / f"{name_or_path}.toml"
        if not path.is_file() or path.parent != STUDIES:
            names = ", ".join(sorted(item.stem for item in STUDIES.glob("*.toml")))
            raise RecipeError(Message("study-unknown", name=name_or_path, names=names), str(name_or_path))
    values = read_toml(path, "study")
    try:
        return study_from(values, path)
    except RecipeError as error:
        raise RecipeError(Message("file-fault", path=path.name, reason=error), error.subject) from error


def study_from(values: Mapping[str, Any], path: Path) -> Study:
    """A study from plain values; files named in it are looked for beside `path`."""
    _only_known(values, _TOP, "the study")
    tunings = tuple(_tuning(entry, number) for number, entry in enumerate(_list(values, "tunings"), start=1))
    study = Study(
        name=_text(values, "name", "the study", path.stem),
        about=_text(values, "about", "the study", ""),
        base=_base(values, path),
        measures=_measures(values),
        seeds=_seeds(values),
        held_out=_held_out(values, bool(tunings)),
        tunings=tunings,
        rows=_rows(_list(values, "rows")),
        contrasts=_contrasts(_list(values, "contrasts")),
    )
    _check_names(study)
    _check_recipes(study)
    return study


def is_share(name: str) -> bool:
    """Whether a measure lies in 0..1 and more is better; distances are in the targets' unit, and less is better."""
    return not name.startswith("target-distance")


def _assignment(key: str, value: Any) -> str:
    # JSON's texts, numbers, lists and truth values are TOML's.
    return f"{key}={json.dumps(value)}"


def _base(values: Mapping[str, Any], path: Path) -> Recipe:
    named = _text(values, "recipe", "the study")
    beside = path.parent / named
    base = load_recipe(beside if named.endswith(".toml") else named)
    changes = flat(_table(values, "set", "the study"))
    return override(base, *(_assignment(key, value) for key, value in changes.items()))


def _measures(values: Mapping[str, Any]) -> tuple[str, ...]:
    given = values.get("measures", ["recall@1", "map@r"])
    if not isinstance(given, list) or not given:
        raise RecipeError(Message("study-measures-invalid", given=repr(given), measures=MEASURES), "measures")
    for measure in given:
        if not isinstance(measure, str) or not _MEASURE.fullmatch(measure):
            raise RecipeError(Message("study-measure-unknown", measure=repr(measure), measures=MEASURES), "measures")
    return tuple(given)


def _seeds(values: Mapping[str, Any]) -> tuple[int, ...]:
    given = values.get("seeds", [0, 1, 2])
    whole = isinstance(given, list) and all(type(seed) is int and seed >= 0 for seed in given)
    if not whole or not given or len(set(given)) != len(given):
        raise RecipeError(Message("study-seeds-invalid", given=repr(given)), "seeds")
    return tuple(given)


def _held_out(values: Mapping[str, Any], needed: bool) -> float:
    given = values.get("held_out", 0.25)
    if type(given) not in (int, float) or not 0 < given < 1:
        raise RecipeError(Message("study-held-out-invalid", given=repr(given)), "held_out")
    if "held_out" in values and not needed:
        raise RecipeError(Message("study-held-out-without-tunings"), "held_out")
    return float(given)


def _tuning(entry: Any, number: int) -> Tuning:
    where = f"tuning {number}"
    if not isinstance(entry, Mapping):
        raise RecipeError(Message("study-entry-no-table", where=where, entry=repr(entry)), "tunings")
    _only_known(entry, ("name", "set", "after", "choices"), where)
    choices = _list(entry, "choices")
    if len(choices) < 2 or not all(isinstance(choice, Mapping) for choice in choices):
        raise RecipeError(Message("study-choices-too-few", where=where, choices=repr(choices)), "tunings")
    return Tuning(
        name=_text(entry, "name", where),
        set=flat(_table(entry, "set", where)),
        after=_names(entry, "after", where),
        choices=tuple(flat(choice) for choice in choices),
    )


def _rows(entries: Sequence[Any]) -> tuple[Row, ...]:
    rows: dict[str, Row] = {}
    for number, entry in enumerate(entries, start=1):
        where = f"row {number}"
        if not isinstance(entry, Mapping):
            raise RecipeError(Message("study-entry-no-table", where=where, entry=repr(entry)), "rows")
        _only_known(entry, ("name", "like", "set", "tuned"), where)
        name, like = _text(entry, "name", where), _text(entry, "like", where, "")
        if like and like not in rows:
            raise RecipeError(Message("study-row-like-none", where=where, name=name, like=like), "rows")
        if name in rows:
            raise RecipeError(Message("study-row-named-twice", name=name), "rows")
        model = rows[like] if like else Row("", {}, ())
        changes = {**model.set, **flat(_table(entry, "set", where))}
        rows[name] = Row(name, changes, (*model.tuned, *_names(entry, "tuned", where)))
    if not rows:
        raise RecipeError(Message("study-without-rows"), "rows")
    return tuple(rows.values())


def _contrasts(entries: Sequence[Any]) -> tuple[tuple[str, str], ...]:
    for entry in entries:
        if not isinstance(entry, list) or len(entry) != 2 or not all(isinstance(name, str) for name in entry):
            raise RecipeError(Message("study-contrast-invalid", entry=repr(entry)), "contrasts")
    return tuple((entry[0], entry[1]) for entry in entries)


def _check_names(study: Study) -> None:
    known: set[str] = set()
    for tuning in study.tunings:
        for name in tuning.after:
            if name not in known:
                raise RecipeError(Message("study-tuning-after-none", tuning=tuning.name, name=name), name)
        if tuning.name in known:
            raise RecipeError(Message("study-tuning-named-twice", tuning=tuning.name), tuning.name)
        known.add(tuning.name)
    for row in study.rows:
        for name in row.tuned:
            if name not in known:
                raise RecipeError(Message("study-row-tuned-by-none", row=row.name, name=name), name)
    rows = {row.name for row in study.rows}
    for name in (name for pair in study.contrasts for name in pair):
        if name not in rows:
            raise RecipeError(Message("study-contrast-of-no-row", name=name), name)


def _check_recipes(study: Study) -> None:
    """Every recipe that may come up must be one, before the first hour is spent."""
    first_choices = {tuning.name: tuning.choices[0] for tuning in study.tunings}
    for tuning in study.tunings:
        for choice in tuning.choices:
            earlier = [first_choices[name] for name in tuning.after]
            _checked(study, f"tuning '{tuning.name}'", tuning.set, *earlier, choice)
    for row in study.rows:
        _checked(study, f"row '{row.name}'", row.set, *(first_choices[name] for name in row.tuned))


def _checked(study: Study, where: str, *changes: Changes) -> None:
    try:
        study.recipe("checked", 0, *changes)
    except RecipeError as error:
        raise RecipeError(Message("file-fault", path=where, reason=error), error.subject) from error


def _only_known(values: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in values:
        if key not in known:
            raise RecipeError(Message("study-entry-unknown", key=key, where=where, known=known), key)


def _text(values: Mapping[str, Any], key: str, where: str, default: str | None = None) -> str:
    value = values.get(key, default)
    if value is None:
        raise RecipeError(Message("study-entry-missing", where=where, key=key), key)
    if not isinstance(value, str):
        raise RecipeError(Message("study-entry-no-text", key=key, where=where, value=repr(value)), key)
    return value


def _table(values: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    value = values.get(key, {})
    if not isinstance(value, Mapping):
        raise RecipeError(Message("study-entry-no-settings", key=key, where=where, value=repr(value)), key)
    return value


def _list(values: Mapping[str, Any], key: str) -> list[Any]:
    value = values.get(key, [])
    if not isinstance(value, list):
        raise RecipeError(Message("study-entry-no-list", key=key, value=repr(value)), key)
    return value


def _names(values: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = values.get(key, [])
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise RecipeError(Message("study-entry-no-tunings", key=key, where=where, value=repr(value)), key)
    return tuple(value)
