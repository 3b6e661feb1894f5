"""Images that come by the clipboard: a path, a file, or pixels that are kept as a file to be searched by."""

from __future__ import annotations

import contextlib
import hashlib
from functools import partial
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, QUrl
from PySide6.QtGui import QImage

from core.messages import Message
from core.storage import write_with
from explorer.dropped import files_in

# The folder in the workspace, and how many are kept: the history leads back to those of a session.
PASTED = "pasted"
MOST = 100
# What each of them is called where the query is named.
NAME = "pasted image.png"
LONGEST_PATH = 4096


def named_in(data: QMimeData) -> list[Path]:
    """The files that were copied, or the one whose path is the text that was; without a look at them."""
    return files_in(data) or _path_in(data.text())


def keep_pasted(image: QImage, folder: Path) -> Path:
    """Write an image as a file in a folder that its content names, so that the same image is the same file."""
    encoded = QByteArray()
    buffer = QBuffer(encoded)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG"):  # type: ignore[call-overload]
        raise OSError(Message("pasted-image-not-encoded"))
    content = bytes(encoded.data())
    path = folder / hashlib.sha256(content).hexdigest()[:12] / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    write_with(path, partial(_write, content))
    for old in sorted(folder.glob(f"*/{NAME}"), key=lambda each: each.stat().st_mtime, reverse=True)[MOST:]:
        old.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            old.parent.rmdir()
    return path


def _path_in(text: str) -> list[Path]:
    line = text.strip().strip("\"'")
    if not line or "\n" in line or len(line) > LONGEST_PATH:
        return []
    url = QUrl(line)
    return [Path(url.toLocalFile() if url.isLocalFile() else line).expanduser()]


def _write(content: bytes, path: Path) -> None:
    path.write_bytes(content)
