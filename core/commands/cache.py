"""`python -m core cache`: the size of what can be computed again, and removing it."""

from __future__ import annotations

import argparse
import math

from core.disk_cache import KINDS, cache_entries, folder_of, remove_unused
from core.errors import InputError
from core.messages import Message
from core.progress import Reporter
from core.report.columns import aligned

SUMMARY = "show the disk use of results that can be computed again, and remove them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--remove", nargs="+", default=(), choices=KINDS, metavar="KIND", help=f"what to remove: {', '.join(KINDS)}"
    )
    parser.add_argument(
        "--unused-for",
        type=float,
        default=1.0,
        metavar="DAYS",
        help="remove only what was not used for so many days (default: 1, which spares what a window shows)",
    )


def run(arguments: argparse.Namespace, reporter: Reporter) -> None:
    """Remove what is asked for, then tell what is there."""
    if not (math.isfinite(arguments.unused_for) and arguments.unused_for >= 0):
        raise InputError(Message("cache-unused-days-invalid", days=arguments.unused_for))
    entries = {kind: cache_entries(kind) for kind in KINDS}
    removed = {kind: remove_unused(entries[kind], arguments.unused_for) for kind in dict.fromkeys(arguments.remove)}
    left = {kind: [item for item in entries[kind] if item not in set(removed.get(kind, ()))] for kind in KINDS}
    sizes = {kind: sum(item.size_bytes for item in items) for kind, items in left.items()}
    lines = [
        f"Removed {len(items):,} of {len(entries[kind]):,} {kind} ({_megabytes(sum(i.size_bytes for i in items))})."
        for kind, items in removed.items()
    ]
    rows = [[kind, f"{len(left[kind]):,}", _megabytes(sizes[kind]), str(folder_of(kind))] for kind in KINDS]
    table = aligned(["kind", "kept", "size", "where"], rows, words=(0, 3))
    document = {"bytes": sizes, "removed": {kind: len(items) for kind, items in removed.items()}}
    reporter.result(document, lambda: "\n".join([*lines, table]))


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.1f} MB"
