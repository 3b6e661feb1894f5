"""What the columns of a file of vectors mean: which are the vectors, classes, paths and roles, and their text.

Other programs have other names for them and other types: bytes for text, one-hot classes, a column for a row of names.
What is plain is read, and said where it is not as `embed` writes it; anything else is refused in a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from core.data.catalog import BOTH, SPLITS, Rows, Texts, texts
from core.data.split_names import Word, split_word
from core.data.vectors.array_archive import clipped, describe_shape
from core.data.vectors.vector_cells import COORDINATES, VectorCells
from core.errors import EmbeddingsError
from core.messages import Message, first_of

# The first of each is ours.
NAMES = {
    "embeddings": ("embeddings", "embedding", "features", "feature", "feats", "feat", "vectors", "vector", "embs",
                   "emb", "x"),
    "labels": ("labels", "label", "targets", "target", "classes", "class", "class_name", "category", "y"),
    "paths": ("paths", "path", "filenames", "filename", "file_names", "file_name", "files", "file", "image_paths",
              "image_path", "filepaths", "filepath", "images", "image"),
    "roles": ("roles", "role"),
    "rows": ("rows",),
    "origin": ("origin",),
}  # fmt: skip
QUERY_WORDS, GALLERY_WORDS = ("query", "queries", "q", "probe"), ("gallery", "galleries", "g", "database")
# Columns that would divide what is measured, and are not read.
DIVIDING = frozenset((
    "split", "splits", "partition", "subset", "is_train", "is_test", "is_val", "is_valid", "is_query", "is_gallery",
))  # fmt: skip
# Columns by which rows are known where there are no files; numbers are as good as those of the rows.
NAMING = ("name", "names", "title", "titles", "word", "words", "token", "tokens", "text", "texts", "id", "ids", "key")
SPLIT_NAMES = ("split", "splits", "partition", "subset")
NOTHING_CHOSEN: Mapping[str, str] = {}
# What programs write as text where there is no class.
NO_CLASS = frozenset(("nan", "none", "null", "<na>", "nat"))
NAMED = 3
_LARGEST_ROW = 2**53


class ColumnSource(Protocol):
    """The columns of one file.

    Attributes:
        path: the file.
        kinds: name -> shape or type in words, in the file's order.
        part: what the file calls a column, "array" or "column".
        told: what is to be said of how the file was read.
    """

    path: Path
    kinds: Mapping[str, str]
    part: str
    notes: Sequence[str]

    def vectors(self, names: Sequence[str]) -> VectorCells:
        """The vectors in one column, or in several that have a number of each."""

    def cells(self, name: str) -> npt.NDArray[Any] | list[Any]:
        """Any other column; an array of any shape, or a list of Python's own values."""

    def count(self, names: Sequence[str], /) -> int:
        """How many rows the vectors have, without reading them; EmbeddingsError where they are none."""

    def plain(self, count: int, /) -> list[str]:
        """Columns that have one value for each of `count` rows."""

    def only_vectors(self) -> list[str]:
        """The one column that can be nothing but the vectors, in a list; [] where several could be."""

    def spread(self) -> list[str]:
        """Columns that have the dimensions of a vector, one each; [] where there are none."""


@dataclass(frozen=True, eq=False)
class VectorColumns:
    """A file's vectors and what belongs to each, as `core.retrieval.embeddings.Embeddings` has them.

    Attributes:
        positions: (N,) which rows of the file they are.
        origin: what `embed` wrote of it, or {}.
        left_out: which rows of the file are not here, in words.
        read_as: what was read from columns of other names or kinds than ours, in words.
    """

    vectors: npt.NDArray[np.float32]
    positions: Rows
    rows: Rows
    labels: Texts
    paths: Texts
    roles: Texts | None
    origin: dict[str, Any]
    left_out: str
    read_as: str


