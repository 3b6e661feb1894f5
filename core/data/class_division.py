"""Whether train and test share classes, and dividing all images of a set by class anew."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.data.catalog import Catalog, Rows, texts
from core.errors import DataError
from core.messages import Message, Remedy

# Where a set was divided before, this attribute keeps how.
GIVEN_SPLIT = "given_split"


def divided_by_class(catalog: Catalog, share: float, seed: int) -> Catalog:
    """All images divided anew, whatever splits were given: a share of the classes, drawn by the seed, is train.

    The other classes are test, at least one on either side; images without a class are in no split. Roles are dropped,
    since they belong to the splits that were given, which stay as the attribute `given_split`. The same classes and
    seed give the same division. Raises DataError where there are fewer than two classes.
    """
    classes = catalog.classes
    if len(classes) < 2:
        raise DataError(
            Message("division-of-too-few-classes", catalog=catalog.name, count=len(classes)), "divide_by_class"
        )
    count = min(max(round(share * len(classes)), 1), len(classes) - 1)
    in_train = np.zeros(len(classes) + 1, np.bool_)
    in_train[np.random.default_rng(seed).permutation(len(classes))[:count]] = True
    splits = [
        "" if code < 0 else "train" if train else "test"
        for code, train in zip(catalog.codes.tolist(), in_train[catalog.codes].tolist(), strict=True)
    ]
    rule = Message(
        "divided-by-class", share=share, seed=seed, classes=len(classes), train=count, test=len(classes) - count
    )
    counts = {**catalog.report.counts, "undivided": 0}
    attributes = catalog.attributes
    if any(catalog.splits) and not catalog.report.split_rule and GIVEN_SPLIT not in attributes:
        attributes = {**attributes, GIVEN_SPLIT: catalog.splits.copy()}
    return replace(
        catalog,
        splits=texts(splits),
        roles=texts([""] * len(catalog)),
        attributes=attributes,
        report=replace(
            catalog.report,
            split_rule=rule,
            counts={kind: n for kind, n in counts.items() if n},
            reading=catalog.report.reading.divided_by("share"),
        ),
    )


@dataclass(frozen=True)
class SharedClasses:
    """How many of the `classes` that are measured, in `splits`, are trained on as well."""

    splits: tuple[str, ...]
    shared: int
    classes: int

    def counts(self) -> Message:
        """How many are shared, in words."""
        return Message("splits-share-classes", splits=self.splits, shared=self.shared, classes=self.classes)

    def describe(self) -> Message:
        """The same with what it means."""
        return Message("splits-share-known-classes", counts=self.counts())

    def notice(self) -> Message:
        """The same as the beginning of a sentence."""
        return Message("split-shares-classes", splits=self.splits, shared=self.shared, classes=self.classes)


def shared_classes(catalog: Catalog, rows: Rows) -> SharedClasses | None:
    """Which classes of `rows` training has seen; None where it has seen none.

    Images that are trained on do not count among `rows`.
    """
    train = _labels(catalog, catalog.splits == "train")
    measured = np.zeros(len(catalog), np.bool_)
    measured[rows] = True
    asked = _labels(catalog, measured & (catalog.splits != "train") & (catalog.splits != ""))
    shared = len(train & asked)
    there = set(catalog.splits[rows].tolist()) - {"train"}
    splits = tuple(split for split, _ in catalog.split_counts() if split in there)
    return SharedClasses(splits, shared, len(asked)) if shared else None


def with_division_notice(catalog: Catalog) -> Catalog:
    """The catalog with a notice where splits share classes with train, or where train is all there is."""
    splits = [split for split, _ in catalog.split_counts()]
    found = [shared_classes(catalog, catalog.rows(split)) for split in splits if split != "train"]
    divide = Remedy("--divide-by-class 0.5", Message("divides-all-images-by-class-anew"))
    if shared := [each.notice() for each in found if each is not None]:
        told = Message("splits-closed", divide, splits=shared)
    elif splits == ["train"]:
        told = Message("only-train-has-images", divide)
    else:
        return catalog
    return replace(catalog, report=replace(catalog.report, notices=(*catalog.report.notices, told)))


def _labels(catalog: Catalog, chosen: npt.NDArray[np.bool_]) -> set[str]:
    return set(catalog.labels[chosen].tolist()) - {""}
