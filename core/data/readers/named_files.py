"""The files of all names in a manifest, also of names that begin with a folder of another machine.

A table made in Colab or on Windows names "/content/drive/MyDrive/set/a/1.jpg" or "C:\\set\\a\\1.jpg". Which part is
foreign shows in the files that are there: below the root one ends in "a/1.jpg". Nothing outside of it is looked for.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from urllib.parse import unquote

from core.data.first_image import ARCHIVES
from core.data.readers.image_finder import MOST_FILES, Hit, ImageFinder
from core.data.readers.manifest_errors import OutsideError
from core.errors import DataError
from core.messages import Message, Remedy, first_of

Parts = tuple[str, ...]
# Of the names with one beginning, so many are compared with the files that are there.
COMPARED = 50
EXAMPLE_LETTERS = 80
# Of a folder so many entries are looked at for an archive.
MOST_ENTRIES = 1_000
# Names of one table come from so many places at most.
MOST_PLACES = 16
_ANCHOR = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://[^/]*|[A-Za-z]:(?=/)|//[^/]*|~[^/]*|(?:\.\./)*\.\.(?=/)|/[^/]*|")


@dataclass
class FoundFiles:
    """A hit for each name, or None, and sentences about names that are not those of their files."""

    hits: list[Hit | None]
    notices: list[Message] = field(default_factory=list)


@dataclass(frozen=True)
class _Group:
    """Names that begin alike: indices into the list of all names, and the parts of each name's path."""

    indices: list[int]
    parts: list[Parts]

    def add(self, index: int, parts: Parts) -> None:
        """One more name."""
        self.indices.append(index)
        self.parts.append(parts)

    @property
    def shared(self) -> Parts:
        """The folders that all of them begin with."""
        folders = [parts[:-1] for parts in self.parts]
        first, last = min(folders), max(folders)
        alike = [one == other for one, other in zip(first, last, strict=False)]
        return first[: alike.index(False) if False in alike else len(alike)]


@dataclass(frozen=True)
class _Reading:
    """The first `dropped` parts of the names stand for `folder` below the root, of `ways` that fit as well."""

    dropped: int
    folder: str
    ways: Sequence[str]


def find_all(names: Sequence[str], finder: ImageFinder, manifest: Path, wheres: Sequence[str]) -> FoundFiles:
    """The file of each name, in their order; `wheres` say where each stands in the manifest.

    Raises OutsideError where names lead out of the root and their ends are not found below it either, or in several
    folders, and where no name is that of any file.
    """
    found = FoundFiles([None] * len(names))
    plain: list[int] = []
    groups: dict[str, _Group] = {}
    for index, name in enumerate(names):
        if leads_out(name, finder):
            parts = _parts(name)
            groups.setdefault(parts[0].casefold() if parts else "", _Group([], [])).add(index, parts)
        else:
            plain.append(index)
            found.hits[index] = finder.find(_as_path(name))
    is_any_found = any(found.hits[index] is not None for index in plain)
    for group in groups.values():
        _find_group(group, names, finder, manifest, wheres, found)
    asked = [index for index in plain if names[index].strip()]
    if names and not asked and not groups:
        raise DataError(Message("manifest-names-no-image", manifest=manifest), manifest)
    if asked and not is_any_found and not groups:
        _find_bare(asked, names, finder, manifest, found)
    found.notices += [*_loosely_spelt(names, found.hits), *_linked_out(found.hits, finder.root)]
    if finder.is_cut_short:
        found.notices.append(Message("images-among-the-first", root=finder.root, most=MOST_FILES))
    return found


def is_whole(name: str) -> bool:
    """Whether a path starts from a root, here or on another system, and not from any folder."""
    path = _as_path(name.strip())
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://|[A-Za-z]:/|/|~[^/]*/", path) is not None


def leads_out(name: str, finder: ImageFinder) -> bool:
    """Whether a name is a path out of the root, here or on another system."""
    text = name.strip()
    if not text or not (text[0] in "/\\~." or ":" in text or ".." in text):
        return False
    path = _as_path(text)
    is_of_another = is_whole(path) and (path[0] != "/" or path.startswith("//"))
    return is_of_another or finder.leads_out(path)