@dataclass(frozen=True, eq=False)
class VectorRows:
    """What a file says of each of its N rows, whether or not that has a vector.

    Attributes:
        labels, splits, roles: as in `core.data.catalog.Catalog`.
        paths: (N,) text, or None where it names no files.
        names: (N,) different texts by which a person knows them, or None where no column has such.
        numbers: (N,) by which rows without a path are known.
        attributes: name -> (N,) text of every other column.
        columns: meaning -> the column that has it.
        not_read: columns that look as if they divided the rows, and are not understood.
        origin: what `embed` wrote of it, or {}.
    """

    labels: Texts
    paths: Texts | None
    names: Texts | None
    numbers: Rows
    splits: Texts
    roles: Texts
    attributes: Mapping[str, Texts]
    columns: Mapping[str, str]
    not_read: Sequence[str]
    origin: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.labels)


def described(
    source: ColumnSource,
    chosen: Mapping[str, str],
    ignored: Sequence[str] = (),
    value_meanings: Mapping[str, str] = NOTHING_CHOSEN,
) -> VectorRows:
    """Read all but the vectors; `chosen` are columns that a person named for a meaning, `ignored` means nothing.

    `value_meanings` say what a split column's values are, as `core.data.source.VALUE_MEANINGS`.

    Raises EmbeddingsError as `understood` does; what classes and names are is not needed.
    """
    found = _by_meaning(source, chosen, ignored)
    count = source.count(found["embeddings"])
    reading = _ColumnConverter(source, count, [])
    nothing = texts([""] * count)
    splits, roles, dividing = _divided(reading, found, chosen, ignored, value_meanings)
    if "roles" in found:
        roles = reading.roles(found["roles"])
    taken = {name for meaning, names in found.items() if meaning != "rows" or "paths" not in found for name in names}
    others = [name for name in source.plain(count) if name not in taken and name != dividing]
    attributes = {name: reading.texts(name, [name]) for name in others}
    return VectorRows(
        labels=reading.labels(found["labels"]) if "labels" in found else nothing,
        paths=reading.texts("paths", found["paths"]) if "paths" in found else None,
        names=next((cells for name, cells in attributes.items() if _tells_apart(name, cells)), None),
        numbers=reading.rows(found["rows"]) if "rows" in found else np.arange(count, dtype=np.int64),
        splits=nothing if splits is None else splits,
        roles=nothing if roles is None else roles,
        attributes=attributes,
        columns={meaning: names[0] for meaning, names in found.items()} | ({"splits": dividing} if dividing else {}),
        not_read=[name for name in others if name in (chosen.get("splits"), *_dividing(others, ignored))],
        origin=reading.origin(found["origin"]) if "origin" in found else {},
    )


def _tells_apart(name: str, cells: Texts) -> bool:
    """Whether a column is called like one of names, and no two rows have the same."""
    return name.strip().lower() in NAMING and "" not in cells and len(set(cells.tolist())) == len(cells)


def _dividing(names: Sequence[str], ignored: Sequence[str]) -> list[str]:
    return [name for name in names if name.strip().lower() in DIVIDING and name not in ignored]


def _divided(
    reading: _ColumnConverter,
    found: Mapping[str, list[str]],
    chosen: Mapping[str, str],
    ignored: Sequence[str],
    value_meanings: Mapping[str, str],
) -> tuple[Texts | None, Texts | None, str]:
    """Splits and roles by a column whose every cell is a split's word, and its name; "" where there is none."""
    taken = {name for names in found.values() for name in names}
    named = [chosen["splits"]] if "splits" in chosen else []
    usual = [name for name in reading.source.kinds if name.strip().lower() in SPLIT_NAMES and name not in ignored]
    for name in named or [name for name in usual if name not in taken]:
        cells = reading.texts(name, [name])
        values = {cell for cell in cells.tolist() if cell and cell.lower() not in NO_CLASS}
        words = {
            value: _word(value_meanings[value]) if value in value_meanings else split_word(value) for value in values
        }
        if words and None not in words.values():
            pairs = [words.get(cell) or ("", "") for cell in cells.tolist()]
            return texts([split for split, _ in pairs]), texts([role for _, role in pairs]), name
    return None, None, ""


