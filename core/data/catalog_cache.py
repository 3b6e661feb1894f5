"""Catalogs kept between openings: what a million files are called need not be asked twice.

A kept catalog is used as long as what it was made from looks the same: the folders of its images and those above them
(time of the last change, which moves when something is added, removed or renamed), the tables beside them (size and
time), and the sizes and times of the images themselves, of all in small sets and of evenly spread ones in large sets.
Anything else - another version, a damaged file, a folder that is gone - is opened anew.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import stat
import struct
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.array_file import DAMAGE
from core.data.catalog import Catalog, OpeningReport, Texts, stamp_of, texts
from core.data.source import DataSource
from core.disk_cache import folder_of, mark_used, store
from core.errors import CoreError
from core.messages import Message
from core.progress import Reporter
from core.storage import discard, open_regular

# Raise it whenever a reader would list the same files differently, or the format changes.
VERSION = 7
SUFFIX = ".catalog.npz"
SMALLEST = 500  # rows; opening fewer takes no longer than looking whether they are as they were
COMPARED = 20_000  # images whose size and time are compared
REPORTED = 1_000
TABLES = frozenset({".csv", ".tsv", ".txt", ".json", ".jsonl", ".parquet", ".npy", ".mat"})
STILL_SECONDS = 2.0  # a folder that changed just now may change again within one tick of its clock
MOST_FOLDERS = 100_000  # asking more for their times would take longer than it saves
BUDGET_BYTES = 2_000_000_000

_log = logging.getLogger(__name__)
SEPARATOR = "\0"
ARRAYS = "-ubyte"  # of the IDX format, which has no suffix
# What a file with any byte changed raises, as arrays, as facts and as a catalog.
DAMAGED = (*DAMAGE, LookupError, ArithmeticError, struct.error, CoreError)
Snapshot = dict[str, list[int]]


def cached_or_read(source: DataSource, read: Callable[[], Catalog], reporter: Reporter | None = None) -> Catalog:
    """The catalog of `source` as it was kept, or as `read` finds it; the latter is then kept.

    A cache that cannot be read or written costs time, never the catalog.
    """
    path = _cache_path(source)
    reporter = reporter or Reporter()
    try:
        if path.is_file():
            catalog = _load(path, reporter)
            mark_used(path)
            return catalog
    except (_ChangedError, OSError) as error:
        _log.info("%s is made anew (%s)", path, error)
    except DAMAGED as error:
        reporter.notice(Message("catalog-cache-damaged", data=source.location))
        _log.info("%s is made anew (%s: %s)", path, type(error).__name__, error)
    started = time.time_ns()
    catalog = read()
    if len(catalog) >= SMALLEST and catalog.vectors is None:
        try:
            _keep(catalog, path, source, started, reporter)
        except (OSError, ValueError, CoreError) as error:
            _log.info("%s is not kept (%s)", path, error)
    return catalog


def forget(source: DataSource) -> None:
    """Keep nothing of an earlier opening."""
    discard(_cache_path(source))


class _ChangedError(ValueError):
    """What is kept is of another version, or its files have changed: no damage."""


def _cache_path(source: DataSource) -> Path:
    asked = json.dumps([VERSION, source.as_dict()], sort_keys=True)
    return folder_of("catalogs") / f"{hashlib.sha256(asked.encode('ascii')).hexdigest()[:24]}{SUFFIX}"


def _keep(catalog: Catalog, path: Path, source: DataSource, started: int, reporter: Reporter) -> None:
    """Keep a catalog that was read from `started` on, unless something changed meanwhile."""
    snapshot = _snapshot(_watched_paths(catalog, source, reporter))
    if max(changed for _, changed in snapshot.values()) > started - STILL_SECONDS * 1e9:
        return
    codes = catalog.codes
    attributes = list(catalog.attributes)
    arrays: dict[str, npt.NDArray[Any]] = {
        "paths": _packed(catalog.paths.tolist()),
        "stamps": _packed(catalog.stamps.tolist()),
        "classes": _packed(catalog.classes),
        "codes": codes.astype(np.int32),
    }
    for name, column in {"splits": catalog.splits, "roles": catalog.roles}.items():
        arrays |= _words_and_codes(name, column)
    for number, attribute in enumerate(attributes):
        arrays |= _words_and_codes(f"attribute {number}", catalog.attributes[attribute])
    for name, array in {"targets": catalog.targets, "boxes": catalog.boxes}.items():
        if array is not None:
            arrays[name] = array
    facts = {
        "version": VERSION,
        "name": catalog.name,
        "root": str(catalog.root),
        "target_names": catalog.target_names,
        "attributes": attributes,
        "report": catalog.report.as_dict(),
        "fingerprint": catalog.fingerprint,
        "sights": snapshot,
    }
    arrays["facts"] = np.frombuffer(json.dumps(facts).encode("ascii"), np.uint8)
    store(path, arrays, BUDGET_BYTES)


def _load(path: Path, reporter: Reporter) -> Catalog:
    """The kept catalog; ValueError when it is of another version or its files have changed."""
    with open_regular(path) as handle, np.load(handle, allow_pickle=False) as arrays:
        # The archive checks the sum of every array that is read.
        facts = json.loads(arrays["facts"].tobytes())
        if facts["version"] != VERSION:
            raise _ChangedError(f"version {facts['version']}")
        if _snapshot(facts["sights"]) != facts["sights"]:
            raise _ChangedError("a folder or table has changed")
        root = Path(facts["root"])
        paths, stamps = texts(_unpacked(arrays["paths"])), texts(_unpacked(arrays["stamps"]))
        _require_same_files(root, paths, stamps, reporter)
        classes = _unpacked(arrays["classes"])
        codes = arrays["codes"].astype(np.int64)
        catalog = Catalog(
            name=facts["name"],
            root=root,
            paths=paths,
            labels=texts([*classes, ""])[codes],
            splits=_column("splits", arrays),
            roles=_column("roles", arrays),
            stamps=stamps,
            targets=arrays.get("targets"),
            target_names=tuple(facts["target_names"]),
            attributes={
                attribute: _column(f"attribute {number}", arrays)
                for number, attribute in enumerate(facts["attributes"])
            },
            report=OpeningReport.from_dict(facts["report"]),
            boxes=arrays.get("boxes"),
        )
    # What was worked out once and follows from the columns.
    vars(catalog).update(fingerprint=facts["fingerprint"], classes=tuple(classes), codes=codes)
    return catalog


def _require_same_files(root: Path, paths: Texts, stamps: Texts, reporter: Reporter) -> None:
    start = os.path.join(root, "")  # noqa: PTH118 - ends in a slash
    step = -(-len(paths) // COMPARED)
    some = list(zip(paths[::step].tolist(), stamps[::step].tolist(), strict=True))
    for number, (path, stamp) in enumerate(some):
        if number % REPORTED == 0:
            reporter.progress(Message("stage-checking"), number, len(some), Message("unit-files-for-changes"))
        whole = path if os.path.isabs(path) else start + path  # noqa: PTH117 - many Path objects are slow
        if stamp_of(os.stat(whole)) != stamp:  # noqa: PTH116
            raise _ChangedError(f"{path} has changed")


def _watched_paths(catalog: Catalog, source: DataSource, reporter: Reporter) -> list[str]:
    """Whatever would look different if the catalog did: folders of images and above, what they hold, and tables."""
    root = str(catalog.root)
    asked = Path(source.location)
    top = {root, *([str(asked if asked.is_dir() else asked.parent)] if asked.exists() else [])}
    folders = top | {os.path.join(root, folder) for folder in _above({str(path) for path in catalog.paths})}  # noqa: PTH118
    below = _empty_below(folders, reporter)
    near = top | {entry.path for folder in top for entry in _shown(folder) if entry.is_dir()}
    tables = {entry.path for folder in near for entry in _shown(folder) if _is_table(entry)}
    return sorted(folders | below | tables)


def _empty_below(folders: set[str], reporter: Reporter) -> set[str]:
    """Folders without images, at any depth: they may be filled without a trace in those above them.

    ValueError where there are too many to be asked each time.
    """
    found: set[str] = set()
    # By what they are, because links may lead round in circles.
    seen = {_identity(folder) for folder in folders}
    ahead = list(folders)
    while ahead:
        reporter.progress(Message("stage-saving-the-index"), 0, 0)
        for path in _folders_in(ahead.pop()):
            if (identity := _identity(path)) not in seen:
                seen.add(identity)
                found.add(path)
                ahead.append(path)
        if len(found) > MOST_FOLDERS:
            raise ValueError(f"more than {MOST_FOLDERS:,} folders without images")
    return found


def _folders_in(folder: str) -> list[str]:
    try:
        return [entry.path for entry in _shown(folder) if entry.is_dir()]
    except OSError:
        # What cannot be opened has no images either, until its time changes.
        return []


def _identity(folder: str) -> tuple[int, int]:
    facts = os.stat(folder)  # noqa: PTH116 - many Path objects are slow
    return facts.st_dev, facts.st_ino


def _above(paths: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def _shown(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return [entry for entry in entries if not entry.name.startswith(".")]


def _is_table(entry: os.DirEntry[str]) -> bool:
    ending = entry.name.removesuffix(".gz").lower()
    return (f".{ending.rpartition('.')[2]}" in TABLES or ending.endswith(ARRAYS)) and entry.is_file()


def _snapshot(names: Iterable[str]) -> Snapshot:
    """(size, time of the last change in nanoseconds) of files, (0, time) of folders; OSError where one is gone."""
    snapshot = {}
    for name in names:
        facts = os.stat(name)  # noqa: PTH116 - many Path objects are slow
        snapshot[name] = [0 if stat.S_ISDIR(facts.st_mode) else facts.st_size, facts.st_mtime_ns]
    return snapshot


def _words_and_codes(name: str, column: Texts) -> dict[str, npt.NDArray[Any]]:
    """A column as its different texts and where each stands: few texts for many rows need little room."""
    indices_by_word: dict[str, int] = {}
    codes = [indices_by_word.setdefault(text, len(indices_by_word)) for text in column.tolist()]
    return {f"{name}: words": _packed(list(indices_by_word)), f"{name}: codes": np.array(codes, np.int32)}


def _column(name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> Texts:
    column: Texts = texts(_unpacked(arrays[f"{name}: words"]))[arrays[f"{name}: codes"]]
    return column


def _packed(column: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Texts behind each other; ValueError where one holds what separates them."""
    whole = SEPARATOR.join(column)
    if whole.count(SEPARATOR) != max(0, len(column) - 1):
        raise ValueError("a text holds the character 0")
    # File names need not be text; "surrogatepass" brings every one back. Empty and one empty text must differ.
    return np.frombuffer(f"{len(column)}{SEPARATOR}{whole}".encode("utf-8", "surrogatepass"), np.uint8)


def _unpacked(packed: npt.NDArray[np.uint8]) -> list[str]:
    count, _, whole = packed.tobytes().decode("utf-8", "surrogatepass").partition(SEPARATOR)
    column = whole.split(SEPARATOR) if int(count) else []
    if len(column) != int(count):
        raise ValueError(f"{len(column)} texts instead of {count}")
    return column
