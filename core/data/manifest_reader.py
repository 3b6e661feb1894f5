"""A manifest: a CSV or Parquet table with a row per image."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from core.data.catalog import Catalog
from core.data.image_finder import ImageFinder
from core.data.manifest_table import Table, read_table
from core.data.source import DataSource
from core.data.table_of_images import Listing, assemble, role_word, split_word
from core.errors import DataError
from core.places import absolute
from core.progress import Reporter

SUFFIXES = (".csv", ".tsv", ".parquet")
IMAGE_NAMES = ("image", "path", "file", "filename", "file_name", "filepath", "image_path", "img", "image_id", "id")
LABEL_NAMES = ("label", "class", "class_name", "category", "labels")
SPLIT_NAMES = ("split", "partition", "subset", "set")
ROLE_NAMES = ("role",)
GENERIC_NAMES = frozenset({"manifest", "images", "metadata", "labels", "data", "index", "table"})
LARGEST_TARGET = 3.4e38  # of float32


class MissingColumnError(DataError):
    """A table has no column for the image or the class; `subject` is its path."""


def read_manifest(source: DataSource, reporter: Reporter) -> Catalog:
    """The catalog of a manifest; its folder is the root of relative paths.

    Columns: the image (a path, or an id whose file is found by name below the manifest's folder), the class, and where
    there are any the split, the role, and continuous labels in columns that begin with "target"; all others are kept
    as attributes. Raises DataError naming the file, the row and the column concerned, MissingColumnError when the
    image or the class has none.
    """
    path = absolute(source.location).resolve()
    table = read_table(path)
    columns = _Columns(table, source, path)
    finder = ImageFinder(path.parent)
    return assemble(
        path.parent.name if path.stem.casefold() in GENERIC_NAMES else path.stem,
        path.parent,
        [columns.listing(number, cells, finder) for number, cells in zip(table.numbers, table.rows, strict=True)],
        target_names=columns.targets,
        attribute_names=columns.attributes,
        exclude_labels=source.exclude_labels,
        reporter=reporter,
    )


class _Columns:
    """Which column means what."""

    def __init__(self, table: Table, source: DataSource, path: Path) -> None:
        self._path = path
        self._unit = table.unit
        self._places = {name: place for place, name in enumerate(table.header) if name}
        self._image = self._required(source.image_column, IMAGE_NAMES, "image")
        self._label = self._required(source.label_column, LABEL_NAMES, "label")
        self._split = self._choose(source.split_column, SPLIT_NAMES, "split")
        self._role = self._choose(source.role_column, ROLE_NAMES, "role")
        special = {self._image, self._label, self._split, self._role}
        others = [name for name, place in self._places.items() if place not in special]
        self.targets = [name for name in others if name.casefold().startswith("target")]
        self.attributes = [name for name in others if name not in self.targets]

    def listing(self, number: int, cells: Sequence[str], finder: ImageFinder) -> Listing:
        """The image of one row; `number` is its place in the file, for messages."""
        split, role = self._division(number, cells)
        name = cells[self._image]
        hit = finder.find(name)
        return Listing(
            name=name,
            file=hit.file if hit is not None else None,
            label=cells[self._label],
            split=split,
            role=role,
            targets=tuple(self._number(number, target, cells[self._places[target]]) for target in self.targets),
            attributes=tuple(cells[self._places[attribute]] for attribute in self.attributes),
            ambiguous=hit is not None and hit.ambiguous,
        )

    def _required(self, asked: str, usual: Sequence[str], meaning: str) -> int:
        place = self._choose(asked, usual, meaning)
        if place is None:
            raise MissingColumnError(
                f"{self._path} has no {meaning} column; expected one of {', '.join(usual)}, or name it with "
                f"--{meaning}-column; its columns are: {', '.join(self._places)}.",
                self._path,
            )
        return place

    def _choose(self, asked: str, usual: Sequence[str], meaning: str) -> int | None:
        if asked:
            if asked not in self._places:
                raise DataError(
                    f"{self._path} has no column '{asked}' for the {meaning}; its columns are: "
                    f"{', '.join(self._places)}.",
                    asked,
                )
            return self._places[asked]
        folded = {name.casefold(): place for name, place in self._places.items()}
        return next((folded[name] for name in usual if name in folded), None)

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
        return split, role

    def _number(self, number: int, column: str, cell: str) -> float:
        try:
            value = float(cell) if cell.strip() else math.nan
        except ValueError as error:
            raise self._fault(number, f"'{cell}' in column '{column}' is no number") from error
        if abs(value) > LARGEST_TARGET:
            raise self._fault(number, f"'{cell}' in column '{column}' is no finite number")
        return value

    def _fault(self, number: int, words: str) -> DataError:
        return DataError(f"{self._path}, {self._unit} {number}: {words}.", number)
