"""Images that are there twice: in two splits, so that training has seen what it must not have, or within one.

Three kinds of pairs, the surest first; a pair is named once, by the surest:

- "same file": the bytes are equal.
- "near", "mirrored": copies that were resized, compressed anew, or exchanged left and right (`near_duplicates.py`).
- "embedding": each is the other's nearest by cosine in the other split, or in its own, above a threshold; needs
  embeddings. It finds what is cropped or photographed twice, and is only as good as the embedding.

Copies in two classes are conflicts: one of the two is wrong, and no measure can be right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from core.data.catalog import SPLITS, Catalog, Rows
from core.data.decoded_images import DecodedImages, ResizeSpec
from core.leaks.alike_pairs import KINDS, AlikePairs, Kind, Pair, Vectors, by_sureness
from core.leaks.exact_duplicates import DistinctFiles, first_of_duplicates, first_of_two_classes
from core.leaks.near_duplicates import NearDuplicates
from core.leaks.near_vectors import mutual_nearest
from core.leaks.perceptual_hash import SIDE
from core.messages import Message
from core.progress import Reporter

COSINE = 0.98


@dataclass(frozen=True)
class SplitPair:
    """What two splits share, or what one has twice: it is then `first` and `second`.

    Attributes:
        images: how many images each has.
        pairs: different files, the surest kinds and smallest distances first; of the second split's images each with
            its NAMED nearest of a kind. Of the same file within one split its first two images are named.
        unnamed: how many pairs of different files are counted only.
        counts: how many pairs of images are of a kind, every copy counted.
        concerned: how many images of each are in a pair.
        classes: names of the classes that both have, in natural order.
        copies: row of a pair -> the other rows of its split with the same bytes, where there are any.
    """

    first: str
    second: str
    images: tuple[int, int]
    pairs: tuple[Pair, ...]
    unnamed: int
    counts: Mapping[Kind, int]
    concerned: tuple[int, int]
    classes: tuple[str, ...]
    copies: Mapping[int, tuple[int, ...]]

    def images_of(self, pair: Pair) -> tuple[int, int]:
        """How many images of each split have the bytes of a pair."""
        return 1 + len(self.copies.get(pair.first, ())), 1 + len(self.copies.get(pair.second, ()))


@dataclass(frozen=True)
class Leaks:
    """Every two splits of a catalog, and every one of them.

    Attributes:
        between, within: of two splits, and of one.
        conflicts: copies in two classes, the surest first; `conflict_count` says how many pairs of files there are.
        unreadable: rows that could not be compared -> their sentences.
    """

    between: tuple[SplitPair, ...]
    within: tuple[SplitPair, ...]
    conflicts: tuple[Pair, ...]
    conflict_count: int
    unreadable: dict[int, str]


def find_leaks(
    catalog: Catalog,
    embeddings: tuple[Vectors, Rows] | None = None,
    cosine: float = COSINE,
    reporter: Reporter | None = None,
) -> Leaks:
    """Compare every split of a catalog with every other and with itself.

    Args:
        catalog: N images; those in no split are passed over.
        embeddings: (M, D) vectors, not necessarily of unit length, and their (M,) catalog rows.
        cosine: the least cosine of an "embedding" pair.
    """
    reporter = reporter or Reporter()
    images = DecodedImages(catalog, ResizeSpec(SIDE, "squash"))
    rows = np.flatnonzero(catalog.splits != "").astype(np.int64)
    unreadable = images.prepare(rows, reporter)
    rows = rows[~np.isin(rows, list(unreadable))]
    near_duplicates = NearDuplicates(images, rows, len(catalog))
    first_of_same = first_of_duplicates(catalog, rows)
    files = {split: DistinctFiles.of(rows[catalog.splits[rows] == split], first_of_same) for split in SPLITS}
    there = [split for split in SPLITS if len(files[split].rows)]
    parts = [*combinations(there, 2), *((split, split) for split in there)]
    found: dict[tuple[str, str], AlikePairs] = {}
    for first, second in parts:
        alike = found[first, second] = AlikePairs(files[first], files[second], catalog)
        alike.add_exact_duplicates()
        found_copies = (
            near_duplicates.within(alike.left.rows)
            if first == second
            else near_duplicates.between(alike.left.rows, alike.right.rows)
        )
        for copies in found_copies:
            others = copies.where(first_of_same[copies.first] != first_of_same[copies.second])
            alike.add(others.kind, others.first, others.second, others.distances)
            reporter.progress(
                Message("stage-comparing-splits"), len(found) - 1, len(parts), unit=Message("unit-comparisons")
            )
        if embeddings is not None:
            left, right, distances = mutual_nearest(*embeddings, alike.left, alike.right, cosine)
            new = (first_of_same[left] != first_of_same[right]) & ~near_duplicates.are_copies(left, right)
            alike.add("embedding", left[new], right[new], distances[new])
    same = [
        Pair(first, second, "same file", 0.0) for first, second in first_of_two_classes(catalog, first_of_same, rows)
    ]
    conflicts = [*same, *(pair for alike in found.values() for pair in alike.conflicts)]
    shared = [_shared(*splits, alike) for splits, alike in found.items()]
    return Leaks(
        tuple(each for each in shared if each.first != each.second),
        tuple(each for each in shared if each.first == each.second),
        tuple(sorted(conflicts, key=by_sureness)),
        len(same) + sum(alike.conflict_count for alike in found.values()),
        unreadable,
    )


def _shared(first: str, second: str, alike: AlikePairs) -> SplitPair:
    labels = alike.catalog.labels
    shared = set(labels[alike.left.images].tolist()) & set(labels[alike.right.images].tolist())
    return SplitPair(
        first,
        second,
        images=(len(alike.left.images), len(alike.right.images)),
        pairs=tuple(sorted(alike.pairs, key=by_sureness)),
        unnamed=alike.unnamed,
        counts={kind: alike.counts[kind] for kind in KINDS},
        concerned=alike.concerned(),
        classes=tuple(label for label in alike.catalog.classes if label in shared),
        copies=alike.copies(),
    )
