"""The argument that is a checkpoint (then with --data) or an embeddings file (then without)."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.data.catalog import Catalog
from core.data.source import add_data_arguments, source_from_arguments
from core.data.vectors.other_containers import refuse_other_container
from core.errors import EmbeddingsError, InputError
from core.messages import Message
from core.models.checkpoint_files import read_info, resolve, shipped_model
from core.progress import Reporter
from core.retrieval.embeddings import Embeddings, load_file, load_for
from core.retrieval.embeddings_file import is_embeddings_file, of_split
from core.storage import other_kind


def add_embedding_arguments(parser: argparse.ArgumentParser, data_required: bool) -> None:
    """Add --data and its options, --split and --device."""
    add_data_arguments(parser, required=data_required)
    parser.add_argument(
        "--split", help="train, val, test or all (default: test where there is one, else val, else all)"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="device to run the model on")


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
            from core.data.catalog_opening import open_catalog

            self._catalog = open_catalog(source_from_arguments(self._arguments), self._reporter)
        return self._catalog

    @property
    def split(self) -> str:
        """The chosen split, or the one that is measured when nobody chose."""
        from core.data.catalog_opening import default_split

        return self._arguments.split or default_split(self.catalog)

    def read(self, given: Path) -> Embeddings:
        """The embeddings in a file, or those that a checkpoint makes of --data's split.

        Raises InputError for what is neither and for a checkpoint without --data, EmbeddingsError for a file of
        another split than asked for, or of none of --data's images.
        """
        if is_embeddings_file(given):
            return self._of_file(given)
        _require_checkpoint(given)
        if self._arguments.data is None:
            raise InputError(Message("checkpoint-without-data", path=given), given)
        from core.retrieval.embed import CheckpointEmbedder

        split = self.split
        rows = self.catalog.rows(split)
        return CheckpointEmbedder(given, self._arguments.device).embed(self.catalog, rows, split, self._reporter)

    def _of_file(self, given: Path) -> Embeddings:
        """All of them, or those of --data's images; there of the split that a checkpoint would be measured on."""
        embeddings = load_file(given) if self._arguments.data is None else load_for(given, self.catalog)
        made_of, asked = embeddings.origin.split, self._arguments.split
        if self._arguments.data is None:
            if asked and made_of and asked != made_of:
                raise EmbeddingsError(
                    Message("embeddings-of-other-split", path=given, split=made_of, expected=asked), given
                )
            found = embeddings
        else:
            found = of_split(embeddings, self.catalog, asked or made_of or self.split, given)
        for note in (found.origin.left_out, found.origin.read_as):
            if note:
                self._reporter.notice(Message("embeddings-noted", path=given, note=note))
        return found


def _require_checkpoint(given: Path) -> None:
    """Raise InputError for a path that cannot be one, before any image is looked for."""
    if not given.exists():
        if shipped_model(str(given)) is not None:
            return
        raise InputError(Message("input-missing", path=given), given)
    kind = other_kind(given)
    if kind and not given.is_dir():
        raise InputError(Message("input-of-other-kind", path=given, kind=kind), given)
    if given.is_file() and given.suffix.lower() != ".safetensors":
        refuse_other_container(given)
        raise InputError(Message("input-neither-of-expected", path=given), given)
    read_info(resolve(given))
