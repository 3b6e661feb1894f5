"""A table that may list images, hold vectors, or both."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.data.catalog import Catalog
from core.data.readers.manifest_errors import QUESTIONS
from core.data.readers.manifest_reader import read_manifest
from core.data.source import DataSource
from core.data.vectors.pictures import pictures_of
from core.data.vectors.vector_files import READ_SUFFIXES, column_of_vectors, read_rows
from core.data.vectors.vectors_reader import read_vectors
from core.errors import DataError, EmbeddingsError
from core.messages import Message
from core.paths import absolute
from core.progress import Reporter

TRIED = 200


def read_table(source: DataSource, reporter: Reporter) -> Catalog:
    """The catalog of a table of images, or of a table of vectors that leads to no picture.

    One that is both lists images, and its report says where their vectors are. Raises DataError as `read_manifest`.
    """
    path = absolute(source.location).resolve()
    column = column_of_vectors(path) if path.suffix.lower() in READ_SUFFIXES else ""
    if not column:
        return read_manifest(source, reporter)
    if not source.image_column and not leads_to_pictures(path, source, reporter):
        return read_vectors(source, reporter)
    try:
        catalog = read_manifest(source, reporter)
    except DataError as error:
        if isinstance(error, QUESTIONS) and source.image_column:
            raise
        return read_vectors(source, reporter)
    told = Message("table-has-vectors", path=path.name, column=column)
    return replace(catalog, report=replace(catalog.report, vectors_in=str(path))).noted(told)


def leads_to_pictures(path: Path, source: DataSource, reporter: Reporter) -> bool:
    """Whether some of a table's paths are those of files; below a base that was named, any may be."""
    try:
        rows = read_rows(path)
    except EmbeddingsError:
        # As a table of images it may be sound.
        return True
    if rows.paths is None:
        return False
    some = rows.paths[:: max(1, len(rows) // TRIED)].tolist()
    return bool(source.base) or pictures_of(some, path.parent, False, path, reporter).count > 0
