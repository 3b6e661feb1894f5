"""Plain tables for standard output."""

from __future__ import annotations

from collections.abc import Collection, Sequence

NOT_AVAILABLE = "n/a"


def aligned(headers: Sequence[str], rows: Sequence[Sequence[str]], words: Collection[int] = (0,)) -> str:
    """Columns two spaces apart; those numbered in `words` flush left, the others, figures, flush right."""
    widths = [max(map(len, column)) for column in zip(headers, *rows, strict=True)]
    lines = []
    for cells in (headers, *rows):
        padded = [
            cell.ljust(width) if number in words else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def percent(share: float | None, signed: bool = False) -> str:
    """0.8125 as "81.25"; n/a where there is none."""
    if share is None:
        return NOT_AVAILABLE
    return f"{100 * share:{'+' if signed else ''}.2f}"
