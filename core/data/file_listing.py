"""Which files a data set had when it was opened, kept so that a later look says what has become of them."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.data.catalog import Catalog, Texts, texts
from core.errors import StorageError
from core.messages import Message
from core.storage import atomic_path, open_regular

# Of more files it would take longer to write than to be of use.
MOST = 2_000_000
BETWEEN = "\0"


@dataclass(frozen=True, eq=False)
class FileListing:
    """N files as `Catalog.paths` and `stamps` have them, and the catalog's fingerprint.

    Nothing is kept of a file of `vectors`.
    """

    paths: Texts
    stamps: Texts
    fingerprint: str
    vectors: None = None


def keep_listing(catalog: Catalog, path: Path) -> None:
    """Write the catalog's files. Raises StorageError or OSError where that fails."""
    if len(catalog) > MOST:
        return
    columns = {"paths": catalog.paths, "stamps": catalog.stamps}
    packed = {name: np.frombuffer(_bytes(column), np.uint8) for name, column in columns.items()}
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        np.savez_compressed(handle, fingerprint=np.array(catalog.fingerprint), allow_pickle=False, **packed)


def read_listing(path: Path) -> FileListing:
    """Inverse of `keep_listing`. Raises StorageError where there is none that can be read."""
    try:
        with open_regular(path) as handle, np.load(handle, allow_pickle=False) as arrays:
            paths, stamps = (_texts(arrays[name].tobytes()) for name in ("paths", "stamps"))
            fingerprint = str(arrays["fingerprint"])
    # Of a byte that differs in its head zipfile takes a part for encrypted, or packed in a way that it does not know.
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise StorageError(Message("file-not-read", path=path, reason=error), path) from error
    if len(paths) != len(stamps):
        raise StorageError(Message("file-not-read", path=path, reason=f"{len(paths)} != {len(stamps)}"), path)
    return FileListing(paths, stamps, fingerprint)


def _bytes(column: Texts) -> bytes:
    return BETWEEN.join(column.tolist()).encode("utf-8", "surrogatepass")


def _texts(content: bytes) -> Texts:
    return texts(content.decode("utf-8", "surrogatepass").split(BETWEEN))
