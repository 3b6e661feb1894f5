"""Embeddings: (N, D) vectors of catalog rows, and the two forms in which they are kept.

A *folder* (`embeddings.npy`, `rows.npy`, `meta.json` written last) is memory-mapped and belongs to a catalog.
A *file* (.npz or .parquet) is for other programs and carries labels and paths with it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.data.catalog import Catalog, Rows, Texts, texts
from core.errors import EmbeddingsError
from core.storage import atomic_path, read_json, write_json

Vectors = npt.NDArray[np.float32]
FORMAT = 1


@dataclass(frozen=True)
class Origin:
    """What embeddings were computed from.

    `unreadable` lists images of the split that could not be decoded and therefore have no row here.
    """

    catalog: str = ""
    checkpoint: str = ""
    split: str = ""
    device: str = ""
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Embeddings:
    """N vectors of D dimensions, in ascending order of catalog row.

    Attributes:
        vectors: (N, D) float32, finite; unit length when the model normalises. May be a read-only memory map.
        rows: (N,) catalog rows.
        labels: (N,) class names, "" where unlabelled.
        paths: (N,) image paths as in the catalog.
        roles: (N,) "query", "gallery" or "", or None where there are no roles.
        origin: what they were computed from.

    Raises EmbeddingsError when shapes differ or a value is not finite, naming the first row concerned.
    """

    vectors: Vectors
    rows: Rows
    labels: Texts
    paths: Texts
    roles: Texts | None = None
    origin: Origin = Origin()

    def __post_init__(self) -> None:
        if self.vectors.ndim != 2:
            raise EmbeddingsError(f"Embeddings have shape {self.vectors.shape}, expected (images, dimensions).")
        count = len(self.vectors)
        for name, column in {"rows": self.rows, "labels": self.labels, "paths": self.paths, "roles": self.roles}.items():
            if column is not None and len(column) != count:
                raise EmbeddingsError(f"Embeddings list {len(column)} {name} for {count} vectors.", name)
        # A sum is finite only if every value is; it reads the memory map once without a boolean copy.
        sums = self.vectors.sum(axis=1, dtype=np.float64)
        if not np.isfinite(sums).all():
            first = int(np.flatnonzero(~np.isfinite(sums))[0])
            raise EmbeddingsError(f"The embedding of {self.paths[first]} (row {self.rows[first]}) is not finite.", first)

    def __len__(self) -> int:
        return len(self.vectors)

    @property
    def dimensions(self) -> int:
        """D."""
        return int(self.vectors.shape[1])


def save_folder(folder: Path, vectors: Vectors, rows: Rows, origin: Origin) -> None:
    """Write the memory-mappable form; `meta.json`, written last, marks it complete."""
    folder = Path(folder)
    for name, array in {"embeddings.npy": vectors, "rows.npy": rows}.items():
        with atomic_path(folder / name) as temporary, temporary.open("wb") as handle:
            np.save(handle, np.ascontiguousarray(array), allow_pickle=False)
    write_json(folder / "meta.json", {"format": FORMAT, **asdict(origin)})


def is_complete(folder: Path) -> bool:
    """Whether `save_folder` finished there."""
    return (Path(folder) / "meta.json").is_file()


def load_folder(folder: Path, catalog: Catalog) -> Embeddings:
    """Memory-map embeddings of `catalog`.

    Raises EmbeddingsError when they were computed from another catalog or are damaged.
    """
    folder = Path(folder)
    if not is_complete(folder):
        raise EmbeddingsError(f"{folder} has no complete embeddings.", folder)
    origin = _origin(read_json(folder / "meta.json"))
    if origin.catalog != catalog.fingerprint:
        raise EmbeddingsError(f"{folder} was computed from other data than {catalog.name} as it is now.", folder)
    try:
        vectors = np.load(folder / "embeddings.npy", mmap_mode="r", allow_pickle=False)
        rows = np.load(folder / "rows.npy", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise EmbeddingsError(f"{folder} is damaged ({error}).", folder) from error
    return of_catalog(vectors, rows, catalog, origin)


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
    columns = {
        "labels": embeddings.labels.astype(str),
        "paths": embeddings.paths.astype(str),
        "rows": embeddings.rows.astype(np.int64),
    }
    if embeddings.roles is not None:
        columns["roles"] = embeddings.roles.astype(str)
    vectors = np.ascontiguousarray(embeddings.vectors, dtype=np.float32)
    origin = json.dumps(asdict(embeddings.origin))
    if path.suffix == ".npz":
        with atomic_path(path) as temporary, temporary.open("wb") as handle:
            np.savez(handle, embeddings=vectors, origin=np.array(origin), **columns)
    elif path.suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        cells = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
        table = pa.table({"embeddings": cells} | {name: pa.array(list(column)) for name, column in columns.items()})
        table = table.cast(table.schema.set(3, pa.field("rows", pa.int64())))
        with atomic_path(path) as temporary:
            pq.write_table(table.replace_schema_metadata({"origin": origin}), temporary)
    else:
        raise EmbeddingsError(f"{path} ends in '{path.suffix}'; embeddings are written as .npz or .parquet.", path)


def load_file(path: Path) -> Embeddings:
    """Read what `save_file` wrote, or any file with the same arrays; objects (code) are refused."""
    path = Path(path)
    if not path.is_file():
        raise EmbeddingsError(f"{path} is not there; expected an embeddings file (.npz or .parquet).", path)
    try:
        columns = _read_npz(path) if path.suffix == ".npz" else _read_parquet(path)
        vectors = np.asarray(columns["embeddings"], dtype=np.float32)
        count = len(vectors)
        rows = np.asarray(columns.get("rows", np.arange(count)), dtype=np.int64)
        labels = texts([str(label) for label in columns["labels"]])
        paths = texts([str(item) for item in columns.get("paths", rows)])
        roles = texts([str(role) for role in columns["roles"]]) if "roles" in columns else None
        origin = _origin(json.loads(str(columns["origin"]))) if "origin" in columns else Origin()
    except KeyError as error:
        raise EmbeddingsError(f"{path} has no array {error}; expected 'embeddings' and 'labels'.", path) from error
    except (OSError, ValueError) as error:
        raise EmbeddingsError(f"{path} cannot be read as embeddings ({error}).", path) from error
    return Embeddings(vectors, rows, labels, paths, roles, origin)


def _read_npz(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as store:
        return {name: store[name] for name in store.files}


def _read_parquet(path: Path) -> dict[str, Any]:
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    columns: dict[str, Any] = {name: table[name].to_pylist() for name in table.column_names if name != "embeddings"}
    cells = table["embeddings"].combine_chunks()
    columns["embeddings"] = np.asarray(cells.flatten()).reshape(len(cells), -1)
    metadata = table.schema.metadata or {}
    if b"origin" in metadata:
        columns["origin"] = metadata[b"origin"].decode()
    return columns


def _origin(values: dict[str, Any]) -> Origin:
    known = {name: values[name] for name in ("catalog", "checkpoint", "split", "device") if name in values}
    return Origin(**known, unreadable=tuple(values.get("unreadable", ())))
