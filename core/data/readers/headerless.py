"""Lists of images without a header, and those whose parts only blanks divide."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.data.images import SUFFIXES
from core.messages import Message, Remedy

BOX = ("x1", "y1", "x2", "y2")
_SUFFIX = "|".join(re.escape(suffix) for suffix in sorted(SUFFIXES, key=len, reverse=True))
# "my photos/a 1.jpg 5", "my photos/a 1.jpg AM General Hummer"
_IMAGE_FIRST = re.compile(rf"(?P<image>.*?(?:{_SUFFIX}))(?:\s+(?P<rest>.*))?", re.IGNORECASE)
HEADERS = frozenset({"image", "path", "file", "filename", "file_name", "img", "name", "id", "image_name", "image_id"})
_EDGE = re.compile(r"\d{1,7}(\.\d*)?")


def is_image(cell: str) -> bool:
    """Whether a cell names an image file."""
    return cell.strip().casefold().endswith(tuple(SUFFIXES))


def names_for(rows: Sequence[Sequence[str]]) -> list[str]:
    """Names for the columns of rows that start at once with an image file; none where the first is a header.

    The first file name is the image. Of the others, four with left < right and top < bottom are a bounding box, and one
    that is left then is the class.
    """
    if not rows or not any(map(is_image, rows[0])):
        return []
    width = len(rows[0])
    names = [f"column {number}" for number in range(1, width + 1)]
    image = next(index for index, cell in enumerate(rows[0]) if is_image(cell))
    names[image] = "image"
    box = next(
        (start for start in range(width - 3) if image not in range(start, start + 4) and _are_boxes(rows, start)), -1
    )
    if box >= 0:
        names[box : box + 4] = BOX
    rest = [index for index, name in enumerate(names) if name.startswith("column ")]
    if len(rest) == 1:
        names[rest[0]] = "label"
    return names


def notice_of(names: Sequence[str]) -> list[Message]:
    """What to know of the names given to columns where a bounding box is among them."""
    if BOX[0] not in names:
        return []
    first = names.index(BOX[0]) + 1
    return [
        Message(
            "columns-read-as-boxes",
            Remedy("--ignore-column x1", Message("says-that-they-are-none"), column="x1"),
            first=first,
            last=first + 3,
        )
    ]


def _are_boxes(rows: Sequence[Sequence[str]], start: int) -> bool:
    for cells in rows:
        edges = [cell.strip() for cell in cells[start : start + 4]]
        if len(edges) < 4 or not all(map(_EDGE.fullmatch, edges)):
            return False
        left, top, right, bottom = map(float, edges)
        if left >= right or top >= bottom:
            return False
    return True


def blank_separated(lines: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """(header, rows) of lines "image class"; ([], []) where they are no such list.

    Names and classes may have blanks in them, as far as the suffix of the image tells the two apart.
    """
    if len(lines) > 2 and lines[0].strip().isdigit() and len(lines[1].split()) > 1:
        # How many there are, as In-Shop's and CelebA's have it.
        lines = lines[1:]
    header = lines[0].split() if lines else []
    if not HEADERS.isdisjoint(map(str.casefold, header)):
        indices = [index for index, name in enumerate(header) if name.casefold() in HEADERS]
        readings = ([_row(line, index, len(header)) for line in lines[1:]] for index in indices)
        return header, next((rows for rows in readings if rows and all(rows)), [])
    found = [_parts(line) for line in lines]
    if not any(image for image, _ in found):
        two = [line.split() for line in lines]
        return (["image", "label"], two) if two and all(len(cells) == 2 for cells in two) else ([], [])
    if not all(image for image, _ in found):
        return [], []
    images, rests = [image for image, _ in found], [rest for _, rest in found]
    if (firsts := _first_words(images)) and len(set(firsts)) == len(firsts) and "".join(firsts).isdigit():
        # The number of the line.
        images = [image.split(None, 1)[1] for image in images]
    elif firsts and not any(rests) and not any("/" in word for word in firsts) and len(set(firsts)) < len(firsts):
        return ["label", "image"], [image.split(None, 1) for image in images]
    widths = {len(rest.split()) for rest in rests}
    if widths == {0}:
        return ["image"], [[image] for image in images]
    rows = [[image, *rest.split()] for image, rest in zip(images, rests, strict=True)]
    if len(widths) == 1 and max(widths) >= len(BOX) and BOX[0] in (names := names_for(rows)):
        return names, rows
    return ["image", "label"], [[image, rest] for image, rest in zip(images, rests, strict=True)]


def _first_words(images: Sequence[str]) -> list[str]:
    """What stands before the first blank of each name; [] where not all have one."""
    words = [image.split(None, 1) for image in images]
    return [first for first, _ in words] if all(len(parts) == 2 for parts in words) else []


def _parts(line: str) -> tuple[str, str]:
    """(image, the rest) of a line, or ("", "")."""
    text = line.strip()
    if (match := _IMAGE_FIRST.fullmatch(text)) is not None:
        return match["image"], (match["rest"] or "").strip()
    return "", ""


def _row(line: str, index: int, width: int) -> list[str]:
    """The cells of a row whose image is the one at `place`; [] where it has too few."""
    before = line.split(None, index)
    if len(before) <= index:
        return []
    image, rest = _parts(before[index])
    after = rest.split(None, max(width - index - 2, 0)) if image else before[index].split(None, width - index - 1)
    cells = [*before[:index], *([image] if image else []), *after]
    return cells if len(cells) == width else []
