"""What a column of text holds: numbers, dates, yes or no, or text, judged by all of its cells.

A column is a number only where each filled cell is one, and numbers alone: codes with leading zeros ("00123") or more
digits than a float64 keeps are text, as are decimal commas. Dates are all of one form, and of days and months that
nothing tells apart ("03/04/2024" alone) none is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from core.data.catalog import Texts

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["text", "number", "yes/no", "date"]
Numbers = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]

NUMBER = r"^-?(?:(?:0|[1-9][0-9]{0,14})(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$"
# How programs write a number that is not known.
NO_NUMBER = "(?i)^nan$"
YES_NO = (("no", "yes"), ("false", "true"), ("n", "y"), ("f", "t"), ("아니요", "예"), ("아니오", "예"))

_TIME = (
    r"(?:[T ](?P<H>[0-9]{1,2}):(?P<M>[0-9]{2})(?::(?P<S>[0-9]{2}(?:\.[0-9]+)?))?"
    r"(?:Z|(?P<zs>[+-])(?P<zh>[0-9]{2}):?(?P<zm>[0-9]{2}))?)?$"
)
_YEAR, _MONTH, _DAY = r"(?P<y>[0-9]{4})", r"(?P<m>[0-9]{1,2})", r"(?P<d>[0-9]{1,2})"
# In each the first form of a date that all cells have decides; the last two differ only by which numbers exceed 12.
DATES = (
    f"^{_YEAR}-{_MONTH}-{_DAY}{_TIME}",
    f"^{_YEAR}/{_MONTH}/{_DAY}{_TIME}",
    f"^{_YEAR}\\. ?{_MONTH}\\. ?{_DAY}\\.?{_TIME}",
    # As cameras write it.
    f"^{_YEAR}:{_MONTH}:{_DAY}{_TIME}",
    f"^{_YEAR}년 ?{_MONTH}월 ?{_DAY}일{_TIME}",
    f"^{_DAY}\\.{_MONTH}\\.{_YEAR}{_TIME}",
    f"^{_DAY}[/-]{_MONTH}[/-]{_YEAR}{_TIME}",
    f"^{_MONTH}[/-]{_DAY}[/-]{_YEAR}{_TIME}",
)
AMBIGUOUS = DATES[-2:]


def as_arrow(words: Texts) -> pa.Array:
    """Text as Arrow holds it; of file names that are no UTF-8 the odd bytes are spelt out."""
    import pyarrow as pa

    try:
        return pa.array(words, pa.string())
    except UnicodeEncodeError:
        return pa.array([word.encode("utf-8", "backslashreplace").decode() for word in words], pa.string())


def encoded(cells: Texts) -> tuple[Texts, Codes]:
    """(W,) different texts in the order they come, and (N,) which of them each cell is; -1 where it is empty."""
    import pyarrow as pa

    try:
        found = pa.array(cells, pa.string()).dictionary_encode()
        words, codes = found.dictionary.to_numpy(zero_copy_only=False), found.indices.to_numpy()
    except UnicodeEncodeError:
        places: dict[str, int] = {}
        codes = np.fromiter((places.setdefault(cell, len(places)) for cell in cells), np.int32, len(cells))
        words = np.array(list(places), dtype=object)
    return without(words, np.array([not word or word.isspace() for word in words], bool), codes.astype(np.int32))


def without(words: Texts, gone: npt.NDArray[np.bool_], codes: Codes) -> tuple[Texts, Codes]:
    """The words that stay, and the codes among them; -1 for cells whose word is gone."""
    if not gone.any():
        return words, codes
    place = np.where(gone, -1, np.cumsum(~gone) - 1).astype(np.int32)
    return words[~gone], np.where(codes < 0, np.int32(-1), place[codes])


def kind_of(words: Texts) -> tuple[Kind, Numbers | None]:
    """What different non-empty texts are, and the number that each stands for: of dates the seconds since 1970.

    NaN for a "nan" among numbers; None where they are text.
    """
    if not len(words):
        return "text", None
    answers = _yes_no(words)
    if answers is not None:
        return "yes/no", answers
    arrow = as_arrow(words)
    numbers = _numbers(arrow)
    if numbers is not None:
        return "number", numbers
    dates = _dates(arrow)
    return ("text", None) if dates is None else ("date", dates)


def _yes_no(words: Texts) -> Numbers | None:
    if len(words) > 2:
        return None
    plain = [word.strip().casefold() for word in words]
    pair = next((pair for pair in YES_NO if set(plain) <= set(pair)), None)
    return (
        None if pair is None or len(set(plain)) < len(plain) else np.array([pair.index(word) for word in plain], float)
    )


def _numbers(words: pa.Array) -> Numbers | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(words)
    unknown = pc.match_substring_regex(trimmed, NO_NUMBER)
    rest = pc.if_else(unknown, pa.scalar(None, pa.string()), trimmed)
    if rest.null_count == len(rest) or not pc.all(pc.match_substring_regex(rest, NUMBER)).as_py():
        return None
    values = np.array(pc.cast(rest, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
    return None if np.isinf(values).any() else values


def _dates(words: pa.Array) -> Numbers | None:
    read = {form: seconds for form in DATES if (seconds := _seconds(words, form)) is not None}
    both = [read[form] for form in AMBIGUOUS if form in read]
    if len(both) == 2 and not np.array_equal(both[0], both[1]):
        return None
    return next(iter(read.values()), None)


def _seconds(words: pa.Array, form: str) -> Numbers | None:
    """(W,) seconds since 1970, or None unless each word is a date of a form."""
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(words)
    if not pc.match_substring_regex(trimmed[:1], form)[0].as_py():
        return None
    found = pc.extract_regex(trimmed, form)
    if found.null_count:
        return None
    parts = {name: _part(found.field(position)) for position, name in enumerate(_names(found))}
    return _since_1970(parts, pc.equal(found.field(_names(found).index("zs")), "-").to_numpy(zero_copy_only=False))


def _names(found: pa.StructArray) -> list[str]:
    return [field.name for field in found.type]


def _part(texts: pa.Array) -> Numbers:
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(texts) and texts[0].as_py() in ("+", "-"):
        return np.zeros(len(texts))
    digits = pc.replace_substring_regex(texts, "^[+-]?$", "0")
    return np.array(pc.cast(digits, pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _since_1970(parts: Mapping[str, Numbers], is_west: npt.NDArray[Any]) -> Numbers | None:
    year, month, day = (parts[name].astype(np.int64) for name in "ymd")
    if not (np.all((month >= 1) & (month <= 12)) and np.all((day >= 1) & (day <= 31))):
        return None
    months = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1)
    # The 31st of a month that has none would be one of the next.
    if np.any(days.astype("datetime64[M]") != months):
        return None
    if np.any(parts["H"] > 23) or np.any(parts["M"] > 59) or np.any(parts["S"] >= 61):
        return None
    zone = (parts["zh"] * 3600 + parts["zm"] * 60) * np.where(is_west.astype(bool), -1, 1)
    return np.asarray(
        days.astype(np.int64) * 86400.0 + parts["H"] * 3600 + parts["M"] * 60 + parts["S"] - zone, dtype=np.float64
    )
