"""Training classes kept apart, on which the best checkpoint is chosen."""

from __future__ import annotations

import numpy as np

from core.data.catalog import Rows
from core.errors import DataError
from core.messages import Message
from core.training.settings import ValidationSettings

# Fewer cannot be told apart, neither in learning nor in measuring.
FEWEST = 2


def hold_out(codes: Rows, settings: ValidationSettings) -> Rows:
    """(N,) bool: which of the training images, of classes `codes` (N,), are kept apart: all of a class or none.

    Which classes depends on the settings' seed and the classes alone. Raises DataError naming the share when it
    leaves fewer than two classes on either side.
    """
    classes = np.unique(codes)
    count = round(settings.share * len(classes))
    if not FEWEST <= count <= len(classes) - FEWEST:
        raise DataError(
            Message(
                "validation-share-too-few-classes",
                share=settings.share,
                count=count,
                total=len(classes),
                split=settings.split,
                fewest=FEWEST,
            ),
            "validation.share",
        )
    chosen = np.random.default_rng(settings.seed).choice(classes, count, replace=False)
    return np.asarray(np.isin(codes, chosen))
