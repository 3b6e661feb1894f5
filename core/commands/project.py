"""`python -m core project`: a map of embeddings."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from core.errors import EmbeddingsError
from core.messages import Message
from core.progress import Reporter

SUMMARY = "arrange embeddings on a map, near ones near"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "embeddings", type=Path, metavar="EMBEDDINGS", help="what `embed` wrote: .npz, .parquet or a folder"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.npz", help="the map to write")
    parser.add_argument("--method", choices=("umap", "pca"), default="umap", help="projection method (default: umap)")
    parser.add_argument(
        "--seed", type=int, default=42, metavar="N", help="random seed; the same seed gives the same map (default: 42)"
    )
    parser.add_argument(
        "--initial", type=Path, metavar="FILE.npz", help="initialise with this map, by common rows, and align to it"
    )


def run(arguments: argparse.Namespace, reporter: Reporter) -> None:
    from core.projection.mapping import project
    from core.projection.projection import load, save
    from core.retrieval.embeddings import load_file, map_folder

    out: Path = arguments.out
    if out.suffix != ".npz":
        raise EmbeddingsError(Message("map-file-of-other-type", path=out, suffix=out.suffix), out)
    given: Path = arguments.embeddings
    if out.exists() and given.exists() and out.samefile(given):
        raise EmbeddingsError(Message("map-file-of-embeddings", path=out), out)
    if given.is_dir():
        vectors, rows, _ = map_folder(given)
    else:
        embeddings = load_file(given, needs_names=False)
        if embeddings.origin.description:
            reporter.notice(Message("embeddings-noted", path=given, note=embeddings.origin.description))
        vectors, rows = embeddings.vectors, embeddings.rows
    initial = None if arguments.initial is None else load(arguments.initial).at(rows)
    projection = replace(project(vectors, arguments.method, arguments.seed, initial, reporter), rows=rows)
    save(out, projection)
    reporter.result(
        {"out": str(out), "method": projection.method, "images": len(projection)},
        lambda: f"{out}: {len(projection):,} positions by {projection.method.upper()}.",
    )
