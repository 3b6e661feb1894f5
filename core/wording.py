"""Numbers and their nouns in sentences."""

from __future__ import annotations


def counted(number: int, one: str, several: str | None = None) -> str:
    """1 as "1 class", 1234 as "1,234 classes"."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"
