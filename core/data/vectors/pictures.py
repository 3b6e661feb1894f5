"""Where the pictures of a file of vectors lie: under the paths in it, or below a folder that a person named."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from core.data.catalog import stamp_of
from core.data.readers.image_finder import ImageFinder
from core.data.readers.named_files import find_all
from core.errors import DataError
from core.messages import Message
from core.progress import Reporter

THREADS, PIECE = 4, 500


@dataclass
class FoundPictures:
    """The file of each path, and what changes with it; both "" where there is none. `notices` say how they are read."""

    files: list[str]
    stamps: list[str]
    notices: list[Message] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many are there."""
        return len(self.stamps) - self.stamps.count("")


def pictures_of(paths: Sequence[str], root: Path, is_chosen: bool, file: Path, reporter: Reporter) -> FoundPictures:
    """The files of (N,) paths, absolute or relative to `root`; "" leads nowhere.

    Where none is there and a person named the root (`is_chosen`), they are looked for below it by their ends, as those
    of a table are. Of folders that are not there no file is asked for.
    """
    found = FoundPictures(*_directly(paths, root, reporter))
    if found.count or not is_chosen:
        return found
    named = [path for path in paths if path]
    try:
        below = find_all(named, ImageFinder(root, reporter), file, [""] * len(named))
    except DataError:
        # None of them is below it, which is counted.
        return found
    hits = iter(below.hits)
    files = ["" if not path or (hit := next(hits)) is None else hit.file for path in paths]
    return FoundPictures(*_directly(files, root, reporter), below.notices)


def _directly(paths: Sequence[str], root: Path, reporter: Reporter) -> tuple[list[str], list[str]]:
    folders = _Folders(root)
    asked = [path if path and folders.may_hold(path) else "" for path in paths]
    pieces = [asked[at : at + PIECE] for at in range(0, len(asked), PIECE)]
    stamps: list[str] = []
    with ThreadPoolExecutor(THREADS, thread_name_prefix="pictures") as pool:
        try:
            for piece in pool.map(lambda some: [_stamp(path, folders.start) for path in some], pieces):
                stamps += piece
                reporter.progress(Message("stage-checking"), len(stamps), len(paths))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return [path if stamp else "" for path, stamp in zip(asked, stamps, strict=True)], stamps


class _Folders:
    """Which folders are there; each is asked for once, and of one that is gone none of those in it."""

    def __init__(self, root: Path) -> None:
        self.start = os.path.join(root, "")  # noqa: PTH118 - ends in a slash
        self._known: dict[str, bool] = {self.start.rstrip("/") or "/": root.is_dir(), "/": True, "": True}

    def may_hold(self, path: str) -> bool:
        """Whether the folder of a path is there."""
        # A million Path objects take seconds.
        whole = path if os.path.isabs(path) else self.start + path  # noqa: PTH117
        return self._is_there(whole.rpartition("/")[0])

    def _is_there(self, folder: str) -> bool:
        known = self._known.get(folder)
        if known is None:
            known = self._is_there(folder.rpartition("/")[0]) and _is_folder(folder)
            self._known[folder] = known
        return known


def _is_folder(path: str) -> bool:
    try:
        return os.path.isdir(path)  # noqa: PTH112 - raises nothing for names that are too long
    except ValueError:
        return False


def _stamp(path: str, start: str) -> str:
    """Of a regular file; "" where there is none."""
    if not path:
        return ""
    whole = path if os.path.isabs(path) else start + path  # noqa: PTH117
    try:
        return stamp_of(os.stat(whole)) if os.path.isfile(whole) else ""  # noqa: PTH113, PTH116
    except (OSError, ValueError):
        return ""