def _word(meaning: str) -> Word:
    """(split, role) of what a person said that a value is."""
    roles = {"query": "query", "gallery": "gallery", "both": BOTH}
    if meaning in roles:
        return "test", roles[meaning]
    return (meaning, "") if meaning in SPLITS else ("", "")


def understood(source: ColumnSource, needs_names: bool = True, all_together: bool = True) -> VectorColumns:
    """Read a file's columns. Raises EmbeddingsError, which names the file, what is there and what is expected.

    Where `needs_names`, classes or paths must be among them. `all_together` says that nothing else divides the rows.
    """
    found = _by_meaning(source)
    if needs_names and not ("labels" in found or "paths" in found):
        raise _lacking(source, "labels")
    notes = list(source.notes)
    cells = source.vectors(found["embeddings"])
    count = len(cells.usable) + len(cells.missing) + len(cells.odd)
    reading = _ColumnConverter(source, count, notes)
    rows = reading.rows(found["rows"]) if "rows" in found else np.arange(count, dtype=np.int64)
    paths = reading.texts("paths", found["paths"]) if "paths" in found else texts([str(row) for row in rows.tolist()])
    labels = reading.labels(found["labels"]) if "labels" in found else texts([""] * count)
    roles = reading.roles(found["roles"]) if "roles" in found else None
    origin = reading.origin(found["origin"]) if "origin" in found else {}
    usable = cells.usable
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused by name
        vectors = np.asarray(cells.values).astype(np.float32, copy=False)
    names = paths if "paths" in found else texts([f"row {row:,}" for row in rows.tolist()])
    return VectorColumns(
        vectors,
        usable,
        rows[usable],
        labels[usable],
        paths[usable],
        None if roles is None else roles[usable],
        origin,
        cells.left_out(names.tolist()),
        "; ".join([*_other_names(found), *notes, *(_not_read(source, found) if all_together else [])]),
    )


