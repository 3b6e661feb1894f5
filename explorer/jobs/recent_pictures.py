"""A few small pictures of each data set that was opened, kept beside its thumbnails, for the start screen."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from core.data.catalog import Catalog
from core.data.images import thumbnail
from core.errors import CoreError
from core.storage import atomic_path

PICTURES, SIZE = 4, 160


def rows_to_show(catalog: Catalog) -> list[int]:
    """At most `PICTURES` catalog rows with a picture, of different classes, evenly from all of them."""
    there = np.arange(len(catalog)) if catalog.pictured is None else np.flatnonzero(catalog.pictured)
    firsts = there[np.sort(np.unique(catalog.codes[there], return_index=True)[1])]
    if len(firsts) < PICTURES:
        firsts = there[:PICTURES]
    return [int(firsts[place * len(firsts) // PICTURES]) for place in range(min(PICTURES, len(firsts)))]


def keep_pictures(
    workspace: Path, catalog: Catalog, rows: Sequence[int], should_stop: Callable[[], bool] = lambda: False
) -> None:
    """Make those that are not there yet; what cannot be decoded or written has none."""
    for row in rows:
        kept = kept_picture(workspace, catalog.fingerprint, row)
        if should_stop():
            return
        if not kept.is_file():
            with contextlib.suppress(CoreError, OSError, ValueError), atomic_path(kept) as temporary:
                thumbnail(catalog.path(row), SIZE, catalog.box(row)).convert("RGB").save(temporary, "JPEG", quality=88)


def kept_picture(workspace: Path, fingerprint: str, row: int) -> Path:
    """Where the picture of a row is kept."""
    return workspace / "thumbnails" / fingerprint / "recent" / f"{row}.jpg"


def kept_listing(workspace: Path, fingerprint: str) -> Path:
    """Where the list of a data set's files is kept, beside its pictures."""
    return workspace / "thumbnails" / (fingerprint or "none") / "recent" / "files.npz"
