"""Lines of a text table that say something about it: comments above or among its rows, and headers behind a "#"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.data.readers.headerless import HEADERS, is_image
from core.messages import Message

MARKS = ("#", "%", "//")
NAMES = HEADERS | {"label", "labels", "class", "class_name", "target", "embedding"}
_APART = re.compile(r"[,;|\t]|\s+")


def without_comments_above(text: str) -> tuple[str, int]:
    """A text with the comments above its first row made empty, so that its lines keep their numbers, and their count.

    A last one that names columns ("#path,label", as pandas and ASCII tables write) is the header, without its mark.
    """
    lines = text.splitlines(keepends=True)
    found = [number for number, line in enumerate(lines[: _first_row(lines)]) if line.strip()]
    if not found:
        return text, 0
    last, below = found[-1], lines[_first_row(lines)] if _first_row(lines) < len(lines) else ""
    bare = _without_mark(lines[last])
    keeps = _is_header(bare, below)
    for number in found:
        lines[number] = "\n"
    if keeps:
        lines[last] = f"{bare}\n"
    return "".join(lines), len(found) - keeps


def is_comment(cells: Sequence[str], width: int) -> bool:
    """Whether a row among others of `width` cells is a comment."""
    return len(cells) != width and cells[0].lstrip().startswith("#") and not any(map(is_image, cells[:1]))


def notice_of_comments(count: int) -> list[Message]:
    """What to know of lines that were passed over."""
    return [Message("comments-passed-over", count=count)] if count else []


def _first_row(lines: Sequence[str]) -> int:
    """The place of the first line that is neither empty nor a comment."""
    return next(
        (number for number, line in enumerate(lines) if line.strip() and not _is_marked(line)),
        len(lines),
    )


def _is_marked(line: str) -> bool:
    """Whether a line begins like a comment, and not like the name of an image ("#1.jpg", "//server/set/1.jpg")."""
    text = line.strip()
    return text.startswith(MARKS) and (text.startswith("# ") or not any(map(is_image, _cells(text))))


def _without_mark(line: str) -> str:
    text = line.strip()
    mark = next(mark for mark in MARKS if text.startswith(mark))
    return text.removeprefix(mark).strip()


def _is_header(line: str, below: str) -> bool:
    """Whether a comment names as many columns as the row below it has cells, and that row does not name them itself."""
    names, cells = _cells(line), _cells(below)
    if len(names) < 2 or len(names) != len(cells) or _names_columns(cells):
        return False
    return _names_columns(names) or any(map(is_image, cells))


def _names_columns(cells: Sequence[str]) -> bool:
    return not NAMES.isdisjoint(cell.casefold() for cell in cells)


def _cells(line: str) -> list[str]:
    return [cell.strip("\"' ") for cell in _APART.split(line.strip()) if cell.strip()]
