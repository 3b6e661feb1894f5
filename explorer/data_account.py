"""What was understood of the open data, in the words of one line: images, classes, division, what is amiss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.catalog import USUAL, WORDING, Catalog
from core.data.source import DataSource
from core.messages import Message

CLASSES_BY = {
    "folders": Message("classes-by-folders"),
    "names": Message("classes-by-names"),
    "lists": Message("classes-by-lists"),
}
SPLITS_BY = {
    "folders": Message("splits-by-folders"),
    "tables": Message("splits-by-tables"),
    "lists": Message("splits-by-lists"),
    "halves": Message("splits-by-halves"),
    "parts": Message("splits-by-parts"),
    "nothing": Message("splits-by-nothing"),
}
# What was found, in a word or two behind its number.
TROUBLES = {
    "missing": Message("trouble-missing"),
    "unreadable": Message("trouble-unreadable"),
    "duplicate": Message("trouble-duplicate"),
    "unlabelled": Message("trouble-unlabelled"),
    "unpictured": Message("trouble-unpictured"),
    "excluded": Message("trouble-excluded"),
    "ambiguous": Message("trouble-ambiguous"),
    "undivided": Message("trouble-undivided"),
    "skipped": Message("trouble-skipped"),
    "empty": Message("trouble-empty"),
    "closed": Message("trouble-closed"),
}


@dataclass(frozen=True)
class DataAccount:
    """The parts of the line.

    Attributes:
        images, classes: how many.
        classes_by: what says the classes; "" where there are none.
        divided_by: what divides the images, and why that.
        parts: each split with its images and classes, and how many of those are not trained on.
        troubles: a key of `TROUBLES` -> what was found.
        folder: the folder of the images, "" where there are none and none are named.
    """

    images: str
    classes: str
    classes_by: str
    divided_by: str
    parts: str
    troubles: dict[str, str]
    folder: str

    @property
    def in_short(self) -> str:
        """The same in a few words."""
        return " · ".join([self.images, self.classes, self.divided_by, *self.troubles.values()])


def account_of(catalog: Catalog, source: DataSource) -> DataAccount:
    """What is told of a catalog that was read from `source`."""
    counts = catalog.report.counts
    troubles: dict[str, str] = {
        kind: Message("trouble-counted", count=counts[kind], trouble=TROUBLES[kind])
        for kind in WORDING
        if counts.get(kind, 0) and kind not in USUAL
    }
    if lacking := counts.get("unpictured", 0):
        troubles["unpictured"] = Message("pictures-found", found=len(catalog) - lacking, count=len(catalog))
    is_of_vectors = catalog.vectors is not None
    no_classes = is_of_vectors and not catalog.classes
    return DataAccount(
        images=Message("images-counted", count=len(catalog))
        if catalog.has_pictures
        else Message("vectors-counted", count=len(catalog)),
        classes=Message("map-and-neighbours-only")
        if no_classes
        else Message("classes-counted", count=len(catalog.classes)),
        classes_by=_classes_by(catalog) if catalog.classes else "",
        divided_by=_divided_by(catalog, source),
        parts=_parts(catalog),
        troubles=troubles,
        folder="" if not (catalog.has_pictures or lacking) else catalog.root.name or str(catalog.root),
    )


def _classes_by(catalog: Catalog) -> str:
    reading = catalog.report.reading
    return CLASSES_BY.get(reading.classes_by) or Message("by-column", column=reading.class_column)


def _divided_by(catalog: Catalog, source: DataSource) -> str:
    reading = catalog.report.reading
    if reading.splits_by == "share":
        return Message("splits-by-share", per_cent=100 * (source.divide_by_class or 0), seed=source.divide_seed)
    if reading.splits_by == "nothing" and catalog.vectors is not None:
        return Message("splits-by-nothing-at-all")
    return SPLITS_BY.get(reading.splits_by) or Message("by-column", column=reading.split_column)


def _parts(catalog: Catalog) -> str:
    """Images and classes of each split; of those that are measured, how many classes are new to the model."""
    words: list[str] = []
    trained: set[int] = set()
    for split, images in catalog.split_counts():
        # Shifted by one, for -1 is no class. Of a million images counting takes a tenth of the time of sorting.
        images_of_class = np.bincount(catalog.codes[catalog.rows(split)] + 1)[1:]
        classes = set(np.flatnonzero(images_of_class).tolist())
        if split == "train":
            trained = classes
        unseen, count = len(classes - trained), len(classes)
        if split == "train" or not trained or not classes:
            words.append(Message("part-of-data", split=split, images=images, classes=count))
        elif unseen == count:
            words.append(Message("part-of-data-unseen", split=split, images=images, classes=count))
        else:
            words.append(Message("part-of-data-known", split=split, images=images, classes=count, unseen=unseen))
    return " · ".join(words)
