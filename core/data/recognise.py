"""Opens whatever the user named: the demo, a manifest file, or a folder."""

from __future__ import annotations

import os
from pathlib import Path

from core import places
from core.data.catalog import Catalog
from core.data.folder_reader import read_folder
from core.data.manifest_reader import SUFFIXES, MissingColumnError, read_manifest
from core.data.source import DEMO, DataSource
from core.errors import DataError
from core.places import absolute
from core.progress import Reporter

MANIFEST_NAMES = tuple(f"{stem}{suffix}" for stem in ("manifest", "images", "metadata") for suffix in SUFFIXES)


def open_catalog(source: DataSource, reporter: Reporter | None = None) -> Catalog:
    """The catalog of a source; the demo is drawn first where it has not been.

    A folder with a manifest.csv, images.csv or metadata.csv (or .tsv, .parquet) in it is read by that table, unless
    the table has no column for the image or the class and there are folders for classes.
    Raises DataError in one sentence when nothing fits.
    """
    reporter = reporter or Reporter()
    if source.location == DEMO:
        return _open_demo(source, reporter)
    if not source.location.strip():
        raise DataError("No data was named; expected a folder, a manifest file, or 'demo'.", source.location)
    path = absolute(source.location)
    if not os.path.exists(path):  # noqa: PTH110 - Path.exists raises for names that are too long
        raise DataError(f"{source.location} is not there; expected a folder, a manifest file, or 'demo'.", path)
    if path.is_dir():
        return _open_folder(source, path, reporter)
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(f"{path} is no manifest; expected a folder or a file ending in {', '.join(SUFFIXES)}.", path)
    return read_manifest(_at(source, path), reporter)


def default_split(catalog: Catalog) -> str:
    """The split that is measured and shown when nobody chose: test, else val, else everything."""
    there = {name for name, _ in catalog.split_counts()}
    return next((name for name in ("test", "val") if name in there), "all")


def demo_is_ready() -> bool:
    """Whether the demo's images were drawn already."""
    from core.data.demo.generator import is_drawn

    return is_drawn(_demo_folder())


def _open_folder(source: DataSource, folder: Path, reporter: Reporter) -> Catalog:
    manifest = next((folder / name for name in MANIFEST_NAMES if (folder / name).is_file()), None)
    if manifest is None:
        return read_folder(source, reporter)
    try:
        return read_manifest(_at(source, manifest), reporter)
    except MissingColumnError as error:
        catalog = _by_folders(source, reporter)
        if catalog is None:
            raise
        reporter.event("notice", sentence=f"The classes are taken from the folders, because {error}")
        return catalog


def _by_folders(source: DataSource, reporter: Reporter) -> Catalog | None:
    """The catalog of a folder whose sub-folders are classes, or None."""
    try:
        catalog = read_folder(source, reporter)
    except DataError:
        return None
    return catalog if len(catalog.classes) > 1 else None


def _demo_folder() -> Path:
    return places.workspace() / "datasets" / DEMO


def _open_demo(source: DataSource, reporter: Reporter) -> Catalog:
    from core.data.demo import ensure_demo

    manifest = ensure_demo(_demo_folder(), reporter)
    return read_manifest(_at(source, manifest), reporter)


def _at(source: DataSource, path: Path) -> DataSource:
    return DataSource.from_dict({**source.as_dict(), "location": str(path)})
