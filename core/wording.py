"""Numbers with their nouns, lists of names, and times of day, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime


def counted(number: int, one: str, several: str | None = None) -> str:
    """1 as "1 class", 1234 as "1,234 classes"."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def first_few(names: Sequence[str], most: int) -> str:
    """The first `most` names, and "..." where there are more."""
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def moment(then: float, now: float) -> str:
    """ "14:02", with the day where it was another one; both in seconds since 1970."""
    there, today = datetime.fromtimestamp(then).astimezone(), datetime.fromtimestamp(now).astimezone().date()
    return f"{there:%H:%M}" if there.date() == today else f"{there:%Y-%m-%d %H:%M}"
