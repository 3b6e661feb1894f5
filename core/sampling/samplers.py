"""Which images make up a batch. No torch here: batches are arrays of positions."""

from __future__ import annotations

import numpy as np

from core.data.catalog import Rows
from core.errors import DataError
from core.messages import Message


class ClassBalancedBatches:
    """Batches of `classes` different classes with `images` different images of each.

    Args:
        codes: (N,) class of each image, >= 0.
        classes, images: P and K.
        seed: the same seed gives the same batches.
        steps: batches in an epoch; 0 means as many as it takes to show every image at least once.
        size: images in a full batch where that is not P x K: the last class then gives fewer than K.

    An epoch is a function of (seed, epoch) alone, so a run resumed in its middle gets the very same batches. Classes
    with fewer than K images come with all they have, never with an image twice; with fewer than P classes, batches
    have all of them. Within an epoch the classes with the most unseen images go first, so that large classes do not
    remain alone at the end; classes that are used up fill the last batches with images seen before.

    Raises DataError when there are no two classes, or no class has two images: nothing could be learnt.
    """

    def __init__(self, codes: Rows, classes: int, images: int, seed: int, steps: int = 0, size: int = 0) -> None:
        self._images = images
        self._size = size or classes * images
        self._seed = seed
        self._steps = steps
        self._members = members_of(codes)
        if max(map(len, self._members)) < 2:
            raise DataError(Message("training-of-single-images"), "images")
        self._classes = min(classes, len(self._members))

    def epoch(self, number: int) -> list[Rows]:
        """The batches of one epoch: positions into `codes`, the images of a class side by side."""
        random = np.random.default_rng((self._seed, number))
        decks = [_Deck(members, self._images, random) for members in self._members]
        unseen = np.array([deck.unseen for deck in decks])
        batches: list[Rows] = []
        while len(batches) < self._steps if self._steps else unseen.any():
            # The P classes with the most unseen groups, in random order among equals.
            fullest = np.argsort(random.permutation(len(decks)) - unseen * len(decks))[: self._classes]
            batches.append(self._batch(decks, fullest))
            unseen[fullest] = [decks[index].unseen for index in fullest]
        return batches

    def _batch(self, decks: list[_Deck], chosen: Rows) -> Rows:
        groups, room = [], self._size
        for index in chosen:
            groups.append(decks[index].deal(min(self._images, room)))
            room -= len(groups[-1])
            if not room:
                break
        return np.concatenate(groups)


class _Deck:
    """One class's images, dealt K at a time in shuffled order, each once before any comes again."""

    def __init__(self, members: Rows, images: int, random: np.random.Generator) -> None:
        self._members = members
        self._images = min(images, len(members))
        self._random = random
        self._left = random.permutation(members)

    @property
    def unseen(self) -> int:
        """Groups that still have an unseen image."""
        return -(-len(self._left) // self._images)

    def deal(self, most: int) -> Rows:
        """The next group, of up to `most`; topped up with images seen before where too few are left."""
        group, self._left = self._left[:most], self._left[most:]
        lacking = min(self._images, most) - len(group)
        if lacking:
            seen = np.setdiff1d(self._members, group)
            group = np.concatenate([group, self._random.choice(seen, lacking, replace=False)])
        return group


def members_of(codes: Rows) -> list[Rows]:
    """The positions of each class's images; DataError when there are no two classes."""
    order = np.argsort(codes, kind="stable").astype(np.int64)
    present, starts = np.unique(codes[order], return_index=True)
    if len(present) < 2:
        raise DataError(Message("training-of-too-few-classes", count=len(present)), "classes")
    return np.split(order, starts[1:])
