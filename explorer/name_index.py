"""Which classes and files have a text in their names; looked for in one long string, so a million answer at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import numpy as np

from core.data.catalog import Catalog, Rows
from explorer.spelling import folded

MOST_CLASSES, MOST_FILES = 100, 500
# Matches between two looks at whether anybody still waits.
PORTION = 4096


@dataclass(frozen=True)
class NameMatches:
    """What bears a text in its name.

    Attributes:
        text: what was looked for.
        classes: their codes, at most `MOST_CLASSES`; `all_classes` is how many there are.
        files: catalog rows, at most `MOST_FILES`; `all_files` is how many there are.
    """

    text: str
    classes: tuple[int, ...] = ()
    files: tuple[int, ...] = ()
    all_classes: int = 0
    all_files: int = 0


class NameIndex:
    """The names of the classes and the paths of the files among some catalog rows; made when it is first asked."""

    def __init__(self, catalog: Catalog, rows: Rows) -> None:
        self._catalog, self._rows = catalog, rows
        self._making = Lock()

    def find(self, text: str, should_stop: Callable[[], bool]) -> NameMatches:
        """What has `text` anywhere in its name or path, whatever its case and its Unicode composition."""
        wanted = folded(text)
        if not wanted:
            return NameMatches(text)
        with self._making:
            classes, files = self._classes, self._files
        codes, all_classes = classes.with_(wanted, MOST_CLASSES, should_stop)
        rows, all_files = files.with_(wanted, MOST_FILES, should_stop)
        return NameMatches(text, codes, rows, all_classes, all_files)

    @cached_property
    def _classes(self) -> _Lines:
        codes = np.unique(self._catalog.codes[self._rows])
        codes = codes[codes >= 0]
        return _Lines([self._catalog.classes[code] for code in codes.tolist()], codes)

    @cached_property
    def _files(self) -> _Lines:
        return _Lines([str(path) for path in self._catalog.paths[self._rows].tolist()], self._rows)


class _Lines:
    """Names in one folded string, a line each, and the number that each stands for."""

    def __init__(self, names: Sequence[str], numbers: Rows) -> None:
        self._numbers = numbers
        text = "\n".join(names)
        if text.count("\n") > max(len(names) - 1, 0):
            text = "\n".join(name.replace("\n", " ") for name in names)
        # Neither folding moves a line's end.
        self._text = unicodedata.normalize("NFC", text).casefold()

    def with_(self, wanted: str, most: int, should_stop: Callable[[], bool]) -> tuple[tuple[int, ...], int]:
        """(the numbers of the first lines that hold `wanted`, how many lines do)."""
        starts, count = [], 0
        for start in self._matches(wanted):
            if count < most:
                starts.append(start)
            count += 1
            if count % PORTION == 0 and should_stop():
                break
        return tuple(self._numbers[self._line_of(starts)].tolist()), count

    def _matches(self, wanted: str) -> Iterator[int]:
        """Where each line that holds `wanted` does so first."""
        place = self._text.find(wanted)
        while place >= 0:
            yield place
            end = self._text.find("\n", place)
            place = self._text.find(wanted, end) if end >= 0 else -1

    def _line_of(self, places: Sequence[int]) -> Rows:
        """(M,) the lines in which ascending places of the text lie."""
        lines, line, before = [], 0, 0
        for place in places:
            line += self._text.count("\n", before, place)
            before = place
            lines.append(line)
        return np.array(lines, np.int64)
