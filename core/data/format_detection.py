"""What a folder or a file holds, one question after another: each answers with a reader, or None."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from itertools import islice
from pathlib import Path

from core.data import images
from core.data.catalog import Catalog
from core.data.first_image import ARCHIVES
from core.data.official.in_shop import images_of, other_benchmark
from core.data.official.official_set import OfficialSet
from core.data.official.opening import open_official
from core.data.official.table import OFFICIAL_SETS
from core.data.readers.cub_form import is_cub, is_in_cubs_form
from core.data.readers.cub_form_reader import INDEXES, read_cub_form
from core.data.readers.fiftyone_dataset_reader import is_fiftyone_dataset, read_fiftyone_dataset
from core.data.readers.folder_reader import read_folder
from core.data.readers.labels_json_reader import DATA_FOLDER, LABELS_FILE, read_divided_labels_json, read_labels_json
from core.data.readers.manifest_errors import FolderMeaningError, MissingColumnError
from core.data.readers.manifest_reader import read_divided_manifests, read_manifest
from core.data.readers.manifest_table import NAMED_SUFFIXES, SUFFIXES
from core.data.source import DataSource
from core.data.split_names import split_word
from core.data.vectors.table_of_vectors import read_table
from core.data.vectors.vector_files import ARCHIVES as VECTORS
from core.data.vectors.vectors_reader import read_vectors
from core.errors import DataError
from core.messages import Message, first_of
from core.paths import absolute
from core.progress import Reporter
from core.remedies import joined
from core.storage import other_kind

MANIFEST_NAMES = tuple(f"{stem}{suffix}" for stem in ("manifest", "images", "metadata") for suffix in SUFFIXES)
METADATA_NAMES = tuple(f"metadata{suffix}" for suffix in SUFFIXES)
PROJECTOR_FILES = ("tensors.tsv", "projector_config.pbtxt")
MOST_FOLDERS = 64
TABLES_NAMED = 1
TO_LOOK_INTO = os.R_OK | os.X_OK
# What people drop besides, and what to do instead.
OTHER_FILES = {
    ARCHIVES: "file-is-archive",
    (".xlsx", ".xls", ".ods"): "file-is-spreadsheet",
    (".npy", ".safetensors", ".pt", ".pth"): "file-of-numbers",
    tuple(images.SUFFIXES): "file-is-picture",
}

BY_FOLDERS, BY_TABLE, BY_VECTORS = "class folders", "manifest", "vectors"

Read = Callable[[DataSource, Reporter], Catalog]


@dataclass(frozen=True)
class DetectedFormat:
    """The reader that fits, and why.

    Attributes:
        kind: what the data are.
        sentence: says so for a person.
        read: opens them.
        folder: where they lie, if not where the source says.
        tables: the manifests that list them, where they are read by some.
    """

    kind: str
    sentence: str
    read: Read
    folder: Path | None = None
    tables: tuple[Path, ...] = ()


# How many entries of a folder are gone through in this thread; None means all of them.
_most_entries: ContextVar[int | None] = ContextVar("most entries", default=None)


@contextmanager
def looking_at_most(entries: int) -> Iterator[None]:
    """Within it, formats are told from so many entries of each folder: of a million files not all need be listed."""
    token = _most_entries.set(entries)
    try:
        yield
    finally:
        _most_entries.reset(token)


def _entries_of(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from islice(entries, _most_entries.get())


def _is_cut_short(folder: Path) -> bool:
    """Whether not all entries of a folder are gone through."""
    most = _most_entries.get()
    if most is None:
        return False
    with os.scandir(folder) as entries:
        return next(islice(entries, most, None), None) is not None


def _at(path: Path, read: Read) -> Read:
    """A reader of what lies at `path`, wherever the source says."""
    return lambda source, reporter: read(source.at(path), reporter)


def _official_folder(source: DataSource, folder: Path) -> DetectedFormat | None:
    """An official set in `folder` or in the folder of its archive below."""
    if source.names_columns:
        # Whoever names columns means a table.
        return None
    found = _official_sets_in(folder) or [each for inner in _folders_in(folder) for each in _official_sets_in(inner)]
    if len(found) > 1:
        places_found = [Message("data-in-place", data=official.name, place=place.name) for official, place in found]
        raise DataError(Message("folder-of-several-data-sets", folder=folder, places=places_found), folder)
    if found:
        return of_official_set(*found[0])
    for official in OFFICIAL_SETS:
        if (incomplete := official.missing_in(folder)) is not None:
            place, lacking = incomplete
            raise DataError(
                Message("official-set-incomplete", folder=place, data=official.name, lacking=lacking), place
            )
    return None


def _official_sets_in(folder: Path) -> list[tuple[OfficialSet, Path]]:
    return [(official, place) for official in OFFICIAL_SETS if (place := official.found_in(folder)) is not None]


def _folders_in(folder: Path) -> list[Path]:
    """The folders in `folder` where an archive may lie unpacked; none where there are so many that they are classes."""
    try:
        shown = (entry for entry in _entries_of(folder) if not entry.name.startswith(".") and entry.is_dir())
        found = list(islice(shown, MOST_FOLDERS + 1))
    except OSError:
        # The reader of class folders says that it cannot be opened.
        return []
    if len(found) > MOST_FOLDERS or _is_cut_short(folder):
        return []
    names = sorted(entry.name for entry in found)
    return [folder / name for name in names if os.access(folder / name, TO_LOOK_INTO)]


def _other_deepfashion(_source: DataSource, folder: Path) -> DetectedFormat | None:
    if not (benchmark := other_benchmark(folder)):
        return None
    raise DataError(
        Message("deepfashion-other-benchmark", folder=folder, benchmark=benchmark, images=images_of(folder)), folder
    )


def _in_cubs_form(_source: DataSource, folder: Path) -> DetectedFormat | None:
    if not is_in_cubs_form(folder) or is_cub(folder):
        return None
    return DetectedFormat("CUB's form", Message("set-in-cubs-form", folder=folder), _at(folder, read_cub_form), folder)


def _index_in_cubs_form(source: DataSource, path: Path) -> DetectedFormat | None:
    """An index file of such a set stands for its folder."""
    return _in_cubs_form(source, path.parent) if path.name in INDEXES else None


def _fiftyone_dataset(_source: DataSource, folder: Path) -> DetectedFormat | None:
    if not is_fiftyone_dataset(folder):
        return None
    told = Message("folder-of-fiftyone", folder=folder)
    return DetectedFormat("FiftyOneDataset", told, _at(folder, read_fiftyone_dataset), folder)


def _not_images(_source: DataSource, folder: Path) -> DetectedFormat | None:
    """Folders of other programs that say what images are and have none themselves."""
    if any((folder / name).is_file() for name in PROJECTOR_FILES):
        raise DataError(Message("folder-of-tensorboard", folder=folder), folder)
    if (folder / LABELS_FILE).is_file() and (folder / "data.json").is_file() and not (folder / DATA_FOLDER).is_dir():
        raise DataError(Message("fiftyone-without-pictures", folder=folder), folder)
    return None


def _folder_with_table(_source: DataSource, folder: Path) -> DetectedFormat | None:
    manifest = next((folder / name for name in MANIFEST_NAMES if (folder / name).is_file()), None)
    if manifest is None:
        return None
    return DetectedFormat(
        BY_TABLE,
        Message("folder-listed-by-table", folder=folder, table=manifest.name),
        partial(_read_by_table, manifest),
        tables=(manifest,),
    )


def _tables_in_splits(_source: DataSource, folder: Path) -> DetectedFormat | None:
    """A metadata file in every one of the folders train, test, ..., as Hugging Face writes them."""
    splits = _splits_in(folder)
    found = [next((split / name for name in METADATA_NAMES if (split / name).is_file()), None) for split in splits]
    tables = [table for table in found if table is not None]
    if not tables:
        return None
    if len(tables) < len(splits):
        lacking = ", ".join(split.name for split, table in zip(splits, found, strict=True) if table is None)
        return _by_class_folders(folder, Message("tables-of-splits-incomplete", lacking=lacking))
    return DetectedFormat(
        BY_TABLE,
        Message(
            "folder-listed-in-splits", folder=folder, table=tables[0].name, splits=[split.name for split in splits]
        ),
        lambda source, reporter: read_divided_manifests(source.at(folder), tables, reporter),
        tables=tuple(tables),
    )


def _splits_in(folder: Path) -> list[Path]:
    return [inner for inner in _folders_in(folder) if split_word(inner.name) is not None]


def _labels_json_in_splits(_source: DataSource, folder: Path) -> DetectedFormat | None:
    """FiftyOne's tree in every one of the folders train, test, ..."""
    files = [split / LABELS_FILE for split in _splits_in(folder)]
    if not files or not all(path.is_file() and (path.parent / DATA_FOLDER).is_dir() for path in files):
        return None
    return DetectedFormat(
        "labels.json",
        Message("folder-of-fiftyone-splits", folder=folder, folders=[path.parent.name for path in files]),
        lambda source, reporter: read_divided_labels_json(source.at(folder), files, reporter),
    )


