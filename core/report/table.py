"""A table of figures, free of how it will be written.

The window and the command line fill the same table, and `core.report.formats` writes it for a terminal, a paper or a
spreadsheet.
"""

from __future__ import annotations

from dataclasses import dataclass

NOT_AVAILABLE = "n/a"


@dataclass(frozen=True)
class MetricValue:
    """One number and how sure it is.

    Attributes:
        value: None where it is not defined ("n/a").
        low, high: bounds of its interval, where one was asked for.
        deviation: standard deviation over runs, where it is a mean of several.
        decimals: how many are printed.
        percent: whether 0.5 is printed as 50.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    deviation: float | None = None
    decimals: int = 2
    percent: bool = True

    def written(self, number: float | None) -> str:
        """A number with this figure's decimals."""
        if number is None:
            return NOT_AVAILABLE
        return f"{100 * number if self.percent else number:.{self.decimals}f}"


Cell = str | int | MetricValue
Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """Words on top, a heading for each column, and rows of words, counts and figures.

    Attributes:
        words: what was measured and how, a sentence a line.
        headings: one for each column.
        rows: each as long as `headings`.
        printed: one more sentence, true of printed figures alone: CSV has shares where those are in percent.
    """

    words: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    printed: str = ""

    @property
    def words_as_printed(self) -> tuple[str, ...]:
        """The words that belong on top of printed figures."""
        return (*self.words, self.printed) if self.printed else self.words
