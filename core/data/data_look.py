"""A look at data before they are opened: how they would be read, the columns, the first pictures, how many there are.

It is bounded: of a table the beginning is read (of JSON all, unless it is large), of folders some hundred entries.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path, PurePosixPath

from core.data.catalog_opening import detect_format
from core.data.first_image import instead_of_images
from core.data.format_detection import (
    BY_FOLDERS,
    BY_TABLE,
    BY_VECTORS,
    MANIFEST_NAMES,
    DetectedFormat,
    looking_at_most,
    loose_tables,
)
from core.data.images import SUFFIXES
from core.data.official.table import OFFICIAL_SETS
from core.data.readers.folder_reader import division_of, first_files
from core.data.readers.manifest_columns import ManifestColumns
from core.data.readers.manifest_errors import QUESTIONS, ColumnMeaningError, MissingColumnError
from core.data.readers.manifest_table import ManifestTable, read_head
from core.data.readers.table_columns import TableColumn, columns_in
from core.data.source import DEMO, DataSource
from core.data.vectors.columns_of_vectors import columns_in_rows, uses_of_columns
from core.data.vectors.table_of_vectors import leads_to_pictures
from core.data.vectors.vector_files import READ_SUFFIXES, column_of_vectors
from core.data.vectors.vectors_reader import rows_of
from core.errors import CoreError, DataError, EmbeddingsError
from core.messages import Message
from core.paths import absolute
from core.progress import Reporter, StoppableReporter

MOST_BYTES, MOST_ROWS = 256 << 10, 2_000
MOST_BYTES_OF_JSON = 32 << 20
# Of each folder, and folders in all.
MOST_ENTRIES, MOST_FOLDERS = 300, 250
PICTURES = 8
# Rows of a table whose files are looked for, and folders in which.
TRIED, PLACES = 24, 16
USUAL_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", *sorted(SUFFIXES - {".jpg", ".jpeg", ".png", ".webp"}))


@dataclass(frozen=True)
class DataLook:
    """What a folder or a table is before it is opened.

    Attributes:
        source: what would be opened.
        sentence: how it is understood.
        images, classes: how many were seen; all there are where `is_all`, else at least so many.
        splits: each split -> its share of `images`.
        table: the manifest that lists the images, None where none does.
        columns: of that table, with examples.
        meanings: the name of a column that means something -> "image", "label", "split", "role", "target", "box".
        pictures: the first files, of different classes where there are some.
        notes: what to know.
        problem: what keeps it from being opened as it is, or from being understood; None where nothing does.
    """

    source: DataSource
    sentence: str
    images: int = 0
    classes: int = 0
    is_all: bool = False
    splits: Mapping[str, int] = field(default_factory=dict)
    table: Path | None = None
    columns: tuple[TableColumn, ...] = ()
    meanings: Mapping[str, str] = field(default_factory=dict)
    pictures: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()
    problem: CoreError | None = None

    @property
    def can_open(self) -> bool:
        """Whether nothing keeps it from being opened but, perhaps, a question that a person can answer."""
        return self.problem is None or isinstance(self.problem, QUESTIONS)


def look_at_data(source: DataSource, should_stop: Callable[[], bool] = lambda: False) -> DataLook:
    """What would be opened. Reads the drive, for a thread; raises Cancelled soon after `should_stop` answers True.

    What no reader opens is a look with a `problem`.
    """
    reporter = StoppableReporter(Reporter(), should_stop)
    try:
        with looking_at_most(MOST_ENTRIES):
            found = detect_format(source)
    except DataError as error:
        return DataLook(source, error.in_window, problem=error)
    if source.location == DEMO:
        return DataLook(source, found.sentence)
    if found.kind == BY_VECTORS:
        return _of_vectors(DataLook(source, found.sentence), absolute(source.location), reporter)
    place = source if found.folder is None else source.at(found.folder)
    if (published := next((each for each in OFFICIAL_SETS if each.name == found.kind), None)) is not None:
        files = _files_below(absolute(place.location), reporter)
        images, classes = sum(part.images for part in published.parts), sum(part.classes for part in published.parts)
        look = DataLook(source, found.sentence, images, classes, is_all=True, pictures=_some(files))
        return replace(look, splits={part.name: part.images for part in published.parts})
    if found.kind == BY_TABLE and found.tables:
        return _of_table_or_vectors(source, found, reporter)
    return _of_folder(source, place, found, reporter)


def _of_vectors(look: DataLook, path: Path, reporter: Reporter) -> DataLook:
    """Rows of a file of vectors; the vectors themselves, nearly all of it, are not read."""
    source = look.source
    try:
        rows = rows_of(source, path)
    except EmbeddingsError as error:
        return replace(look, problem=DataError(error.message, path))
    root = absolute(source.base).resolve() if source.base else path.parent
    names = [] if rows.paths is None else rows.paths.tolist()
    wanted = [names[place] for place in _one_of_each(rows.labels.tolist(), TRIED)] if names else []
    pictures = tuple(islice(_found_below(root, wanted, reporter), PICTURES))
    notes = (Message("pictures-of-vectors-not-found", names=wanted[:2], root=root),) if wanted and not pictures else ()
    if rows.paths is None:
        notes = (Message("vectors-without-paths", path=path.name, named=rows.names is not None),)
    return replace(
        look,
        images=len(rows),
        classes=len(set(rows.labels.tolist()) - {""}),
        is_all=True,
        splits=dict(Counter(split for split in rows.splits.tolist() if split)),
        table=path,
        columns=tuple(columns_in_rows(rows)),
        meanings=uses_of_columns(rows),
        pictures=pictures,
        notes=notes,
    )


def _of_table_or_vectors(source: DataSource, found: DetectedFormat, reporter: Reporter) -> DataLook:
    path = absolute(source.location)
    column = column_of_vectors(path) if path.is_file() and path.suffix.lower() in READ_SUFFIXES else ""
    if not column:
        return _of_table(source, found, reporter)
    if source.image_column or leads_to_pictures(path, source, reporter):
        look = _of_table(source, found, reporter)
        if look.problem is None:
            return replace(look, sentence=Message("table-of-images-and-vectors", path=path.name, column=column))
    return _of_vectors(DataLook(source, Message("table-of-vectors", path=path.name, column=column)), path, reporter)


def _of_table(source: DataSource, found: DetectedFormat, reporter: Reporter) -> DataLook:
    path = found.tables[0].resolve()
    root = absolute(source.base).resolve() if source.base else path.parent
    look = DataLook(source, found.sentence, table=path)
    if path.suffix.lower() == ".json" and path.is_file() and path.stat().st_size > MOST_BYTES_OF_JSON:
        # Only all of it can be read.
        return look
    try:
        table, rows = read_head(path, source.encoding, MOST_BYTES, MOST_ROWS)
    except CoreError as error:
        return replace(look, problem=error)
    look = replace(look, columns=tuple(columns_in(table)), images=rows or len(table.rows))
    look = replace(look, is_all=rows is not None and len(found.tables) == 1, notes=tuple(table.notices))
    try:
        columns = ManifestColumns(table, source, path)
        look = replace(look, meanings=columns.meanings, notes=(*look.notes, *columns.notices))
        return _with_rows(look, table, columns, root, reporter)
    except MissingColumnError as error:
        return _of_folders_besides(source, found, look, error, reporter)
    except ColumnMeaningError as error:
        return replace(look, meanings=look.meanings or {error.column: error.meaning}, problem=error)
    except CoreError as error:
        return replace(look, problem=error)


def _of_folders_besides(
    source: DataSource, found: DetectedFormat, look: DataLook, error: MissingColumnError, reporter: Reporter
) -> DataLook:
    """A table in a folder that says nothing of classes: the folders may."""
    folder = absolute(source.location)
    if folder.is_dir():
        by_folders = _of_folder(source, source, found, reporter)
        if by_folders.problem is None and by_folders.classes > 1:
            return replace(by_folders, table=look.table, columns=look.columns)
    return replace(look, problem=error)


def _with_rows(
    look: DataLook, table: ManifestTable, columns: ManifestColumns, root: Path, reporter: Reporter
) -> DataLook:
    """With classes, splits and the first pictures, by the rows that were read."""
    names = [columns.name(cells, "") for cells in table.rows]
    listings = [
        columns.listing(number, cells, name, None)
        for number, cells, name in zip(table.numbers, table.rows, names, strict=True)
    ]
    labels = [listing.label for listing in listings]
    if not columns.has_classes:
        labels = [PurePosixPath(name.replace("\\", "/")).parent.name for name in names]
        if len(set(labels)) < 2 and not columns.targets:
            raise columns.without_classes
    splits = Counter(listing.split for listing in listings if listing.split)
    is_whole = len(listings) == look.images
    look = replace(look, classes=len(set(labels) - {""}), is_all=look.is_all and is_whole, splits=dict(splits))
    wanted = [names[place] for place in _one_of_each(labels, TRIED)]
    pictures = tuple(islice(_found_below(root, wanted, reporter), PICTURES))
    if pictures or not wanted:
        return replace(look, pictures=pictures)
    message = Message("pictures-not-found-yet", names=wanted[:2], root=root)
    return replace(look, notes=(message, *look.notes))


def _of_folder(source: DataSource, place: DataSource, found: DetectedFormat, reporter: Reporter) -> DataLook:
    root = absolute(place.location).resolve()
    listing = first_files(root, MOST_ENTRIES, MOST_FOLDERS, reporter)
    look = DataLook(source, found.sentence, len(listing.files), is_all=not listing.is_cut_short)
    if not listing.files and found.kind == BY_FOLDERS:
        # All of it was gone through; what is deeper may be anything.
        cause = instead_of_images(root) if look.is_all else Message("nothing-among-the-first", folders=listing.folders)
        message = Message("folder-without-images-or-table", path=root, names=MANIFEST_NAMES[:3], cause=cause)
        return replace(look, problem=DataError(message, root))
    look = replace(look, pictures=_some([root / file for file in listing.files]))
    if not listing.files or found.kind not in (BY_FOLDERS, BY_TABLE):
        return look
    try:
        division = division_of(listing.files, source, root)
    except CoreError as error:
        return _of_tables_besides(source, found, reporter) or replace(look, problem=error)
    if not any(assignment.label for assignment in division.assignments.values()):
        by_tables = _of_tables_besides(source, found, reporter)
        if by_tables is not None:
            return by_tables
    assigned = [division.assignments[file.rpartition("/")[0]] for file in listing.files]
    used = [each for each in assigned if not each.skipped]
    labels = [each.label for each in used]
    pictures = tuple(root / listing.files[at] for at in _one_of_each([each.label for each in assigned], PICTURES))
    return replace(
        look,
        images=len(used),
        classes=len(set(labels) - {""}),
        splits=dict(Counter(each.split for each in used if each.split)),
        pictures=pictures,
        notes=tuple(division.notices),
    )


def _of_tables_besides(source: DataSource, found: DetectedFormat, reporter: Reporter) -> DataLook | None:
    """Folders that say nothing of classes, where tables beside them may: as they are opened then."""
    folder = absolute(source.location)
    with looking_at_most(MOST_ENTRIES):
        tables = loose_tables(folder) if found.kind == BY_FOLDERS else []
    if not tables:
        return None
    sentence = Message("folder-listed-by-table", folder=folder, table=", ".join(table.name for table in tables))
    listed = replace(found, sentence=sentence, tables=tuple(tables))
    by_tables = _of_table(source, listed, reporter)
    return by_tables if by_tables.problem is None and by_tables.classes > 1 and by_tables.pictures else None


def _one_of_each(labels: Sequence[str], most: int) -> list[int]:
    """Places of the first of each label, evenly from all of them; then others, where labels are few."""
    firsts = list({label: place for place, label in reversed(list(enumerate(labels)))}.values())
    firsts.sort()
    if len(firsts) > most:
        return [firsts[place * len(firsts) // most] for place in range(most)]
    taken = set(firsts)
    others = [place for place in range(len(labels)) if place not in taken]
    step = max(1, len(others) // max(1, most - len(firsts)))
    return [*firsts, *others[::step][: most - len(firsts)]]


def _some(files: Sequence[Path]) -> tuple[Path, ...]:
    return tuple(files[place] for place in _one_of_each([str(file.parent) for file in files], PICTURES))


def _files_below(root: Path, reporter: Reporter) -> list[Path]:
    return [root / file for file in first_files(root, MOST_ENTRIES, PLACES, reporter).files]


def _found_below(root: Path, names: Iterable[str], reporter: Reporter) -> Iterator[Path]:
    """The files that names of a table mean, as far as that is told without listing all that is there.

    A path of another folder or machine is looked for by its end, an id in the folders of the first levels.
    """
    places = _places_in(root)
    for name in names:
        reporter.progress(Message("stage-looking"), 0, 0)
        parts = [part for part in name.strip().replace("\\", "/").split("/") if part not in ("", ".", "..")]
        tails = ["/".join(parts[start:]) for start in range(len(parts))]
        suffixes = [""] if PurePosixPath(name).suffix.lower() in SUFFIXES else ["", *USUAL_SUFFIXES[:4]]
        candidates = (place / f"{tail}{suffix}" for tail in tails for place in places for suffix in suffixes)
        if (file := next((each for each in candidates if _is_file(each)), None)) is not None:
            yield file


def _places_in(root: Path) -> list[Path]:
    """The root and folders of its first two levels, in which images may lie."""
    found, level = [root], [root]
    for _ in range(2):
        level = [inner for folder in level for inner in _folders_of(folder)][:PLACES]
        found += level
    return found[:PLACES]


def _folders_of(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            shown = (entry for entry in islice(entries, MOST_ENTRIES) if not entry.name.startswith("."))
            return sorted(Path(entry.path) for entry in shown if entry.is_dir())
    except OSError:
        return []


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