def _folder_with_labels_json(_source: DataSource, folder: Path) -> DetectedFormat | None:
    return _labels_json(_source, folder / LABELS_FILE)


def _labels_json(_source: DataSource, path: Path) -> DetectedFormat | None:
    if path.name != LABELS_FILE or not path.is_file() or not (path.parent / DATA_FOLDER).is_dir():
        return None
    told = Message("folder-of-fiftyone-classes", folder=path.parent)
    return DetectedFormat("labels.json", told, _at(path, read_labels_json))


def _only_folder_inside(source: DataSource, folder: Path) -> DetectedFormat | None:
    """An archive that was unpacked into a folder of its own, and `data/` of Hugging Face: what the inner folder is."""
    inside = [inner for inner in _folders_in(folder) if not inner.is_symlink()]
    if len(inside) != 1:
        return None
    readers = (reader for reader in FOLDER_READERS if reader is not _class_folders)
    found = next((found for reader in readers if (found := reader(source, inside[0])) is not None), None)
    return None if found is None or found.kind == BY_FOLDERS else replace(found, folder=found.folder or inside[0])


def _class_folders(source: DataSource, folder: Path) -> DetectedFormat:
    if source.names_columns and (tables := loose_tables(folder)):
        names = ", ".join(table.name for table in tables)
        return DetectedFormat(
            BY_TABLE,
            Message("folder-listed-by-table", folder=folder, table=names),
            partial(_read_loose_tables, tables),
            tables=tuple(tables),
        )
    if source.names_columns:
        raise DataError(Message("column-named-without-table", folder=folder, names=MANIFEST_NAMES[:3]), folder)
    return _by_class_folders(folder, *_passed_over(folder))


