"""`python -m core neighbours`: the images most similar to one image."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.commands.external_embeddings import EmbeddingsReader, add_embedding_arguments
from core.errors import InputError
from core.messages import Message
from core.progress import Reporter
from core.report.columns import aligned

if TYPE_CHECKING:
    from core.retrieval.embeddings import Embeddings
    from core.retrieval.index import Neighbours

SUMMARY = "find the images of a data set that are most similar to one image"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="a checkpoint, or a run (its best one)")
    add_embedding_arguments(parser, data_required=True)
    parser.add_argument(
        "--query", type=Path, required=True, metavar="IMAGE", help="an image of the data set, or any image file"
    )
    parser.add_argument(
        "--distance",
        choices=("cosine", "euclidean"),
        help="distance of the search (default: cosine where the embeddings have unit length, else euclidean)",
    )
    parser.add_argument("-k", type=int, default=10, help="number of neighbours (default: 10)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write them as JSON")


def run(arguments: argparse.Namespace, reporter: Reporter) -> None:
    """Search, print, write.

    An image of the data set is searched for among the images of its own split, where its class mates are, unless
    --split names another; it is left out of its own neighbours. Any other image is embedded by itself and searched for
    in the split that is measured.
    """
    from core.retrieval.embed import CheckpointEmbedder
    from core.retrieval.index import Index
    from core.retrieval.protocol import Protocol

    if arguments.k < 1:
        raise InputError(Message("neighbours-count-invalid", count=arguments.k), "-k")
    reader = EmbeddingsReader(arguments, reporter)
    catalog = reader.catalog
    query = _query_file(arguments.query, catalog.root)
    row = catalog.row_of(query)
    split = reader.split
    if arguments.split is None and row is not None:
        split = str(catalog.splits[row]) or "all"
    embedder = CheckpointEmbedder(arguments.checkpoint, arguments.device)
    vector = None if row is not None else embedder.embed_file(query)  # a bad file is told before the long work
    embeddings = embedder.embed(catalog, catalog.rows(split), split, reporter)
    index = Index(embeddings, Protocol.of(embeddings, arguments.distance))
    here = np.flatnonzero(embeddings.rows == row) if row is not None else np.empty(0, np.int64)
    if len(here):
        neighbours = index.neighbours(int(here[0]), arguments.k)
    else:
        neighbours = index.neighbours_of_vector(embedder.embed_file(query) if vector is None else vector, arguments.k)
    document = _document(str(arguments.query), embeddings, neighbours, index.protocol.distance)
    reporter.result(document, lambda: _describe(document), arguments.json)


def _query_file(query: Path, root: Path) -> Path:
    """The query as it stands, or as the catalog writes it: relative to the data set's folder."""
    if not query.is_absolute() and not query.exists() and (root / query).exists():
        return root / query
    return query


def _document(query: str, embeddings: Embeddings, neighbours: Neighbours, distance: str) -> dict[str, Any]:
    """Similarities are cosines; with Euclidean distance, minus that distance, so that larger is nearer in both."""
    found = [
        {
            "row": int(embeddings.rows[position]),
            "path": str(embeddings.paths[position]),
            "label": str(embeddings.labels[position]),
            "similarity": float(similarity),
        }
        for position, similarity in zip(neighbours.positions, neighbours.similarities, strict=True)
    ]
    return {"query": query, "distance": distance, "neighbours": found}


def _describe(document: dict[str, Any]) -> str:
    euclidean = document["distance"] == "euclidean"
    sign, heading = (-1, "distance") if euclidean else (1, "similarity")
    rows = [
        [str(rank), f"{sign * found['similarity']:.4f}", str(found["row"]), found["label"], found["path"]]
        for rank, found in enumerate(document["neighbours"], start=1)
    ]
    return f"{document['query']}\n{aligned(['rank', heading, 'row', 'class', 'image'], rows, words=(3, 4))}"
