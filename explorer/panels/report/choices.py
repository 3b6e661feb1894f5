"""What the chips of the report offer: other ways to read the open data, each a source of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from core.data.catalog import Catalog, Texts
from core.data.class_division import GIVEN_SPLIT
from core.data.source import DataSource
from core.data.split_names import split_word
from core.messages import Message

MOST_COLUMNS = 12
EXAMPLES = 3
EXAMPLE_LETTERS = 32
# Cells that are looked at first, and splits and roles that a column may name.
FIRST, MOST_SPLITS = 1000, 6
SHARES = (0.5, 0.8)


@dataclass(frozen=True)
class Choice:
    """One way to read the data: its words, and whether it is in force."""

    words: str
    source: DataSource
    chosen: bool = False


def class_choices(catalog: Catalog, source: DataSource) -> list[Choice]:
    """Each column of the table as the class; none where no table lists the images."""
    column = catalog.report.reading.class_column
    if not catalog.has_columns:
        return []
    names = [column] if column else []
    names += [name for name in _columns(catalog) if name != column]
    return [
        Choice(_with_examples(name, _examples(catalog, name, column)), _by_class(source, name), name == column)
        for name in names[:MOST_COLUMNS]
    ]


def split_choices(catalog: Catalog, source: DataSource) -> list[Choice]:
    """As the data have it, by a column with words of splits, or a share of the classes drawn by a seed."""
    reading, share = catalog.report.reading, source.divide_by_class
    undivided, seed = source.undivided(), source.divide_seed
    given = replace(undivided, split_column="")
    words = Message("division-by-halves") if reading.splits_by in ("halves", "parts") else Message("division-as-given")
    choices = [Choice(words, given, share is None and not source.split_column)]
    columns = [name for name in _columns(catalog) if _divides(catalog, name)] if catalog.has_columns else []
    if source.split_column:
        columns = [source.split_column, *columns]
    choices += [
        Choice(
            Message("by-column", column=name),
            replace(undivided, split_column=name),
            share is None and source.split_column == name,
        )
        for name in columns[:MOST_COLUMNS]
    ]
    if len(catalog.classes) > 1:
        shares = SHARES if share is None or share in SHARES else (*SHARES, share)
        choices += [_by_share(source, each, seed, share == each) for each in shares]
        if share is not None:
            choices.append(_by_share(source, share, seed + 1, chosen=False))
    return choices


def _by_share(source: DataSource, share: float, seed: int, chosen: bool) -> Choice:
    words = Message("division-by-share", per_cent=100 * share, seed=seed)
    return Choice(words, replace(source, divide_by_class=share, divide_seed=seed), chosen)


def _by_class(source: DataSource, name: str) -> DataSource:
    # A column that was set aside or was a target is one no more.
    return replace(
        source,
        label_column=name,
        target_columns=tuple(each for each in source.target_columns if each != name),
        ignore_columns=tuple(each for each in source.ignore_columns if each != name),
    )


def _columns(catalog: Catalog) -> list[str]:
    return [name for name in catalog.attributes if name != GIVEN_SPLIT]


def _divides(catalog: Catalog, name: str) -> bool:
    column = catalog.attributes[name]
    # Most columns are told by their beginning: a million cells are looked at only where it may be one.
    return _are_split_words(_values(column[:FIRST])) and len(_values(column)) > 1 and _are_split_words(_values(column))


def _values(column: Texts) -> set[str]:
    return set(column.tolist()) - {""}


def _are_split_words(values: set[str]) -> bool:
    return len(values) <= MOST_SPLITS and all(map(split_word, values))


def _examples(catalog: Catalog, name: str, class_column: str) -> Sequence[str]:
    column = catalog.labels if name == class_column else catalog.attributes[name]
    return list(islice(dict.fromkeys(text for text in column[:FIRST].tolist() if text), EXAMPLES))


def _with_examples(name: str, examples: Sequence[str]) -> str:
    shown = ", ".join(examples)
    shown = shown if len(shown) <= EXAMPLE_LETTERS else f"{shown[:EXAMPLE_LETTERS]}…"
    return f"{name}   {shown}".rstrip()
