"""Values in the records of a run, proved as they are read: what is damaged is found here, not where it is shown.

Each function takes a table and a key and raises ValueError naming the key and what stands there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

# Beyond, a number with a fraction cannot tell neighbours apart.
MOST = 1 << 53
K_DIGITS = 9
T = TypeVar("T")


def whole(values: Mapping[str, Any], key: str, least: int = 0) -> int:
    """A whole number, `least` or above."""
    value = values.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MOST:
        raise _garbled(values, key)
    return value


def number(values: Mapping[str, Any], key: str) -> float:
    """Any number but infinity and NaN."""
    value = values.get(key)
    if not isinstance(value, int | float) or not _is_number(value) or not math.isfinite(value):
        raise _garbled(values, key)
    return float(value)


def share(values: Mapping[str, Any], key: str) -> float:
    """A number from 0 to 1."""
    value = number(values, key)
    if not 0 <= value <= 1:
        raise _garbled(values, key)
    return value


def text(values: Mapping[str, Any], key: str) -> str:
    """A text."""
    return _of_kind(str, values, key)


def flag(values: Mapping[str, Any], key: str) -> bool:
    """True or false."""
    return _of_kind(bool, values, key)


def mapping(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A table."""
    return _of_kind(dict, values, key)


def by_k(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Figures by K as text: {"1": 0.5}; shares of recall are from 0 to 1."""
    table = mapping(values, key)
    for k in table:
        if not (k.isascii() and k.isdecimal() and len(k) <= K_DIGITS):
            raise ValueError(f"{key} ({_shown(k)} is no K)")
        (share if key == "recall" else number)(table, k)
    return table


def terms(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Numbers by name; a term of nothing may be NaN."""
    table = mapping(values, key)
    for name, value in table.items():
        if not _is_number(value):
            raise _garbled(table, name)
    return table


def share_or_null(values: Mapping[str, Any], key: str) -> float | None:
    """A number from 0 to 1, or null."""
    return None if values.get(key) is None else share(values, key)


# What is under the name of a measure, wherever it was written.
MEASURED: Mapping[str, Callable[[Mapping[str, Any], str], object]] = {
    **dict.fromkeys(("recall", "label_distance", "ndcg"), by_k),
    **dict.fromkeys(("split", "distance"), text),
    "map_at_r": share_or_null,
}


def metrics_in(values: Mapping[str, Any]) -> dict[str, Any]:
    """What was measured: tables by K, MAP@R, split, data and distance, and the same of the test split under "test"."""
    for key, check in MEASURED.items():
        if key in values:
            check(values, key)
    if "data" in values:
        measured_on = mapping(values, "data")
        text(measured_on, "name")
        text(measured_on, "catalog")
    if "test" in values:
        metrics_in({key: value for key, value in mapping(values, "test").items() if key != "test"})
    return dict(values)


def _of_kind(kind: type[T], values: Mapping[str, Any], key: str) -> T:
    value = values.get(key)
    if not isinstance(value, kind):
        raise _garbled(values, key)
    return value


def _is_number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, float) or (isinstance(value, int) and abs(value) <= MOST)


def _garbled(values: Mapping[str, Any], key: str) -> ValueError:
    return ValueError(f"{key} ({_shown(values[key])})" if key in values else key)


def _shown(value: object) -> str:
    words = repr(value)
    return words if len(words) <= 60 else f"{words[:59]}…"
