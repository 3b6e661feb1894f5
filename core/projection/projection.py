"""Maps of embeddings: (N, 2) positions, how they were made, and the file they are kept in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.array_file import DAMAGE, save_arrays
from core.data.catalog import Rows
from core.errors import EmbeddingsError
from core.messages import Message
from core.projection.alignment import align
from core.projection.pca import Points, principal_components
from core.retrieval.collapse import spread_of
from core.retrieval.distance_rule import distance_of
from core.retrieval.embeddings import Embeddings
from core.retrieval.similarity import unit, within_squares
from core.storage import open_regular


@dataclass(frozen=True, eq=False)
class Projection:
    """A map.

    Attributes:
        xy: (N, 2) float32, finite.
        method: "umap" or "pca": what was done, which for very few images is not what was asked.
        parameters: what it was done with; plain values.
        rows: (N,) catalog rows, or None while the map is not tied to a catalog.

    Raises EmbeddingsError when shapes do not fit or a position is not finite.
    """

    xy: Points
    method: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    rows: Rows | None = None

    def __post_init__(self) -> None:
        if self.xy.ndim != 2 or self.xy.shape[1] != 2:
            raise EmbeddingsError(Message("map-misshapen", shape=str(self.xy.shape)))
        if self.rows is not None and len(self.rows) != len(self.xy):
            raise EmbeddingsError(Message("map-rows-miscounted", rows=len(self.rows), positions=len(self.xy)))
        if not np.isfinite(self.xy).all():
            first = int(np.flatnonzero(~np.isfinite(self.xy).all(axis=1))[0])
            raise EmbeddingsError(Message("map-position-not-finite", position=first), first)

    def __len__(self) -> int:
        return len(self.xy)

    def at(self, rows: Rows) -> npt.NDArray[np.float32]:
        """(M, 2) positions of catalog rows; NaN for those that the map does not have."""
        positions = np.full((len(rows), 2), np.nan, np.float32)
        if self.rows is not None:
            _, wanted, here = np.intersect1d(rows, self.rows, assume_unique=True, return_indices=True)
            positions[wanted] = self.xy[here]
        return positions


def as_compared(vectors: npt.NDArray[np.floating], distance: str) -> npt.NDArray[np.float32]:
    """(N, D) vectors whose Euclidean distances order as `distance` does: their directions, or as they are."""
    return unit(vectors) if distance == "cosine" else within_squares(np.asarray(vectors, np.float32))


def pca_map(embeddings: Embeddings, like: Projection | None = None) -> Projection:
    """The map that is there at once, tied to its catalog rows and turned to look like another one."""
    distance = distance_of(embeddings.vectors)
    points, shares = principal_components(as_compared(embeddings.vectors, distance))
    if like is not None:
        points = align(points, like.at(embeddings.rows))
    parameters: dict[str, Any] = {"asked": "pca", "images": len(embeddings), "variance": shares, "metric": distance}
    collapse = spread_of(embeddings.vectors, distance).describe()
    return Projection(points, "pca", parameters | ({"collapsed": collapse} if collapse else {}), embeddings.rows)


def save(path: Path, projection: Projection) -> None:
    """Write a map as .npz: `xy`, `rows` (where it has them), `method` and `parameters` (JSON text)."""
    columns = {} if projection.rows is None else {"rows": projection.rows.astype(np.int64)}
    parameters = np.array(json.dumps(dict(projection.parameters)))
    xy = projection.xy.astype(np.float32)
    save_arrays(Path(path), {"xy": xy, "method": np.array(projection.method), "parameters": parameters, **columns})


def load(path: Path) -> Projection:
    """Read what `save` wrote. Raises EmbeddingsError when it is not there or not a map."""
    path = Path(path)
    if not path.exists():
        raise EmbeddingsError(Message("map-file-missing", path=path), path)
    try:
        with open_regular(path) as handle, np.load(handle, allow_pickle=False) as store:
            if "xy" not in store.files:
                raise EmbeddingsError(Message("map-file-without-positions", path=path), path)
            return Projection(
                xy=store["xy"].astype(np.float32),
                method=str(store["method"]),
                parameters=json.loads(str(store["parameters"])),
                rows=store["rows"].astype(np.int64) if "rows" in store.files else None,
            )
    except DAMAGE as error:
        raise EmbeddingsError(Message("map-file-not-readable", path=path, reason=error), path) from error