def _by_class_folders(folder: Path, *notices: Message) -> DetectedFormat:
    sentence = joined(Message("folder-read-by-classes", folder=folder), *notices)
    return DetectedFormat(BY_FOLDERS, sentence, lambda source, reporter: _read_folder(source, reporter, notices))


def _read_folder(source: DataSource, reporter: Reporter, notices: Sequence[Message]) -> Catalog:
    try:
        catalog = read_folder(source, reporter)
    except DataError as error:
        if (by_tables := _by_loose_tables(source, reporter)) is not None:
            return by_tables
        if not notices or isinstance(error, FolderMeaningError):
            raise
        # What lies beside the folders may be the way on.
        raise DataError(joined(error.message, *notices), error.subject) from error
    if not catalog.classes and (by_tables := _by_loose_tables(source, reporter)) is not None:
        return by_tables
    return catalog.noted(*notices)


def _by_loose_tables(source: DataSource, reporter: Reporter) -> Catalog | None:
    tables = loose_tables(absolute(source.location))
    try:
        catalog = _read_loose_tables(tables, source, reporter) if tables else None
    except DataError:
        return None
    if catalog is None or len(catalog.classes) < 2:
        return None
    return catalog.noted(Message("classes-from-tables", tables=[table.name for table in tables]))


def loose_tables(folder: Path) -> list[Path]:
    """Tables that may list a folder's images whatever they are called: one for each split, or the only one."""
    tables = [folder / name for name in _tables_in(folder)]
    divided = [table for table in tables if split_word(table.stem) is not None]
    if len({split_word(table.stem) for table in divided}) > 1:
        return divided
    return tables if len(tables) == 1 else []


def _read_loose_tables(tables: Sequence[Path], source: DataSource, reporter: Reporter) -> Catalog:
    if len(tables) == 1:
        return read_manifest(source.at(tables[0]), reporter)
    return read_divided_manifests(source, tables, reporter)


def _passed_over(folder: Path) -> Iterator[Message]:
    tables, inside = _tables_in(folder), _folders_in(folder)
    if len(inside) == 1:
        # All there is may lie in there.
        tables += [f"{inside[0].name}/{name}" for name in _tables_in(inside[0])]
    if tables:
        # A form to fill in for a competition lists no classes.
        tables.sort(key=lambda name: "submission" in name.casefold())
        yield Message("tables-beside-not-read", tables=first_of(tables, TABLES_NAMED), count=len(tables))
    # As LFW's pairs.txt or pairsDevTest.txt.
    places = [folder, *(inside if len(inside) == 1 else [])]
    pairs = (name for place in places for name in _pairs_in(place))
    yield from (Message("pairs-not-measured", list=name) for name in islice(pairs, 1))
    for official in OFFICIAL_SETS:
        if folder.name in official.folders:
            index = official.layouts[0][0]
            yield Message("folder-called-like-official", data=official.name, index=index)


def _pairs_in(folder: Path) -> list[str]:
    try:
        lists = (entry for entry in _entries_of(folder) if fnmatchcase(entry.name, "[Pp]airs*.txt") and entry.is_file())
        return sorted(entry.name for entry in lists)
    except OSError:
        return []


