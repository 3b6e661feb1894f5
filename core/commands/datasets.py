"""`python -m core datasets`: what can be opened, and what opening one finds."""

from __future__ import annotations

import argparse

from core.data.source import add_data_arguments, source_from_arguments
from core.progress import Reporter

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
        width = max(len(kind) for kind, _ in KINDS)
        for kind, meaning in KINDS:
            print(f"{kind:<{width}}  {meaning}")
        return
    from core.data.recognise import open_catalog

    catalog = open_catalog(source_from_arguments(arguments), reporter)
    reporter.close()
    print(f"{catalog.name}: {len(catalog):,} images, {len(catalog.classes):,} classes, in {catalog.root}")
    for split, images in catalog.split_counts():
        classes = len({label for label in catalog.labels[catalog.rows(split)] if label})
        print(f"  {split}: {images:,} images, {classes:,} classes")
    for sentence in catalog.report.sentences:
        print(sentence)
