"""What to open and how: the data argument of every command, in one value."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from core.places import absolute

DEMO = "demo"
TORCHVISION_PREFIX = "torchvision:"


@dataclass(frozen=True)
class DataSource:
    """A data set as the user named it; opening the same source twice gives the same catalog.

    Attributes:
        location: a folder, a manifest file, "demo" or "torchvision:NAME".
        image_column, label_column, split_column, role_column: names of a manifest's columns; "" recognises them.
        exclude_labels: classes to leave out.
        base: the folder that a manifest's relative paths start from and that all its images lie in; "" means the
            manifest's own.
    """

    location: str
    image_column: str = ""
    label_column: str = ""
    split_column: str = ""
    role_column: str = ""
    exclude_labels: tuple[str, ...] = ()
    base: str = ""

    @property
    def names_columns(self) -> bool:
        """Whether a column of a table was chosen."""
        return bool(self.image_column or self.label_column or self.split_column or self.role_column)

    def arguments(self) -> list[str]:
        """The command-line options that make this source again."""
        # One word each: a class named "-1" would otherwise be taken for an option.
        columns = {name: getattr(self, f"{name}_column") for name in ("image", "label", "split", "role")}
        return [
            f"--data={self.location}",
            *(f"--{name}-column={column}" for name, column in columns.items() if column),
            *(f"--exclude-label={label}" for label in self.exclude_labels),
            *([f"--base={self.base}"] if self.base else []),
        ]

    def at(self, path: Path) -> DataSource:
        """The same data, read from a file or folder that was found."""
        return replace(self, location=str(path))

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> DataSource:
        """Inverse of `as_dict`; ignores keys that a newer version may have added."""
        known = {item.name for item in fields(cls)}
        kept = {key: value for key, value in values.items() if key in known}
        kept["exclude_labels"] = tuple(kept.get("exclude_labels", ()))
        return cls(**kept)


def is_name(location: str) -> bool:
    """Whether a location is a data set's name rather than a path."""
    return location == DEMO or location.startswith(TORCHVISION_PREFIX)


def add_data_arguments(parser: argparse.ArgumentParser, required: bool = True) -> None:
    """Add --data and the options that say how to read it."""
    parser.add_argument(
        "--data", required=required, metavar="DATA", help="a folder, a manifest file, 'demo' or 'torchvision:NAME'"
    )
    for name in ("image", "label", "split", "role"):
        parser.add_argument(
            f"--{name}-column", default="", metavar="NAME", help=f"the manifest's {name} column (default: recognised)"
        )
    parser.add_argument(
        "--exclude-label", action="append", default=[], metavar="CLASS", help="leave a class out (may be repeated)"
    )
    parser.add_argument(
        "--base",
        default="",
        metavar="FOLDER",
        help="where a manifest's paths start and all its images lie (default: its folder)",
    )


def source_from_arguments(arguments: argparse.Namespace) -> DataSource:
    """The source that the options of `add_data_arguments` describe.

    Its location is absolute, because a run is resumed from other folders than it was started in.
    """
    given: str = arguments.data
    excluded: Sequence[str] = arguments.exclude_label
    return DataSource(
        location=given if is_name(given) or not given.strip() else str(absolute(given)),
        image_column=arguments.image_column,
        label_column=arguments.label_column,
        split_column=arguments.split_column,
        role_column=arguments.role_column,
        exclude_labels=tuple(excluded),
        base=str(absolute(arguments.base)) if arguments.base else "",
    )
