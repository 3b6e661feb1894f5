"""The one decoder: what is trained on, shown in a gallery or kept as a thumbnail comes from here.

Decoders disagree about damaged, sixteen-bit and rotated files; with a single one the picture a person sees is the
picture the network saw.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import ImageError

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})
MOST_PIXELS = 200_000_000
Fit = Literal["crop", "squash"]


def decode(path: Path, at_least: int = 0) -> Image.Image:
    """The first frame of an image file: upright, RGB, transparency laid on white.

    Args:
        path: a regular file.
        at_least: when given, a JPEG may be decoded at a fraction of its size as long as its shorter side keeps this
            many pixels; several times faster for large photographs.

    Raises ImageError in one sentence when the file is missing, empty, no image, damaged or larger than 200 megapixels.
    """
    try:
        if not path.is_file():
            raise ImageError(f"{path} is not there.", path)
        with warnings.catch_warnings():
            # Pillow warns about odd metadata and large sizes; the size is judged right below.
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise ImageError(
                        f"{path} has {image.width} x {image.height} pixels; at most {MOST_PIXELS:,} are decoded.", path
                    )
                if at_least and image.format == "JPEG":
                    _draft(image, at_least)
                return _as_rgb(ImageOps.exif_transpose(image))
    except UnidentifiedImageError as error:
        reason = "is empty" if path.stat().st_size == 0 else "is not an image"
        raise ImageError(f"{path} {reason}.", path) from error
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ImageError(f"{path} cannot be decoded ({error}).", path) from error


def decode_square(path: Path, size: int, fit: Fit = "crop") -> npt.NDArray[np.uint8]:
    """A (size, size, 3) uint8 picture.

    `fit` "crop": the shorter side is resized to `size` and the centre kept; "squash": the aspect is ignored.
    """
    image = decode(path, at_least=size)
    if fit == "squash":
        image = image.resize((size, size), Image.Resampling.BICUBIC)
    else:
        image = ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC)
    return np.asarray(image, dtype=np.uint8)


def thumbnail(path: Path, size: int) -> Image.Image:
    """The whole image within (size, size) pixels, aspect kept."""
    image = decode(path, at_least=size)
    image.thumbnail((size, size), Image.Resampling.LANCZOS)
    return image


def signature_fault(path: Path) -> str:
    """Why a file cannot be an image, judged from its first bytes alone ("" when it may be one)."""
    try:
        with path.open("rb") as handle:
            head = handle.read(12)
    except OSError as error:
        return f"cannot be opened ({error.strerror})"
    if not head:
        return "is empty"
    known = (
        b"\xff\xd8\xff",
        b"\x89PNG",
        b"BM",
        b"GIF8",
        b"II*\x00",
        b"MM\x00*",
        b"P1",
        b"P2",
        b"P3",
        b"P4",
        b"P5",
        b"P6",
    )
    if head.startswith(known) or (head[:4] == b"RIFF" and head[8:] == b"WEBP"):
        return ""
    return "is not an image"


def _draft(image: Image.Image, at_least: int) -> None:
    scale = min(image.width, image.height) // at_least
    if scale >= 2:
        image.draft("RGB", (image.width // scale, image.height // scale))


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode in ("I", "I;16", "I;16B", "I;16L", "F"):
        # Pillow clips wide pixels at 255; bring the full range down instead.
        wide = np.asarray(image, dtype=np.float32)
        top = 65535.0 if image.mode.startswith("I") and wide.max(initial=0) > 255 else 255.0
        if image.mode == "F" and wide.max(initial=0) <= 1.0:
            top = 1.0
        return Image.fromarray(np.clip(wide * (255.0 / top), 0, 255).astype(np.uint8)).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, layered).convert("RGB")
    return image.convert("RGB")
