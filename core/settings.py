"""Settings: frozen dataclasses made from plain values, with nothing dropped in silence.

A settings class declares its fields with `setting(default, help, paper)`, and their limits by types such as
`Positive`; `from_values` builds one from a TOML or JSON table, refusing unknown keys and values of the wrong kind in
one sentence that names the dotted key. A field whose key is a word of Python has an underscore behind it (`lambda_`),
the key has not.
"""

from __future__ import annotations

import math
import reprlib
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, asdict, dataclass, field, fields, is_dataclass
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

from core.errors import InputError, RecipeError
from core.messages import Message

T = TypeVar("T")
# Beyond these no setting means anything, and libraries end in words of their own.
LARGEST_NUMBER = 1e12
LARGEST_WHOLE = 2**48


class Limit(NamedTuple):
    """What the type of a field says of its values beside their kind, and the message about one that is outside."""

    keeps: Callable[[Any], bool]
    message_id: str


_ABOVE_ZERO = Limit(lambda value: value > 0, "setting-not-above-zero")
_NOT_BELOW_ZERO = Limit(lambda value: value >= 0, "setting-below-zero")
Positive = Annotated[float, _ABOVE_ZERO]
PositiveInt = Annotated[int, _ABOVE_ZERO]
NotNegative = Annotated[float, _NOT_BELOW_ZERO]
NotNegativeInt = Annotated[int, _NOT_BELOW_ZERO]
ShareBelowOne = Annotated[float, Limit(lambda share: 0 <= share < 1, "setting-not-a-share-below-one")]
Angle = Annotated[float, Limit(lambda degrees: 0 <= degrees < 180, "setting-not-below-180-degrees")]

_brief = reprlib.Repr()
_brief.maxstring = _brief.maxother = _brief.maxlong = 80


@dataclass(frozen=True)
class Setting:
    """One field of a settings class, as a dialog shows it.

    Attributes:
        name: the key.
        kind: bool, int, float, str or tuple.
        default: its value when not given; None when it must be given.
        help: one sentence.
        paper: the paper's value or equation, "" where there is none.
        choices: the allowed texts, () where any value of the kind is.
        title: what a form calls it where the key says less, "" for the key.
        rare: whether it is asked only on demand.
    """

    name: str
    kind: type
    default: Any
    help: str
    paper: str
    choices: tuple[str, ...]
    title: str = ""
    rare: bool = False


def format_value(value: Any) -> str:
    """A value from a file as a message quotes it: short, however long or deep it is."""
    return _brief.repr(value)


def setting(
    default: Any = MISSING,
    help: str = "",  # noqa: A002 - the word the reader expects
    paper: str = "",
    *,
    title: str = "",
    rare: bool | None = None,
) -> Any:
    """A dataclass field that carries what `Setting` says of it; `rare` is that of its class, else True, when None."""
    return field(default=default, metadata={"help": help, "paper": paper, "title": title, "rare": rare})


@cache
def settings_of(kind: type) -> tuple[Setting, ...]:
    """Every field of a settings class in the order of its declaration."""
    assert is_dataclass(kind)
    hints = get_type_hints(kind)
    rare = getattr(kind, "rare", True)
    return tuple(_describe(item, hints[item.name], rare) for item in fields(kind))


def from_values(kind: type[T], values: Mapping[str, Any], table: str, error: type[InputError] = RecipeError) -> T:
    """An instance of the settings class `kind` from plain values; `table` is the prefix of its keys in messages."""
    hints = get_type_hints(kind)
    known: dict[str, Setting] = {item.name: item for item in settings_of(kind)}  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            raise error(Message("setting-unknown", key=dotted(table, key)[:80], known=known), dotted(table, key))
    arguments: dict[str, Any] = {}
    for item in fields(kind):  # type: ignore[arg-type]
        key = _key(item.name)
        if key in values:
            arguments[item.name] = _converted(hints[item.name], values[key], dotted(table, key), error)
        elif item.default is MISSING:
            raise error(Message("setting-missing", key=dotted(table, key)), dotted(table, key))
    return kind(**arguments)


def to_values(settings: Any) -> dict[str, Any]:
    """Plain values (tuples become lists), the inverse of `from_values`."""
    return {_key(name): list(value) if isinstance(value, tuple) else value for name, value in asdict(settings).items()}


