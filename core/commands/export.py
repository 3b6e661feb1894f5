"""`python -m core export`: the images of a data set as a CSV file, with what checkpoints find for each."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.evaluate import names_of
from core.commands.external_embeddings import EmbeddingsReader, add_embedding_arguments
from core.progress import Reporter

SUMMARY = "write the images of a data set as CSV: paths, classes, attributes, and what checkpoints find for each"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument(
        "checkpoints",
        type=Path,
        nargs="*",
        metavar="CHECKPOINT",
        help="a checkpoint, a run (its best one), or an embeddings file; each adds its columns",
    )
    add_embedding_arguments(parser, data_required=True)
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help=".csv; FILE.json beside it says whose figures they are"
    )


def run(arguments: argparse.Namespace, reporter: Reporter) -> None:
    """Measure and write."""
    from core.retrieval.evaluation import evaluate
    from core.retrieval.export import ModelFigures, check_suffix, write

    out: Path = arguments.out
    check_suffix(out)  # before the work, not after it
    reader = EmbeddingsReader(arguments, reporter)
    models = []
    for name, given in zip(names_of(arguments.checkpoints), arguments.checkpoints, strict=True):
        embeddings = reader.read(given)
        models.append(ModelFigures(name, embeddings, evaluate(embeddings)))
    catalog, split = reader.catalog, reader.split
    rows = catalog.rows(split)
    write(out, catalog, rows, models, {"split": split}, reporter)
    reporter.result(
        {"out": str(out), "images": len(rows), "split": split},
        lambda: f"{out}: {len(rows):,} images, split {split}.",
    )
