"""Which column of a manifest means what, and what one row says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from core.data.image_finder import Hit
from core.data.images import Box
from core.data.manifest_errors import MissingColumnError
from core.data.manifest_table import Table
from core.data.named_files import is_whole
from core.data.source import DataSource
from core.data.table_of_images import WORDS_FOR_MISSING, Listing, role_word, split_word
from core.errors import DataError

IMAGE_NAMES = ("image", "path", "file", "filename", "file_name", "filepath", "image_path", "img", "image_id", "id")
IMAGE_ENDING = "_file_name"  # Hugging Face's, where a row has several files: of the first one
LABEL_NAMES = ("label", "class", "class_name", "category", "labels")
SPLIT_NAMES = ("split", "partition", "subset", "set")
ROLE_NAMES = ("role",)
QUERY, GALLERY = "is_query", "is_gallery"
BOX_NAMES = (
    ("x_1", "y_1", "x_2", "y_2"),
    ("x1", "y1", "x2", "y2"),
    ("xmin", "ymin", "xmax", "ymax"),
    ("left", "top", "right", "bottom"),
)
TRUTHS = {
    **dict.fromkeys(("true", "t", "1", "1.0", "yes", "y"), True),
    **dict.fromkeys(("false", "f", "0", "0.0", "no", "n", "", *WORDS_FOR_MISSING), False),
}
MISSING_NUMBERS = {"", *WORDS_FOR_MISSING}
LARGEST_TARGET = 3.4e38  # of float32
FARTHEST_EDGE = 2**31 - 1  # of int32


class Columns:
    """The columns of one table, by their meaning.

    Attributes:
        targets: names of those with continuous labels.
        attributes: names of those without a meaning of their own.
        without_classes: the error for a table that needs a class column and has none.

    Raises MissingColumnError where none names the image, DataError where a chosen one is not there.
    """

    def __init__(self, table: Table, source: DataSource, path: Path) -> None:
        self._path = path
        self._unit = table.unit
        self._places = {name: place for place, name in enumerate(table.header) if name}
        self._named = ", ".join(self._places)
        if table.left_out:
            self._named += f" (and as lists, objects or pictures, which are not read: {', '.join(table.left_out)})"
        self._require_there(source.target_columns, "a continuous target")
        self._require_there(source.ignore_columns, "nothing")
        asked = {source.image_column, source.label_column, source.split_column, source.role_column}
        aside = {*source.ignore_columns, *(set(source.target_columns) - asked)}
        self._meant = {name.casefold(): place for name, place in self._places.items() if name not in aside}
        folded = self._meant
        files = [name for name in folded if name.endswith(IMAGE_ENDING)]
        image = self._choose(source.image_column, (*IMAGE_NAMES, *files), "image")
        if image is None:
            raise self._missing("image", IMAGE_NAMES)
        self._image = image
        self._label = self._choose(source.label_column, LABEL_NAMES, "label")
        self._split = self._choose(source.split_column, SPLIT_NAMES, "split")
        self._role = self._choose(source.role_column, ROLE_NAMES, "role")
        self._truths = {name: folded[name] for name in (QUERY, GALLERY) if name in folded and self._role is None}
        self._box = next(
            ([folded[name] for name in names] for names in BOX_NAMES if all(name in folded for name in names)), []
        )
        special = {self._image, self._label, self._split, self._role, *self._truths.values(), *self._box}
        others = [name for name, place in self._places.items() if place not in special]
        self.targets = [
            name
            for name in others
            if name in source.target_columns
            or (name.casefold().startswith("target") and name not in source.ignore_columns)
        ]
        self.attributes = [name for name in others if name not in self.targets]
        self.without_classes = self._missing("label", LABEL_NAMES)
        # A million cells with a thousand different words need room for a thousand.
        self._words: dict[str, str] = {}

    @property
    def has_classes(self) -> bool:
        """Whether there is a class column."""
        return self._label is not None

    @property
    def has_splits(self) -> bool:
        """Whether there is a column that divides the images."""
        return self._split is not None

    def name(self, cells: Sequence[str], below: str) -> str:
        """What one row calls its image, from the folder `below` the root."""
        name = cells[self._image]
        return f"{below}{name}" if name.strip() and not is_whole(name) else name

    def where(self, number: int) -> str:
        """The place of a row in the file, in words."""
        return f"{self._unit} {number}"

    def listing(self, number: int, cells: Sequence[str], name: str, hit: Hit | None) -> Listing:
        """The image of the row `number`, called `name`, with the file that was found for it."""
        split, role = self._division(number, cells)
        label = "" if self._label is None else cells[self._label]
        return Listing(
            name=name,
            file=hit.file if hit is not None else None,
            label=self._words.setdefault(label, label),
            split=split,
            role=role,
            attributes=tuple(self._shared(cells[self._places[attribute]]) for attribute in self.attributes),
            ambiguous=hit is not None and hit.ambiguous,
            box=self._box_of(number, cells) if self._box else None,
        )

    def targets_of(self, number: int, cells: Sequence[str]) -> list[float]:
        """The T continuous labels of one row; NaN where a cell is empty."""
        return [self._target(number, name, cells[self._places[name]]) for name in self.targets]

    def _shared(self, cell: str) -> str:
        return self._words.setdefault(cell, cell)

    def _missing(self, meaning: str, usual: Sequence[str]) -> MissingColumnError:
        return MissingColumnError(
            f"{self._path} has no {meaning} column; expected one of {', '.join(usual)}, or name it with "
            f"--{meaning}-column; its columns are: {self._named}.",
            self._path,
        )

    def _choose(self, asked: str, usual: Sequence[str], meaning: str) -> int | None:
        if asked:
            if asked not in self._places:
                raise DataError(
                    f"{self._path} has no column '{asked}' for the {meaning}; its columns are: {self._named}.", asked
                )
            return self._places[asked]
        return next((self._meant[name] for name in usual if name in self._meant), None)

    def _require_there(self, asked: Sequence[str], meaning: str) -> None:
        if lacking := next((name for name in asked if name not in self._places), ""):
            raise DataError(
                f"{self._path} has no column '{lacking}' to take for {meaning}; its columns are: {self._named}.",
                lacking,
            )

    def _division(self, number: int, cells: Sequence[str]) -> tuple[str, str]:
        split = role = ""
        if self._split is not None and cells[self._split].strip():
            word = split_word(cells[self._split])
            if word is None:
                raise self._fault(number, f"split '{cells[self._split]}'; expected train, val, test, query or gallery")
            split, role = word
        if self._role is not None and cells[self._role].strip():
            role = role_word(cells[self._role])
            if not role:
                raise self._fault(number, f"role '{cells[self._role]}'; expected query or gallery")
            split = split or "test"
        if self._truths and split != "train":
            role = self._role_by_truths(number, cells) or role
            split = split or ("test" if role else "")
        return split, role

    def _role_by_truths(self, number: int, cells: Sequence[str]) -> str:
        said = {name: self._truth(number, name, cells[place]) for name, place in self._truths.items()}
        is_query, is_gallery = said.get(QUERY, False), said.get(GALLERY, False)
        if is_query and is_gallery:
            return BOTH
        return "query" if is_query else "gallery" if is_gallery else ""

    def _truth(self, number: int, column: str, cell: str) -> bool:
        answer = TRUTHS.get(cell.strip().casefold())
        if answer is None:
            raise self._fault(number, f"'{cell}' in column '{column}'; expected True or False")
        return answer

    def _box_of(self, number: int, cells: Sequence[str]) -> Box | None:
        edges = [self._number(number, "a bounding box", cells[place]) for place in self._box]
        if all(math.isnan(edge) for edge in edges):
            return None
        left, top, right, bottom = edges
        if not (left < right and top < bottom and max(map(abs, edges)) <= FARTHEST_EDGE):
            raise self._fault(
                number,
                f"bounding box '{', '.join(cells[place] for place in self._box)}'; expected left < right, top < bottom",
            )
        return math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)

    def _target(self, number: int, column: str, cell: str) -> float:
        value = self._number(number, f"column '{column}'", cell)
        if abs(value) > LARGEST_TARGET:
            raise self._fault(number, f"'{cell}' in column '{column}' is no finite number")
        return value

    def _number(self, number: int, where: str, cell: str) -> float:
        # Python would read "1_000" as a thousand.
        if "_" in cell:
            raise self._fault(number, f"'{cell}' in {where} is no number")
        try:
            return math.nan if cell.strip().casefold() in MISSING_NUMBERS else float(cell)
        except ValueError as error:
            raise self._fault(number, f"'{cell}' in {where} is no number") from error

    def _fault(self, number: int, words: str) -> DataError:
        return DataError(f"{self._path}, {self._unit} {number}: {words}.", number)


BOTH = "query and gallery"


def one_protocol(listings: Sequence[Listing], path: Path) -> list[Listing]:
    """Images that are query and gallery at once search among each other: a role for none.

    Raises DataError where only some of them are both.
    """
    divided = [listing for listing in listings if listing.role]
    both = sum(listing.role == BOTH for listing in divided)
    if both == 0:
        return list(listings)
    if both < len(divided):
        raise DataError(
            f"{path}: {both:,} of {len(divided):,} images are query and gallery at once; expected all of them or none.",
            path,
        )
    return [listing._replace(role="") for listing in listings]
