"""The argument that is a checkpoint (then with --data) or an embeddings file (then without)."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.data.catalog import Catalog
from core.data.source import add_data_arguments, source_from_arguments
from core.errors import EmbeddingsError, InputError
from core.progress import Reporter
from core.retrieval.embeddings import FILE_SUFFIXES, Embeddings, load_file, of_catalog

NO_CHECKPOINTS = (".csv", ".tsv", ".jsonl")


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

        Raises InputError for what is neither and for a checkpoint without --data, EmbeddingsError for a file of
        another split than asked for, or of none of --data's images.
        """
        if given.suffix in FILE_SUFFIXES:
            embeddings = load_file(given)
            made_of, asked = embeddings.origin.split, self._arguments.split
            if asked and made_of and asked != made_of:
                raise EmbeddingsError(f"{given} has the embeddings of split '{made_of}', not of '{asked}'.", given)
            return embeddings if self._arguments.data is None else self._of_data(embeddings, given)
        _require_checkpoint(given)
        if self._arguments.data is None:
            raise InputError(f"{given} is a checkpoint: name the images to embed with --data.", given)
        from core.retrieval.embed import embed

        split = self.split
        return embed(given, self.catalog, self.catalog.rows(split), split, self._arguments.device, self._reporter)

    def _of_data(self, embeddings: Embeddings, given: Path) -> Embeddings:
        """Those of --data's images; of another program's file the split that a checkpoint would be measured on."""
        found = in_catalog(embeddings, self.catalog, given, self._reporter)
        if found.origin.catalog:
            return found
        split = self.split
        part = found.part(np.flatnonzero(np.isin(found.rows, self.catalog.rows(split))))
        return replace(part, origin=replace(part.origin, split=split))


def _require_checkpoint(given: Path) -> None:
    """Raise InputError for a path that cannot be one, before any image is looked for."""
    expected = "a checkpoint (.safetensors), a run directory or an embeddings file (.npz, .parquet)"
    if not given.exists():
        raise InputError(f"{given} is not there; expected {expected}.", given)
    if given.suffix == ".npy":
        raise InputError(
            f"{given} is a bare array; expected an .npz file: numpy.savez('FILE.npz', embeddings=..., labels=...).",
            given,
        )
    if given.is_file() and given.suffix.lower() in NO_CHECKPOINTS:
        raise InputError(f"{given} is a table; expected {expected}.", given)


def in_catalog(embeddings: Embeddings, catalog: Catalog, given: Path, reporter: Reporter) -> Embeddings:
    """The embeddings of a file as those of the catalog's images.

    What `embed` wrote has their rows. In another program's file they are found by their paths; what the catalog does
    not have, and what is there again, is left out and told. Raises EmbeddingsError for embeddings of other images.
    """
    rows = embeddings.rows
    fits = not rows.size or (rows.min() >= 0 and rows.max() < len(catalog))
    if fits and (catalog.paths[rows] == embeddings.paths).all():
        return embeddings
    places = {path: row for row, path in enumerate(catalog.paths.tolist())}
    found = np.array([places.get(path, -1) for path in embeddings.paths.tolist()], np.int64)
    here = np.unique(found, return_index=True)[1]
    here = np.sort(here[found[here] >= 0])
    if embeddings.origin.catalog or not here.size:
        raise EmbeddingsError(f"{given} has the embeddings of other images than those of {catalog.name}.", given)
    left_out = np.setdiff1d(np.arange(len(found)), here)
    if left_out.size:
        told = f"{left_out.size:,} of {len(found):,} embeddings (first: {embeddings.paths[left_out[0]]}) of {given}"
        reason = f"{catalog.name} does not have these images, or they are there twice"
        reporter.event("notice", sentence=f"{told} are left out: {reason}.")
    return of_catalog(embeddings.vectors[here], found[here], catalog, embeddings.origin)
