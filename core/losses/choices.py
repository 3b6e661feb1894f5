"""Options of losses that are one of a few words."""

from __future__ import annotations

from typing import Any, TypeVar, get_args

from core.errors import TrainingError
from core.messages import Message

T = TypeVar("T")


def one_of(words: Any, value: T, name: str) -> T:
    """`value`, if it is one of the `words` of a Literal; else TrainingError, so that no slip becomes another loss."""
    if value not in get_args(words):
        raise TrainingError(Message("setting-not-a-choice", key=name, value=repr(value), choices=get_args(words)), name)
    return value
