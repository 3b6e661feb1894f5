"""One published file from the network: its progress told, its content checked, and whole or not there at all."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Literal
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from core.errors import StorageError
from core.messages import Message
from core.progress import Reporter
from core.storage import atomic_path

CHUNK = 1 << 18
PATIENCE_S = 60
NAMES = {"md5": "MD5", "sha256": "SHA-256"}


def fetch(url: str, path: Path, expected: str, reporter: Reporter, algorithm: Literal["md5", "sha256"] = "md5") -> None:
    """Download `url` to `path`; `expected` is how its checksum begins in hexadecimal, "" where none was published.

    Raises StorageError when the network or the disk fails or the file is not the published one.
    """
    digest = hashlib.new(algorithm, usedforsecurity=False)
    done = 0
    response = _answer(url)
    with response:
        total = response.length or 0
        _require_room(path.parent, total, url)
        with atomic_path(path) as temporary, temporary.open("wb") as handle:
            for chunk in _chunks(response, url):
                handle.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                reporter.progress(Message("stage-downloading", file=path.name), done, total, Message("unit-bytes"))
            if total and done != total:
                raise StorageError(Message("download-broken-off-after", url=url, done=done, total=total), url)
            if not digest.hexdigest().startswith(expected):
                raise StorageError(
                    Message(
                        "download-of-other-content",
                        url=url,
                        algorithm=NAMES[algorithm],
                        digest=digest.hexdigest(),
                        expected=expected,
                    ),
                    url,
                )


def _answer(url: str) -> HTTPResponse:
    try:
        # Some servers refuse a request that does not say who asks.
        response = urlopen(Request(url, headers={"User-Agent": "embedding-explorer"}), timeout=PATIENCE_S)
    except HTTPError as error:
        error.close()
        raise StorageError(Message("download-failed", url=url, reason=error), url) from error
    except URLError as error:
        # Its own words are those of its reason, in angle brackets.
        reason = error.reason.strerror if isinstance(error.reason, OSError) else None
        raise StorageError(Message("download-failed", url=url, reason=reason or error.reason), url) from error
    except (OSError, HTTPException) as error:
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
