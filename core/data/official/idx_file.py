"""The IDX format of MNIST and its kin: a header of big-endian sizes, then bytes."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import DataError
from core.messages import Message
from core.storage import open_regular

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

UNSIGNED_BYTES = 8


def read_idx(path: Path, dimensions: int) -> npt.NDArray[np.uint8]:
    """The array in a file, unpacked or as `.gz` beside it. Raises DataError when it is damaged or of another shape."""
    import numpy as np

    raw = _bytes(path)
    header = 4 + 4 * dimensions
    if len(raw) < header or raw[:4] != bytes((0, 0, UNSIGNED_BYTES, dimensions)):
        raise DataError(Message("idx-file-invalid", path=path, dimensions=dimensions, beginning=raw[:4].hex()), path)
    shape = struct.unpack(f">{dimensions}I", raw[4:header])
    expected = int(np.prod(shape, dtype=np.int64))
    if len(raw) - header != expected:
        raise DataError(
            Message("idx-file-of-other-length", path=path, bytes=len(raw) - header, expected=expected, shape=shape),
            path,
        )
    return np.frombuffer(raw, dtype=np.uint8, offset=header).reshape(shape)


def _bytes(path: Path) -> bytes:
    packed = path.with_name(f"{path.name}.gz")
    try:
        if path.is_file():
            with open_regular(path) as handle:
                return handle.read()
        with open_regular(packed) as handle, gzip.open(handle) as unpacked:
            return unpacked.read()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(Message("idx-files-not-readable", path=path, other=packed.name, reason=error), path) from error
