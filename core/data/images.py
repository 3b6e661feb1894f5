"""The one decoder: what is trained on, shown in a gallery or kept as a thumbnail comes from here.

Decoders disagree about damaged, sixteen-bit and rotated files; with a single one the picture a person sees is the
picture the network saw.
"""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from core.data.pillow_warnings import QuietPillow
from core.demo.drawn_on_demand import draw_missing
from core.errors import ImageError
from core.messages import Message

# Raise it whenever decoded pixels change: kept ones are then decoded anew.
VERSION = 1
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".bmp", ".gif", ".webp", ".avif", ".tif", ".tiff"}
    | {".ppm", ".pgm", ".pbm", ".pnm"}
)
# Pictures of other formats: listed, so that the report can say that they are not read.
UNREAD_SUFFIXES = frozenset({".heic", ".heif", ".jp2", ".j2k", ".jxl", ".psd", ".svg", ".tga"})
# Pillow reads many more; some of those start other programs (EPS: Ghostscript), whatever the file is called.
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "TIFF", "PPM", "AVIF")
SIGNATURES = (
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"BM",
    b"GIF8",
    *(b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),  # TIFF and BigTIFF, in both byte orders
    *(b"P1", b"P2", b"P3", b"P4", b"P5", b"P6"),
)
# By the first bytes of pictures that are not read, what they are.
UNREAD_SIGNATURES = {
    b"\x00\x00\x00\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\x00\x00\x00\x0cJXL ": "JPEG XL",
    b"\xff\x0a": "JPEG XL",
    b"8BPS": "Photoshop",
}
AVIF_BRANDS, HEIC_BRANDS = (b"avif", b"avis"), (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"mif1", b"msf1")
Box = tuple[int, int, int, int]
Fit = Literal["crop", "squash"]

_READ_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
# What Pillow asks for at a time. Python's own 8 kB would take a small photograph apart into many reads.
_BLOCK = 1 << 16
_quiet = QuietPillow()
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = frozenset(_UPRIGHT[orientation] for orientation in (5, 6, 7, 8))


class MissingImageError(ImageError):
    """There is no file of that name."""


def decode(path: Path, at_least: int = 0, box: Box | None = None) -> Image.Image:
    """The first frame of an image file: upright, RGB, transparency laid on white.

    Args:
        path: a regular file.
        at_least: when given, a JPEG may be decoded at a fraction of its size as long as the shorter side of what is
            returned keeps this many pixels; several times faster for large photographs.
        box: (left, top, right, bottom) in pixels of the upright picture, right and bottom excluded: only this part is
            returned. What lies outside of the picture is cut off.

    Raises ImageError in one sentence when the file is missing, empty, no regular file, no image, damaged, larger than
    Pillow's limit of 179 megapixels (judged from its header), or has nothing inside the box. Pictures of the demo that
    are not there yet are drawn.
    """
    try:
        return _decoded(path, at_least, box)
    except MissingImageError:
        if not draw_missing(path):
            raise
    return _decoded(path, at_least, box)