def _as_path(name: str) -> str:
    r"""A name as a path with forward slashes: "C:\a\1.jpg" and "file:///a/1.jpg" too."""
    path = name
    if path.strip()[:5].casefold() == "file:":
        path = unquote(path.strip()[5:])
        path = "/" + path.lstrip("/") if not re.match(r"/*[A-Za-z]:", path) else path.lstrip("/")
    return path.replace("\\", "/") if re.match(r"\s*(?:[A-Za-z]:\\|\\|~\\|\.\.\\)", path) else path


def _parts(name: str) -> Parts:
    """The parts of a path, its root or drive in the first one."""
    path = _as_path(name.strip()).replace("\\", "/")
    anchor = _ANCHOR.match(path)
    start = anchor[0] if anchor is not None else ""
    rest = tuple(part for part in path[len(start) :].split("/") if part not in ("", "."))
    if ".." in rest:
        rest = Path(os.path.normpath("/".join(rest))).parts
    return (start, *rest) if start else rest


def _find_group(
    group: _Group, names: Sequence[str], finder: ImageFinder, manifest: Path, wheres: Sequence[str], found: FoundFiles
) -> None:
    reading = _reading(group, finder)
    if reading is None and _find_parts(group, names, finder, found):
        return
    index = group.indices[0]
    first, foreign = names[index].strip(), "/".join(group.shared) or group.parts[0][0]
    outside = Message(
        "image-lies-outside",
        manifest=manifest,
        where=wheres[index],
        name=_short(names[index]),
        place=_place_of(finder, manifest),
    )
    if reading is None:
        proposed = _folder_of(foreign, finder.root)
        sentence = Message(
            "images-outside-without-likeness",
            Remedy(f"--base {proposed or 'FOLDER'}", Message("names-the-folder-that-holds-all-images")),
            outside=outside,
        )
        raise OutsideError(sentence, manifest, first, foreign, proposed)
    if len(reading.ways) > 1:
        ways = [finder.root / way for way in reading.ways[:2]]
        sentence = Message(
            "images-outside-ambiguous",
            Remedy(f"--base {ways[0]}", Message("names-the-folder-that-is-meant")),
            outside=outside,
            first=reading.ways[0] or ".",
            second=reading.ways[1],
        )
        raise OutsideError(sentence, manifest, first, foreign, ways[0])
    _take(reading, group, finder, found, _beginning(first, group.parts[0], reading.dropped))


def _find_parts(group: _Group, names: Sequence[str], finder: ImageFinder, found: FoundFiles) -> bool:
    """Find the files of names from several places, each by its own beginning; False where none is found.

    What differs from name to name may be the class, so each must share a folder with its file besides its own name.
    """
    inner: dict[str, _Group] = {}
    depth = len(group.shared)
    for index, parts in zip(group.indices, group.parts, strict=True):
        inner.setdefault(parts[depth], _Group([], [])).add(index, parts)
    if not 1 < len(inner) <= MOST_PLACES:
        return False
    readings = {name: _reading(part, finder, least=2) for name, part in inner.items()}
    sure = {name: each for name, each in readings.items() if each is not None and len(each.ways) == 1}
    for name, reading in sure.items():
        part = inner[name]
        beginning = _beginning(names[part.indices[0]].strip(), part.parts[0], reading.dropped)
        _take(reading, part, finder, found, beginning)
    return bool(sure)


def _take(reading: _Reading, group: _Group, finder: ImageFinder, found: FoundFiles, beginning: str) -> None:
    """Find the files under the folder that the foreign `beginning` of all names stands for, and say so."""
    for index, parts in zip(group.indices, group.parts, strict=True):
        tail = "/".join(parts[reading.dropped :])
        found.hits[index] = finder.find(f"{reading.folder}/{tail}" if reading.folder else tail)
    told = Message(
        "names-read-under-folder",
        Remedy("--base", Message("names-another-folder")),
        beginning=_short(beginning),
        count=len(group.indices),
        folder=finder.root / reading.folder,
    )
    found.notices.append(told)


def _place_of(finder: ImageFinder, manifest: Path) -> str:
    """Where images are looked for, in words behind "in" or "of"."""
    return Message("its-folder") if finder.root == manifest.parent else str(finder.root)


