"""What files that are dragged, dropped or pasted can be used as: told by their names first, then by a look at them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QMimeData

from core.data.data_look import look_at_data
from core.data.format_detection import FILE_PATTERNS, LIST_PATTERNS, OTHER_FILES
from core.data.images import SUFFIXES as IMAGES
from core.data.images import UNREAD_SUFFIXES
from core.data.source import DataSource
from core.looking import kind_of
from core.messages import Message
from core.one_line import on_one_line
from core.storage import other_kind

MODELS = ("run", "checkpoint", "vectors")
# What is tried: a picture of another format, or without a suffix, is told of by the decoder.
PICTURES = IMAGES | UNREAD_SUFFIXES | {""}


class Dropped(NamedTuple):
    """Of each kind the first that is there.

    Attributes:
        name: what all of it is called in a sentence, that of the first file.
        data: a folder, a manifest or an index file of a published data set, "" for none.
        model: a checkpoint, a run or an embeddings file.
        image: a file that may be an image.
        reason: why none of it is of use, "" where something is.
        files: how many files it is; one of them is used.
    """

    name: str
    data: str = ""
    model: Path | None = None
    image: Path | None = None
    reason: str = ""
    files: int = 1


def files_in(dragged: QMimeData) -> list[Path]:
    """The files that are dragged or were copied, without a look at them."""
    return [Path(url.toLocalFile()) for url in dragged.urls() if url.isLocalFile()]


def look_at(files: Sequence[Path]) -> Dropped:
    """What the files are. Reads the drive that they lie on, which may be slow or gone: for a thread."""
    name = on_one_line(files[0].name or str(files[0])) if files else Message("this-file")
    model = next((path for path in files if kind_of(str(path)) in MODELS), None)
    data = next(
        (str(path) for path in files if path != model and (path.is_dir() or _is_called(path, FILE_PATTERNS))), ""
    )
    image = first_image(files)
    if not (data or model or image):
        # Beside pictures a text is about them; alone it may be the list of them.
        data = next((str(path) for path in files if _is_called(path, LIST_PATTERNS) and path.is_file()), "")
    if data or model or image:
        return Dropped(name, data, model, image, files=len(files))
    kind = other_kind(files[0]) if files else ""
    suffix = files[0].suffix.lower() if files else ""
    message_id = next((message_id for suffixes, message_id in OTHER_FILES.items() if suffix in suffixes), "")
    if message_id and not kind:
        return Dropped(name, reason=Message(message_id, path=name))
    return Dropped(name, reason=Message("file-is-of-kind", name=name, kind=kind or Message("no-usable-file")))


def _is_called(path: Path, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(path.name.lower(), pattern.lower()) for pattern in patterns)


def first_image(files: Sequence[Path]) -> Path | None:
    """The first that may be an image; for a thread as well."""
    return next((path for path in files if path.suffix.lower() in PICTURES and path.is_file()), None)


def look_into(files: Sequence[Path], should_stop: Callable[[], bool] = lambda: False) -> tuple[Dropped, str, bool]:
    """As `look_at`, with the sentence on how data among them would be read, and whether they can be."""
    found = look_at(files)
    if not found.data:
        return found, "", False
    looked = look_at_data(DataSource(found.data), should_stop)
    # What is asked about is asked once it is dropped.
    if looked.problem is None or looked.can_open:
        return found, looked.sentence, True
    return found, looked.problem.in_window, False
