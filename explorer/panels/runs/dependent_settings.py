"""Settings that belong to a choice: they go back to their defaults when it is left, and come back with it.

Leaving MDR leaves its weight and levels without meaning, and a recipe that sets them all the same is refused. Only
choices do that: of numbers that contradict each other the form says so, because either may be the wrong one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.errors import RecipeError
from core.training.recipe import Recipe

Values = Mapping[str, Mapping[str, Any]]
Choice = tuple[str, Any]


class DependentSettings:
    """Remembers what was set aside for which choice. Keys are dotted, such as "memory.start"."""

    def __init__(self, values: Values, default: Callable[[str], Any]) -> None:
        self._default = default
        self._before = _flat(values)
        self._aside: dict[Choice, dict[str, Any]] = {}

    def fitted(self, edited: Values, values: Values) -> dict[str, Any]:
        """What has to change in `values` for the newest choice to be a recipe, by key; empty where nothing has.

        `edited` are the values as the user left them, of which one is new; `values` hold what came with it already.
        """
        before, now = self._before, _flat(values)
        self._before = now
        key = _changed(before, _flat(edited))
        if not key:
            return {}
        writes = self._brought_back(key, now)
        if _leaves(now[key]):
            aside = self._aside.setdefault((key, _choice(before[key])), {})
            # What was wrong before is not wrong because of this choice.
            writes |= self._set_aside({key, _refused(before)}, {**now, **writes}, aside)
        self._before = {**now, **writes}
        return writes

    def _brought_back(self, key: str, now: Mapping[str, Any]) -> dict[str, Any]:
        chosen = self._aside.pop((key, _choice(now[key])), {})
        return {other: value for other, value in chosen.items() if now.get(other) == self._default(other)}

    def _set_aside(self, chosen: set[str], now: dict[str, Any], aside: dict[str, Any]) -> dict[str, Any]:
        """The defaults of what the recipe is refused for, one refusal after the other."""
        writes: dict[str, Any] = {}
        while refused := _refused(now):
            if refused in chosen or refused not in now or now[refused] == self._default(refused):
                break
            aside[refused] = now[refused]
            writes[refused] = now[refused] = self._default(refused)
        return writes


def _changed(before: Mapping[str, Any], edited: Mapping[str, Any]) -> str:
    """The key that was edited, "" where it is not one alone."""
    if edited["loss.name"] != before["loss.name"]:
        # Its own settings come with it.
        return "loss.name"
    changed = [key for key, value in edited.items() if value != before.get(key)]
    return changed[0] if len(changed) == 1 else ""


def _leaves(value: Any) -> bool:
    """Whether a value is a choice among names, or says no."""
    return isinstance(value, str) or value == 0


def _choice(value: Any) -> Any:
    """What a choice is remembered by: of numbers only whether there is one, for 0 may be typed on the way to 0.5."""
    return value if isinstance(value, str) else bool(value)


def _refused(flat: Mapping[str, Any]) -> str:
    """The key for which these settings are no recipe, "" when they are one."""
    values: dict[str, Any] = {"name": "any"}
    for key, value in flat.items():
        table, _, name = key.partition(".")
        values.setdefault(table, {})[name] = value
    try:
        Recipe.from_dict(values)
    except RecipeError as error:
        return str(error.subject)
    return ""


def _flat(values: Values) -> dict[str, Any]:
    return {f"{table}.{name}": value for table, entries in values.items() for name, value in entries.items()}
