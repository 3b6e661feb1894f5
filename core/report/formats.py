"""Tables written as plain text, Markdown, LaTeX (booktabs) or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TextIO

from core.report.columns import aligned
from core.report.table import Cell, MetricValue, Table

_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    # LaTeX's oldest font encoding, still its default, has other signs in these places.
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "±": r"$\pm$",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}
# pdfLaTeX knows no letters from here on.
_FIRST_BEYOND_LATIN = 0x250
# Marks that would format a text, or end its cell.
_MARKDOWN = {character: f"\\{character}" for character in "\\`*_<|"}
# A spreadsheet would run a text that begins so as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def plain(table: Table) -> str:
    """Aligned columns, words to the left and figures to the right."""
    heading, *rows = _texts(table)
    return "\n".join([*_paragraph(table.words_as_printed), aligned(heading, rows, _columns_of_words(table))])


def markdown(table: Table) -> str:
    """A pipe table as GitHub and Pandoc read it."""
    words = _columns_of_words(table)
    rules = [":---" if number in words else "---:" for number in range(len(table.headings))]
    heading, *rows = [[_escaped(cell, _MARKDOWN) for cell in row] for row in _texts(table)]
    lines = [f"| {' | '.join(row)} |" for row in (heading, rules, *rows)]
    return "\n".join([*_paragraph([_escaped(line, _MARKDOWN) for line in table.words_as_printed]), *lines])


def latex(table: Table) -> str:
    """A tabular for the booktabs package; the words stand above it as comments."""
    words = _columns_of_words(table)
    columns = "".join("l" if number in words else "r" for number in range(len(table.headings)))
    heading, *rows = [_latex_row(cells) for cells in _latex_cells(table)]
    comments = [f"% {_one_line(line)}" for line in (*table.words_as_printed, *_needs([heading, *rows]))]
    lines = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule", heading, r"\midrule", *rows, r"\bottomrule"]
    return "\n".join([*comments, *lines, r"\end{tabular}"])


def comma_separated(table: Table) -> str:
    """RFC 4180, every digit kept; bounds and deviations in columns of their own, the words in the last column."""
    kinds = [_kinds(table, number) for number in range(len(table.headings))]
    stream = io.StringIO()
    headings = [
        harmless(heading if kind == "value" else f"{heading} {kind}")
        for heading, found in zip(table.headings, kinds, strict=True)
        for kind in found
    ]
    rows: list[Sequence[object]] = [[*headings, "protocol"]]
    words = harmless(" ".join([*table.words, *(["Shares from 0 to 1."] if table.printed else [])]))
    for row in table.rows:
        cells = [_raw(cell, kind) for cell, found in zip(row, kinds, strict=True) for kind in found]
        rows.append([*cells, words])
    write_rows(stream, rows)
    return stream.getvalue().rstrip("\n")


FORMATS: dict[str, Callable[[Table], str]] = {
    "plain": plain,
    "markdown": markdown,
    "latex": latex,
    "csv": comma_separated,
}


def _texts(table: Table) -> list[list[str]]:
    return [list(table.headings), *([_text(cell) for cell in row] for row in table.rows)]


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int):
        return f"{cell:,}"
    text = cell.written(cell.value)
    if cell.deviation is not None:
        text += f" ± {cell.written(cell.deviation)}"
    if cell.low is not None and cell.high is not None:
        text += f" [{cell.written(cell.low)}, {cell.written(cell.high)}]"
    return text


def _columns_of_words(table: Table) -> set[int]:
    return {number for number in range(len(table.headings)) if any(isinstance(row[number], str) for row in table.rows)}


def _kinds(table: Table, number: int) -> Sequence[str]:
    figures = [cell for row in table.rows if isinstance(cell := row[number], MetricValue)]
    bounds = [
        kind for kind in ("deviation", "low", "high") if any(getattr(figure, kind) is not None for figure in figures)
    ]
    return ["value", *bounds]


def _raw(cell: Cell, kind: str) -> str | int | float | None:
    if isinstance(cell, MetricValue):
        value: float | None = getattr(cell, kind)
        return value
    if kind != "value":
        return None
    return harmless(cell) if isinstance(cell, str) else cell


def write_rows(stream: TextIO, rows: Iterable[Sequence[object]]) -> None:
    """Write rows of cells as CSV that any program reads back."""
    plain_writer = csv.writer(stream, lineterminator="\n")
    # Before Python 3.13 a carriage return in a cell is written without quotes, and ends the row for most readers.
    quoting_writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    for row in rows:
        has_return = any(isinstance(cell, str) and "\r" in cell for cell in row)
        (quoting_writer if has_return else plain_writer).writerow(row)


def harmless(text: str) -> str:
    """A text that no spreadsheet runs as a formula."""
    return "'" + text if text.startswith(_FORMULA) else text


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    return "".join(escapes.get(character, character) for character in _one_line(text))


def _latex_cells(table: Table) -> Iterator[list[str]]:
    yield [_escaped(heading, _LATEX) for heading in table.headings]
    for row in table.rows:
        yield [_latex_cell(cell) for cell in row]


def _needs(rows: Sequence[str]) -> list[str]:
    """What a paper's preamble must have, in words."""
    needed = [r"Needs \usepackage{booktabs}."]
    if any(ord(letter) >= _FIRST_BEYOND_LATIN for row in rows for letter in row):
        needed.append("Some names are not in Latin letters: needs LuaLaTeX or XeLaTeX with a font that has them.")
    return needed


def _latex_row(cells: Sequence[str]) -> str:
    row = " & ".join(cells)
    # To the end of the row before, "[" would add a length and "*" forbid a page break.
    return ("{}" if row.startswith(("[", "*")) else "") + row + r" \\"


def _latex_cell(cell: Cell) -> str:
    # A hyphen before a figure is no minus.
    text = _escaped(_text(cell), _LATEX)
    return text.replace("-", "$-$") if isinstance(cell, MetricValue) else text


def _paragraph(words: Sequence[str]) -> list[str]:
    return [*words, ""] if words else []
