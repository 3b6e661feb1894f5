"""`python -m core leaks`: images and classes that two splits of a data set share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.data.source import add_data_arguments, source_from_arguments
from core.errors import EmbeddingsError
from core.progress import JsonLinesReporter, Reporter
from core.report.columns import aligned

if TYPE_CHECKING:
    from core.data.catalog import Catalog
    from core.data.leaks import Leaks, SplitPair
    from core.retrieval.embeddings import Embeddings

SUMMARY = "find images and classes that two splits share"
LISTED, NAMED = 20, 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("data_place", nargs="?", metavar="DATA", help="the same as --data")
    add_data_arguments(parser, required=False)
    parser.add_argument("--embeddings", type=Path, metavar="FILE", help="embeddings of all splits (.npz or .parquet)")
    parser.add_argument(
        "--cosine",
        type=float,
        default=0.98,
        metavar="C",
        help="the least cosine of a pair by embedding (default: 0.98)",
    )
    parser.add_argument("--list", type=int, default=LISTED, metavar="N", help=f"pairs to print (default: {LISTED})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all pairs and classes as JSON")


def run(arguments: argparse.Namespace, reporter: Reporter) -> None:
    """Compare, print, write."""
    from core.data.leaks import find_leaks
    from core.data.recognise import open_catalog
    from core.errors import InputError
    from core.retrieval.embeddings import load_file
    from core.storage import write_json

    if arguments.data is not None and arguments.data_place is not None:
        raise InputError(f"Data was named twice, '{arguments.data_place}' and --data '{arguments.data}'.", "data")
    arguments.data = arguments.data or arguments.data_place
    if arguments.data is None:
        raise InputError("No data was named; expected a folder, a manifest file, or 'demo'.")
    if not -1.0 <= arguments.cosine <= 1.0:
        raise InputError(f"--cosine is {arguments.cosine}; expected -1 to 1.", "cosine")
    catalog = open_catalog(source_from_arguments(arguments), reporter)
    embeddings = None if arguments.embeddings is None else load_file(arguments.embeddings)
    if embeddings is not None:
        _require_of(embeddings, catalog, arguments.embeddings)
    given = None if embeddings is None else (embeddings.vectors, embeddings.rows)
    leaks = find_leaks(catalog, given, arguments.cosine, reporter)
    reporter.close()
    if arguments.json is not None:
        write_json(arguments.json, as_json(leaks, catalog))
    if isinstance(reporter, JsonLinesReporter):
        reporter.event("result", **as_json(leaks, catalog))
    else:
        print("\n\n".join(_in_words(leaks, catalog, arguments.list)))


def as_json(leaks: Leaks, catalog: Catalog) -> dict[str, Any]:
    """Everything that was found, in plain values."""
    from core.data.leaks import KINDS

    return {
        "data": catalog.name,
        "between": [
            {
                "splits": [between.first, between.second],
                "images": list(between.images),
                "counts": {kind: between.count(kind) for kind in KINDS},
                "classes": list(between.classes),
                "pairs": [
                    {
                        "first": str(catalog.paths[pair.first]),
                        "second": str(catalog.paths[pair.second]),
                        "kind": pair.kind,
                        "distance": round(pair.distance, 6),
                    }
                    for pair in between.pairs
                ],
            }
            for between in leaks.between
        ],
        "unreadable": list(leaks.unreadable.values()),
    }


def _require_of(embeddings: Embeddings, catalog: Catalog, path: Path) -> None:
    """Raise EmbeddingsError unless the embeddings are those of the catalog's rows."""
    rows = embeddings.rows
    fits = not rows.size or (rows.min() >= 0 and rows.max() < len(catalog))
    if not fits or (catalog.paths[rows] != embeddings.paths).any():
        raise EmbeddingsError(f"{path} has the embeddings of other images than those of {catalog.name}.", path)


def _in_words(leaks: Leaks, catalog: Catalog, listed: int) -> list[str]:
    if not leaks.between:
        there = ", ".join(name for name, _ in catalog.split_counts()) or "none"
        paragraphs = [f"{catalog.name} has nothing to compare: its splits are: {there}."]
    else:
        paragraphs = [_of_splits(between, catalog, listed) for between in leaks.between]
    if leaks.unreadable:
        first = next(iter(leaks.unreadable.values()))
        paragraphs.append(f"{len(leaks.unreadable):,} images cannot be read and were not compared; the first: {first}")
    return paragraphs


def _of_splits(between: SplitPair, catalog: Catalog, listed: int) -> str:
    from core.data.leaks import KINDS

    first, second = between.images
    counts = ", ".join(f"{between.count(kind):,} {kind}" for kind in KINDS if between.count(kind))
    lines = [f"{between.first} ({first:,} images) and {between.second} ({second:,} images):"]
    lines.append(f"  images in both: {f'{len(between.pairs):,} pairs ({counts})' if counts else 'none'}")
    if between.classes:
        names = ", ".join(between.classes[:NAMED]) + (", ..." if len(between.classes) > NAMED else "")
        lines.append(f"  classes in both: {len(between.classes):,} ({names}); retrieval of unseen classes expects none")
    else:
        lines.append("  classes in both: none")
    shown = between.pairs[: max(0, listed)]
    if shown:
        rows = [
            [f"  {catalog.paths[pair.first]}", str(catalog.paths[pair.second]), pair.kind, f"{pair.distance:.3f}"]
            for pair in shown
        ]
        lines.append(aligned([f"  {between.first}", between.second, "kind", "distance"], rows, words=(0, 1, 2)))
    if len(shown) < len(between.pairs):
        lines.append(f"  and {len(between.pairs) - len(shown):,} more (--list, --json)")
    return "\n".join(lines)
