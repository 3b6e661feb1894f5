"""The argument that is a checkpoint (then with --data) or an embeddings file (then without)."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.data.catalog import Catalog
from core.data.source import add_data_arguments, source_from_arguments
from core.errors import EmbeddingsError, InputError
from core.progress import Reporter
from core.retrieval.embeddings import FILE_SUFFIXES, Embeddings, load_file


def add_embedding_arguments(parser: argparse.ArgumentParser, data_required: bool) -> None:
    """Add --data and its options, --split and --device."""
    add_data_arguments(parser, required=data_required)
    parser.add_argument(
        "--split", help="train, val, test or all (default: test where there is one, else val, else all)"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where the model runs")


class EmbeddingsReader:
    """Turns arguments into embeddings; opens the data set at most once."""

    def __init__(self, arguments: argparse.Namespace, reporter: Reporter) -> None:
        self._arguments = arguments
        self._reporter = reporter
        self._catalog: Catalog | None = None

    @property
    def catalog(self) -> Catalog:
        """The data set of --data."""
        if self._catalog is None:
            from core.data.recognise import open_catalog

            self._catalog = open_catalog(source_from_arguments(self._arguments), self._reporter)
        return self._catalog

    @property
    def split(self) -> str:
        """The chosen split, or the one that is measured when nobody chose."""
        from core.data.recognise import default_split

        return self._arguments.split or default_split(self.catalog)

    def read(self, given: Path) -> Embeddings:
        """The embeddings in a file, or those that a checkpoint makes of --data's split.

        Raises InputError for a checkpoint without --data, EmbeddingsError for a file of another split than asked for.
        """
        if given.suffix in FILE_SUFFIXES:
            embeddings = load_file(given)
            made_of, asked = embeddings.origin.split, self._arguments.split
            if asked and made_of and asked != made_of:
                raise EmbeddingsError(f"{given} has the embeddings of split '{made_of}', not of '{asked}'.", given)
            return embeddings
        if self._arguments.data is None:
            raise InputError(f"{given} is a checkpoint: name the images to embed with --data.", given)
        from core.retrieval.embed import embed

        split = self.split
        return embed(given, self.catalog, self.catalog.rows(split), split, self._arguments.device, self._reporter)


def require_of(embeddings: Embeddings, catalog: Catalog, given: Path) -> None:
    """Raise EmbeddingsError unless the embeddings are those of the catalog's rows."""
    rows = embeddings.rows
    fits = not rows.size or (rows.min() >= 0 and rows.max() < len(catalog))
    if not fits or (catalog.paths[rows] != embeddings.paths).any():
        raise EmbeddingsError(f"{given} has the embeddings of other images than those of {catalog.name}.", given)
