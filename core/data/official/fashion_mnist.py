"""Fashion-MNIST (Xiao, Rasul, Vollgraf, 2017): published as arrays, written out as pictures on first use."""

from __future__ import annotations

import gzip
import hashlib
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from core import paths
from core.data.official.official_set import OFFICIAL_SPLIT, Listed, OfficialSet, PublishedPart, divided_in_halves
from core.errors import DataError, StorageError
from core.messages import Message
from core.progress import Reporter
from core.storage import open_regular, write_text

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Bytes = npt.NDArray[np.uint8]

CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"
)  # fmt: skip
PARTS = {"train": "train", "test": "t10k"}
FOLDER_SIZE = 1000
DONE = "complete"
UNSIGNED_BYTES = 8


def list_images(folder: Path, reporter: Reporter) -> Listed:
    """The pictures of both official parts, in a folder of the workspace."""
    arrays = {part: _part(folder, prefix) for part, prefix in PARTS.items()}
    root = _pictures_of(folder)
    if not (root / DONE).is_file():
        _write_pictures(root, {part: pictures for part, (pictures, _) in arrays.items()}, reporter)
    official = [part for part, (_, codes) in arrays.items() for _ in codes]
    labels = [CLASSES[code] for _, codes in arrays.values() for code in codes.tolist()]
    files = [_name(part, number) for part, (pictures, _) in arrays.items() for number in range(len(pictures))]
    return divided_in_halves(root, files, labels, CLASSES, **{OFFICIAL_SPLIT: official})


def are_written(folder: Path) -> bool:
    """Whether the pictures of the arrays in `folder` were written out already."""
    return (_pictures_of(folder) / DONE).is_file()


def _pictures_of(folder: Path) -> Path:
    return paths.workspace() / "datasets" / "Fashion-MNIST" / _key(folder)


def _part(folder: Path, prefix: str) -> tuple[Bytes, Bytes]:
    """(N, height, width) pictures, white on black, and (N,) classes."""
    pictures = _read_idx(folder / _file(prefix, "images", 3), 3)
    codes = _read_idx(folder / _file(prefix, "labels", 1), 1)
    if len(pictures) != len(codes):
        raise DataError(
            Message("idx-pictures-miscounted", folder=folder, pictures=len(pictures), part=prefix, classes=len(codes)),
            prefix,
        )
    if len(codes) and codes.max() >= len(CLASSES):
        raise DataError(
            Message("idx-class-out-of-range", folder=folder, label=codes.max(), part=prefix, most=len(CLASSES) - 1),
            prefix,
        )
    return pictures, codes


def _read_idx(path: Path, dimensions: int) -> Bytes:
    """The array of an IDX file (a header of big-endian sizes, then bytes), unpacked or as `.gz` beside it.

    Raises DataError when it is damaged or of another shape.
    """
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


def _key(folder: Path) -> str:
    """Another one whenever the arrays are others."""
    from core.data.catalog import stamp_of

    files = [found for name in FILES for found in sorted((folder / name).parent.glob(f"{Path(name).name}*"))]
    facts = [f"{file.name} {stamp_of(file.stat())}" for file in files]
    return hashlib.sha256("\n".join([str(folder), *facts]).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _write_pictures(root: Path, parts: dict[str, Bytes], reporter: Reporter) -> None:
    from PIL import Image

    total, done = sum(map(len, parts.values())), 0
    try:
        for part, pictures in parts.items():
            for number, picture in enumerate(pictures):
                path = root / _name(part, number)
                if number % FOLDER_SIZE == 0:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    reporter.progress(Message("stage-writing-pictures"), done + number, total)
                Image.fromarray(picture).save(path, "PNG", compress_level=1)
            done += len(pictures)
    except OSError as error:
        raise StorageError(
            Message("pictures-not-written", folder=root, reason=error.strerror or error), root
        ) from error
    reporter.progress(Message("stage-writing-pictures"), total, total)
    # Written last: without it the next opening writes all pictures anew.
    write_text(root / DONE, f"{total} pictures\n")


def _name(part: str, number: int) -> str:
    return f"{part}/{number // FOLDER_SIZE:02d}/{number:05d}.png"


def _file(prefix: str, kind: str, dimensions: int) -> str:
    return f"raw/{prefix}-{kind}-idx{dimensions}-ubyte"


FILES = tuple(
    _file(prefix, kind, dimensions) for prefix in PARTS.values() for kind, dimensions in (("images", 3), ("labels", 1))
)
FASHION_MNIST = OfficialSet(
    name="Fashion-MNIST",
    meaning="70,000 garments of 10 kinds in 28 x 28 pixels; the first 5 train, the other 5 test",
    folders=("FashionMNIST",),
    layouts=(FILES, tuple(f"{name}.gz" for name in FILES)),
    signs=frozenset(),
    parts=(PublishedPart("train", 60_000, 10), PublishedPart("test", 10_000, 10)),
    list_images=list_images,
)
