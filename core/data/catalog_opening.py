"""Which reader fits what the user named, and opening it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from core import paths
from core.data.catalog import Catalog
from core.data.catalog_cache import cached_or_read, forget
from core.data.class_division import divided_by_class, with_division_notice
from core.data.format_detection import (
    BY_FOLDERS,
    BY_TABLE,
    BY_VECTORS,
    FILE_READERS,
    FOLDER_READERS,
    TO_LOOK_INTO,
    DetectedFormat,
    of_official_set,
)
from core.data.official.fashion_mnist import FASHION_MNIST, are_written
from core.data.official.sources import SOURCES
from core.data.official.table import TORCHVISION
from core.data.readers.manifest_reader import read_manifest
from core.data.source import DEMO, TORCHVISION_PREFIX, DataSource
from core.errors import DataError
from core.messages import Message
from core.paths import absolute
from core.progress import Reporter, StoppableReporter
from core.remedies import START_SCREEN, Remedy


def open_catalog(
    source: DataSource,
    reporter: Reporter | None = None,
    should_stop: Callable[[], bool] | None = None,
    *,
    draw_later: bool = False,
    anew: bool = False,
) -> Catalog:
    """The catalog of a source, kept from an earlier opening where nothing has changed; the demo is drawn at first.

    With `draw_later` the demo's pictures are drawn one by one, when they are first decoded; `anew` lists all files
    again, whatever was kept.

    A folder with a manifest.csv, images.csv or metadata.csv (or .tsv, .jsonl, .parquet) in it is read by that table,
    unless the table has no column for the image or the class and there are folders for classes.
    Raises DataError in one sentence when nothing fits, Cancelled soon after `should_stop` answers True.
    """
    reporter = reporter or Reporter()
    if should_stop is not None:
        reporter = StoppableReporter(reporter, should_stop)
    undivided = source.undivided()
    with _explaining_closed_folders():
        if source.location == DEMO:
            catalog = _open_demo(undivided, reporter, draw_later)
        else:
            found = detect_format(undivided)
            # Kept catalogs watch what lies around the data, which the folder above them or a name does not tell.
            place = undivided if found.folder is None else undivided.at(found.folder)
            if anew:
                forget(place)
            # Rows of a file of vectors are read as fast as they are looked for.
            read = partial(found.read, undivided, reporter)
            catalog = read() if found.kind == BY_VECTORS else cached_or_read(place, read, reporter)
            catalog = _with_unused_notice(catalog, undivided, found.kind)
    if source.divide_by_class is not None:
        catalog = divided_by_class(catalog, source.divide_by_class, source.divide_seed)
    catalog = with_division_notice(catalog)
    for notice in catalog.report.notices:
        reporter.notice(notice)
    return catalog


def _with_unused_notice(catalog: Catalog, source: DataSource, kind: str) -> Catalog:
    if catalog.report.table or catalog.vectors is not None:
        return catalog
    # A table that said nothing of classes left them to the folders.
    kind = BY_FOLDERS if kind == BY_TABLE else kind
    said = [
        (source.folders and kind != BY_FOLDERS, Message("said-of-folders")),
        (source.names_columns, Message("said-of-columns")),
        (source.base, Message("said-of-the-base")),
        (source.encoding, Message("said-of-the-encoding")),
    ]
    unused = [words for is_said, words in said if is_said]
    return catalog.noted(Message("said-for-nothing", unused=unused, kind=kind)) if unused else catalog


def default_split(catalog: Catalog) -> str:
    """The split that is measured and shown when nobody chose: test, else val, else everything."""
    there = {name for name, _ in catalog.split_counts()}
    return next((name for name in ("test", "val") if name in there), "all")


def makes_pictures(source: DataSource) -> bool:
    """Whether opening has pictures to make first, for seconds to minutes; False too for what cannot be opened.

    The demo's can be drawn later.
    """
    try:
        found = detect_format(source)
        return found.kind == FASHION_MNIST.name and found.folder is not None and not are_written(found.folder.resolve())
    except (DataError, OSError):
        # Opening it says what is wrong.
        return False


def torchvision_folder() -> Path:
    """Where `torchvision:NAME` is looked for and downloaded to; laid out as torchvision's own root."""
    return paths.workspace() / "datasets" / "torchvision"


def detect_format(source: DataSource) -> DetectedFormat:
    """Which reader fits a source, told from names alone; nothing is read yet. Raises DataError where none does."""
    location = source.location
    if location == DEMO:
        return DetectedFormat("demo", Message("demo-detected"), _open_demo)
    if location.startswith(TORCHVISION_PREFIX):
        return _of_torchvision(location.removeprefix(TORCHVISION_PREFIX))
    if not location.strip():
        raise DataError(Message("data-not-named"), location)
    path = absolute(location)
    if not os.path.exists(path):  # noqa: PTH110 - Path.exists raises for names that are too long
        raise DataError(Message("data-missing", location=location), path)
    if path.is_dir() and not os.access(path, TO_LOOK_INTO):
        raise DataError(Message("data-not-allowed", path=path), path)
    readers = FOLDER_READERS if path.is_dir() else FILE_READERS
    found = (reader(source, path) for reader in readers)
    with _explaining_closed_folders():
        return next(recognition for recognition in found if recognition is not None)


@contextmanager
def _explaining_closed_folders() -> Iterator[None]:
    """A sentence where something may not be looked into; closed class folders are counted by their reader instead."""
    try:
        yield
    except PermissionError as error:
        raise DataError(
            Message("data-not-opened", path=error.filename, reason=error.strerror), error.filename
        ) from error


def _of_torchvision(name: str) -> DetectedFormat:
    official = TORCHVISION.get(name)
    if official is None:
        raise DataError(Message("torchvision-set-unknown", name=name, names=TORCHVISION), name)
    # Its own folder only: beside it lie the other sets.
    folder = next((torchvision_folder() / folder for folder in official.folders), None)
    found = official.found_in(folder) if folder is not None else None
    if found is None:
        fetching = Remedy(
            f"`python -m core datasets --download {name}`",
            Message("fetches-it"),
            START_SCREEN if name in SOURCES else "",
        )
        raise DataError(
            Message("torchvision-set-not-downloaded", fetching, name=name, folder=torchvision_folder()), folder
        )
    return of_official_set(official, found)


def _open_demo(source: DataSource, reporter: Reporter, draw_later: bool = False) -> Catalog:
    from core.demo.drawn_on_demand import begin_demo
    from core.demo.generator import SHIPPED_MANIFEST, ensure_demo, stamp

    folder = paths.workspace() / "datasets" / DEMO
    if draw_later:
        begin_demo(folder)
    else:
        ensure_demo(folder, reporter)
    return read_manifest(replace(source, location=str(SHIPPED_MANIFEST), base=str(folder)), reporter, stamp())