def _reading(group: _Group, finder: ImageFinder, least: int = 1) -> _Reading | None:
    """How many first parts of the names are foreign, and which folder below the root they stand for.

    At least so many parts of each name must be those of the file.
    """
    step = max(1, len(group.parts) // COMPARED)
    sample = group.parts[::step]
    best: tuple[int, _Reading] | None = None
    for dropped in range(1, len(group.shared) + 1):
        folders: Counter[str] = Counter()
        for parts in sample:
            tail = parts[dropped:]
            if len(tail) < least:
                continue
            folders.update({"/".join(file.split("/")[: -len(tail)]) for file in finder.ending_in("/".join(tail))})
        if not folders:
            continue
        most = max(folders.values())
        ways = sorted(folder for folder, count in folders.items() if count == most)
        if best is None or most > best[0]:
            best = most, _Reading(dropped, ways[0], ways)
    return None if best is None else best[1]


def _find_bare(
    indices: Sequence[int], names: Sequence[str], finder: ImageFinder, manifest: Path, found: FoundFiles
) -> None:
    group = _Group(list(indices), [_parts(names[index]) for index in indices])
    reading = _reading(group, finder) if all(group.parts) else None
    if reading is not None and len(reading.ways) == 1:
        _take(reading, group, finder, found, "/".join(group.shared[: reading.dropped]))
        return
    example = names[indices[0]].strip()
    raise OutsideError(_why_none(example, len(indices), finder, manifest), manifest, example)


def _why_none(example: str, count: int, finder: ImageFinder, manifest: Path) -> Message:
    named = Remedy("--base FOLDER", Message("names-the-folder-that-holds-them"))
    none = Message(
        "images-listed-not-found",
        manifest=manifest,
        count=count,
        example=_short(example),
        place=_place_of(finder, manifest),
    )
    if archives := _archives_in(finder.root):
        return Message("images-in-archives", named, none=none, archives=first_of(archives, 1))
    if (there := finder.first_file()) is not None:
        return Message("images-called-otherwise", named, none=none, example=_short(there))
    return Message("images-nowhere", named, none=none)


def _archives_in(folder: Path) -> list[str]:
    inside = _entries(folder)
    below = [f"{name}/{inner}" for name, is_folder in inside if is_folder for inner, _ in _entries(folder / name)]
    return [name for name in (*(name for name, _ in inside), *below) if name.lower().endswith(ARCHIVES)]


def _entries(folder: Path) -> list[tuple[str, bool]]:
    try:
        with os.scandir(folder) as entries:
            return sorted((entry.name, entry.is_dir()) for entry in islice(entries, MOST_ENTRIES))
    except OSError:
        return []


def _loosely_spelt(names: Sequence[str], hits: Sequence[Hit | None]) -> list[Message]:
    loose = [(name, hit.file) for name, hit in zip(names, hits, strict=True) if hit is not None and hit.is_loose]
    if not loose:
        return []
    name, file = (_short(text.strip()) for text in loose[0])
    return [Message("names-spelt-loosely", count=len(loose), name=name, file=file)]


def _linked_out(hits: Sequence[Hit | None], root: Path) -> list[Message]:
    start = os.path.join(os.path.realpath(root), "")  # noqa: PTH118 - ends in a slash
    is_inside: dict[str, bool] = {}
    out: list[str] = []
    for file in {hit.file: None for hit in hits if hit is not None}:
        path = start + file
        folder = os.path.dirname(path)  # noqa: PTH120 - a million Path objects take seconds
        if folder not in is_inside:
            is_inside[folder] = os.path.join(os.path.realpath(folder), "").startswith(start)  # noqa: PTH118
        if not is_inside[folder] or (os.path.islink(path) and not os.path.realpath(path).startswith(start)):  # noqa: PTH114
            out.append(file)
    if not out:
        return []
    return [
        Message(
            "images-linked-outside",
            count=len(out),
            root=root,
            name=_short(out[0]),
            file=_short(os.path.realpath(start + out[0])),
        )
    ]


def _folder_of(foreign: str, root: Path) -> Path | None:
    """The folder that foreign names begin with, where this machine has it."""
    path = Path(os.path.normpath(root / foreign))
    try:
        # "/home" is no folder of images.
        return path if len(path.parts) > 2 and path.is_dir() else None
    except (OSError, ValueError):
        return None


def _beginning(name: str, parts: Parts, dropped: int) -> str:
    """What stands before all but the first parts of a name, spelt as there."""
    end = name.replace("\\", "/").rfind("/".join(parts[dropped:]))
    return name[:end].rstrip("/\\") if end > 0 else "/".join(parts[:dropped])


def _short(text: str) -> str:
    return text if len(text) <= EXAMPLE_LETTERS else f"{text[: EXAMPLE_LETTERS // 2]}…{text[-EXAMPLE_LETTERS // 2 :]}"
