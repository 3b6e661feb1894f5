"""Options of losses that are one of a few words."""

from __future__ import annotations

from typing import Any, TypeVar, get_args

from core.errors import TrainingError

T = TypeVar("T")


def one_of(words: Any, value: T, name: str) -> T:
    """`value`, if it is one of the `words` of a Literal; else TrainingError, so that no slip becomes another loss."""
    if value not in get_args(words):
        raise TrainingError(f"{name} is {value!r}; expected one of: {', '.join(get_args(words))}.", name)
    return value
