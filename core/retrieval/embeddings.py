"""Embeddings: (N, D) vectors of catalog rows, and the two forms in which they are kept.

A *folder* (`embeddings.npy`, `rows.npy`, `meta.json` written last) is memory-mapped and belongs to a catalog.
A *file* (.npz or .parquet) is for other programs and carries labels and paths with it.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.data.catalog import Catalog, Rows, Texts
from core.data.vectors.other_containers import refuse_other_container
from core.data.vectors.vector_columns import VectorColumns
from core.data.vectors.vector_files import READ_SUFFIXES, read_columns
from core.errors import EmbeddingsError
from core.messages import Message
from core.storage import atomic_path, discard, open_regular, read_json, write_json

Vectors = npt.NDArray[np.float32]
FORMAT = 1
ARRAYS = ("embeddings.npy", "rows.npy")
FILE_SUFFIXES = (".npz", ".parquet")


@dataclass(frozen=True)
class Origin:
    """What embeddings were computed from.

    `unreadable` lists images of the split that could not be decoded and therefore have no row here. `left_out` says in
    words what of a given file is not here and which images it lacks; "" where file and images agree. `read_as` says in
    words what of another program's file was read under names or in a form that are not ours.
    """

    catalog: str = ""
    checkpoint: str = ""
    split: str = ""
    device: str = ""
    unreadable: tuple[str, ...] = ()
    left_out: str = ""
    read_as: str = ""

    @property
    def description(self) -> str:
        """What is to be said wherever figures of these embeddings stand; "" where file and images agree."""
        return "; ".join(part for part in (self.left_out, self.read_as) if part)


@dataclass(frozen=True, eq=False)
class Embeddings:
    """N vectors of D dimensions; a position in 0..N-1 is where a catalog row stands here.

    Attributes:
        vectors: (N, D) float32, finite; unit length when the model normalises. May be a read-only memory map.
        rows: (N,) catalog rows, each once.
        labels: (N,) class names, "" where unlabelled.
        paths: (N,) image paths as in the catalog.
        roles: (N,) "query", "gallery" or "", or None where there are no roles.
        origin: what they were computed from.

    Raises EmbeddingsError when shapes differ, a row appears twice or a value is not finite, naming the first one.
    """

    vectors: Vectors
    rows: Rows
    labels: Texts
    paths: Texts
    roles: Texts | None = None
    origin: Origin = Origin()

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2:
            raise EmbeddingsError(Message("embeddings-misshapen", shape=str(self.vectors.shape)))
        count = len(self.vectors)
        for name in ("rows", "labels", "paths", "roles"):
            column = getattr(self, name)
            if column is not None and len(column) != count:
                raise EmbeddingsError(
                    Message("embeddings-column-of-other-length", count=len(column), column=name, vectors=count), name
                )
        values, counts = np.unique(self.rows, return_counts=True)
        if (counts > 1).any():
            twice = int(values[counts.argmax()])
            raise EmbeddingsError(Message("embeddings-row-twice", row=twice), twice)
        # A sum is finite only if every value is; it reads the memory map once without a boolean copy.
        with np.errstate(invalid="ignore"):
            sums = self.vectors.sum(axis=1, dtype=np.float64)
        if not np.isfinite(sums).all():
            raise _not_finite(np.flatnonzero(~np.isfinite(sums)), self.rows, self.paths)

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def dimensions(self) -> int:
        """D."""
        return int(self.vectors.shape[1])

    def part(self, positions: Rows) -> Embeddings:
        """The embeddings at some positions, in that order."""
        roles = None if self.roles is None else self.roles[positions]
        return Embeddings(
            self.vectors[positions],
            self.rows[positions],
            self.labels[positions],
            self.paths[positions],
            roles,
            self.origin,
        )


def _not_finite(found: Rows, rows: Rows, paths: Texts) -> EmbeddingsError:
    """The error that names the first, and the rows of the first ten."""
    first = int(found[0])
    if len(found) == 1:
        return EmbeddingsError(Message("embedding-of-row-not-finite", path=paths[first], row=rows[first]), first)
    named = [*rows[found[:10]].tolist(), *(["..."] if len(found) > 10 else [])]
    return EmbeddingsError(
        Message(
            "embeddings-of-rows-not-finite",
            path=paths[first],
            row=rows[first],
            others=len(found) - 1,
            count=len(rows),
            rows=named,
        ),
        first,
    )


def save_folder(folder: Path, vectors: Vectors, rows: Rows, origin: Origin) -> None:
    """Write the memory-mappable form; `meta.json`, written last, marks it complete and has the arrays' checksums.

    Whatever else has taken the place of the folder or of one of its files goes.
    """
    folder = Path(folder)
    if not folder.is_dir():
        discard(folder)
    for name in (*ARRAYS, "meta.json"):
        if not (folder / name).is_file():
            discard(folder / name)
    for name, array in zip(ARRAYS, (vectors, rows), strict=True):
        with atomic_path(folder / name) as temporary, temporary.open("wb") as handle:
            np.save(handle, np.ascontiguousarray(array), allow_pickle=False)
    sums = {name: _checksum(folder / name) for name in ARRAYS}
    write_json(folder / "meta.json", {"format": FORMAT, "checksums": sums, **asdict(origin)})


def is_complete(folder: Path) -> bool:
    """Whether `save_folder` finished there."""
    return (Path(folder) / "meta.json").is_file()


def load_folder(folder: Path, catalog: Catalog) -> Embeddings:
    """Memory-map embeddings of `catalog`.

    Raises EmbeddingsError when they were computed from another catalog or are damaged.
    """
    vectors, rows, origin = map_folder(folder)
    if origin.catalog != catalog.fingerprint:
        raise EmbeddingsError(Message("embeddings-of-other-data", folder=folder, catalog=catalog.name), folder)
    if rows.size and not 0 <= rows.min() <= rows.max() < len(catalog):
        raise EmbeddingsError(Message("embeddings-rows-outside", folder=folder, count=len(catalog)), folder)
    return of_catalog(vectors, rows, catalog, origin)


def map_folder(folder: Path) -> tuple[Vectors, Rows, Origin]:
    """Memory-mapped (N, D) vectors, their (N,) catalog rows and their origin, without the catalog.

    Raises EmbeddingsError when they are incomplete, of another format or damaged; that a number was changed is seen by
    the checksums, which folders of older versions do not have.
    """
    folder = Path(folder)
    if not is_complete(folder):
        raise EmbeddingsError(Message("embeddings-incomplete", folder=folder), folder)
    meta = read_json(folder / "meta.json")
    if meta.get("format") != FORMAT:
        raise EmbeddingsError(
            Message("embeddings-of-other-format", folder=folder, found=meta.get("format"), expected=FORMAT), folder
        )
    try:
        for name, known in _checksums(meta).items():
            if _checksum(folder / name) != known:
                raise ValueError(f"{name} was changed since it was written")
        for name in ARRAYS:
            open_regular(folder / name).close()
        vectors = np.load(folder / "embeddings.npy", mmap_mode="r", allow_pickle=False)
        rows = np.load(folder / "rows.npy", allow_pickle=False)
        if vectors.dtype != np.float32 or rows.dtype.kind not in "iu":
            raise ValueError(f"it has {vectors.dtype} vectors of {rows.dtype} rows")
        return vectors, rows, _origin(meta)
    except (OSError, EOFError, ValueError, TypeError, AttributeError) as error:
        raise EmbeddingsError(Message("embeddings-damaged", folder=folder, reason=error), folder) from error


def _checksums(meta: dict[str, Any]) -> dict[str, int]:
    """name -> checksum, of the arrays that have one."""
    return {name: int(meta["checksums"][name]) for name in ARRAYS if name in meta.get("checksums", {})}


def _checksum(path: Path) -> int:
    found = 0
    with open_regular(path) as handle:
        while part := handle.read(1 << 20):
            found = zlib.crc32(part, found)
    return found


def of_catalog(vectors: Vectors, rows: Rows, catalog: Catalog, origin: Origin) -> Embeddings:
    """Embeddings whose labels, paths and roles are looked up in `catalog`."""
    roles = catalog.roles[rows]
    return Embeddings(
        vectors, rows, catalog.labels[rows], catalog.paths[rows], roles if np.any(roles != "") else None, origin
    )


def save_file(path: Path, embeddings: Embeddings) -> None:
    """Write .npz or .parquet with `embeddings`, `labels`, `paths`, `rows` and, where there are any, `roles`.

    Raises EmbeddingsError for another suffix.
    """
    path = Path(path)
    check_suffix(path)
    columns: dict[str, Any] = {
        "labels": embeddings.labels.astype(str),
        "paths": embeddings.paths.astype(str),
        "rows": embeddings.rows.astype(np.int64),
    }
    if embeddings.roles is not None:
        columns["roles"] = embeddings.roles.astype(str)
    vectors = np.ascontiguousarray(embeddings.vectors, dtype=np.float32)
    origin = json.dumps(asdict(embeddings.origin))
    with atomic_path(path) as temporary:
        if path.suffix.lower() == ".npz":
            with temporary.open("wb") as handle:
                np.savez(handle, embeddings=vectors, origin=np.array(origin), **columns)
        else:
            _write_parquet(temporary, vectors, columns, origin)


def check_suffix(path: Path) -> None:
    """Raise EmbeddingsError unless `path` ends in .npz or .parquet."""
    if path.suffix.lower() not in FILE_SUFFIXES:
        raise EmbeddingsError(Message("embeddings-file-of-other-type", path=path, suffix=path.suffix), path)


def load_file(path: Path, needs_names: bool = True) -> Embeddings:
    """Read what `save_file` wrote, or any file of vectors and classes; objects (code) are refused.

    Also tables of numbers in .csv and .tsv. Rows without a vector are left out, and the origin says which and what was
    read under other names. Without `needs_names` vectors alone will do. Raises EmbeddingsError in one sentence for
    whatever cannot be read.
    """
    path = Path(path)
    _check_readable(path)
    found = read_columns(path, needs_names)
    return _made(path, found, found.rows, found.labels, found.paths, found.roles)


def load_for(path: Path, catalog: Catalog) -> Embeddings:
    """The vectors of a file for a catalog, which says how the rows are divided; raises as `load_file`.

    Those of the file that it is made of are its rows'; of another `core.retrieval.embeddings_file` finds them.
    """
    path = Path(path)
    _check_readable(path)
    own = catalog.vectors
    found = read_columns(path, needs_names=own is None, all_together=False)
    if own is None or not path.samefile(own.path):
        return _made(path, found, found.rows, found.labels, found.paths, found.roles)
    # Which catalog row each row of the file is.
    places = np.full(max(own.rows.max(initial=-1), found.positions.max(initial=-1)) + 1, -1, np.int64)
    places[own.rows] = np.arange(len(own.rows))
    rows = places[found.positions]
    wanted = rows >= 0
    rows, vectors = rows[wanted], found.vectors if wanted.all() else found.vectors[wanted]
    return _made(path, replace(found, vectors=vectors), rows, catalog.labels[rows], catalog.paths[rows], None)


def _made(path: Path, found: VectorColumns, rows: Rows, labels: Texts, paths: Texts, roles: Texts | None) -> Embeddings:
    known = _origin(found.origin)
    left_out = "; ".join(part for part in (known.left_out, found.left_out) if part)
    read_as = "; ".join(part for part in (known.read_as, found.read_as) if part)
    try:
        origin = replace(known, left_out=left_out, read_as=read_as)
        return Embeddings(found.vectors, rows, labels, paths, roles, origin)
    except EmbeddingsError as error:
        raise EmbeddingsError(Message("file-fault", path=path, reason=error), error.subject) from error


def _check_readable(path: Path) -> None:
    if not path.exists():
        raise EmbeddingsError(Message("embeddings-file-missing", path=path), path)
    if path.suffix.lower() not in READ_SUFFIXES:
        refuse_other_container(path)
        check_suffix(path)


def _write_parquet(path: Path, vectors: Vectors, columns: dict[str, Any], origin: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    cells = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
    # File names need not be UTF-8, Parquet's text must be.
    readable = {name: pa.array([as_utf8(cell) for cell in column.tolist()]) for name, column in columns.items()}
    pq.write_table(pa.table({"embeddings": cells} | readable).replace_schema_metadata({"origin": origin}), path)


def as_utf8(cell: object) -> object:
    """A text as Parquet can hold it, what is no Unicode replaced; anything else as it is."""
    return cell.encode("utf-8", "surrogateescape").decode("utf-8", "replace") if isinstance(cell, str) else cell


def _origin(values: dict[str, Any]) -> Origin:
    texts_of = ("catalog", "checkpoint", "split", "device", "left_out", "read_as")
    known = {name: values[name] for name in texts_of if name in values}
    return Origin(**known, unreadable=tuple(values.get("unreadable", ())))
