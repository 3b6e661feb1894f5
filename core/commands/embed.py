"""`python -m core embed`: the embeddings of a data set, for other programs and for the window."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.external_embeddings import EmbeddingsReader, add_embedding_arguments
from core.progress import Reporter

SUMMARY = "write the embeddings that a checkpoint makes of a data set, or that a file has of it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "checkpoint", type=Path, metavar="CHECKPOINT", help="a checkpoint, a run (its best one), or an embeddings file"
    )
    add_embedding_arguments(parser, data_required=True)
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help=".npz or .parquet; without a suffix, a folder for memory mapping",
    )


def run(arguments: argparse.Namespace, reporter: Reporter) -> None:
    from core.retrieval.embeddings import check_suffix, save_file, save_folder

    out: Path = arguments.out
    if out.suffix:
        check_suffix(out)  # before the work, not after it
    embeddings = EmbeddingsReader(arguments, reporter).read(arguments.checkpoint)
    if out.suffix:
        save_file(out, embeddings)
    else:
        save_folder(out, embeddings.vectors, embeddings.rows, embeddings.origin)
    count, numbers, split = len(embeddings), embeddings.dimensions, embeddings.origin.split
    reporter.result(
        {"out": str(out), "images": count, "unreadable": list(embeddings.origin.unreadable)},
        lambda: f"{out}: {count:,} embeddings of {numbers} numbers, split {split}.",
    )
