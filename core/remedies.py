"""Sentences that name a way on: the command line offers it by an option, the window by a place of its own.

A sentence is complete without its remedies. They come behind it as data, because the same sentence is told in a
terminal, shown in the window and kept with a catalog that both open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

READING_OPTIONS = "Reading options…"


class Remedy(NamedTuple):
    """One way on.

    Attributes:
        option: what is typed for it, such as "--ignore-column set".
        effect: what that does, such as "sets the column aside".
        place: where the window offers it; "" where it does not.
        folders: names of folders that the place has to ask about.
        column: name of a table's column that it has to ask about.
    """

    option: str
    effect: str
    place: str = READING_OPTIONS
    folders: tuple[str, ...] = ()
    column: str = ""


class Sentence(str):
    """Text for a person, with the remedies that belong to it; any other text is a sentence without one."""

    __slots__ = ("remedies",)
    remedies: tuple[Remedy, ...]

    def __new__(cls, text: str, *remedies: Remedy) -> Sentence:
        sentence = super().__new__(cls, text)
        sentence.remedies = remedies
        return sentence

    def __reduce__(self) -> tuple[type[Sentence], tuple[Any, ...]]:
        return Sentence, (str(self), *self.remedies)


def remedies_of(sentence: str) -> tuple[Remedy, ...]:
    """The remedies that a text carries."""
    return sentence.remedies if isinstance(sentence, Sentence) else ()


def on_command_line(sentence: str) -> str:
    """A sentence with the options that are its remedies."""
    options = ", ".join(f"{remedy.option} {remedy.effect}" for remedy in remedies_of(sentence))
    return f"{sentence} {options}." if options else str(sentence)


def in_window(sentence: str) -> str:
    """A sentence with the places of the window where its remedies are."""
    effects: dict[str, dict[str, None]] = {}
    for remedy in remedies_of(sentence):
        if remedy.place:
            effects.setdefault(remedy.place, {})[remedy.effect] = None
    options = (f"{place} {_alternatives(tuple(does))}." for place, does in effects.items())
    return " ".join((str(sentence), *options))


def joined(*sentences: str) -> Sentence:
    """Sentences one after another, the remedies of all of them at the end."""
    return Sentence(" ".join(sentences), *(remedy for each in sentences for remedy in remedies_of(each)))


def as_plain(sentence: str) -> str | dict[str, Any]:
    """A sentence as values for JSON."""
    remedies = remedies_of(sentence)
    return {"text": str(sentence), "remedies": [remedy._asdict() for remedy in remedies]} if remedies else str(sentence)


def from_plain(values: str | Mapping[str, Any]) -> str:
    """Inverse of `as_plain`. Raises KeyError or TypeError where the values are none of its."""
    if isinstance(values, str):
        return values
    remedies = (Remedy(**{**each, "folders": tuple(each["folders"])}) for each in values["remedies"])
    return Sentence(values["text"], *remedies)


def _alternatives(effects: Iterable[str]) -> str:
    *first, last = effects
    return f"{', '.join(first)} or {last}" if first else last
