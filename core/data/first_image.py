"""Whether a folder holds any image, and what it holds instead: a quick look before it is read."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from core.data.file_names import NO_PICTURES, is_of_the_system
from core.data.images import SUFFIXES, UNREAD_SUFFIXES, is_picture
from core.errors import Cancelled
from core.messages import Message

ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")
ENDINGS_NAMED = 3
# Files of unknown suffixes whose first bytes are read.
MOST_ASKED = 200


def instead_of_images(root: Path, should_stop: Callable[[], bool] | None = None) -> str:
    """What lies below `root` where no file is named like an image, to go behind "because"; "" where one is.

    Looks no further than the first image, by name or content. Raises Cancelled once `should_stop` answers True.
    """
    visited: set[tuple[int, int]] = set()
    closed: list[OSError] = []
    endings: Counter[str] = Counter()
    archive, asked = "", 0
    for folder, below, files in os.walk(root, onerror=closed.append, followlinks=True):
        if should_stop is not None and should_stop():
            raise Cancelled(Message("looking-for-images-stopped"))
        facts = os.stat(folder)  # noqa: PTH116
        if (facts.st_dev, facts.st_ino) in visited:
            # A link back to where we were.
            below.clear()
            continue
        visited.add((facts.st_dev, facts.st_ino))
        below[:] = [name for name in below if not is_of_the_system(name)]
        names = [name for name in files if not is_of_the_system(name)]
        if any(name.lower().endswith(tuple(SUFFIXES)) for name in names):
            return ""
        odd = [name for name in names if os.path.splitext(name)[1].lower() not in NO_PICTURES]  # noqa: PTH122
        if asked < MOST_ASKED and any(is_picture(os.path.join(folder, name)) for name in odd[:MOST_ASKED]):  # noqa: PTH118
            return ""
        asked += len(odd)
        endings.update(os.path.splitext(name)[1].lower() for name in names)  # noqa: PTH122 - Path takes ten times as long
        archive = archive or next((name for name in names if name.lower().endswith(ARCHIVES)), "")
    return _describe(endings, archive, closed)


def _describe(endings: Counter[str], archive: str, closed: list[OSError]) -> str:
    if not endings:
        return (
            Message("path-cannot-be-opened", path=closed[0].filename, reason=closed[0].strerror)
            if closed
            else Message("it-is-empty")
        )
    if unread := sorted(UNREAD_SUFFIXES & endings.keys()):
        return Message("pictures-of-unread-kinds", endings=unread)
    if archive:
        return Message("archive-to-unpack", archive=archive)
    if inside := sorted({".parquet", ".arrow"} & endings.keys()):
        return Message("pictures-inside-files", kind=inside)
    common = [ending or Message("without-a-suffix") for ending, _ in endings.most_common(ENDINGS_NAMED)]
    return Message("files-of-endings", endings=common, more=len(endings) > len(common))
