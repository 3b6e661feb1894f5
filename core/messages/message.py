"""A message to a person: an id, fields, and the ways on that belong to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from core.messages.wording import words_of

READING_OPTIONS, START_SCREEN = "Reading options…", "Start screen"
# The id of words that others made: a library, the system, a version before that kept no ids.
FOREIGN = "text"


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


class Message(str):
    """The text of an id with its fields, in the language of this process; equal to any text of the same words.

    Attributes:
        id: what is said, as the tables of `core/messages` know it.
        fields: what it is said of, as values for JSON; messages in it are values of their own.
        remedies: the ways on. A message is complete without them: a terminal, the window and a catalog that both open
            say the same, and each names its own way behind it (`core.remedies`).
    """

    __slots__ = ("fields", "id", "remedies")
    id: str
    fields: Mapping[str, Any]
    remedies: tuple[Remedy, ...]

    def __new__(cls, message_id: str, /, *remedies: Remedy, **fields: Any) -> Message:
        known = {name: _plain(value) for name, value in fields.items()}
        message = super().__new__(cls, words_of(message_id, known))
        for name, value in (("id", message_id), ("fields", known), ("remedies", remedies)):
            object.__setattr__(message, name, value)
        return message

    @classmethod
    def of_text(cls, text: object, *remedies: Remedy) -> Message:
        """`text` itself where it is a message, and otherwise one that says it in words made elsewhere."""
        if isinstance(text, Message) and not remedies:
            return text
        return cls(FOREIGN, *remedies, text=str(text))

    @classmethod
    def from_json(cls, values: str | Mapping[str, Any]) -> Message:
        """Inverse of `as_json`, and of the text with remedies that versions before kept.

        What this version does not know is said in the words that were kept. Raises KeyError or TypeError where the
        values are none of these.
        """
        if isinstance(values, str):
            return cls.of_text(values)
        remedies = [Remedy(**{**each, "folders": tuple(each["folders"])}) for each in values.get("remedies", ())]
        if "id" in values:
            try:
                return cls(values["id"], *remedies, **{name: _read(value) for name, value in values["fields"].items()})
            except KeyError:
                pass
        return cls.of_text(str(values["text"]), *remedies)

    def as_json(self) -> dict[str, Any]:
        """Id, fields, text and, where there are any, remedies."""
        fields = {name: _written(value) for name, value in self.fields.items()}
        remedies = {"remedies": [remedy._asdict() for remedy in self.remedies]} if self.remedies else {}
        return {"id": self.id, "fields": fields, "text": str(self), **remedies}

    def with_remedies(self, *remedies: Remedy) -> Message:
        """The same with these ways on besides its own."""
        return Message(self.id, *self.remedies, *remedies, **self.fields)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a message cannot be changed ({name})")

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (self.id, self.remedies, self.fields)


def first_of(names: Iterable[object], most: int) -> Message:
    """The first `most` of `names`, and how many more there are."""
    known = [*names]
    more = len(known) - most
    return Message("names-and-more", names=known[:most], more=more) if more > 0 else Message("names", names=known)


def _remade(message_id: str, remedies: tuple[Remedy, ...], fields: Mapping[str, Any]) -> Message:
    return Message(message_id, *remedies, **fields)


def _plain(value: Any) -> Any:
    """A field as values for JSON: paths as text, NumPy's numbers as Python's, errors as what they say."""
    if isinstance(value, Message | bool | int | float) or value is None:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str | Path):
        return str(value)
    if isinstance(value, BaseException):
        message = getattr(value, "message", None)
        return message if isinstance(message, Message) else str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Mapping | Iterable):
        return [_plain(each) for each in value]
    return str(value)


def _written(value: Any) -> Any:
    if isinstance(value, list):
        return [_written(each) for each in value]
    return value.as_json() if isinstance(value, Message) else value


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return [_read(each) for each in value]
    return Message.from_json(value) if isinstance(value, Mapping) else value
