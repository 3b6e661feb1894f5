"""From what a manifest calls an image to its file."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from core.data.images import SUFFIXES
from core.data.readers.folder_reader import image_files
from core.progress import Reporter

# A folder above all that a table may mean is not searched to its end.
MOST_FILES = 2_000_000


class Hit(NamedTuple):
    """The file, below the root with forward slashes or absolute, and whether others answer to the name as well.

    `is_loose` says that its name is spelt otherwise: suffix, capitals, escapes of the web.
    """

    file: str
    ambiguous: bool = False
    is_loose: bool = False


class _Candidate(NamedTuple):
    """An image file below the root: `stem` is its readable path without the suffix."""

    file: str
    stem: str
    suffix: str


class ImageFinder:
    """Finds the file of an image cell: as a path first, then by the end of its path anywhere below the root.

    "ab12" and "ab12.jpg" find "pictures/ab12.jpg", "shoes/1" finds "pictures/shoes/1.png"; a folder that a cell names
    must be there. Hangul is found in either spelling of Unicode, and under names that Korean Windows wrote.
    """

    def __init__(self, root: Path, reporter: Reporter | None = None) -> None:
        self.root = root
        self._reporter = reporter
        self.is_cut_short = False
        self._start = os.path.join(root, "")  # noqa: PTH118 - ends in a slash

    def leads_out(self, name: str) -> bool:
        """Whether a path leads out of the root, as an absolute one or by "..", whether or not anything is there."""
        if ".." not in name and not os.path.isabs(name):  # noqa: PTH117 - a million Path objects take seconds
            return False
        tidy = os.path.normpath(os.path.join(self._start, name.strip()))  # noqa: PTH118
        return not tidy.startswith(self._start)

    def find(self, name: str) -> Hit | None:
        """The file called `name`, or None; of several, the one first in natural order."""
        if not name.strip():
            return None
        if _split_suffix(name)[1] and os.path.isfile(os.path.join(self._start, name)):  # noqa: PTH113, PTH118
            return Hit(self._below_root(name))
        slashed = name.replace("\\", "/")
        if slashed != name and os.path.isfile(os.path.join(self._start, slashed)):  # noqa: PTH113, PTH118
            return Hit(self._below_root(slashed))
        fitting = self._fitting(_readable(name.strip().replace("\\", "/")).removeprefix("./"))
        if fitting:
            return Hit(fitting[0].file, ambiguous=len(fitting) > 1)
        # An image without a suffix can only be meant by its whole path.
        if os.path.isfile(os.path.join(self._start, name)):  # noqa: PTH113, PTH118
            return Hit(self._below_root(name))
        return self._loosely(_readable(name.strip().replace("\\", "/")).removeprefix("./"))

    def ending_in(self, tail: str) -> list[str]:
        """The files whose path ends in `tail`."""
        return [candidate.file for candidate in self._fitting(_readable(tail))]

    def first_file(self) -> str | None:
        """An image file below the root, for an example; None where there is none."""
        return next((candidates[0].file for candidates in self._by_name.values()), None)

    def _loosely(self, asked: str) -> Hit | None:
        """The one file that a name means but for its suffix, capitals or escapes."""
        for name in dict.fromkeys((asked, unquote(asked))):
            stem = _split_suffix(name)[0].casefold()
            fitting = [
                candidate
                for candidate in self._by_folded_name.get(stem.rpartition("/")[2], ())
                if f"/{candidate.stem.casefold()}".endswith(f"/{stem}")
            ]
            if len(fitting) == 1:
                return Hit(fitting[0].file, is_loose=True)
        return None

    @cached_property
    def _by_folded_name(self) -> dict[str, list[_Candidate]]:
        folded: dict[str, list[_Candidate]] = {}
        for name, candidates in self._by_name.items():
            folded.setdefault(name.casefold(), []).extend(candidates)
        return folded

    def _fitting(self, asked: str) -> Sequence[_Candidate]:
        stem, suffix = _split_suffix(asked)
        candidates = self._by_name.get(stem.rpartition("/")[2], ())
        return [
            candidate
            for candidate in candidates
            if suffix in ("", candidate.suffix) and f"/{candidate.stem}".endswith(f"/{stem}")
        ]

    @cached_property
    def _by_name(self) -> dict[str, list[_Candidate]]:
        by_name: dict[str, list[_Candidate]] = {}
        if self.root == self.root.parent:
            # A whole disk is not searched for a table: whole paths are found without.
            return by_name
        found = image_files(self.root, self._reporter, MOST_FILES)
        self.is_cut_short = len(found.files) + found.others > MOST_FILES
        for file in found.files:
            stem, suffix = _split_suffix(_readable(file))
            by_name.setdefault(stem.rpartition("/")[2], []).append(_Candidate(file, stem, suffix))
        return by_name

    def _below_root(self, name: str) -> str:
        # Only Path knows how to tidy "a/.//b" safely, but a million of them take seconds.
        plain = Path(name).as_posix() if "./" in name or "//" in name or os.sep != "/" else name
        if ".." in plain:
            written = os.path.join(self._start, plain)  # noqa: PTH118
            tidy = os.path.normpath(written)
            # Through a symbolic link "a/.." may lead elsewhere; then the name stays as it is.
            plain = tidy if os.path.isfile(tidy) and os.path.samefile(tidy, written) else plain  # noqa: PTH113, PTH121
        return plain.removeprefix(self._start)


def _split_suffix(name: str) -> tuple[str, str]:
    """("pictures/ab12", ".jpg"), the suffix in lower case; "" where it is not one of an image."""
    stem, dot, suffix = name.rpartition(".")
    suffix = f"{dot}{suffix.lower()}"
    return (stem, suffix) if stem and suffix in SUFFIXES else (name, "")


def _readable(name: str) -> str:
    """One spelling for names that look the same; bytes that are no UTF-8 are read as Korean Windows wrote them."""
    if name.isascii():
        return name
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        name = os.fsencode(name).decode("cp949", "replace")
    return unicodedata.normalize("NFC", name)


class TakenAsListed(ImageFinder):
    """For a table of ours whose images are made later: every name is the file's."""

    def find(self, name: str) -> Hit | None:
        """The file of that name, whether or not it is there."""
        return Hit(name)
