"""Templates of messages, and filling them: the one room where words are made.

A template names fields as `str.format` does ("{path} has {count:,} lines"), and besides

    {images:# image|# images}    by a number, or by how many a list has: the first for one; # is the number
    {header:a header|nothing}    by true or false
    {names}, {names: and }       a list, by commas or by what stands there
    {names:, / or }              ... with other words before the last

The language is that of the variable EMBEDDING_EXPLORER_LANGUAGE, English without it; what its tables lack is said in
English. The window adds a room of its own (`add_room`). Tables of a room are read when the first message is looked for
in it, the newest room first.
"""

from __future__ import annotations

import contextlib
import os
import string
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

ROOMS = [Path(__file__).parent]
ENGLISH = "en"
LANGUAGE_VARIABLE = "EMBEDDING_EXPLORER_LANGUAGE"


def add_room(folder: Path) -> None:
    """Look for words in this folder as well: one folder a language in it, with ids that no other room has."""
    ROOMS.insert(0, folder)


def words_of(message_id: str, fields: Mapping[str, Any]) -> str:
    """The text of a message. Raises KeyError where English lacks it or one of the fields that it names."""
    language = os.environ.get(LANGUAGE_VARIABLE, ENGLISH)
    if language != ENGLISH:
        # A table that is behind the program, or damaged, which is said at the start; English has been tested.
        with contextlib.suppress(LookupError, ValueError, OSError):
            return _FILLING.vformat(_template(language, message_id), (), fields)
    return _FILLING.vformat(_template(ENGLISH, message_id), (), fields)


def has_words(language: str) -> bool:
    """Whether every room has tables of a language. Raises OSError or ValueError where one cannot be read."""
    return all(tables_of(room, language) for room in ROOMS)


def languages() -> list[str]:
    """The languages that every room has tables of."""
    names = [{folder.name for folder in room.iterdir() if any(folder.glob("*.toml"))} for room in ROOMS]
    return sorted(set.intersection(*names))


@cache
def tables_of(room: Path, language: str) -> Mapping[str, str]:
    """The templates that one room has of a language."""
    # Most commands have nothing to say; they start without it.
    import tomllib

    found: dict[str, str] = {}
    for table in filter(Path.is_file, sorted((room / language).glob("*.toml"))):
        found |= tomllib.loads(table.read_text(encoding="utf-8"))
    return found


def _template(language: str, message_id: str) -> str:
    # The tables of the core are not read for what the window has: it starts without them.
    for room in ROOMS:
        if message_id in (tables := tables_of(room, language)):
            return tables[message_id]
    raise KeyError(message_id)


class _Filling(string.Formatter):
    """Fills a template as `str.format` does, with words that go by a number or by true or false, and lists."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if "|" in format_spec:
            count = len(value) if isinstance(value, list) else value
            one, others = format_spec.split("|")
            return (one if count == 1 else others).replace("#", f"{count:,}")
        if isinstance(value, list):
            between, _, last = format_spec.partition("/")
            between, texts = between or ", ", [str(each) for each in value]
            return between.join([*texts[:-2], (last or between).join(texts[-2:])])
        return format(value, format_spec)


_FILLING = _Filling()
