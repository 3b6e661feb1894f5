"""Whether vectors are all but equal: then ranks and maps show rounding, or the order of the rows, and not the images.

Two measures that no scaling changes. The *spread* of N vectors is mean |x - mean|^2 / mean |x|^2: 0 where they are
equal. Where near is by cosine they are taken at unit length, and it is 1 - the mean cosine of all pairs: 1 where
directions cancel out. Float32 cosines are rounded to 6e-8, so a spread below 1e-4 leaves a ranking three digits. And
the number of *different* vectors, bit by bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.data.catalog import Texts
from core.messages import Message
from core.retrieval.distances import scale_to_unit
from core.retrieval.parallel import parallel_rows

# Below, what parts the vectors is about the rounding of float32 itself; nothing can be told apart.
ROUNDING_SPREAD = 1e-12
NEARLY_EQUAL_SPREAD = 1e-4
FEWEST, NAMED = 3, 3
# Above, the difference of two sums is exact enough.
_PLAINLY = 1e-3
_AT_ONCE = 1024
# Rows that stay within the processor's cache.
_IN_CACHE = 128
_SEED = 0


@dataclass(frozen=True)
class Spread:
    """How far N vectors are from being one.

    Attributes:
        images: N.
        spread: from 0 to 1, of their directions by "cosine", of the vectors as they are by "euclidean"; 0 where all
            have length zero.
        different: how many different vectors there are, by a hash of their bits.
        zeros: how many have length zero.
        zero_names: what the first of those are called, where names were given.
        distance: what near is, one of `distance_rule.DISTANCES`.
    """

    images: int
    spread: float
    different: int
    zeros: int
    zero_names: tuple[str, ...]
    distance: str

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Spread:
        """What `dataclasses.asdict` made of one, read back from JSON."""
        return cls(**{**document, "zero_names": tuple(document["zero_names"])})

    @property
    def is_rounding(self) -> bool:
        """Whether nothing but rounding parts them."""
        return self.images > 1 and self.spread < ROUNDING_SPREAD

    def describe(self) -> str:
        """What is to be said where figures or positions of them stand; "" where there is nothing to say."""
        parts = [part for part in (self.describe_collapse(), self._describe_zeros()) if part]
        return Message("parts", parts=parts) if parts else ""

    @property
    def word(self) -> str:
        """The same where there is little room: "collapsed" of vectors that are all (nearly) equal."""
        if self.images >= FEWEST and (self.different == 1 or self.spread < NEARLY_EQUAL_SPREAD):
            return Message("collapsed", collapsed=self.different == 1 or self.is_rounding)
        return self.describe_collapse() or self._describe_zeros(short=True)

    def _describe_zeros(self, short: bool = False) -> str:
        """Of some vectors among others: a failed image's, and by cosine not one that is near to any."""
        if not 0 < self.zeros < self.images:
            return ""
        count, images = self.zeros, self.images
        if self.zero_names:
            names = [*self.zero_names, *(["..."] if count > len(self.zero_names) else [])]
            some = Message("vectors-by-name", count=count, images=images, names=names)
        else:
            some = Message("vectors-of-all", count=count, images=images)
        if short:
            return Message("vectors-zero", vectors=some, count=count)
        if self.distance == "euclidean":
            return Message("vectors-all-zeros", vectors=some, count=count)
        return Message("vectors-without-direction", vectors=some, count=count)

    def describe_collapse(self) -> str:
        """How far they are equal, where that is so far that figures and positions show little; "" where it is not."""
        if self.images < FEWEST:
            return ""
        if self.different == 1:
            return Message("vectors-all-equal", count=self.images)
        if self.spread < NEARLY_EQUAL_SPREAD:
            return Message(
                "vectors-nearly-equal" if self.distance == "euclidean" else "directions-nearly-equal",
                collapsed=self.is_rounding,
                spread=self.spread,
            )
        if 2 * self.different <= self.images:
            return Message("vectors-partly-equal", different=self.different, count=self.images)
        return ""


def spread_of(vectors: npt.NDArray[np.floating], distance: str, names: Sequence[str] | Texts = ()) -> Spread:
    """The spread of (N, D) vectors where near is by `distance`, read in parts; `names` are what images are called.

    Once, where that tells plainly that they are many different ones. Equal vectors have equal sums of their numbers.
    """
    count, sums, found = len(vectors), np.empty(len(vectors)), []
    is_zero, directed = np.zeros(count, np.bool_), distance == "cosine"

    def read(rows: slice) -> None:
        total, length = np.zeros(vectors.shape[1]), 0.0
        for start in range(rows.start, rows.stop, _IN_CACHE):
            part = np.asarray(vectors[start : min(start + _IN_CACHE, rows.stop)], np.float64)
            sums[start : start + len(part)] = part.sum(axis=1)
            squares = np.linalg.vecdot(part, part)
            is_zero[start : start + len(part)] = squares == 0
            if directed:
                length += np.count_nonzero(squares)
                total += (1 / np.sqrt(np.where(squares > 0, squares, np.inf))) @ part
            else:
                length += float(squares.sum())
                total += part.sum(axis=0)
        found.append((total, length))

    parallel_rows(read, count)
    total = np.sum([part for part, _ in found], axis=0) if found else np.zeros(vectors.shape[1])
    length = sum(part for _, part in found)
    apart = length - float(total @ total) / max(count, 1)
    if apart < _PLAINLY * length:
        apart, length = _apart(vectors, total / max(count, 1), directed)
    different = len(np.unique(sums))
    if count and 2 * different <= count:
        different = _different(vectors)
    zeros = np.flatnonzero(is_zero)
    some = tuple(str(names[place]) for place in zeros[:NAMED].tolist()) if len(names) else ()
    return Spread(count, apart / length if length > 0 else 0.0, different, len(zeros), some, distance)


def _apart(vectors: npt.NDArray[np.floating], mean: npt.NDArray[np.float64], directed: bool) -> tuple[float, float]:
    """Sums over images of |x - mean|^2 and of |x|^2. The difference of two sums would be rounding."""
    apart = length = 0.0
    for start in range(0, len(vectors), _AT_ONCE):
        part = np.array(vectors[start : start + _AT_ONCE], np.float64)
        if directed:
            scale_to_unit(part)
        length += float(np.einsum("ij,ij->", part, part))
        part -= mean
        apart += float(np.einsum("ij,ij->", part, part))
    return apart, length


def _different(vectors: npt.NDArray[np.floating]) -> int:
    """How many different vectors there are, by their bits."""
    weights = _weights(vectors.shape[1])
    parts = [
        _hashes(np.asarray(vectors[start : start + _AT_ONCE], np.float32), weights)
        for start in range(0, len(vectors), _AT_ONCE)
    ]
    return len(np.unique(np.concatenate(parts)))


def _weights(dimensions: int) -> npt.NDArray[np.uint64]:
    return np.random.default_rng(_SEED).integers(1 << 62, size=dimensions, dtype=np.uint64) | np.uint64(1)


def _hashes(vectors: npt.NDArray[np.float32], weights: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Equal vectors have equal ones; -0 counts as 0."""
    bits = (np.ascontiguousarray(vectors) + np.float32(0)).view(np.uint32)
    return np.asarray((bits * weights).sum(axis=1, dtype=np.uint64))
