"""A manifest: a CSV or Parquet table with a row per image."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.data.catalog import Catalog
from core.data.folder_reader import image_files
from core.data.source import DataSource
from core.data.table_of_images import ROLE_WORDS, Listing, assemble, split_word
from core.errors import DataError
from core.progress import Reporter

SUFFIXES = (".csv", ".tsv", ".parquet")
IMAGE_NAMES = ("image", "path", "file", "filename", "file_name", "filepath", "image_path", "img", "image_id", "id")
LABEL_NAMES = ("label", "class", "class_name", "category", "labels")
SPLIT_NAMES = ("split", "partition", "subset", "set")
ROLE_NAMES = ("role",)
GENERIC_NAMES = frozenset({"manifest", "images", "metadata", "labels", "data", "index", "table"})


def read_manifest(source: DataSource, reporter: Reporter) -> Catalog:
    """The catalog of a manifest; its folder is the root of relative paths.

    Columns: the image (a path, or an id whose file is found by name below the manifest's folder), the class, and where
    there are any the split, the role, and continuous labels in columns that begin with "target"; all others are kept
    as attributes. Raises DataError naming the file, the row and the column concerned.
    """
    path = Path(source.location).expanduser().resolve()
    header, table = _read_parquet(path) if path.suffix.lower() == ".parquet" else _read_csv(path)
    if not table:
        raise DataError(f"{path} lists no images: it has {'a header only' if header else 'no text'}.", path)
    columns = _Columns(header, source, path)
    finder = _ImageFinder(path.parent)
    listings = [columns.listing(number, cells, finder) for number, cells in enumerate(table, start=2)]
    return assemble(
        path.parent.name if path.stem.casefold() in GENERIC_NAMES else path.stem,
        path.parent,
        listings,
        target_names=columns.targets,
        attribute_names=columns.attributes,
        exclude_labels=source.exclude_labels,
        reporter=reporter,
    )


class _Columns:
    """Which column means what."""

    def __init__(self, header: Sequence[str], source: DataSource, path: Path) -> None:
        self._path = path
        self._header = {name: place for place, name in enumerate(header)}
        image = self._choose(source.image_column, IMAGE_NAMES, "image")
        label = self._choose(source.label_column, LABEL_NAMES, "label")
        if image is None or label is None:
            missing, wanted = ("image", IMAGE_NAMES) if image is None else ("label", LABEL_NAMES)
            raise DataError(
                f"{path} has no {missing} column; expected one of {', '.join(wanted)}, or name it with "
                f"--{missing}-column; its columns are: {', '.join(header)}.",
                path,
            )
        self._image, self._label = image, label
        self._split = self._choose(source.split_column, SPLIT_NAMES, "split")
        self._role = self._choose(source.role_column, ROLE_NAMES, "role")
        special = {self._image, self._label, self._split, self._role}
        self.targets = [name for name in header if name.startswith("target") and self._header[name] not in special]
        self.attributes = [name for name in header if self._header[name] not in special and name not in self.targets]

    def listing(self, number: int, cells: Sequence[str], finder: _ImageFinder) -> Listing:
        """The image of one row; `number` is its line in the file, for messages."""
        if len(cells) != len(self._header):
            raise DataError(
                f"{self._path}, line {number}: {len(cells)} cells where the header has {len(self._header)} columns.",
                number,
            )
        split, role = self._division(number, cells)
        name = cells[self._image]
        return Listing(
            name=name,
            path=finder.find(name),
            label=cells[self._label],
            split=split,
            role=role,
            targets=tuple(self._number(number, target, cells[self._header[target]]) for target in self.targets),
            attributes=tuple(cells[self._header[attribute]] for attribute in self.attributes),
        )

    def _choose(self, asked: str, usual: Sequence[str], meaning: str) -> int | None:
        if asked:
            if asked not in self._header:
                raise DataError(
                    f"{self._path} has no column '{asked}' for the {meaning}; its columns are: "
                    f"{', '.join(self._header)}.",
                    asked,
                )
            return self._header[asked]
        folded = {name.casefold(): place for name, place in self._header.items()}
        return next((folded[name] for name in usual if name in folded), None)

    def _division(self, number: int, cells: Sequence[str]) -> tuple[str, str]:
        split = role = ""
        if self._split is not None and cells[self._split].strip():
            word = split_word(cells[self._split])
            if word is None:
                raise DataError(
                    f"{self._path}, line {number}: split '{cells[self._split]}'; expected train, val, test, query or "
                    "gallery.",
                    number,
                )
            split, role = word
        if self._role is not None and cells[self._role].strip():
            said = cells[self._role].strip().casefold()
            if said not in ROLE_WORDS:
                raise DataError(
                    f"{self._path}, line {number}: role '{cells[self._role]}'; expected query or gallery.", number
                )
            role = ROLE_WORDS[said]
            split = split or "test"
        return split, role

    def _number(self, number: int, column: str, cell: str) -> float:
        try:
            return float(cell) if cell.strip() else float("nan")
        except ValueError as error:
            raise DataError(
                f"{self._path}, line {number}: '{cell}' in column '{column}' is no number.", number
            ) from error


class _ImageFinder:
    """Finds the file of an image cell: as a path first, then by name or bare id anywhere below the root."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._by_name: dict[str, Path] | None = None

    def find(self, name: str) -> Path | None:
        if not name.strip():
            return None
        direct = self._root / name
        if direct.suffix and direct.is_file():
            return direct
        index = self._index()
        return index.get(name) or index.get(Path(name).name)

    def _index(self) -> dict[str, Path]:
        if self._by_name is None:
            self._by_name = {}
            for path in image_files(self._root):
                relative = path.relative_to(self._root)
                for key in (relative.with_suffix("").as_posix(), path.name, path.stem):
                    self._by_name.setdefault(key, path)
        return self._by_name


def _read_csv(path: Path) -> tuple[list[str], list[list[str]]]:
    text = _decoded(path)
    delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(text)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if row]
    except csv.Error as error:
        raise DataError(f"{path} is not a readable CSV table ({error}).", path) from error
    if not rows:
        return [], []
    header = [name.strip() for name in rows[0]]
    if len(set(header)) != len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise DataError(f"{path} has two columns named '{twice}'.", twice)
    return header, rows[1:]


def _decoded(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}).", path) from error
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DataError(f"{path} is text in neither UTF-8 nor CP949 (Korean).", path)


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _read_parquet(path: Path) -> tuple[list[str], list[list[str]]]:
    # Parquet costs 0.2 s to import, which a CSV user and the window's start need not pay.
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{path} is not a readable Parquet table ({error}).", path) from error
    columns = [[_cell(value) for value in table[name].to_pylist()] for name in table.column_names]
    return list(table.column_names), [list(cells) for cells in zip(*columns, strict=True)]


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
