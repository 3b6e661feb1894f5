"""Opens whatever the user named: the demo, a manifest file, or a folder."""

from __future__ import annotations

from pathlib import Path

from core import places
from core.data.catalog import Catalog
from core.data.folder_reader import read_folder
from core.data.manifest_reader import SUFFIXES, read_manifest
from core.data.source import DEMO, DataSource
from core.errors import DataError
from core.progress import Reporter

MANIFEST_NAMES = tuple(f"{stem}{suffix}" for stem in ("manifest", "images", "metadata") for suffix in SUFFIXES)


def open_catalog(source: DataSource, reporter: Reporter | None = None) -> Catalog:
    """The catalog of a source; the demo is drawn first where it has not been.

    A folder with a manifest.csv, images.csv or metadata.csv (or .tsv, .parquet) in it is read by that table.
    Raises DataError in one sentence when nothing fits.
    """
    reporter = reporter or Reporter()
    if source.location == DEMO:
        return _open_demo(source, reporter)
    path = Path(source.location).expanduser()
    if not path.exists():
        raise DataError(f"{source.location} is not there; expected a folder, a manifest file, or 'demo'.", path)
    if path.is_dir():
        manifest = next((path / name for name in MANIFEST_NAMES if (path / name).is_file()), None)
        if manifest is None:
            return read_folder(source, reporter)
        path = manifest
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


def _demo_folder() -> Path:
    return places.workspace() / "datasets" / DEMO


def _open_demo(source: DataSource, reporter: Reporter) -> Catalog:
    from core.data.demo import ensure_demo

    manifest = ensure_demo(_demo_folder(), reporter)
    return read_manifest(_at(source, manifest), reporter)


def _at(source: DataSource, path: Path) -> DataSource:
    return DataSource.from_dict({**source.as_dict(), "location": str(path)})
