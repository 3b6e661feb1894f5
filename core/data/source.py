"""What to open and how: the data argument of every command, in one value."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from core.errors import DataError
from core.messages import Message, Remedy
from core.paths import absolute

DEMO = "demo"
TORCHVISION_PREFIX = "torchvision:"
# What a person may say that a folder is: a split, a role in the test split, a part of a class's name or none of it, or
# not to be read.
FOLDER_MEANINGS = ("train", "val", "test", "query", "gallery", "class", "none", "skip")
LEFT_OUT = "skip"
# What a person may say that a value of a split or role column is; "none" is in no split, and "skip" is not to be read.
VALUE_MEANINGS = ("train", "val", "test", "query", "gallery", "both", "none", LEFT_OUT)
# Fields of several values, whose options may be repeated.
_SEVERAL = ("exclude_labels", "folders", "target_columns", "ignore_columns", "split_values")
# Option -> the field it gives, what its value is called, and its help.
_OPTIONS = {
    **{
        f"--{name}-column": (f"{name}_column", "NAME", f"the manifest's {name} column (default: detected)")
        for name in ("image", "label", "split", "role")
    },
    "--target-column": (
        "target_columns", "NAME",
        "a manifest's column of continuous targets (default: those called target...; may be repeated)",
    ),
    "--ignore-column": (
        "ignore_columns", "NAME",
        "a manifest's column to ignore, not read as class, split, role, target or box (may be repeated)",
    ),
    "--split-values": (
        "split_values", "VALUE=MEANING,...",
        "meanings of values in a manifest's split or role column, such as 0=train,1=test: "
        f"{', '.join(VALUE_MEANINGS)} (may be repeated)",
    ),
    "--encoding": (
        "encoding", "NAME", "encoding of a manifest's text, such as gb18030, big5 or cp949 (default: detected)"
    ),
    "--exclude-label": ("exclude_labels", "CLASS", "class to leave out (may be repeated)"),
    "--base": (
        "base", "FOLDER",
        "folder of a manifest's images, which its paths are relative to (default: the manifest's folder)",
    ),
    "--folder": (
        "folders", "NAME=MEANING",
        f"meaning of folders of that name: {', '.join(FOLDER_MEANINGS)} (may be repeated)",
    ),
}  # fmt: skip
_VALUES = re.compile(rf"(.*?)\s*=\s*({'|'.join(VALUE_MEANINGS)})\s*(?:,|$)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class DataSource:
    """A data set as the user named it; opening the same source twice gives the same catalog.

    Attributes:
        location: a folder, a manifest file, "demo" or "torchvision:NAME".
        divide_by_class: the share of all classes, above 0 and below 1, that is to be train, the others test, whatever
            splits were given; None keeps those.
        divide_seed: draws the classes of that share.

    What the others mean is said by their options (`_OPTIONS`); "" leaves them to be told from the data.
    Raises DataError where a value makes no sense.
    """

    location: str
    image_column: str = ""
    label_column: str = ""
    split_column: str = ""
    role_column: str = ""
    exclude_labels: tuple[str, ...] = ()
    base: str = ""
    folders: tuple[str, ...] = ()
    divide_by_class: float | None = None
    divide_seed: int = 0
    target_columns: tuple[str, ...] = ()
    ignore_columns: tuple[str, ...] = ()
    encoding: str = ""
    split_values: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        share = self.divide_by_class
        is_number = isinstance(share, (int, float)) and not isinstance(share, bool)
        if share is not None and not (is_number and 0 < share < 1):
            raise DataError(Message("division-share-out-of-range", share=share), "divide_by_class")
        if not isinstance(self.divide_seed, int) or self.divide_seed < 0:
            raise DataError(Message("division-seed-invalid", seed=self.divide_seed), "divide_seed")
        if self.encoding and not _is_text_encoding(self.encoding):
            raise DataError(Message("encoding-unknown", encoding=self.encoding), "encoding")
        for text in self.folders:
            if _meaning(text)[1] not in FOLDER_MEANINGS or not _meaning(text)[0]:
                raise DataError(Message("folder-explanation-invalid", text=text, meanings=FOLDER_MEANINGS), "folders")
        for text in self.split_values:
            if _meaning(text)[1] not in VALUE_MEANINGS or not _meaning(text)[0]:
                raise DataError(
                    Message("split-value-explanation-invalid", text=text, meanings=VALUE_MEANINGS), "split_values"
                )

    @property
    def folder_meanings(self) -> dict[str, str]:
        """The name of each folder that was explained -> its meaning."""
        return dict(_meaning(text) for text in self.folders)

    @property
    def value_meanings(self) -> dict[str, str]:
        """Each value of a split or role column that was explained -> its meaning."""
        return dict(_meaning(text) for text in self.split_values)

    @property
    def names_columns(self) -> bool:
        """Whether a column of a table was chosen."""
        chosen = (self.image_column, self.label_column, self.split_column, self.role_column)
        return any(chosen) or bool(self.target_columns or self.ignore_columns or self.split_values)

    def arguments(self) -> list[str]:
        """The command-line options that make this source again."""
        # One word each: a class named "-1" would otherwise be taken for an option.
        options = [f"--data={self.location}"]
        for option, (name, *_) in _OPTIONS.items():
            value = getattr(self, name)
            options += [f"{option}={each}" for each in (value if name in _SEVERAL else [value] if value else [])]
        options += [] if self.divide_by_class is None else [f"--divide-by-class={self.divide_by_class!r}"]
        return options + ([f"--divide-seed={self.divide_seed}"] if self.divide_seed else [])

    def undivided(self) -> DataSource:
        """The same data with the splits that they come with."""
        return replace(self, divide_by_class=None, divide_seed=0)

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
        arguments = {key: value for key, value in values.items() if key in known}
        return cls(**arguments | {name: tuple(arguments.get(name, ())) for name in _SEVERAL})


def _meaning(text: str) -> tuple[str, str]:
    name, _, meaning = text.rpartition("=")
    return name.strip(), meaning.strip().casefold()


def _values_in(text: str) -> list[str]:
    """What an option says of several values: "0=train,1=test" as "0=train" and "1=test"."""
    found = list(_VALUES.finditer(text))
    # What is left is refused with the words it was given in.
    rest = text[found[-1].end() :].strip() if found else text
    return [*(f"{match[1].strip()}={match[2].casefold()}" for match in found), *([rest] if rest else [])]


def _is_text_encoding(name: str) -> bool:
    try:
        # "rot13" and "base64" are codecs too, but not from bytes to text.
        b"text".decode(name)
    except UnicodeDecodeError:
        return True
    except (LookupError, ValueError):
        return False
    return True


def is_name(location: str) -> bool:
    """Whether a location is a data set's name rather than a path."""
    return location == DEMO or location.startswith(TORCHVISION_PREFIX)


