"""Download one of torchvision's sets, into the folders that torchvision itself would use."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from core.data.official.sources import SOURCES, File
from core.data.official.table import TORCHVISION
from core.data.official.unpack import unpack
from core.errors import DataError, StorageError
from core.messages import Message
from core.progress import Reporter
from core.storage import atomic_path, open_regular

CHUNK = 1 << 18
PATIENCE_S = 60


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
        _fetch(file, path, reporter)
    if file.unpacks_to:
        unpack(path, folder, file.unpacks_to, reporter)


def _fetch(file: File, path: Path, reporter: Reporter) -> None:
    digest = hashlib.md5(usedforsecurity=False)
    done = 0
    response = _answer(file.url)
    with response:
        total = response.length or 0
        _require_room(path.parent, total, file.url)
        with atomic_path(path) as temporary, temporary.open("wb") as handle:
            for chunk in _chunks(response, file.url):
                handle.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                reporter.progress(Message("stage-downloading", file=file.name), done, total, Message("unit-bytes"))
            if total and done != total:
                raise StorageError(Message("download-broken-off-after", url=file.url, done=done, total=total), file.url)
            if file.md5 and digest.hexdigest() != file.md5:
                raise StorageError(
                    Message("download-of-other-content", url=file.url, digest=digest.hexdigest(), md5=file.md5),
                    file.url,
                )


def _answer(url: str) -> HTTPResponse:
    try:
        # Some servers refuse a request that does not say who asks.
        response = urlopen(Request(url, headers={"User-Agent": "embedding-explorer"}), timeout=PATIENCE_S)
    except (OSError, HTTPException) as error:
        if isinstance(error, HTTPError):
            error.close()
        raise StorageError(Message("download-failed", url=url, reason=error), url) from error
    assert isinstance(response, HTTPResponse)
    return response


def _chunks(response: HTTPResponse, url: str) -> Iterator[bytes]:
    # Not left to the writing around it, which would take a broken network for a broken disk.
    try:
        while chunk := response.read(CHUNK):
            yield chunk
    except (OSError, HTTPException) as error:
        raise StorageError(Message("download-broken-off", url=url, reason=error), url) from error


def _require_room(folder: Path, need: int, url: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if need > free:
        raise StorageError(
            Message("download-without-room", url=url, need=need / 1000000.0, folder=folder, free=free / 1000000.0),
            folder,
        )


def _md5(path: Path) -> str:
    with open_regular(path) as handle:
        return hashlib.file_digest(handle, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
