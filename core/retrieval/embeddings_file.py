"""An embeddings file that is given in place of a checkpoint: what it is called, and its vectors as a data set's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.data.catalog import Catalog, OwnVectors, Rows, Texts
from core.data.vectors.vector_files import READ_SUFFIXES
from core.errors import EmbeddingsError
from core.messages import Message
from core.models.checkpoint_files import file_hash
from core.retrieval.embeddings import Embeddings, of_catalog
from core.wording import counted


@dataclass(frozen=True)
class EmbeddingsFile:
    """A file of vectors that stands where a checkpoint stands; no network comes with it.

    Attributes:
        path: the file, such as an .npz.
        identity: 16 hex digits that change with what is in it; caches are keyed by it.
    """

    path: Path
    identity: str

    @property
    def name(self) -> str:
        """For a person."""
        return self.path.name


def is_embeddings_file(path: Path) -> bool:
    """Whether `path` is called like one."""
    return path.suffix.lower() in READ_SUFFIXES


def read_identity(path: Path) -> EmbeddingsFile:
    """The file at `path` as it is now; it is read once, as a whole. Raises EmbeddingsError when it cannot be."""
    try:
        return EmbeddingsFile(path, file_hash(path)[:16])
    except OSError as error:
        raise EmbeddingsError(Message("embeddings-file-not-opened", path=path, reason=error.strerror), path) from error


def in_catalog(embeddings: Embeddings, catalog: Catalog, given: Path) -> tuple[Embeddings, str]:
    """The embeddings of a file as those of the catalog's images, by row; and in words what is left out, or "".

    What `embed` wrote has their rows. In another program's file they are found by their paths, relative to the data's
    folder or absolute; where it has none, by `rows`, if the classes there are the file's labels. Where the catalog is
    itself of a file of vectors, by what that calls them. Raises EmbeddingsError for embeddings of other images.
    """
    found = _rows_of(embeddings, catalog)
    here = np.unique(found, return_index=True)[1]
    here = here[found[here] >= 0]
    # Of images whose data are not open, as those of a file of vectors, rows go by their names.
    ours = bool(embeddings.origin.catalog) and catalog.vectors is None
    if not here.size or (ours and not np.array_equal(found, embeddings.rows)):
        first = embeddings.paths[0] if len(embeddings) else Message("none")
        raise EmbeddingsError(
            Message(
                "embeddings-of-changed-images" if ours else "embeddings-of-other-images",
                path=given,
                catalog=catalog.name,
                first=first,
                example=catalog.paths[0],
            ),
            given,
        )
    left_out = np.setdiff1d(np.arange(len(found)), here)
    mismatch = ""
    if left_out.size:
        are = "is" if left_out.size == 1 else "are"
        mismatch = (
            f"{left_out.size:,} of {len(found):,} embeddings (first: {embeddings.paths[left_out[0]]}) {are} left out: "
            f"{catalog.name} does not have these images, or they are there twice"
        )
    return of_catalog(embeddings.vectors[here], found[here], catalog, embeddings.origin), mismatch


def of_split(embeddings: Embeddings, catalog: Catalog, split: str, given: Path) -> Embeddings:
    """The embeddings of a file as those of the images of `split`; its origin says what is left out and what is lacking.

    Raises EmbeddingsError for a file of another split or of none of these images.
    """
    made_of = embeddings.origin.split
    if made_of not in ("", "all", split):
        raise EmbeddingsError(Message("embeddings-of-other-split", path=given, split=made_of, expected=split), given)
    found, mismatch = in_catalog(embeddings, catalog, given)
    wanted = catalog.rows(split)
    part = found.part(np.flatnonzero(np.isin(found.rows, wanted)))
    if not len(part):
        raise EmbeddingsError(Message("embeddings-without-split", path=given, split=split, catalog=catalog.name), given)
    lacking = np.setdiff1d(wanted, part.rows)
    lacking = lacking[~np.isin(catalog.paths[lacking], part.origin.unreadable)]
    sentences = [embeddings.origin.left_out, mismatch, _without(catalog.paths[lacking], len(wanted), split)]
    origin = replace(
        part.origin,
        catalog=catalog.fingerprint,
        split=split,
        left_out="; ".join(sentence for sentence in sentences if sentence),
    )
    return replace(part, origin=origin)


def _rows_of(embeddings: Embeddings, catalog: Catalog) -> Rows:
    """(N,) catalog rows, -1 where there is none."""
    rows = embeddings.rows
    fits = not rows.size or (rows.min() >= 0 and rows.max() < len(catalog))
    if fits and (catalog.paths[rows] == embeddings.paths).all():
        return rows
    if fits and _has_no_paths(embeddings) and (catalog.labels[rows] == embeddings.labels).all():
        return rows
    if catalog.vectors is not None:
        return _rows_named_as(embeddings, catalog.vectors)
    return catalog.rows_of(embeddings.paths)


def _rows_named_as(embeddings: Embeddings, own: OwnVectors) -> Rows:
    """(N,) catalog rows by what the catalog's own file calls them, -1 where there is none.

    Rows that have but numbers are those of the same numbers, if there are as many.
    """
    has_numbers = (embeddings.paths == embeddings.rows.astype(str)).all()
    if has_numbers and len(embeddings) != len(own.rows):
        return np.full(len(embeddings), -1, np.int64)
    names = [f"row {row}" for row in embeddings.rows.tolist()] if has_numbers else embeddings.paths.tolist()
    places = {name: row for row, name in enumerate(own.names.tolist())}
    return np.array([places.get(name, -1) for name in names], np.int64)


def _has_no_paths(embeddings: Embeddings) -> bool:
    """Whether rows stand in for them, with classes to tell whether they are these."""
    return bool((embeddings.paths == embeddings.rows.astype(str)).all() and (embeddings.labels != "").any())


def _without(paths: Texts, images: int, split: str) -> str:
    if not paths.size:
        return ""
    has = "has" if paths.size == 1 else "have"
    return f"{paths.size:,} of {counted(images, 'image')} of split '{split}' {has} no embedding (first: {paths[0]})"
