"""The variables of a MATLAB file (version 5, as Cars-196 and Flowers102 were published).

SciPy 1.17 reads them too, but a damaged file ends its process. A file is a header and elements, each a tag (kind, size)
and its bytes, some of them packed, and arrays hold elements again. Format: MathWorks, MAT-File Format, version 5.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.data.official.index_file import require_regular
from core.errors import DataError

if TYPE_CHECKING:
    import numpy.typing as npt

HEADER, ENDIAN = 128, 126
VERSION_7_3 = (b"\x00\x02IM", b"\x02\x00MI")
BYTES, NUMBERS, FLAGS, MATRIX, PACKED = 1, 5, 6, 14, 15
# NumPy's name of each kind of number, and how text of each kind is decoded.
DTYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
TEXTS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16"}
CELLS, RECORDS, TEXT, NUMERIC = 1, 2, 4, range(6, 16)
DEEPEST = 4
LARGEST = 1 << 28  # bytes of a variable once it is unpacked; those of Cars-196 have a few millions


def variables_of(path: Path, names: tuple[str, ...]) -> dict[str, Any]:
    """The named variables: arrays of numbers or text, each at least a vector, and records for `fields_of`.

    Raises DataError when the file is damaged, of another version, or lacks one of them.
    """
    require_regular(path)
    try:
        found = {name: value for name, value in _variables(path.read_bytes()) if name in names}
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}).", path) from error
    except (ValueError, struct.error, zlib.error) as error:
        raise DataError(f"{path} is no readable MATLAB file of version 5 ({error}).", path) from error
    if lacking := [name for name in names if name not in found]:
        raise DataError(f"{path} has no variable '{lacking[0]}'; expected {', '.join(names)}.", lacking[0])
    return found


def fields_of(path: Path, records: Any, names: tuple[str, ...]) -> dict[str, list[Any]]:
    """The named fields of records, each a list. Raises DataError when there is no such field or it is damaged."""
    there = tuple(records.fields) if isinstance(records, Records) else ()
    if lacking := [name for name in names if name not in there]:
        raise DataError(
            f"{path}: its records have no field '{lacking[0]}'; they have: {', '.join(there) or 'none'}.", lacking[0]
        )
    try:
        return {name: [records.array.value(*place) for place in records.fields[name]] for name in names}
    except (ValueError, struct.error) as error:
        raise DataError(f"{path} is no readable MATLAB file of version 5 ({error}).", path) from error


@dataclass(frozen=True)
class Records:
    """An array of records: where the values of each field stand."""

    array: _Elements
    fields: Mapping[str, Sequence[tuple[int, int]]]


def _variables(raw: bytes) -> Iterator[tuple[str, Any]]:
    if raw[124:HEADER] in VERSION_7_3:
        raise ValueError("it is of version 7.3")
    order = ">" if raw[ENDIAN:HEADER] == b"MI" else "<"
    if len(raw) <= HEADER or raw[ENDIAN:HEADER] not in (b"IM", b"MI"):
        raise ValueError("it has no header")
    whole, at = _Elements(raw, order), HEADER
    while at < len(raw):
        kind, start, end, following = whole.element(at, len(raw))
        elements = whole
        if kind == PACKED:
            elements, following = _Elements(_unpacked(raw[start:end]), order), end
            kind, start, end, _ = elements.element(0, len(elements.raw))
        if kind == MATRIX:
            name, value = elements.matrix(start, end)
            yield name, value if isinstance(value, Records) else _vector(value)
        at = following


def _vector(value: Any) -> npt.NDArray[Any]:
    import numpy as np

    return np.atleast_1d(value)


def _unpacked(packed: bytes) -> bytes:
    """Raises zlib.error for a wrong checksum."""
    unpacker = zlib.decompressobj()
    raw = unpacker.decompress(packed, LARGEST)
    if not unpacker.eof:
        raise ValueError("a packed element is cut short or too large")
    return raw


@dataclass(frozen=True)
class _Elements:
    """Bytes that hold elements. All methods raise ValueError or struct.error where they make no sense."""

    raw: bytes
    order: str

    def element(self, at: int, limit: int) -> tuple[int, int, int, int]:
        """(kind, start, end, where the next one is) of the element at a place; its bytes end before `limit`."""
        (word,) = struct.unpack_from(f"{self.order}I", self.raw, at)
        if word >> 16:
            # Up to four bytes stand in the tag itself.
            kind, start, size, following = word & 0xFFFF, at + 4, word >> 16, at + 8
        else:
            (size,) = struct.unpack_from(f"{self.order}I", self.raw, at + 4)
            kind, start, following = word, at + 8, at + 8 + size + -size % 8
        if start + size > limit or start + size > following:
            raise ValueError("an element is cut short")
        return kind, start, start + size, following

    def value(self, start: int, end: int, depth: int = 0) -> Any:
        """A number, text, array of either, or records."""
        return self.matrix(start, end, depth)[1]

    def matrix(self, start: int, end: int, depth: int = 0) -> tuple[str, Any]:
        """(name, value) of an array."""
        import numpy as np

        if start == end:
            return "", np.empty(0)
        flags, at = self._bytes(start, end, FLAGS)
        sizes, at = self._bytes(at, end, NUMBERS)
        name, at = self._bytes(at, end, BYTES)
        kind = struct.unpack_from(f"{self.order}I", flags)[0] & 0xFF
        shape = struct.unpack(f"{self.order}{len(sizes) // 4}i", sizes)
        count = prod(shape)
        if min(shape, default=-1) < 0 or count > len(self.raw) or depth > DEEPEST:
            raise ValueError(f"an array has the shape {shape}")
        if kind == CELLS:
            cells = np.empty(count, dtype=object)
            for number, place in enumerate(self._places(at, end, count)):
                cells[number] = self.value(*place, depth + 1)
            return name.decode("latin-1"), cells[0] if count == 1 else cells
        if kind == RECORDS:
            return name.decode("latin-1"), self._records(at, end, count)
        return name.decode("latin-1"), self._plain(at, end, kind, count)

    def _records(self, at: int, end: int, count: int) -> Records:
        widths, at = self._bytes(at, end, NUMBERS)
        packed, at = self._bytes(at, end, BYTES)
        width = struct.unpack(f"{self.order}i", widths)[0]
        if width < 1:
            raise ValueError(f"names have {width} letters")
        names = [packed[place : place + width].partition(b"\0")[0] for place in range(0, len(packed), width)]
        places = list(self._places(at, end, count * len(names)))
        return Records(
            self, {name.decode("latin-1"): places[number :: len(names)] for number, name in enumerate(names)}
        )

    def _plain(self, at: int, end: int, kind: int, count: int) -> Any:
        """Numbers or text."""
        import numpy as np

        stored, start, stop, _ = self.element(at, end)
        content = self.raw[start:stop]
        if kind == TEXT and stored in TEXTS:
            big_or_little = {"<": "-le", ">": "-be"}[self.order] if TEXTS[stored] == "utf-16" else ""
            return content.decode(f"{TEXTS[stored]}{big_or_little}")
        if kind not in NUMERIC or stored not in DTYPES:
            raise ValueError(f"an array is of kind {kind}, stored as {stored}")
        numbers = np.frombuffer(content, dtype=f"{self.order}{DTYPES[stored]}")
        if len(numbers) != count:
            raise ValueError(f"{len(numbers)} numbers where {count} are expected")
        return numbers[0] if count == 1 else numbers

    def _places(self, at: int, end: int, count: int) -> Iterator[tuple[int, int]]:
        """Where the arrays inside an array stand."""
        for _ in range(count):
            kind, start, stop, at = self.element(at, end)
            if kind != MATRIX:
                raise ValueError(f"an element of kind {kind} where an array is expected")
            yield start, stop

    def _bytes(self, at: int, end: int, kind: int) -> tuple[bytes, int]:
        """(the bytes of the element at a place, where the next one is)."""
        found, start, stop, following = self.element(at, end)
        if found != kind:
            raise ValueError(f"an element of kind {found} where {kind} is expected")
        return self.raw[start:stop], following
