"""Download one of torchvision's sets, into the folders that torchvision itself would use."""

from __future__ import annotations

import hashlib
from pathlib import Path

from core.data.official.sources import SOURCES, File
from core.data.official.table import TORCHVISION
from core.data.official.unpack import unpack
from core.download import fetch
from core.errors import DataError
from core.messages import Message
from core.progress import Reporter
from core.storage import open_regular


def download(name: str, root: Path, reporter: Reporter) -> Path:
    """Bring torchvision's set `name` below `root` and return its folder; what is there already is left alone.

    Every file is checked against its published checksum before it is unpacked. Raises DataError for a set that cannot
    be downloaded, StorageError when the network or the disk fails or a file is not the published one.
    """
    if name not in TORCHVISION:
        raise DataError(Message("download-unknown", name=name, names=SOURCES), name)
    folder = root / TORCHVISION[name].folders[0]
    if name not in SOURCES:
        raise DataError(Message("cars-no-longer-published", name=name, folder=folder), name)
    for file in SOURCES[name].files:
        _bring(file, root / file.folder, reporter)
    return folder


def _bring(file: File, folder: Path, reporter: Reporter) -> None:
    # What is unpacked is moved into place as a whole, so it is complete where it is there.
    if file.unpacks_to and all((folder / name).exists() for name in file.unpacks_to):
        return
    path = folder / file.name
    if not path.is_file() or (file.md5 and _md5(path) != file.md5):
        fetch(file.url, path, file.md5, reporter)
    if file.unpacks_to:
        unpack(path, folder, file.unpacks_to, reporter)


def _md5(path: Path) -> str:
    with open_regular(path) as handle:
        return hashlib.file_digest(handle, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
