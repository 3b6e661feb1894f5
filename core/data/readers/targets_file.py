"""Continuous labels in a NumPy file beside a manifest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import DataError
from core.messages import Message
from core.storage import open_regular

USUAL_NAME = "targets.npy"
Targets = npt.NDArray[np.float32]


def targets_beside(manifest: Path, count: int) -> Targets | None:
    """(N, T) of NAME.npy or targets.npy beside the manifest NAME.csv with N rows, or None where neither is there.

    A (N,) array is one target. NaN means missing. Raises DataError when the file holds anything but N rows of finite
    numbers; objects, which may carry code, are refused unread.
    """
    path = next((path for path in (manifest.with_suffix(".npy"), manifest.parent / USUAL_NAME) if path.is_file()), None)
    if path is None:
        return None
    try:
        with open_regular(path) as handle:
            values = np.load(handle, allow_pickle=False)
    except Exception as error:  # a damaged header makes NumPy's parser raise almost anything
        raise DataError(Message("targets-file-not-readable", path=path, reason=error), path) from error
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiub":
        raise DataError(Message("targets-file-empty", path=path), path)
    if values.ndim not in (1, 2) or len(values) != count or values.size == 0:
        raise DataError(
            Message("targets-file-misshapen", path=path, shape=str(values.shape), count=count, manifest=manifest.name),
            path,
        )
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite and is refused
        targets = values.reshape(count, -1).astype(np.float32)
    if np.isinf(targets).any():
        row, column = (int(index) for index in np.argwhere(np.isinf(targets))[0])
        raise DataError(
            Message(
                "targets-file-not-finite",
                path=path,
                row=row,
                column=column,
                value=values.reshape(count, -1)[row, column],
            ),
            path,
        )
    return targets
