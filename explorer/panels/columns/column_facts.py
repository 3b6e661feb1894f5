"""What a table tells of a column: read in a thread, for a million cells take a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.data.columns import Column
from core.data.conditions import words_with
from core.messages import Message
from explorer.column_words import KINDS, number_text, title_of, word_of

EXAMPLES = 6
# Of a caption the beginning says enough.
LONGEST = 60


@dataclass(frozen=True)
class ColumnFacts:
    """A column in words: its kind, how many values it has, and in how many images it is missing.

    Attributes:
        details: range or most frequent values, a line each.
    """

    kind: str
    values: int
    missing: int
    details: str

    @classmethod
    def of(cls, column: Column) -> ColumnFacts:
        """Read a column, which stays read."""
        if column.kind == "text":
            # The first search in a million captions takes half a second.
            words_with(column, "")
        lines = [title_of(column.name), Message("kind-and-values", kind=KINDS[column.kind], values=column.values)]
        if column.range is not None and column.kind != "yes/no":
            low, high = (number_text(end, column.kind) for end in column.range)
            lines.append(Message("scale-from-to", low=low, high=high))
        else:
            lines += [_counted(word, count) for word, count in column.frequent(EXAMPLES)]
            if column.values > EXAMPLES:
                lines.append(Message("and-more-values", count=column.values - EXAMPLES))
        if column.missing:
            lines.append(Message("scale-missing", count=column.missing))
        return cls(KINDS[column.kind], column.values, column.missing, "\n".join(lines))


def facts_of(columns: Sequence[Column]) -> dict[str, ColumnFacts]:
    """By name."""
    return {column.name: ColumnFacts.of(column) for column in columns}


def _counted(word: str, count: int) -> str:
    flat = word_of(" ".join(word.split()))
    short = flat if len(flat) <= LONGEST else f"{flat[:LONGEST]}…"
    return f"{short}  {count:,}"
