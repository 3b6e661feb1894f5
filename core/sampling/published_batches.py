"""Batches as the authors of three methods draw them, for recipes that repeat a published figure. No torch here.

All of them are a function of (seed, epoch), so that a resumed run gets the very same batches. `codes` (N,), 0 or above,
are the classes of the images; batches are positions into them. What each does beside
`core.sampling.samplers.ClassBalancedBatches` stands at its head; none of them shows every image each epoch.
"""

from __future__ import annotations

import numpy as np

from core.data.catalog import Rows
from core.errors import DataError
from core.messages import Message
from core.sampling.samplers import members_of


class GroupedBatches:
    """Multi-Similarity: each class's shuffled images are cut into groups of K, and a batch takes P random classes.

    Images beyond a multiple of K are left out until the next shuffle, which comes when fewer than P classes have a
    group left. A class with fewer than K images gives all it has and fills its group with some of them again, as their
    code does: a batch may then hold an image twice.

    Args:
        classes, images: P and K.
        steps: batches in an epoch; 0 means until the first new shuffle.
        size: images in a batch where that is not P x K: the last class is cut.

    Raises DataError when there are fewer than P classes.
    """

    def __init__(self, codes: Rows, classes: int, images: int, seed: int, steps: int = 0, size: int = 0) -> None:
        self._members = members_of(codes)
        if len(self._members) < classes:
            raise DataError(
                Message("batch-classes-too-many", classes=classes, there=len(self._members)), "batch.classes"
            )
        self._classes, self._images, self._seed, self._steps = classes, images, seed, steps
        self._size = size or classes * images

    def epoch(self, number: int) -> list[Rows]:
        random = np.random.default_rng((self._seed, number))
        batches = self._until_used_up(random)
        while len(batches) < self._steps:
            batches += self._until_used_up(random)
        return batches[: self._steps or None]

    def _until_used_up(self, random: np.random.Generator) -> list[Rows]:
        groups = [self._groups(members, random) for members in self._members]
        left = [index for index, own in enumerate(groups) if own]
        batches: list[Rows] = []
        while len(left) >= self._classes:
            chosen = random.choice(left, self._classes, replace=False)
            batches.append(np.concatenate([groups[index].pop() for index in chosen])[: self._size])
            left = [index for index in left if groups[index]]
        return batches

    def _groups(self, members: Rows, random: np.random.Generator) -> list[Rows]:
        if len(members) < self._images:
            again = random.choice(members, self._images - len(members), replace=True)
            return [np.concatenate([random.permutation(members), again])]
        shuffled = random.permutation(members)
        whole = len(shuffled) // self._images * self._images
        return np.split(shuffled[:whole], whole // self._images)


class IndependentBatches:
    """MDR: every batch shuffles all classes anew and takes K different images of one after the other until it is full.

    Smaller classes give all they have, and the last class may be cut: with a batch of 256 and K = 3 it is a single
    image.

    Args:
        size: images in a batch.
        images: K.
        steps: batches in an epoch, above 0.
    """

    def __init__(self, codes: Rows, size: int, images: int, seed: int, steps: int) -> None:
        self._members = members_of(codes)
        self._size, self._images, self._seed, self._steps = size, images, seed, steps

    def epoch(self, number: int) -> list[Rows]:
        random = np.random.default_rng((self._seed, number))
        return [self._batch(random) for _ in range(self._steps)]

    def _batch(self, random: np.random.Generator) -> Rows:
        groups: list[Rows] = []
        found = 0
        for index in random.permutation(len(self._members)):
            members = self._members[index]
            groups.append(random.choice(members, min(self._images, len(members)), replace=False))
            found += len(groups[-1])
            if found >= self._size:
                break
        return np.concatenate(groups)[: self._size]


class RandomBatches:
    """Proxy-Anchor: all images shuffled and cut into batches, whatever their classes.

    What does not fill a batch is left out.

    Args:
        count: N.
        size: images in a batch; with fewer images, all of them.
        steps: batches in an epoch, shuffled anew where they run out; 0 means as many as one shuffle gives.
    """

    def __init__(self, count: int, size: int, seed: int, steps: int = 0) -> None:
        self._count, self._size, self._seed = count, min(size, count), seed
        self._steps = steps or count // self._size

    def epoch(self, number: int) -> list[Rows]:
        random = np.random.default_rng((self._seed, number))
        batches: list[Rows] = []
        while len(batches) < self._steps:
            shuffled = random.permutation(self._count).astype(np.int64)
            whole = self._count // self._size * self._size
            batches += np.split(shuffled[:whole], whole // self._size)
        return batches[: self._steps]