def dotted(table: str, key: str) -> str:
    """`table.key`, or `key` alone at the top level."""
    return f"{table}.{key}" if table else key


def require(condition: bool, message_id: str, key: str, /, **fields: Any) -> None:
    """Raise RecipeError about `key` unless `condition` holds; its message may name `key` beside `fields`."""
    if not condition:
        raise RecipeError(Message(message_id, key=key, **fields), key)


class SelfChecking:
    """Settings that refuse values beyond the limits of their types, and what `__post_init__` adds, by the dotted key.

    `table` is theirs in a recipe. A key names a field; in a recipe as a whole, which has no table, one of its tables'
    by a dot.
    """

    table: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for key, limit in _limits(type(self)):  # type: ignore[arg-type]
            self.require(limit.keeps(getattr(self, key)), limit.message_id, key)

    def require(self, condition: bool, message_id: str, key: str, /, **fields: Any) -> None:
        """RecipeError about `key` unless `condition` holds; its message may name key and value beside `fields`."""
        require(condition, message_id, self._dotted(key), value=_shown(attrgetter(key)(self)), **fields)

    def require_at_most(self, most: int, *keys: str) -> None:
        """RecipeError naming the first of `keys` that is above `most`."""
        for key in keys:
            self.require(getattr(self, key) <= most, "setting-above-most", key, most=most)

    def require_default(self, keys: Iterable[str], why: Message) -> None:
        """RecipeError naming the first of `keys` that was set though nothing looks at it, and `why`."""
        defaults = {item.name: item.default for item in fields(self)}  # type: ignore[arg-type]
        for key in keys:
            default = defaults[key]
            self.require(getattr(self, key) == default, "setting-unused", key, why=why, default=_shown(default))

    def _dotted(self, key: str) -> str:
        return dotted(self.table, _key(key))


@cache
def _limits(kind: type) -> list[tuple[str, Limit]]:
    hints = get_type_hints(kind, include_extras=True)
    return [(key, limit) for key, hint in hints.items() for limit in getattr(hint, "__metadata__", ())]


def _shown(value: Any) -> Any:
    return str(list(value)) if isinstance(value, tuple) else value


def _key(name: str) -> str:
    return name.removesuffix("_")


def _describe(item: Field[Any], hint: Any, rare: bool) -> Setting:
    default = None if item.default is MISSING else item.default
    choices = get_args(hint) if get_origin(hint) is Literal else ()
    kind = str if choices else (get_origin(hint) or hint)
    facts = dict(item.metadata)
    if facts["rare"] is None:
        facts["rare"] = rare
    return Setting(_key(item.name), kind, default, choices=choices, **facts)


def _length(parts: tuple[Any, ...]) -> str:
    """How long a tuple of these parts is, in words; nothing where any length will do."""
    return "" if parts[-1] is Ellipsis else f" of {len(parts)} values"


def _converted(hint: Any, value: Any, key: str, error: type[InputError]) -> Any:
    """`value` as the type `hint`; whole numbers are accepted where a fraction is expected, nothing else is bent."""
    origin = get_origin(hint)
    if origin is Literal:
        if value in get_args(hint):
            return value
        raise error(
            Message("setting-not-a-choice", key=key, value=format_value(value), choices=list(get_args(hint))), key
        )
    if origin in (Union, types.UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
        return None if value is None else _converted(hint, value, key, error)
    if origin is tuple:
        parts = get_args(hint)
        if not isinstance(value, list | tuple):
            raise error(Message("setting-not-a-list", key=key, value=format_value(value), length=_length(parts)), key)
        if parts[-1] is Ellipsis:
            parts = parts[:1] * len(value)
        if len(value) != len(parts):
            raise error(Message("setting-not-a-list", key=key, value=format_value(value), length=_length(parts)), key)
        return tuple(_converted(part, entry, key, error) for part, entry in zip(parts, value, strict=True))
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value) or abs(value) > LARGEST_NUMBER:
            raise error(Message("setting-not-finite", key=key, value=format_value(value), most=LARGEST_NUMBER), key)
        return float(value)
    if hint is int and type(value) is int and abs(value) > LARGEST_WHOLE:
        raise error(Message("setting-whole-too-large", key=key, value=format_value(value), most=LARGEST_WHOLE), key)
    if type(value) is not hint:
        words = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
        raise error(Message("setting-of-other-type", key=key, value=format_value(value), expected=words[hint]), key)
    return value
