"""`python -m core datasets`: what can be opened, and what opening one finds."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from core.data.source import add_data_arguments, source_from_arguments
from core.progress import JsonLinesReporter, Reporter

if TYPE_CHECKING:
    from core.data.catalog import Catalog

SUMMARY = "list what can be opened, or describe one data set with --data"

KINDS = (
    ("demo", "a drawn wardrobe of garments, made on first use"),
    ("FOLDER", "a folder per class; train, test, val, query and gallery folders above them divide it"),
    ("FILE.csv, .tsv, .parquet", "a row per image: image, label, and optionally split, role, target* and attributes"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add_data_arguments(parser, required=False)


def run(arguments: argparse.Namespace, reporter: Reporter) -> None:
    """Print the kinds of data sets, or the report of one."""
    if arguments.data is None:
        _tell(reporter, _kinds())
        return
    from core.data.recognise import open_catalog

    catalog = open_catalog(source_from_arguments(arguments), reporter)
    reporter.close()
    _tell(reporter, _description(catalog))


def _tell(reporter: Reporter, lines: list[str]) -> None:
    if isinstance(reporter, JsonLinesReporter):
        reporter.event("result", sentences=lines)
    else:
        print("\n".join(lines))


def _kinds() -> list[str]:
    width = max(len(kind) for kind, _ in KINDS)
    return [f"{kind:<{width}}  {meaning}" for kind, meaning in KINDS]


def _description(catalog: Catalog) -> list[str]:
    images = _counted(len(catalog), "image", "images")
    classes = _counted(len(catalog.classes), "class", "classes")
    lines = [f"{catalog.name}: {images}, {classes}, in {catalog.root}"]
    for split, count in catalog.split_counts():
        rows = catalog.rows(split)
        labels, roles = catalog.labels[rows].tolist(), catalog.roles[rows].tolist()
        facts = [_counted(count, "image", "images"), _counted(len(set(labels) - {""}), "class", "classes")]
        facts += [f"{roles.count(role):,} {role}" for role in ("query", "gallery") if role in roles]
        lines.append(f"  {split}: {', '.join(facts)}")
    return lines + list(catalog.report.sentences)


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"
