"""`python -m core leaks`: images that a data set has twice, across its splits or within one, and classes in both."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.data.source import add_data_arguments, source_from_arguments
from core.errors import InputError
from core.messages import Message
from core.progress import Reporter
from core.report.columns import aligned
from core.wording import counted

if TYPE_CHECKING:
    from core.data.catalog import Catalog, Rows
    from core.leaks.alike_pairs import Pair, Vectors
    from core.leaks.leaks import Leaks, SplitPair

SUMMARY = "find images that are there twice, across splits or within one, and classes that two splits share"
LISTED, NAMED = 20, 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data_place", nargs="?", metavar="DATA", help="the same as --data")
    add_data_arguments(parser, required=False)
    parser.add_argument("--embeddings", type=Path, metavar="FILE", help="embeddings of all splits (.npz or .parquet)")
    parser.add_argument(
        "--cosine",
        type=float,
        default=0.98,
        metavar="C",
        help="minimum cosine similarity of a pair by embedding (default: 0.98)",
    )
    parser.add_argument(
        "--list", type=int, default=LISTED, metavar="N", help=f"pairs of files to print (default: {LISTED})"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all pairs and classes as JSON")


def run(arguments: argparse.Namespace, reporter: Reporter) -> None:
    from core.data.catalog_opening import open_catalog
    from core.leaks.leaks import find_leaks

    _check(arguments)
    catalog = open_catalog(source_from_arguments(arguments), reporter)
    embeddings = _embeddings(arguments.embeddings, catalog, reporter)
    leaks = find_leaks(catalog, embeddings, arguments.cosine, reporter)
    paragraphs = [*_describe(leaks, catalog, arguments.list), *_legend(leaks, arguments.cosine)]
    reporter.result(as_json(leaks, catalog), lambda: "\n\n".join(paragraphs), arguments.json)


def _check(arguments: argparse.Namespace) -> None:
    """Raise InputError unless the data is named once and the numbers can be; the data is then under `data`."""
    if arguments.data is not None and arguments.data_place is not None:
        raise InputError(Message("data-named-twice", first=arguments.data_place, second=arguments.data), "data")
    arguments.data = arguments.data or arguments.data_place
    if arguments.data is None:
        raise InputError(Message("data-not-named"))
    if not -1.0 <= arguments.cosine <= 1.0:
        raise InputError(Message("cosine-out-of-range", cosine=arguments.cosine), "cosine")
    if arguments.list < 0:
        raise InputError(Message("list-length-invalid", count=arguments.list), "list")


def _embeddings(path: Path | None, catalog: Catalog, reporter: Reporter) -> tuple[Vectors, Rows] | None:
    from core.retrieval.embeddings import load_for
    from core.retrieval.embeddings_file import in_catalog

    if path is None:
        return None
    given = load_for(path, catalog)
    embeddings, left_out = in_catalog(given, catalog, path)
    for note in (given.origin.description, left_out):
        if note:
            reporter.notice(Message("embeddings-noted", path=path, note=note))
    in_splits = np.flatnonzero(catalog.splits != "")
    without = np.setdiff1d(in_splits, embeddings.rows)
    if without.size:
        first = catalog.paths[without[0]]
        reporter.notice(Message("images-not-paired", path=path, images=len(in_splits), count=without.size, first=first))
    return embeddings.vectors, embeddings.rows


def as_json(leaks: Leaks, catalog: Catalog) -> dict[str, Any]:
    """Everything that was found, in plain values."""
    return {
        "data": catalog.name,
        "conflicts": [
            {
                **_pair_as_json(pair, catalog),
                "classes": [str(catalog.labels[row]) for row in (pair.first, pair.second)],
            }
            for pair in leaks.conflicts
        ],
        "conflict_count": leaks.conflict_count,
        "between": [
            {
                "splits": [between.first, between.second],
                "images": list(between.images),
                "counts": dict(between.counts),
                "concerned": list(between.concerned),
                "classes": list(between.classes),
                **_pairs_as_json(between, catalog),
            }
            for between in leaks.between
        ],
        "within": [
            {
                "split": within.first,
                "images": within.images[0],
                "counts": dict(within.counts),
                "concerned": within.concerned[0],
                **_pairs_as_json(within, catalog),
            }
            for within in leaks.within
        ],
        "unreadable": list(leaks.unreadable.values()),
    }


def _pairs_as_json(found: SplitPair, catalog: Catalog) -> dict[str, Any]:
    paths = catalog.paths
    copies = {str(paths[row]): [str(paths[other]) for other in others] for row, others in found.copies.items()}
    return {
        "pairs": [_pair_as_json(pair, catalog) for pair in found.pairs],
        "unnamed": found.unnamed,
        "copies": copies,
    }


def _pair_as_json(pair: Pair, catalog: Catalog) -> dict[str, Any]:
    return {
        "first": str(catalog.paths[pair.first]),
        "second": str(catalog.paths[pair.second]),
        "kind": pair.kind,
        "distance": round(pair.distance, 6),
    }


def _describe(leaks: Leaks, catalog: Catalog, listed: int) -> list[str]:
    paragraphs = [
        *([_of_conflicts(leaks, catalog, listed)] if leaks.conflict_count else []),
        *(_of_splits(between, catalog, listed) for between in leaks.between),
        *(_of_split(within, catalog, listed) for within in leaks.within if any(within.counts.values())),
    ]
    if single := [within for within in leaks.within if not any(within.counts.values())]:
        paragraphs.append("\n".join(f"{_within(within)}: no image is there twice" for within in single))
    if leaks.unreadable:
        first = next(iter(leaks.unreadable.values()))
        paragraphs.append(f"{len(leaks.unreadable):,} images cannot be read and were not compared; the first: {first}")
    return paragraphs


def _legend(leaks: Leaks, cosine: float) -> list[str]:
    """What makes a pair of the kinds that were found, where it takes a threshold."""
    from core.leaks.near_duplicates import LEAST_CORRELATION, MOST_BITS
    from core.leaks.perceptual_hash import BITS

    found = {kind for part in (*leaks.between, *leaks.within) for kind, count in part.counts.items() if count}
    lines = []
    if found & {"near", "mirrored"}:
        lines.append(
            f"near, mirrored: {BITS}-bit hashes differ in at most {MOST_BITS} bits and the pixels correlate by "
            f"at least {LEAST_CORRELATION}; the distance is 1 - correlation. Look at the pairs before you believe them."
        )
    if "embedding" in found:
        lines.append(f"embedding: each other's nearest, cosine at least {cosine}; the distance is 1 - cosine.")
    return ["\n".join(lines)] if lines else []


def _of_splits(between: SplitPair, catalog: Catalog, listed: int) -> str:
    first, second = between.images
    lines = [
        f"{between.first} ({first:,} images) and {between.second} ({second:,} images):",
        f"  images in both: {_images_in_both(between)}",
        f"  classes in both: {_classes_in_both(between)}",
    ]
    shown = between.pairs[:listed]
    copies = [" x ".join(f"{images:,}" for images in between.images_of(pair)) for pair in shown]
    headings = [f"  {between.first}", between.second]
    lines += _table(headings, shown, catalog, copies if between.copies else [])
    return "\n".join([*lines, *_not_shown(len(between.pairs) - len(shown), between.unnamed)])


def _of_split(within: SplitPair, catalog: Catalog, listed: int) -> str:
    total = counted(sum(within.counts.values()), "pair")
    concerned = f"{within.concerned[0]:,} of {counted(within.images[0], 'image')}"
    lines = [f"{_within(within)}:", f"  images that are there twice: {total} ({_kinds(within)}): {concerned}"]
    shown = within.pairs[:listed]
    times = [within.images_of(pair) for pair in shown]
    copies = [
        f"{each[0]:,}" if pair.kind == "same file" else " x ".join(f"{images:,}" for images in each)
        for pair, each in zip(shown, times, strict=True)
    ]
    several = any(max(each) > 2 for each in times)
    lines += _table(["  image", "the same as"], shown, catalog, copies if several else [])
    return "\n".join([*lines, *_not_shown(len(within.pairs) - len(shown), within.unnamed)])


def _within(within: SplitPair) -> str:
    return f"within {within.first} ({counted(within.images[0], 'image')})"


def _of_conflicts(leaks: Leaks, catalog: Catalog, listed: int) -> str:
    """Copies in two classes, which come first: no measure can be right about them."""
    count = leaks.conflict_count
    lines = [f"{counted(count, 'pair of copies has', 'pairs of copies have')} two classes, of which one may be wrong:"]
    shown = leaks.conflicts[:listed]
    if shown:
        rows = [
            [
                f"  {catalog.labels[pair.first]}",
                str(catalog.paths[pair.first]),
                str(catalog.labels[pair.second]),
                str(catalog.paths[pair.second]),
                pair.kind,
                f"{pair.distance:.3f}",
            ]
            for pair in shown
        ]
        lines.append(aligned(["  class", "image", "class", "image", "kind", "distance"], rows, words=(0, 1, 2, 3, 4)))
    unnamed = count - len(leaks.conflicts)
    return "\n".join([*lines, *_not_shown(len(leaks.conflicts) - len(shown), unnamed)])


def _not_shown(left_out: int, unnamed: int) -> list[str]:
    from core.leaks.alike_pairs import NAMED as NAMED_ALIKE

    lines = [f"  and {left_out:,} more (--list, --json)"] if left_out else []
    if unnamed:
        lines.append(
            f"  {unnamed:,} more pairs of files are counted only: of an image's look-alikes the {NAMED_ALIKE} nearest "
            "are named"
        )
    return lines


def _images_in_both(between: SplitPair) -> str:
    total = sum(between.counts.values())
    if not total:
        return "none"
    sides = zip(between.concerned, between.images, (between.first, between.second), strict=True)
    concerned = " and ".join(f"{some:,} of {all_:,} in {split}" for some, all_, split in sides)
    return f"{counted(total, 'pair')} ({_kinds(between)}): {concerned}"


def _kinds(found: SplitPair) -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in found.counts.items() if count)


def _classes_in_both(between: SplitPair) -> str:
    if not between.classes:
        return "none"
    names = ", ".join(between.classes[:NAMED]) + (", ..." if len(between.classes) > NAMED else "")
    return f"{len(between.classes):,} ({names}); retrieval of unseen classes expects none"


def _table(headings: list[str], shown: Sequence[Pair], catalog: Catalog, copies: Sequence[str]) -> list[str]:
    """The pairs, and where files are there more than once, how often; nothing without any pair."""
    rows = [
        [f"  {catalog.paths[pair.first]}", str(catalog.paths[pair.second]), pair.kind, f"{pair.distance:.3f}"]
        for pair in shown
    ]
    headings = [*headings, "kind", "distance"]
    if copies:
        headings.append("copies")
        rows = [[*row, times] for row, times in zip(rows, copies, strict=True)]
    return [aligned(headings, rows, words=(0, 1, 2))] if rows else []