def stored_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels as its header has them; ImageError as by `decode`."""
    with _opened(path) as image:
        return image.size


def _decoded(path: Path, at_least: int, box: Box | None) -> Image.Image:
    with _opened(path) as image:
        stored = image.size
        if at_least and image.format in ("JPEG", "MPO"):
            _draft(image, at_least, box)
        shares = (image.width / stored[0], image.height / stored[1])
        image.load()
        turn = _turn(image)
        whole = _as_rgb(image if turn is None else image.transpose(turn))
        if box is None:
            return whole
        return _inside(whole, box, shares[::-1] if turn in _SIDEWAYS else shares, path)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """A file whose header was read; whatever goes wrong with it until the end is an ImageError."""
    try:
        # Pillow maps a file that it opens itself into memory; one cut short meanwhile would then end the process.
        with _open_regular(path) as handle, _quiet, Image.open(handle, formats=FORMATS) as image:
            yield image
    except ImageError:
        raise
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MissingImageError(Message("image-missing", path=path), path) from error
    except UnidentifiedImageError as error:
        raise ImageError(
            Message("image-damaged", path=path, fault=signature_fault(path) or Message("is-damaged")), path
        ) from error
    except Image.DecompressionBombError as error:
        raise ImageError(Message("image-too-large", path=path, reason=error), path) from error
    except OSError as error:
        raise ImageError(Message("image-not-decoded", path=path, reason=error.strerror or error), path) from error
    except Exception as error:  # damaged files make Pillow's parsers raise almost anything
        raise ImageError(Message("image-not-decoded", path=path, reason=error or type(error).__name__), path) from error


def decode_square(path: Path, size: int, fit: Fit = "crop", box: Box | None = None) -> npt.NDArray[np.uint8]:
    """A (size, size, 3) uint8 picture of the image, or of the part in `box` (see `decode`).

    `fit` "crop": the shorter side is resized to `size` and the centre kept; "squash": the aspect is ignored.
    """
    image = decode(path, at_least=size, box=box)
    if fit == "squash":
        image = image.resize((size, size), Image.Resampling.BICUBIC)
    else:
        image = ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC)
    return np.asarray(image, dtype=np.uint8)


def thumbnail(path: Path, size: int, box: Box | None = None) -> Image.Image:
    """The whole image, or all of its part in `box`, within (size, size) pixels, aspect kept."""
    image = decode(path, at_least=size, box=box)
    image.thumbnail((size, size), Image.Resampling.LANCZOS)
    return image


def signature_fault(path: Path | str) -> Message | None:
    """Why a file cannot be an image, judged from its first bytes alone (None when it may be one)."""
    try:
        return first_look(path)[1]
    except OSError as error:
        return Message("cannot-be-opened", reason=error.strerror)


def is_picture(path: Path | str) -> bool:
    """Whether a file without a suffix of one is a regular file and a picture by its first bytes, read or not."""
    try:
        descriptor = _descriptor(path)
        try:
            head = os.read(descriptor, 12) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
        finally:
            os.close(descriptor)
    except OSError:
        return False
    # Text may begin with the two letters of a bitmap or of a PPM.
    is_text = (head.startswith(b"BM") and head[6:10] != bytes(4)) or (head.startswith(b"P") and not head[2:3].isspace())
    fault = _fault_of(head)
    return bool(head) and not is_text and (not fault or fault.id == "is-picture-not-read")


def first_look(path: Path | str, at_content: bool = True) -> tuple[os.stat_result, Message | None]:
    """The system's facts about a file, and why it cannot be an image (None when it may be one); OSError if not opened.

    Without `at_content` it is not opened: only its kind and size are judged.
    """
    if not at_content:
        facts = os.stat(path)  # noqa: PTH116 - many Path objects are slow
        return facts, fault_by_facts(facts)
    # Everything through one descriptor: of many files, each question more takes seconds.
    descriptor = _descriptor(path)
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            return facts, Message("is-no-regular-file")
        head = os.read(descriptor, 12)
    except OSError as error:
        return facts, Message("cannot-be-read", reason=error.strerror)
    finally:
        os.close(descriptor)
    return facts, _fault_of(head) if head else Message("is-empty")


def fault_by_facts(facts: os.stat_result) -> Message | None:
    """Why a file cannot be an image, judged from its kind and size alone."""
    if not stat.S_ISREG(facts.st_mode):
        return Message("is-no-regular-file")
    return None if facts.st_size else Message("is-empty")


def _fault_of(head: bytes) -> Message | None:
    if head.startswith(SIGNATURES) or (head[:4] == b"RIFF" and head[8:] == b"WEBP"):
        return None
    brand = head[8:] if head[4:8] == b"ftyp" else b""
    if brand in AVIF_BRANDS:
        return None
    others = (kind for start, kind in UNREAD_SIGNATURES.items() if head.startswith(start))
    kind = "HEIC" if brand in HEIC_BRANDS else next(others, "")
    return Message("is-picture-not-read", kind=kind) if kind else Message("is-no-image")


def _open_regular(path: Path) -> BinaryIO:
    descriptor = _descriptor(path)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ImageError(Message("image-damaged", path=path, fault=Message("is-no-regular-file")), path)
    return os.fdopen(descriptor, "rb", _BLOCK)


def _descriptor(path: Path | str) -> int:
    # A named pipe would keep an ordinary open waiting for ever.
    return os.open(path, _READ_FLAGS)


def _draft(image: Image.Image, at_least: int, box: Box | None) -> None:
    sides = image.size if box is None else (box[2] - box[0], box[3] - box[1])
    scale = min(*image.size, *sides) // at_least
    if scale >= 2:
        image.draft("RGB", (image.width // scale, image.height // scale))


def _inside(image: Image.Image, box: Box, shares: tuple[float, float], path: Path) -> Image.Image:
    """The part of an upright picture in `box`; `shares` of its full width and height are left after a draft."""
    across, down = shares
    width, height = round(image.width / across), round(image.height / down)
    left, top, right, bottom = max(0, box[0]), max(0, box[1]), min(width, box[2]), min(height, box[3])
    if left >= right or top >= bottom:
        raise ImageError(Message("box-outside-image", path=path, box=box, width=width, height=height), path)
    edges = (math.floor(left * across), math.floor(top * down), math.ceil(right * across), math.ceil(bottom * down))
    return image.crop(edges)


def _turn(image: Image.Image) -> Image.Transpose | None:
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # noqa: BLE001 - broken metadata says nothing about the pixels
        return None
    return _UPRIGHT.get(orientation) if isinstance(orientation, int) else None


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "F" or image.mode.startswith("I"):
        return _narrowed(image).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, layered).convert("RGB")
    return image if image.mode == "RGB" else image.convert("RGB")


def _narrowed(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits or of floats in 8 bits; Pillow would clip it at 255 instead."""
    wide = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0.0, neginf=0.0)
    white = 65535.0 if image.mode.startswith("I;16") else _white(float(wide.max(initial=0.0)), image.mode)
    return Image.fromarray(np.rint(np.clip(wide / white, 0.0, 1.0) * 255.0).astype(np.uint8))


def _white(highest: float, mode: str) -> float:
    """The value that stands for white where the file does not say: the smallest usual one that holds all pixels."""
    usual = (1.0, 255.0, 65535.0) if mode == "F" else (255.0, 65535.0)
    return next((value for value in usual if highest <= value), highest)