def without_ends_of_one(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape with sides of 1 dropped behind the first two, as convolutions leave them: (N, D, 1, 1) is (N, D)."""
    while len(shape) > 2 and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def of_array(values: npt.NDArray[Any], what: str) -> VectorCells:
    """(N, D) numbers as vectors; sides of 1 behind them are dropped. EmbeddingsError for any other array."""
    shape = values.shape
    values = values.reshape(without_ends_of_one(shape))
    if values.dtype.kind not in "fiub":
        raise EmbeddingsError(Message("vectors-of-other-kind", array=what, kind=_kind(values.dtype)))
    if values.ndim != 2:
        raise EmbeddingsError(
            Message(
                "vectors-of-one-side" if values.ndim < 2 else "vectors-of-several-sides",
                array=what,
                shape=describe_shape(shape),
            )
        )
    if not values.shape[1]:
        raise EmbeddingsError(Message("vectors-without-dimension", array=what, shape=describe_shape(shape)))
    nobody = np.empty(0, np.int64)
    return VectorCells(values, np.arange(len(values), dtype=np.int64), nobody, nobody)


def _by_meaning(
    source: ColumnSource, chosen: Mapping[str, str] = NOTHING_CHOSEN, ignored: Sequence[str] = ()
) -> dict[str, list[str]]:
    """meaning -> the column's name in a list; several for vectors that are spread over columns."""
    lowered: dict[str, str] = {}
    spread = source.spread()
    # "x" and "y" that are a number each are no vectors and their classes, but two of the vectors' numbers.
    coordinates = set(spread) if spread and {name.lower() for name in spread} <= set(COORDINATES) else set()
    for name in source.kinds:
        if name not in coordinates and name not in ignored:
            lowered.setdefault(name.strip().lower(), name)
    found = {
        meaning: [next(lowered[name] for name in names if name in lowered)]
        for meaning, names in NAMES.items()
        if any(name in lowered for name in names)
    }
    if "embeddings" not in found and (others := spread or source.only_vectors()):
        found["embeddings"] = others
    for meaning, name in chosen.items():
        if name not in source.kinds:
            raise _lacking(source, name)
        if meaning in NAMES:
            found[meaning] = [name]
    if "embeddings" not in found:
        raise _lacking(source, "embeddings")
    return found


def _lacking(source: ColumnSource, column: str) -> EmbeddingsError:
    there = _inventory(source)
    message = Message("embeddings-column-missing", path=source.path, part=source.part, column=column, there=there)
    return EmbeddingsError(message, source.path)


def _inventory(source: ColumnSource) -> Message:
    names = [f"'{clipped(name)}' {kind}" for name, kind in source.kinds.items()]
    return first_of(names, NAMED) if names else Message("none")


def _other_names(found: Mapping[str, list[str]]) -> list[str]:
    """What was read under another name than ours."""
    parts = []
    for meaning, names in found.items():
        if names[0].strip().lower() != meaning:
            spread = f" to '{clipped(names[-1])}'" if len(names) > 1 else ""
            parts.append(f"{meaning} are those of '{clipped(names[0])}'{spread}")
    return parts


def _not_read(source: ColumnSource, found: Mapping[str, list[str]]) -> list[str]:
    """Columns that would divide what is measured, if this program read them."""
    taken = {name for names in found.values() for name in names}
    splits = [name for name in source.kinds if name not in taken and name.strip().lower() in DIVIDING]
    return [f"'{clipped(name)}' is not read, so all rows are measured together" for name in splits]


@dataclass(frozen=True)
class _ColumnConverter:
    """Turns the columns of one file of `count` rows into ours; `told` collects what is to be said of it."""

    source: ColumnSource
    count: int
    notes: list[str]

    def texts(self, meaning: str, names: list[str]) -> Texts:
        return texts([_text(cell) for cell in self._column(meaning, names[0])])

    def labels(self, names: list[str]) -> Texts:
        column = self._column("labels", names[0])
        found = [_text(cell) for cell in column]
        missing = [cell.strip().lower() in NO_CLASS for cell in found]
        count_of_none = sum(gone and isinstance(cell, str | bytes) for gone, cell in zip(missing, column, strict=True))
        if count_of_none:
            self.notes.append(f"{count_of_none:,} labels that are text like 'nan' are read as none")
        return texts(["" if gone else cell for cell, gone in zip(found, missing, strict=True)])

    def roles(self, names: list[str]) -> Texts:
        found = [_text(cell).strip() for cell in self._column("roles", names[0])]
        return texts([self._role(word, row) for row, word in enumerate(found)])

    def rows(self, names: list[str]) -> Rows:
        column = np.asarray(self._column("rows", names[0]))
        numbers = column.astype(np.float64) if column.dtype.kind in "iuf" else np.full(1, np.nan)
        if not ((np.abs(numbers) < _LARGEST_ROW) & (numbers == np.round(numbers))).all():
            first = clipped(_text(column[0]) if len(column) else "")
            raise self._refused(Message("embeddings-rows-invalid", first=first))
        return column.astype(np.int64)

    def origin(self, names: list[str]) -> dict[str, Any]:
        cells = self.source.cells(names[0])
        try:
            values = json.loads(_text(np.asarray(cells).ravel()[0]))
        except (ValueError, RecursionError, IndexError):
            values = None
        if isinstance(values, dict) and _is_origin(values):
            return values
        self.notes.append("'origin' is not one that `embed` writes and is passed over")
        return {}

    def _column(self, meaning: str, name: str) -> list[Any]:
        """(N,) cells, where the file has them as (N, 1), (1, N), lists of one, or one-hot."""
        cells = self.source.cells(name)
        if isinstance(cells, list):
            cells = [cell[0] if isinstance(cell, list) and len(cell) == 1 else cell for cell in cells]
            several = next((row for row, cell in enumerate(cells) if isinstance(cell, list | dict)), None)
            if several is not None:
                is_list = isinstance(cells[several], list)
                raise self._refused(Message("cell-of-several", column=clipped(name), list=is_list, row=several))
            found = cells
        else:
            found = self._flat(meaning, name, cells)
        if len(found) != self.count:
            raise EmbeddingsError(
                Message(
                    "embeddings-list-of-other-length",
                    path=self.source.path,
                    found=len(found),
                    column=meaning,
                    vectors=self.count,
                ),
                self.source.path,
            )
        return found

    def _flat(self, meaning: str, name: str, cells: npt.NDArray[Any]) -> list[Any]:
        if cells.dtype.kind not in "fiubSUMm":
            raise self._refused(Message("array-of-other-kind", array=clipped(name), kind=_kind(cells.dtype)))
        if meaning == "labels" and cells.ndim == 2 and cells.shape[1] > 1 and len(cells) == self.count:
            return self._classes_of_one_hot(name, cells)
        if cells.ndim != 1 and cells.size != max(cells.shape, default=0):
            shape = describe_shape(cells.shape)
            raise self._refused(Message("array-misshapen", array=clipped(name), shape=shape, count=self.count))
        if cells.dtype.kind == "f":
            # As written: 0.3 of float32 is 0.30000001192092896 to Python.
            words = cells.ravel().astype(str)
            return (
                [None if word == "nan" else word for word in words.tolist()] if meaning not in NAMES else _plain(cells)
            )
        return _plain(cells)

    def _classes_of_one_hot(self, name: str, cells: npt.NDArray[Any]) -> list[Any]:
        numbers = cells if cells.dtype.kind in "fiub" else np.empty((0, 0))
        if not len(numbers) or not (((numbers == 0) | (numbers == 1)).all() and (numbers.sum(axis=1) == 1).all()):
            raise self._refused(Message("array-not-one-hot", array=clipped(name), shape=describe_shape(cells.shape)))
        self.notes.append(f"labels are one-hot and read as the numbers 0 to {cells.shape[1] - 1:,}")
        found: list[Any] = numbers.argmax(axis=1).tolist()
        return found

    def _role(self, word: str, row: int) -> str:
        lowered = word.lower()
        if lowered in ("", *NO_CLASS):
            return ""
        if lowered in QUERY_WORDS:
            return "query"
        if lowered in GALLERY_WORDS:
            return "gallery"
        if lowered == BOTH:
            return BOTH
        raise self._refused(Message("roles-invalid", word=clipped(word), row=row))

    def _refused(self, fault: Message) -> EmbeddingsError:
        return EmbeddingsError(Message("embeddings-file-fault", path=self.source.path, fault=fault), self.source.path)


def _plain(cells: npt.NDArray[Any]) -> list[Any]:
    found: list[Any] = cells.ravel().tolist()
    return found


def _text(cell: object) -> str:
    """A cell as the text it is: bytes decoded, nothing for what is missing."""
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return ""
    return cell.decode("utf-8", "surrogateescape") if isinstance(cell, bytes) else str(cell)


def _is_origin(values: Mapping[str, Any]) -> bool:
    unreadable = values.get("unreadable", [])
    plain = all(isinstance(value, str) for name, value in values.items() if name != "unreadable")
    return plain and isinstance(unreadable, list) and all(isinstance(path, str) for path in unreadable)


def _kind(dtype: np.dtype[Any]) -> str:
    words = {
        "c": "complex numbers",
        "U": "text",
        "S": "text",
        "V": "records",
        "M": "dates",
        "m": "times",
        "O": "objects",
    }
    return words.get(dtype.kind, str(dtype))
