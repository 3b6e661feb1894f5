"""Maps of embeddings: (N, 2) positions, how they were made, and the file they are kept in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
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
from core.retrieval.collapse import Spread, spread_of
from core.retrieval.embeddings import Embeddings
from core.retrieval.protocol import Protocol
from core.retrieval.similarity import unit, within_squares
from core.storage import open_regular


@dataclass(frozen=True, eq=False)
class Projection:
    """A map.

    Attributes:
        xy: (N, 2) float32, finite.
        method: "umap" or "pca": what was done, which for very few images is not what was asked.
        parameters: what it was done with; plain values. "spread" are the fields of a `collapse.Spread` of which
            something is to be said; in maps of older versions "collapsed" is that in words.
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

    @property
    def collapse(self) -> str:
        """What is to be said of vectors that (nearly) all lie at one place; "" of others."""
        return self._spread.describe() if self._spread else str(self.parameters.get("collapsed", ""))

    @property
    def collapse_word(self) -> str:
        """The same where there is little room."""
        # A sentence of an older version begins with the word.
        return self._spread.word if self._spread else self.collapse.partition(":")[0]

    @property
    def _spread(self) -> Spread | None:
        return Spread.from_json(self.parameters["spread"]) if "spread" in self.parameters else None

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


def pca_map(embeddings: Embeddings, like: Projection | None = None, protocol: Protocol | None = None) -> Projection:
    """The map that is there at once, tied to its catalog rows and turned to look like another one.

    By the distance of `protocol`, or by the one that fits the embeddings.
    """
    distance = (protocol or Protocol.of(embeddings)).distance
    points, shares = principal_components(as_compared(embeddings.vectors, distance))
    if like is not None:
        points = align(points, like.at(embeddings.rows))
    parameters: dict[str, Any] = {"asked": "pca", "images": len(embeddings), "variance": shares, "metric": distance}
    spread = spread_of(embeddings.vectors, distance)
    return Projection(points, "pca", parameters | to_tell(spread), embeddings.rows)


def to_tell(spread: Spread) -> dict[str, Any]:
    """The parameter of a map that keeps a spread of which something is to be said."""
    return {"spread": asdict(spread)} if spread.describe() else {}


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