def add_data_arguments(parser: argparse.ArgumentParser, required: bool = True) -> None:
    """Add --data and the options that say how to read it."""
    parser.add_argument(
        "--data", required=required, metavar="DATA", help="a folder, a manifest file, 'demo' or 'torchvision:NAME'"
    )
    for option, (name, metavar, meaning) in _OPTIONS.items():
        if name in _SEVERAL:
            parser.add_argument(option, dest=name, action="append", default=[], metavar=metavar, help=meaning)
        else:
            parser.add_argument(option, dest=name, default="", metavar=metavar, help=meaning)
    parser.add_argument(
        "--divide-by-class",
        type=float,
        metavar="SHARE",
        help="split all images by class anew, whatever splits were given: this share of the classes is train, the "
        "others test",
    )
    parser.add_argument(
        "--divide-seed", type=int, default=0, metavar="N", help="random seed of --divide-by-class (default: 0)"
    )


def source_from_arguments(arguments: argparse.Namespace) -> DataSource:
    """The source that the options of `add_data_arguments` describe.

    Its location is absolute, because a run is resumed from other folders than it was started in.
    """
    given: str = arguments.data
    if arguments.divide_seed and arguments.divide_by_class is None:
        raise DataError(
            Message(
                "division-seed-without-share",
                Remedy("--divide-by-class 0.5", Message("makes-half-of-the-classes-train"), place=""),
                seed=arguments.divide_seed,
            ),
            "divide_seed",
        )
    made = {
        "location": given if is_name(given) or not given.strip() else str(absolute(given)),
        "base": str(absolute(arguments.base)) if arguments.base else "",
        "split_values": [value for text in arguments.split_values for value in _values_in(text)],
    }
    return DataSource.from_dict(vars(arguments) | made)
