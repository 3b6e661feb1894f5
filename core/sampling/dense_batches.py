"""Batches for continuous labels: an anchor, those nearest to it by label, and others. No torch here."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from core.errors import DataError
from core.messages import Message

Targets = npt.NDArray[np.float32]


class DenseBatches:
    """Dense mini-batches (Kim et al., CVPR 2019): in each epoch every image is the anchor of one batch.

    A batch is the anchor, its `nearest` nearest images by target in their order, and as many others as fill it, drawn
    anew each epoch from all the rest and put in the order of their distance. No image comes twice. Ties of distance
    are in any order.

    Args:
        targets: (N, T) continuous labels, compared by Euclidean distance.
        size: images in a batch; all there are where they are fewer.
        nearest: K.
        seed: the same seed gives the same batches.
        steps: batches in an epoch; 0 means one for each image.

    An epoch is a function of (seed, epoch) alone. Raises DataError when there are fewer than three images, or no room
    for another beside the nearest: then there is nothing to compare.
    """

    def __init__(self, targets: Targets, size: int, nearest: int, seed: int, steps: int = 0) -> None:
        self._targets = np.ascontiguousarray(targets, dtype=np.float32)
        self._size = min(size, len(targets))
        if self._size < 3 or not 0 <= nearest < self._size - 1:
            raise DataError(
                Message("batch-without-room-for-nearest", size=self._size, nearest=nearest, images=len(targets)),
                "batch.nearest",
            )
        self._seed = seed
        self._steps = steps or len(targets)
        self._nearest = nearest_by_target(self._targets, nearest)

    def epoch(self, number: int) -> list[Rows]:
        """The batches of one epoch: positions into `targets`, the anchor first."""
        random = np.random.default_rng((self._seed, number))
        anchors: list[int] = []
        while len(anchors) < self._steps:
            anchors.extend(random.permutation(len(self._targets))[: self._steps - len(anchors)].tolist())
        return [self._batch(anchor, random) for anchor in anchors]

    def _batch(self, anchor: int, random: np.random.Generator) -> Rows:
        near = self._nearest[anchor]
        taken = np.sort(np.append(near, anchor))
        others = random.choice(len(self._targets) - len(taken), self._size - len(taken), replace=False, shuffle=False)
        # Numbers of those not taken become positions: each taken one before them moves them up by one.
        for position in taken:
            others[others >= position] += 1
        distances = np.linalg.norm(self._targets[others] - self._targets[anchor], axis=1)
        return np.concatenate([[anchor], near, others[np.argsort(distances, kind="stable")]]).astype(np.int64)


def nearest_by_target(targets: Targets, count: int) -> Rows:
    """(N, count) the nearest others of each row of targets (N, T), nearest first; exact, in bounded memory."""
    import faiss  # takes half a second to import, and most runs have no use for it

    index = faiss.IndexFlatL2(targets.shape[1])
    index.add(targets)
    _, found = index.search(targets, count + 1)
    # A row need not be the first of its own list among equals, nor be in it at all.
    others = found != np.arange(len(targets))[:, None]
    others[others.all(axis=1), -1] = False
    nearest: Rows = found[others].reshape(len(targets), count).astype(np.int64)
    return nearest
