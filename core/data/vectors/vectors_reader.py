"""A file of vectors as a data set: its rows are the images, with pictures where its paths lead to files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.data.catalog import SPLITS, Catalog, OpeningReport, OwnVectors, Rows, Texts, stamp_of, texts
from core.data.catalog_builder import FIRST_OFFENDERS
from core.data.reading import Reading
from core.data.source import DataSource
from core.data.vectors.pictures import FoundPictures, pictures_of
from core.data.vectors.vector_columns import VectorRows
from core.data.vectors.vector_files import read_rows
from core.errors import DataError, EmbeddingsError
from core.messages import Message
from core.paths import absolute
from core.progress import Reporter
from core.wording import first_few

CLASSES_NAMED = 12


def read_vectors(source: DataSource, reporter: Reporter) -> Catalog:
    """The catalog of a file of vectors, a row for each of its rows; the vectors themselves are not read.

    Classes, paths, splits and roles are columns of their usual names, or those that the source names; all others are
    attributes. Paths are relative to the file's folder or to the source's base. A row without one is called "row 17".
    Where no column divides the rows, all are measured together.

    Raises DataError in one sentence for whatever else the file is.
    """
    path = absolute(source.location).resolve()
    root = absolute(source.base).resolve() if source.base else path.parent
    reporter.progress(Message("stage-reading"), 0, 0)
    try:
        rows = rows_of(source, path)
    except EmbeddingsError as error:
        raise DataError(error.message, path) from error
    numbered = [f"row {row}" for row in rows.numbers.tolist()]
    names = texts(numbered if rows.paths is None else [a or b for a, b in zip(rows.paths, numbered, strict=True)])
    shown = rows.names if rows.paths is None and rows.names is not None else names
    wanted = _wanted(rows, source, path.stem)
    given = texts([""] * len(rows)) if rows.paths is None else rows.paths
    found = pictures_of([_forward(name) for name in given[wanted].tolist()], root, bool(source.base), path, reporter)
    files = [file or _forward(name) for file, name in zip(found.files, shown[wanted].tolist(), strict=True)]
    pictured = np.array([bool(stamp) for stamp in found.stamps], np.bool_)
    splits = _splits(rows)
    return Catalog(
        name=path.stem,
        root=root,
        paths=texts(files),
        labels=rows.labels[wanted],
        splits=splits[wanted],
        roles=rows.roles[wanted],
        stamps=texts(found.stamps),
        targets=_targets(rows, source, path)[wanted] if source.target_columns else None,
        target_names=source.target_columns,
        attributes={
            name: cells[wanted] for name, cells in rows.attributes.items() if name not in source.target_columns
        },
        report=_report(path, rows, wanted, found),
        pictured=None if pictured.all() else pictured,
        vectors=OwnVectors(path, stamp_of(path.stat()), wanted, names[wanted]),
    )


def rows_of(source: DataSource, path: Path) -> VectorRows:
    """The rows of the file at `path`, as the source says that its columns are used. Raises EmbeddingsError."""
    return read_rows(path, _chosen(source), source.ignore_columns, source.value_meanings)


def _chosen(source: DataSource) -> Mapping[str, str]:
    """meaning -> the column that a person named for it."""
    named = {
        "paths": source.image_column,
        "labels": source.label_column,
        "splits": source.split_column,
        "roles": source.role_column,
    }
    return {meaning: name for meaning, name in named.items() if name}


def _targets(rows: VectorRows, source: DataSource, path: Path) -> npt.NDArray[np.float32]:
    """(N, T) continuous labels of the columns that are to be such, NaN where missing."""
    columns = []
    for name in source.target_columns:
        cells = rows.attributes.get(name)
        if cells is None:
            raise DataError(Message("target-of-vectors-missing", path=path, column=name), name)
        try:
            columns.append([float(cell) if cell.strip() else np.nan for cell in cells.tolist()])
        except ValueError as error:
            raise DataError(Message("target-of-vectors-of-text", path=path, column=name), name) from error
    return np.array(columns, np.float32).T


def _forward(name: str) -> str:
    r"""A path with forward slashes: "C:\a\1.jpg" too."""
    return name.replace("\\", "/") if "\\" in name and "/" not in name else name


def _wanted(rows: VectorRows, source: DataSource, name: str) -> Rows:
    """The rows of the classes that are not to be left out."""
    excluded = set(source.exclude_labels)
    if unknown := sorted(excluded - set(rows.labels.tolist())):
        there = first_few(sorted(set(rows.labels.tolist()) - {""}), CLASSES_NAMED)
        raise DataError(
            Message("class-to-leave-out-unknown", data=name, label=unknown[0], classes=there or "none"), unknown[0]
        )
    if not excluded:
        return np.arange(len(rows), dtype=np.int64)
    return np.flatnonzero([label not in excluded for label in rows.labels]).astype(np.int64)


def _splits(rows: VectorRows) -> Texts:
    """The splits of a column; without one, that of which `embed` wrote the file."""
    of_file = rows.origin.get("split", "")
    if any(rows.splits) or of_file not in SPLITS:
        return rows.splits
    return texts([of_file] * len(rows))


def _report(path: Path, rows: VectorRows, wanted: Rows, found: FoundPictures) -> OpeningReport:
    unlabelled = int(np.count_nonzero(rows.labels[wanted] == ""))
    has_classes = unlabelled < len(wanted)
    counts = {"excluded": len(rows) - len(wanted), "unlabelled": unlabelled if has_classes else 0}
    offenders: dict[str, list[str]] = {}
    if rows.paths is not None and (lacking := len(wanted) - found.count):
        counts["unpictured"] = lacking
        places = [place for place, stamp in enumerate(found.stamps) if not stamp]
        offenders["unpictured"] = [rows.paths[wanted[place]] for place in places[:FIRST_OFFENDERS]]
    return OpeningReport(
        listed=len(rows),
        used=len(wanted),
        counts={kind: count for kind, count in counts.items() if count},
        split_rule="" if any(_splits(rows)) else Message("vectors-measured-together"),
        offenders=offenders,
        notices=tuple(_notices(path, rows, found, has_classes)),
        reading=Reading(
            "column" if "labels" in rows.columns else "lists",
            rows.columns.get("labels", ""),
            "column" if "splits" in rows.columns else "lists" if any(_splits(rows)) else "nothing",
            rows.columns.get("splits", ""),
        ),
    )


def _notices(path: Path, rows: VectorRows, found: FoundPictures, has_classes: bool) -> list[Message]:
    notices = [*found.notices]
    if rows.paths is None:
        notices.append(Message("vectors-without-paths", path=path.name, named=rows.names is not None))
    if not has_classes:
        notices.append(Message("vectors-without-classes", path=path.name))
    notices += [Message("column-of-no-splits", column=name) for name in rows.not_read]
    return notices