def _tables_in(folder: Path) -> list[str]:
    try:
        tables = (entry for entry in _entries_of(folder) if entry.name.lower().endswith(SUFFIXES) and entry.is_file())
        return sorted(entry.name for entry in tables if not entry.name.startswith("."))
    except OSError:
        # The reader of class folders says that it cannot be opened.
        return []


def _official_file(source: DataSource, path: Path) -> DetectedFormat | None:
    """An index file of an official set stands for its folder."""
    for official in OFFICIAL_SETS:
        # "Eval/list.txt" before "list.txt": of one file several may be told apart by their folder.
        for name in sorted({name for layout in official.layouts for name in layout}, key=len, reverse=True):
            folder = Path(str(path).removesuffix(name))
            if path == folder / name and (found := _official_folder(source, folder)) is not None:
                return found
    return None


def _table(_source: DataSource, path: Path, suffixes: Sequence[str] = SUFFIXES) -> DetectedFormat | None:
    if path.suffix.lower() not in suffixes:
        return None
    return DetectedFormat(BY_TABLE, Message("file-is-table", path=path.name), _at(path, read_table), tables=(path,))


def _vectors(_source: DataSource, path: Path) -> DetectedFormat | None:
    if path.suffix.lower() not in VECTORS or not path.is_file():
        return None
    return DetectedFormat(BY_VECTORS, Message("file-has-vectors", path=path.name), _at(path, read_vectors))


def _list(source: DataSource, path: Path) -> DetectedFormat | None:
    """A list or JSON file, which may be anything in a folder but is a table where somebody names it."""
    return _table(source, path, NAMED_SUFFIXES)


def _other_file(_source: DataSource, path: Path) -> DetectedFormat:
    if not path.is_file():
        raise DataError(Message("table-of-other-kind", path=path, kind=other_kind(path)), path)
    suffix = path.suffix.lower()
    for suffixes, message_id in OTHER_FILES.items():
        if suffix in suffixes:
            raise DataError(Message(message_id, path=path), path)
    raise DataError(Message("manifest-of-other-type", path=path, suffixes=NAMED_SUFFIXES), path)


def of_official_set(official: OfficialSet, folder: Path) -> DetectedFormat:
    """An official set whose index files lie in `folder`."""
    return DetectedFormat(
        official.name,
        Message("folder-is-official", folder=folder, data=official.name),
        lambda source, reporter: open_official(official, folder.resolve(), source, reporter),
        folder,
    )


def _read_by_table(manifest: Path, source: DataSource, reporter: Reporter) -> Catalog:
    try:
        return read_manifest(source.at(manifest), reporter)
    except MissingColumnError as error:
        with suppress(DataError):
            catalog = read_folder(source, reporter)
            if len(catalog.classes) > 1:
                return catalog.noted(Message("classes-from-folders", *error.message.remedies, cause=error))
        raise


# The first that fits is taken; the last of each always does, or raises.
Recogniser = Callable[[DataSource, Path], DetectedFormat | None]
FOLDER_READERS: tuple[Recogniser, ...] = (
    _official_folder,
    _other_deepfashion,
    _in_cubs_form,
    _fiftyone_dataset,
    _not_images,
    _folder_with_table,
    _tables_in_splits,
    _labels_json_in_splits,
    _folder_with_labels_json,
    _only_folder_inside,
    _class_folders,
)
# Folders of Omniglot have no suffix; of the eight names of Fashion-MNIST the ends are enough.
_INDEX_FILES = {
    f"*-{name.rpartition('-')[2]}" if "ubyte" in name else Path(name).name
    for official in OFFICIAL_SETS
    for layout in official.layouts
    for name in layout
    if "." in name or "ubyte" in name
}
# With what the files that a reader opens are called, as patterns.
FILE_READERS: dict[Recogniser, tuple[str, ...]] = {
    _index_in_cubs_form: tuple(sorted(INDEXES)),
    _table: tuple(f"*{suffix}" for suffix in SUFFIXES),
    _official_file: tuple(sorted(_INDEX_FILES)),
    _labels_json: (LABELS_FILE,),
    _vectors: tuple(f"*{suffix}" for suffix in VECTORS),
    _list: tuple(f"*{suffix}" for suffix in NAMED_SUFFIXES if suffix not in SUFFIXES),
    _other_file: (),
}
# Those that may be anything else as well.
LIST_PATTERNS = FILE_READERS[_list]
# Vectors may be a model's of the data that are open.
FILE_PATTERNS = tuple(
    dict.fromkeys(
        pattern for reader, names in FILE_READERS.items() if reader not in (_list, _vectors) for pattern in names
    )
)
