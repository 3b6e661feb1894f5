"""Arrays in an .npz that another program wrote: sizes are checked before anything is unpacked, and no code is run."""

from __future__ import annotations

import io
import math
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from core.errors import EmbeddingsError
from core.messages import Message

Array = npt.NDArray[Any]

# Vectors hardly compress; what unpacks to far more than it is, and to much, was made to fill the memory.
LARGE = 256 << 20
MOST_TIMES_LARGER = 200
_LONGEST_HEADER = 10_000
_ENCRYPTED = 1
_NO_ARCHIVE = (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, OverflowError)
_NO_HEADER = (ValueError, SyntaxError, TypeError, KeyError, EOFError, RecursionError, MemoryError, tokenize.TokenError)


@dataclass(frozen=True)
class Header:
    """What an array of the archive says of itself, and what it takes unpacked."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran: bool
    start: int
    size: int

    def __str__(self) -> str:
        return f"{describe_shape(self.shape)} {self.dtype}"


class ArrayArchive:
    """The arrays of an open .npz.

    Attributes:
        headers: name -> what is promised, for all arrays.

    Raises EmbeddingsError for what is no archive of arrays, is damaged, is encrypted or unpacks to far too much.
    """

    def __init__(self, handle: BinaryIO, path: Path) -> None:
        self._path = path
        start = handle.read(8)
        handle.seek(0)
        if start.startswith(b"\x93NUMPY"):
            raise EmbeddingsError(Message("embeddings-file-of-bare-array", path=path), path)
        try:
            self._archive = zipfile.ZipFile(handle)
            members = {member.filename.removesuffix(".npy"): member for member in self._archive.infolist()}
        except _NO_ARCHIVE as error:
            raise self._damaged(Message("archive-cut-short")) from error
        self._members = members
        _refuse_bombs(members, path)
        self.headers: Mapping[str, Header] = {name: self._header(name) for name in members}

    def read(self, name: str) -> Array:
        """An array, whole. Raises EmbeddingsError for one of objects and for a damaged one."""
        header = self.headers[name]
        if header.dtype.hasobject:
            raise EmbeddingsError(Message("array-of-python-objects", path=self._path, name=name), self._path)
        content = self._content(name)[header.start :]
        try:
            found = np.frombuffer(content, dtype=header.dtype, count=math.prod(header.shape))
            return found.reshape(header.shape, order="F" if header.fortran else "C")
        except ValueError as error:
            raise self._damaged(Message("array-shorter-than-said", name=name)) from error

    def _header(self, name: str) -> Header:
        beginning = io.BytesIO(self._content(name, _LONGEST_HEADER + 12))
        size = self._members[name].file_size
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of headers that Python 2 wrote
                version = np.lib.format.read_magic(beginning)
                read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
                shape, fortran, dtype = read(beginning, max_header_size=_LONGEST_HEADER)
        except _NO_HEADER as error:
            raise self._damaged(Message("archive-entry-no-array", name=clipped(name))) from error
        if any(type(side) is not int or side < 0 for side in shape):
            raise self._damaged(Message("array-of-impossible-shape", name=clipped(name), shape=describe_shape(shape)))
        header = Header(shape, dtype, fortran, beginning.tell(), size)
        promised = math.prod(shape) * dtype.itemsize
        if not dtype.hasobject and promised != size - header.start:
            raise self._damaged(
                Message(
                    "array-larger-than-file",
                    name=clipped(name),
                    header=header,
                    promised=promised,
                    size=max(size - header.start, 0),
                )
            )
        return header

    def _content(self, name: str, most: int = -1) -> bytes:
        try:
            with self._archive.open(self._members[name]) as member:
                return member.read(most)
        except (*_NO_ARCHIVE, RuntimeError, zlib.error, MemoryError) as error:
            raise self._damaged(Message("array-not-unpacked", name=clipped(name))) from error

    def _damaged(self, why: Message) -> EmbeddingsError:
        return EmbeddingsError(Message("embeddings-file-not-readable-because", path=self._path, fault=why), self._path)


def describe_shape(shape: tuple[int, ...]) -> str:
    """As NumPy writes it, cut short where a crafted file has a thousand sides."""
    return clipped(str(shape), 60)


def clipped(text: object, longest: int = 40) -> str:
    """A text from a file as a sentence can hold it: printable, on one line, of bounded length."""
    plain = "".join(sign if sign.isprintable() else "?" for sign in str(text)[: longest + 1])
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def _refuse_bombs(members: Mapping[str, zipfile.ZipInfo], path: Path) -> None:
    if any(member.flag_bits & _ENCRYPTED for member in members.values()):
        raise EmbeddingsError(Message("embeddings-file-encrypted", path=path), path)
    unpacked = sum(member.file_size for member in members.values())
    packed = sum(member.compress_size for member in members.values())
    refuse_if_swollen(unpacked, min(packed, path.stat().st_size), path)


def refuse_if_swollen(unpacked: int, packed: int, path: Path) -> None:
    """Raise EmbeddingsError where a file would unpack to far more than vectors can be compressed."""
    if unpacked > LARGE and unpacked > MOST_TIMES_LARGER * packed:
        raise EmbeddingsError(
            Message("embeddings-file-overpacked", path=path, packed=packed / 1000000.0, unpacked=unpacked / 1000000.0),
            path,
        )
