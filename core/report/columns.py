"""Columns of text that line up on standard output."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence

from core.report.table import NOT_AVAILABLE


def aligned(headers: Sequence[str], rows: Sequence[Sequence[str]], words: Collection[int] = (0,)) -> str:
    """Columns two spaces apart; those numbered in `words` flush left, the others, figures, flush right."""
    lines = [[_on_one_line(cell) for cell in line] for line in (headers, *rows)]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    return "\n".join(_padded(line, widths, words) for line in lines)


def percent(share: float | None, signed: bool = False) -> str:
    """0.8125 as "81.25"; n/a where there is none."""
    if share is None:
        return NOT_AVAILABLE
    return f"{100 * share:{'+' if signed else ''}.2f}"


def _padded(line: Sequence[str], widths: Sequence[int], words: Collection[int]) -> str:
    cells = []
    for number, (cell, width) in enumerate(zip(line, widths, strict=True)):
        space = " " * (width - _width(cell))
        cells.append(cell + space if number in words else space + cell)
    return "  ".join(cells).rstrip()


def _on_one_line(cell: str) -> str:
    return cell if cell.isprintable() else "".join(letter if letter.isprintable() else " " for letter in cell)


def _width(text: str) -> int:
    """Columns of a terminal that a text takes: letters of East Asia take two, accents of their own none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(letter) else 1 + _is_wide(letter) for letter in text)


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in ("W", "F")
