"""`python -m core datasets`: what can be opened, what opening one finds, and downloading those of torchvision."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.data.source import TORCHVISION_PREFIX, DataSource, add_data_arguments, source_from_arguments
from core.errors import InputError
from core.messages import Message
from core.paths import absolute
from core.progress import ForwardingReporter, Reporter
from core.remedies import on_command_line
from core.wording import counted

if TYPE_CHECKING:
    from core.data.catalog import Catalog

SUMMARY = "list what can be opened, describe one data set with --data, or --download one"

# How many targets are named.
NAMED = 3
KINDS = (
    ("demo", "a drawn wardrobe of garments, made on first use"),
    ("FOLDER", "a folder per class; train, test, val, query and gallery folders above them divide it"),
    (
        "FILE.csv, .tsv, .jsonl, .parquet",
        "a row per image: image, label, and optionally split, role, target* and attributes",
    ),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_data_arguments(parser, required=False)
    parser.add_argument("--download", metavar="NAME", help="download one of torchvision's data sets, then describe it")
    parser.add_argument(
        "--to", metavar="FOLDER", help="root folder of --download, as torchvision's root (default: in the workspace)"
    )


def run(arguments: argparse.Namespace, reporter: Reporter) -> None:
    """Print the kinds of data sets, or the report of one."""
    if arguments.to is not None and arguments.download is None:
        raise InputError(Message("download-folder-without-download"), "to")
    if arguments.data is not None and arguments.download is not None:
        raise InputError(Message("download-with-data"), "data")
    if arguments.download is not None:
        source = _downloaded(arguments.download, arguments.to, reporter)
    elif arguments.data is not None:
        source = source_from_arguments(arguments)
    else:
        _print_lines(reporter, _kinds())
        return
    from core.data.catalog_opening import open_catalog

    catalog = open_catalog(source, _ProgressOnly(reporter))
    opened = [] if arguments.download is None else [f"Open it with --data {source.location}"]
    _print_lines(reporter, _description(catalog) + opened)


class _ProgressOnly(ForwardingReporter):
    """Leaves out notices: the description that is printed has them."""

    def event(self, kind: str, **fields: Any) -> None:
        """Said by the description."""


def _downloaded(name: str, folder: str | None, reporter: Reporter) -> DataSource:
    from core.data.catalog_opening import torchvision_folder
    from core.data.official.download import download

    if folder is None:
        download(name, torchvision_folder(), reporter)
        return DataSource(f"{TORCHVISION_PREFIX}{name}")
    return DataSource(str(download(name, Path(absolute(folder)), reporter)))


def _print_lines(reporter: Reporter, lines: list[str]) -> None:
    words = [on_command_line(line) for line in lines]
    said = [line.as_json() for line in lines if isinstance(line, Message)]
    reporter.result({"sentences": words, "messages": {"sentences": said}}, lambda: "\n".join(words))


def _kinds() -> list[str]:
    from core.data.official.sources import SOURCES
    from core.data.official.table import OFFICIAL_SETS, TORCHVISION

    by_name = [
        (f"{TORCHVISION_PREFIX}{name}", f"{TORCHVISION[name].meaning} ({source.megabytes:,} MB to --download)")
        for name, source in SOURCES.items()
    ]
    by_layout = [
        (official.folders[0], f"{official.name}: {official.meaning}")
        for official in OFFICIAL_SETS
        if official not in [TORCHVISION[name] for name in SOURCES]
    ]
    kinds = [*KINDS, *by_layout, *by_name]
    width = max(len(kind) for kind, _ in kinds)
    return [f"{kind:<{width}}  {meaning}" for kind, meaning in kinds]


def _description(catalog: Catalog) -> list[str]:
    from core.data.catalog import ROLES

    images = counted(len(catalog), "image")
    classes = counted(len(catalog.classes), "class", "classes")
    lines = [f"{catalog.name}: {images}, {classes}, in {catalog.root}"]
    for split, count in catalog.split_counts():
        rows = catalog.rows(split)
        labels, roles = catalog.labels[rows].tolist(), catalog.roles[rows].tolist()
        facts = [counted(count, "image"), counted(len(set(labels) - {""}), "class", "classes")]
        facts += [f"{roles.count(role):,} {role}" for role in ROLES if role in roles]
        lines.append(f"  {split}: {', '.join(facts)}")
    if catalog.target_names:
        names = ", ".join(catalog.target_names[:NAMED]) + (", ..." if len(catalog.target_names) > NAMED else "")
        targets = counted(len(catalog.target_names), "continuous target")
        lines.append(f"  {targets} of an image: {names}")
    return [*lines, *catalog.report.sentences]
