"""A manifest: a table with a row per image, or one such table in each split's folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.data.catalog import Catalog, natural_key
from core.data.catalog_builder import Listing, build_catalog
from core.data.images import Box
from core.data.readers.folder_division import Assignment, divide, unknown_meanings
from core.data.readers.image_finder import ImageFinder, TakenAsListed
from core.data.readers.manifest_columns import ManifestColumns, cut, listed, one_protocol
from core.data.readers.manifest_errors import FolderMeaningError
from core.data.readers.manifest_table import ManifestTable, read_table
from core.data.readers.named_files import find_all
from core.data.readers.targets_file import Targets, targets_beside
from core.data.reading import Reading
from core.data.source import DataSource
from core.data.split_names import split_word
from core.errors import DataError
from core.messages import Message, Remedy
from core.paths import absolute
from core.progress import Reporter

GENERIC_NAMES = frozenset({"manifest", "images", "metadata", "labels", "data", "index", "table"})
PIECE = 5_000
NOWHERE = Assignment("", "", "")


@dataclass(frozen=True)
class _ManifestPart:
    """One table and what its columns mean; its names start `below` the root and are in `split` unless it says so."""

    path: Path
    table: ManifestTable
    columns: ManifestColumns
    below: str = ""
    split: str = ""


def read_manifest(source: DataSource, reporter: Reporter, stamp: str = "") -> Catalog:
    """The catalog of a manifest; its folder, or the source's base, is the root of relative paths.

    Columns: the image (a path, or an id whose file is found by name below the root), the class, and where there are any
    the split, the role (or is_query and is_gallery), the bounding box, and continuous labels in columns that begin with
    "target"; all others are kept as attributes. More continuous labels may lie beside it as NumPy file. Without a class
    or a split column the folders of the images say both.

    Raises DataError naming the file, the row and the column concerned, also for an image outside of the root, and
    MissingColumnError when nothing names the images or their classes.
    """
    path = absolute(source.location).resolve()
    root = absolute(source.base).resolve() if source.base else path.parent
    table = read_table(path, source.encoding)
    name = path.parent.name if path.stem.casefold() in GENERIC_NAMES else path.stem
    return _catalog(
        name, root, [_ManifestPart(path, table, ManifestColumns(table, source, path))], source, reporter, stamp
    )


def read_divided_manifests(source: DataSource, paths: Sequence[Path], reporter: Reporter) -> Catalog:
    """The catalog of a folder whose split folders (train, test, ...) hold a manifest each, as Hugging Face has it,
    or that has one for each split (train.csv, test.csv) itself.

    File names start from the folder of their manifest. Raises DataError as `read_manifest` does, and when the tables
    have different columns.
    """
    root = absolute(source.location).resolve()
    parts: list[_ManifestPart] = []
    for path in paths:
        table = read_table(path, source.encoding)
        if parts:
            table = _ordered_as(parts[0], table, path)
        beside = path.parent == root
        word = split_word(path.stem if beside else path.parent.name)
        below = "" if beside else f"{path.parent.relative_to(root).as_posix()}/"
        parts.append(
            _ManifestPart(path, table, ManifestColumns(table, source, path), below, word[0] if word is not None else "")
        )
    return _catalog(root.name, root, parts, source, reporter)


def _ordered_as(first: _ManifestPart, table: ManifestTable, path: Path) -> ManifestTable:
    header = first.table.header
    if sorted(header) != sorted(table.header):
        raise DataError(
            Message(
                "manifests-with-other-columns",
                path=path,
                columns=listed(table.header),
                other_path=first.path,
                other_columns=listed(header),
            ),
            path,
        )
    order = [list(table.header).index(name) for name in header]
    rows = [[cells[place] for place in order] for cells in table.rows]
    return replace(table, header=header, rows=rows)


def _catalog(
    name: str, root: Path, parts: Sequence[_ManifestPart], source: DataSource, reporter: Reporter, stamp: str = ""
) -> Catalog:
    finder = TakenAsListed(root) if stamp else ImageFinder(root, reporter)
    columns, path = parts[0].columns, parts[0].path
    _require_values_there(parts)
    targets, target_names = _targets(parts)
    listings: list[Listing] = []
    part_notices = [notice for part in parts for notice in part.table.notices]
    for part in parts:
        of_part, about_names = _listings(part, finder, reporter)
        listings += of_part
        part_notices += [*part.columns.notices, *about_names]
    _require_one_class(listings, path)
    listings, notices = _labelled_by_folders(one_protocol(listings), columns, targets is not None, source)
    catalog = build_catalog(
        name,
        root,
        listings,
        source,
        reporter,
        targets=targets,
        target_names=target_names,
        attribute_names=columns.attributes,
        notices=(*part_notices, *notices),
        stamp=stamp,
        reading=_reading(columns, listings, parts),
    )
    return replace(catalog, report=replace(catalog.report, table=str(path)))


def _reading(columns: ManifestColumns, listings: Sequence[Listing], parts: Sequence[_ManifestPart]) -> Reading:
    """What the classes and the splits of the listings were read from."""
    labelled = any(listing.label for listing in listings)
    return Reading(
        "column" if columns.has_classes else "folders" if labelled else "lists",
        columns.class_column,
        "column" if columns.split_column else "tables" if any(part.split for part in parts) else "folders",
        columns.split_column,
    )


def _listings(part: _ManifestPart, finder: ImageFinder, reporter: Reporter) -> tuple[list[Listing], list[Message]]:
    table, columns = part.table, part.columns
    names = [columns.name(cells, part.below) for cells in table.rows]
    found = find_all(names, finder, part.path, [columns.where(number) for number in table.numbers])
    listings = []
    for index, (number, cells) in enumerate(zip(table.numbers, table.rows, strict=True)):
        if index % PIECE == 0:
            reporter.progress(Message("stage-reading"), index, len(table.rows), Message("unit-rows"))
        listing = columns.listing(number, cells, names[index], found.hits[index])
        listings.append(listing if listing.split or not part.split else listing._replace(split=part.split))
    return listings, found.notices


def _require_values_there(parts: Sequence[_ManifestPart]) -> None:
    unknown = set.intersection(*(part.columns.unknown_values() for part in parts))
    if not unknown:
        return
    path, columns = parts[0].path, parts[0].columns.divided_by
    value = min(unknown, key=natural_key)
    if not columns:
        raise DataError(
            Message(
                "split-value-without-column",
                Remedy("--split-column", Message("names-the-one-that-has-it")),
                value=cut(value),
                path=path,
            ),
            "split_values",
        )
    raise DataError(
        Message("split-value-unused", value=cut(value), path=path, columns=map(repr, columns)), "split_values"
    )


def _require_one_class(listings: Sequence[Listing], path: Path) -> None:
    classes: dict[str | tuple[str, Box], str] = {}
    for listing in listings:
        if listing.file is not None:
            image = listing.file if listing.box is None else (listing.file, listing.box)
            if (before := classes.setdefault(image, listing.label)) != listing.label:
                raise DataError(
                    Message(
                        "image-of-two-classes",
                        path=path,
                        image=cut(listing.name),
                        first=cut(before),
                        second=cut(listing.label),
                    ),
                    listing.name,
                )


def _targets(parts: Sequence[_ManifestPart]) -> tuple[Targets | None, list[str]]:
    """(N, T) of all tables, and the T names."""
    blocks, widths = [], set()
    names = list(parts[0].columns.targets)
    for part in parts:
        rows = zip(part.table.numbers, part.table.rows, strict=True)
        inside = [part.columns.targets_of(number, cells) for number, cells in rows] if names else []
        block = np.array(inside, np.float32).reshape(len(part.table.rows), len(names))
        beside = targets_beside(part.path, len(part.table.rows))
        blocks.append(block if beside is None else np.concatenate([block, beside], axis=1))
        widths.add(blocks[-1].shape[1])
    if len(widths) > 1:
        folders = ", ".join(str(part.path.parent) for part in parts)
        raise DataError(Message("manifests-with-other-targets", folders=folders, counts=str(sorted(widths))), folders)
    names += [f"target_{number}" for number in range(len(names) + 1, widths.pop() + 1)]
    return (np.concatenate(blocks), names) if names else (None, [])


def _labelled_by_folders(
    listings: list[Listing], columns: ManifestColumns, has_targets: bool, source: DataSource
) -> tuple[list[Listing], tuple[Message, ...]]:
    """Listings whose class or split the table leaves to the folders of the images."""
    if columns.has_classes and (columns.has_splits or any(listing.split for listing in listings)):
        return listings, (Message("folders-said-unused"),) if source.folders else ()
    holders = [(listing.file or "").rpartition("/")[0] for listing in listings]
    there = {holder for holder, listing in zip(holders, listings, strict=True) if listing.file is not None}
    if unknown := unknown_meanings(there, source.folder_meanings):
        raise DataError(Message("folder-meaning-without-images", folder=unknown[0]), "folders")
    division = divide(there, source.folder_meanings)
    assignments = [division.assignments.get(holder, NOWHERE) for holder in holders]
    notices: tuple[Message, ...] = ()
    if not columns.has_classes:
        if len({assignment.label for assignment in assignments} - {""}) > 1:
            if division.question:
                asked = Message(
                    "data-question", *division.question.remedies, data=source.location, question=division.question
                )
                raise FolderMeaningError(asked, Path(source.location), division.asked)
            notices = (_because(columns, "classes-from-folders"),)
            listings = [
                listing._replace(label=assignment.label)
                for listing, assignment in zip(listings, assignments, strict=True)
            ]
        elif not has_targets:
            raise columns.without_classes
        else:
            notices = (_because(columns, "classes-of-none"),)
    if not columns.has_splits and not any(listing.split for listing in listings):
        listings = [
            listing._replace(split=assignment.split, role=listing.role or assignment.role)
            for listing, assignment in zip(listings, assignments, strict=True)
        ]
    return listings, notices


def _because(columns: ManifestColumns, message_id: str) -> Message:
    missing = columns.without_classes.message
    return Message(message_id, *missing.remedies, cause=missing)
