"""Unpack a downloaded archive: wholly or not at all, and nothing outside its folder."""

from __future__ import annotations

import gzip
import os
import secrets
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, cast

from core.errors import StorageError
from core.messages import Message
from core.progress import Reporter
from core.storage import TEMPORARY_SUFFIX

DAMAGE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError)


def unpack(archive: Path, folder: Path, expected: tuple[str, ...], reporter: Reporter) -> None:
    """Unpack a zip, a tar or a single gzip file so that `folder` holds the `expected` names.

    Raises StorageError for a damaged archive, one without an expected name, and one with a member that is neither file
    nor folder or leads out of the folder. Members are checked here because tarfile's own filter has been got round
    before (CVE-2025-4517).
    """
    temporary = folder / f".{os.getpid()}-{secrets.token_hex(4)}{TEMPORARY_SUFFIX}"
    try:
        temporary.mkdir(parents=True)
        for number, (name, content) in enumerate(_contents(archive), 1):
            path = temporary / _safe(archive, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as handle:
                shutil.copyfileobj(content, handle)
            reporter.progress(Message("stage-unpacking", archive=archive.name), number, 0, Message("unit-files"))
        _put_in_place(archive, temporary, folder, expected)
    except DAMAGE as error:
        raise StorageError(Message("file-damaged", path=archive, reason=error), archive) from error
    except OSError as error:
        raise StorageError(
            Message("archive-not-unpacked", archive=archive, reason=error.strerror or error), archive
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _contents(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """(name, open file) of every member that is a file."""
    if archive.suffix == ".zip":
        yield from _of_zip(archive)
    elif archive.name.endswith((".tar.gz", ".tgz", ".tar")):
        yield from _of_tar(archive)
    else:
        with gzip.open(archive) as content:
            yield archive.stem, cast(IO[bytes], content)


def _of_zip(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    # A link in a zip is stored as a file with its target's name in it, and comes out as such.
    with zipfile.ZipFile(archive) as members:
        for member in members.infolist():
            if not member.is_dir():
                with members.open(member) as content:
                    yield member.filename, content


def _of_tar(archive: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(archive) as members:
        for member in members:
            if member.isdir():
                continue
            content = members.extractfile(member) if member.isreg() else None
            if content is None:
                raise StorageError(
                    Message("archive-member-of-other-kind", archive=archive, member=member.name), member.name
                )
            with content:
                yield member.name, content


def _safe(archive: Path, name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise StorageError(Message("archive-member-outside", archive=archive, member=name), name)
    return name


def _put_in_place(archive: Path, temporary: Path, folder: Path, expected: tuple[str, ...]) -> None:
    for name in expected:
        if not (temporary / name).exists():
            raise StorageError(Message("archive-member-missing", archive=archive, member=name), archive)
    for name in expected:
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)
        (temporary / name).replace(folder / name)
