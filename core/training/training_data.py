"""The images of a run: which rows are learnt from, which are measured on, and what was left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.catalog import Catalog, Rows
from core.data.decoded_images import DecodedImages, ResizeSpec
from core.errors import DataError
from core.losses.settings import LossSettings
from core.messages import Message
from core.progress import Reporter
from core.sampling.dense_batches import Targets
from core.training.held_out import hold_out
from core.training.recipe import Recipe
from core.training.run_result import HELD_OUT
from core.training.stop import Stop

FIRST_OFFENDERS = 3
NO_ROWS: Rows = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class TrainingData:
    """Decoded images and the rows to use.

    Attributes:
        catalog: whose rows these are.
        images: the decoded images.
        train: rows of split "train" that have what the loss learns from, a class or targets, and can be read.
        test: rows to measure on, empty where there are none.
        test_split: their split: "test", or "val" where there is no test split.
        held_out: rows of training classes that are kept apart to choose the best checkpoint on; empty where the
            recipe keeps none.
    """

    catalog: Catalog
    images: DecodedImages
    train: Rows
    test: Rows
    test_split: str
    held_out: Rows

    @property
    def to_choose_on(self) -> Rows:
        """The rows that are measured after every epoch, to choose the best checkpoint."""
        return self.held_out if len(self.held_out) else self.test

    @property
    def chosen_on(self) -> str:
        """What those rows are: "held-out classes", their split, or "" where there are not enough to measure."""
        if len(self.held_out):
            return HELD_OUT
        return self.test_split if len(self.test) >= 2 else ""

    @property
    def train_codes(self) -> Rows:
        """The class code of each training row."""
        return np.asarray(self.catalog.codes[self.train])

    def targets(self, rows: Rows) -> Targets:
        """(len(rows), T) continuous labels of `rows`."""
        assert self.catalog.targets is not None
        return self.catalog.targets[rows]

    def class_count(self, rows: Rows) -> int:
        """How many classes `rows` have between them."""
        codes = np.unique(self.catalog.codes[rows])
        return int(np.sum(codes >= 0))

    @property
    def counts(self) -> dict[str, int]:
        """Images and classes of each part, as a run's files name them: "train_images", "train_classes" and so on."""
        parts = {"train": self.train, "test": self.test, "held_out": self.held_out}
        return {
            f"{name}_{what}": count
            for name, rows in parts.items()
            for what, count in (("images", len(rows)), ("classes", self.class_count(rows)))
        }


def open_training_data(catalog: Catalog, recipe: Recipe, reporter: Reporter, stop: Stop) -> TrainingData:
    """Decode what the run needs; unreadable images are reported and left out.

    Raises DataError when nothing is left to train on, Cancelled when `stop` says so.
    """
    train = _rows_to_learn_from(catalog, recipe.loss)
    of_targets = recipe.loss.supervision == "targets"
    count = len(catalog.rows("train"))
    if len(train) < count:
        reporter.notice(Message("images-not-trained-on", targets=of_targets, lacking=count - len(train), count=count))
    apart = NO_ROWS
    if recipe.validation.holds_out:
        kept_apart = hold_out(catalog.codes[train], recipe.validation)
        train, apart = train[~kept_apart], train[kept_apart]
    split = next((name for name, _ in reversed(catalog.split_counts()) if name != "train"), "")
    test = catalog.rows(split) if split else NO_ROWS
    if not split:
        reporter.notice(
            Message("data-without-test-split", catalog=catalog.name, targets=of_targets, held_out=len(apart) > 0)
        )
    images = DecodedImages(catalog, ResizeSpec(recipe.model.prepared_size, recipe.model.fit))
    unreadable = images.prepare(np.concatenate([train, apart, test]), reporter, stop)
    if unreadable:
        reporter.notice(_of_unreadable(unreadable))
        bad = np.fromiter(unreadable, dtype=np.int64)
        train, apart, test = (np.setdiff1d(rows, bad) for rows in (train, apart, test))
    if not len(train):
        raise DataError(Message("data-without-training-image", catalog=catalog.name, targets=of_targets), "train")
    data = TrainingData(catalog, images, train, test, split, apart)
    if of_targets:
        untold = int(np.count_nonzero(~np.isfinite(data.targets(test)).all(axis=1)))
        if untold:
            reporter.notice(Message("images-without-targets", lacking=untold, count=len(test), split=split))
    return data


def _rows_to_learn_from(catalog: Catalog, loss: LossSettings) -> Rows:
    """The rows of split "train" that tell what `loss` asks for."""
    train = catalog.rows("train")
    if loss.supervision == "classes":
        return train[catalog.codes[train] >= 0]
    if catalog.targets is None or not catalog.target_names:
        raise DataError(Message("data-without-targets", catalog=catalog.name, loss=loss.name), "targets")
    return train[np.isfinite(catalog.targets[train]).all(axis=1)]


def _of_unreadable(unreadable: dict[int, str]) -> Message:
    first = [sentence.rstrip(".") for sentence in list(unreadable.values())[:FIRST_OFFENDERS]]
    if len(unreadable) > FIRST_OFFENDERS:
        first.append(Message("and-more", more=len(unreadable) - FIRST_OFFENDERS))
    return Message("training-images-unreadable", count=len(unreadable), first=first)
