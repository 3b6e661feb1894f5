"""What each column of a table is used as, and choosing it: changes of the source, which the reader then goes by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.data.source import DataSource
from core.messages import Message

ATTRIBUTE, TARGET, BOX = "", "target", "box"
USES = {
    "image": Message("used-as-image"),
    "label": Message("used-as-class"),
    "split": Message("used-as-split"),
    "role": Message("used-as-role"),
    TARGET: Message("used-as-target"),
    ATTRIBUTE: Message("used-as-attribute"),
}
# Told, and only to be set aside: a box is four columns.
OF_BOX = Message("used-as-box")


def with_use(source: DataSource, meanings: Mapping[str, str], column: str, use: str) -> DataSource:
    """The source with a column used as a key of `USES`; `meanings` are what its columns mean until now.

    Of image, class, split and role there is one column: the one before becomes an attribute.
    """
    source = _without(source, column)
    if use == ATTRIBUTE:
        # One that means something by its name has to be set aside.
        return replace(source, ignore_columns=(*source.ignore_columns, column)) if meanings.get(column) else source
    if use == TARGET:
        return replace(source, target_columns=(*source.target_columns, column))
    if use == "image":
        return replace(source, image_column=column)
    if use == "label":
        return replace(source, label_column=column)
    if use == "split":
        return replace(source, split_column=column, split_values=())
    return replace(source, role_column=column, split_values=())


def released_by(meanings: Mapping[str, str], column: str, use: str) -> str:
    """The column that is no longer used as `use` because `column` is; "" for none."""
    if use in (ATTRIBUTE, TARGET):
        return ""
    return next((name for name, meaning in meanings.items() if meaning == use and name != column), "")


def _without(source: DataSource, column: str) -> DataSource:
    """The source with nothing said of a column."""
    return replace(
        source,
        image_column="" if source.image_column == column else source.image_column,
        label_column="" if source.label_column == column else source.label_column,
        split_column="" if source.split_column == column else source.split_column,
        role_column="" if source.role_column == column else source.role_column,
        target_columns=tuple(name for name in source.target_columns if name != column),
        ignore_columns=tuple(name for name in source.ignore_columns if name != column),
    )
