"""What a run of a study may see: training classes to learn from, and others, never seen, to be measured on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.data.catalog import Catalog, Rows, texts
from core.errors import DataError
from core.messages import Message

# The held-out classes are the same for all runs of all studies of a data set.
SEED = 0


def training_only(catalog: Catalog) -> Catalog:
    """The catalog without its test split: a trainer that cannot see it cannot choose by it."""
    return _divided(catalog, catalog.rows("train"), np.empty(0, dtype=np.int64))


def held_out(catalog: Catalog, share: float) -> Catalog:
    """The training images, a share of whose classes has become the test split; the real test split is hidden.

    Where images have no classes, a share of the images is held out. Raises DataError where fewer than two classes
    (or images) would be left on either side.
    """
    train = catalog.rows("train")
    codes = catalog.codes[train]
    groups = codes if np.all(codes >= 0) else np.arange(len(train))
    known = np.random.default_rng(SEED).permutation(np.unique(groups))
    count = round(share * len(known))
    if min(count, len(known) - count) < 2:
        raise DataError(
            Message("held-out-of-too-few-classes", catalog=catalog.name, count=len(known), share=share), "held_out"
        )
    chosen = np.isin(groups, known[:count])
    return _divided(catalog, train[~chosen], train[chosen])


def _divided(catalog: Catalog, train: Rows, test: Rows) -> Catalog:
    splits = [""] * len(catalog)
    for rows, name in ((train, "train"), (test, "test")):
        for row in rows.tolist():
            splits[row] = name
    return replace(catalog, splits=texts(splits))
