from __future__ import annotations

import io
import os
import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageOps

from core import paths
from core.data.images import decode, decode_square, signature_fault, stored_size, thumbnail
from core.errors import ImageError
from core.messages import Message
from tests.core.data.pictures import gradient, noise

# How a picture that is upright is turned before it is stored under each orientation.
TURNS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def png_header(width: int, height: int) -> bytes:
    """The first bytes of a black-and-white PNG of any size, with hardly any pixels."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    return header + struct.pack(">I", 1000) + b"IDAT" + zlib.compress(bytes(50))


def jpeg(image: Image.Image, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=95, **options)
    return stream.getvalue()


def save_oriented(path: Path, upright: Image.Image, orientation: int, **options) -> None:
    turn = TURNS[orientation]
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    (upright if turn is None else upright.transpose(turn)).save(path, exif=exif, **options)


def mean_difference(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(one, np.float32) - np.asarray(other, np.float32)).mean())


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".ppm", ".webp"])
def test_a_picture_comes_back_as_it_was_stored(tmp_path, suffix):
    picture = noise()
    options = {"lossless": True} if suffix == ".webp" else {}
    picture.save(tmp_path / f"x{suffix}", **options)
    decoded = decode(tmp_path / f"x{suffix}")
    assert decoded.mode == "RGB"
    assert np.array_equal(np.asarray(decoded), np.asarray(picture))


@pytest.mark.parametrize("orientation", TURNS)
def test_a_turned_picture_comes_back_upright(tmp_path, orientation):
    picture = noise()
    save_oriented(tmp_path / "x.png", picture, orientation)
    assert np.array_equal(np.asarray(decode(tmp_path / "x.png")), np.asarray(picture))


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".webp", ".avif"])
def test_every_format_with_an_orientation_is_turned_once(tmp_path, suffix):
    picture = gradient(60, 40)
    save_oriented(tmp_path / f"x{suffix}", picture, 6)
    decoded = decode(tmp_path / f"x{suffix}")
    assert decoded.size == (60, 40)
    assert mean_difference(decoded, picture) < 4


def test_an_orientation_that_makes_no_sense_is_ignored(tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 77
    noise().save(tmp_path / "x.png", exif=exif)
    assert decode(tmp_path / "x.png").size == noise().size


@pytest.mark.parametrize("broken", [b"MM\x00*\xff\xff\xff\xff broken", b"MM", b"MM\x00*\x00\x00\x00"])
@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_broken_metadata_costs_no_picture(tmp_path, suffix, broken):
    gradient(60, 40).save(tmp_path / f"x{suffix}", exif=b"Exif\x00\x00" + broken)
    assert decode(tmp_path / f"x{suffix}").size == (60, 40)


def test_colours_for_print_become_colours_for_screens(tmp_path):
    red = Image.new("CMYK", (16, 16), (0, 255, 255, 0))
    red.save(tmp_path / "x.jpg", quality=95)
    red.save(tmp_path / "x.tif")
    for name in ("x.jpg", "x.tif"):
        assert np.abs(np.asarray(decode(tmp_path / name), np.int64) - [255, 0, 0]).max() < 12


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_grey_of_16_bits_keeps_its_range(tmp_path, suffix):
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    Image.fromarray(ramp).save(tmp_path / f"x{suffix}")
    decoded = np.asarray(decode(tmp_path / f"x{suffix}"))
    assert (decoded.min(), decoded.max()) == (0, 255)
    assert abs(decoded.mean() - 127) < 1.5


def test_dark_grey_of_16_bits_stays_dark(tmp_path):
    Image.fromarray(np.full((4, 4), 200, np.uint16)).save(tmp_path / "x.png")
    assert np.asarray(decode(tmp_path / "x.png")).max() == 1


def test_a_grey_map_of_16_bits_keeps_its_range(tmp_path):
    ramp = np.linspace(0, 65535, 256).astype(">u2")
    (tmp_path / "x.pgm").write_bytes(b"P5 16 16 65535\n" + ramp.tobytes())
    decoded = np.asarray(decode(tmp_path / "x.pgm"))
    assert (decoded.min(), decoded.max()) == (0, 255)
    assert abs(decoded.mean() - 127) < 1.5


@pytest.mark.parametrize(("low", "high", "last"), [(0.0, 1.0, 255), (0.0, 0.5, 128), (0, 200, 200), (-9, 65535, 255)])
def test_floats_are_brought_to_8_bits_from_their_range(tmp_path, low, high, last):
    ramp = np.linspace(low, high, 64, dtype=np.float32).reshape(8, 8)
    Image.fromarray(ramp).save(tmp_path / "x.tif")
    decoded = np.asarray(decode(tmp_path / "x.tif"))
    assert (decoded.min(), decoded.max()) == (0, last)


def test_floats_that_are_none_are_black(tmp_path):
    values = np.array([[np.nan, np.inf, -np.inf, 1.0]], dtype=np.float32)
    Image.fromarray(values).save(tmp_path / "x.tif")
    assert np.asarray(decode(tmp_path / "x.tif"))[0, :, 0].tolist() == [0, 0, 0, 255]


def test_whole_numbers_of_32_bits_are_brought_to_8(tmp_path):
    Image.fromarray(np.array([[-5, 0, 500_000, 1_000_000]], dtype=np.int32)).save(tmp_path / "x.tif")
    assert np.asarray(decode(tmp_path / "x.tif"))[0, :, 0].tolist() == [0, 0, 128, 255]


def test_transparency_is_laid_on_white(tmp_path):
    clear = Image.new("RGBA", (4, 4), (10, 20, 30, 0))
    half = Image.new("RGBA", (4, 4), (0, 0, 0, 128))
    clear.save(tmp_path / "clear.png")
    half.save(tmp_path / "half.png")
    Image.new("LA", (4, 4), (0, 0)).save(tmp_path / "grey.png")
    assert decode(tmp_path / "clear.png").getpixel((0, 0)) == (255, 255, 255)
    assert decode(tmp_path / "half.png").getpixel((0, 0)) == (127, 127, 127)
    assert decode(tmp_path / "grey.png").getpixel((0, 0)) == (255, 255, 255)


def test_a_transparent_entry_of_a_palette_is_white(tmp_path):
    picture = Image.new("P", (2, 1))
    picture.putpalette([200, 0, 0, 0, 0, 200])
    picture.putpixel((1, 0), 1)
    picture.save(tmp_path / "x.png", transparency=1)
    picture.save(tmp_path / "x.gif", transparency=1)
    for name in ("x.png", "x.gif"):
        decoded = decode(tmp_path / name)
        assert (decoded.getpixel((0, 0)), decoded.getpixel((1, 0))) == ((200, 0, 0), (255, 255, 255))


@pytest.mark.parametrize("mode", ["1", "L", "P", "YCbCr", "LA", "RGBA"])
def test_every_usual_mode_becomes_rgb(tmp_path, mode):
    picture = Image.new("RGB", (6, 6), (255, 255, 255)).convert(mode)
    picture.save(tmp_path / "x.tif")
    assert decode(tmp_path / "x.tif").getpixel((3, 3)) == (255, 255, 255)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".tif", ".avif"])
def test_of_an_animation_the_first_frame_is_taken(tmp_path, suffix):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    frames[0].save(tmp_path / f"x{suffix}", save_all=True, append_images=frames[1:])
    assert np.abs(np.asarray(decode(tmp_path / f"x{suffix}"), np.int64) - [255, 0, 0]).max() < 8


@pytest.mark.parametrize("share", [0.03, 0.3, 0.6, 0.9])
def test_a_truncated_jpeg_is_refused(tmp_path, share):
    data = jpeg(noise(width=120, height=80))
    (tmp_path / "x.jpg").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ImageError, match=r"x\.jpg (is damaged|cannot be decoded)") as caught:
        decode(tmp_path / "x.jpg")
    assert caught.value.subject == tmp_path / "x.jpg"


def test_a_truncated_png_is_refused(tmp_path):
    stream = io.BytesIO()
    noise(width=120, height=80).save(stream, "PNG")
    (tmp_path / "x.png").write_bytes(stream.getvalue()[:2000])
    with pytest.raises(ImageError, match=r"x\.png cannot be decoded"):
        decode_square(tmp_path / "x.png", 32)


@pytest.mark.parametrize("size", [(30_000, 30_000), (2**31 - 1, 2**31 - 1), (100_000_000, 2)])
def test_a_huge_picture_is_refused_from_its_header(tmp_path, size):
    (tmp_path / "x.png").write_bytes(png_header(*size))
    with pytest.raises(ImageError, match="is too large to be decoded"):
        decode(tmp_path / "x.png")


def test_a_large_picture_within_the_limit_is_not_refused_for_its_size(tmp_path):
    (tmp_path / "x.png").write_bytes(png_header(9_500, 9_500))
    with pytest.raises(ImageError) as caught:
        decode(tmp_path / "x.png")
    assert "bomb" not in str(caught.value).lower()
    assert "too large" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html>404</html>", "is not an image"),
        (b"\xff\xd8\xff\xe0\x00\x04xx", "is damaged"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is not an image"),
        (b"\x89PN", "is not an image"),
    ],
)
def test_what_is_no_image_is_refused_with_the_reason(tmp_path, content, reason):
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    with pytest.raises(ImageError) as caught:
        decode(path)
    assert str(caught.value) == f"{path} {reason}."
    assert signature_fault(path) == (None if reason == "is damaged" else reason)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x00\x00\x00\x18ftypheic", "HEIC"),
        (b"\x00\x00\x00\x18ftypmif1", "HEIC"),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\xff\x0a\x00\x00", "JPEG XL"),
        (b"8BPS\x00\x01", "Photoshop"),
    ],
)
def test_pictures_of_formats_that_are_not_read_are_named(tmp_path, head, kind):
    (tmp_path / "x.jpg").write_bytes(head + bytes(100))
    with pytest.raises(ImageError) as caught:
        decode(tmp_path / "x.jpg")
    sentence = f"{tmp_path / 'x.jpg'} is a {kind} picture, which is not read: convert it to JPEG or PNG."
    assert str(caught.value) == sentence


@pytest.mark.parametrize("form", ["PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_wrong_suffix_changes_nothing(tmp_path, form):
    Image.new("RGB", (8, 8), (250, 0, 0)).save(
        tmp_path / "x.jpg", form, **({"lossless": True} if form == "WEBP" else {})
    )
    assert decode(tmp_path / "x.jpg", at_least=2).getpixel((0, 0)) == (250, 0, 0)


@pytest.mark.parametrize(("kind", "samples"), [(2, (65535, 128, 0)), (4, (65535, 65535)), (6, (65535, 128, 0, 65535))])
def test_colours_of_16_bits_keep_their_range(tmp_path, kind, samples):
    head = b"IHDR" + struct.pack(">IIBBBBB", 1, 1, 16, kind, 0, 0, 0)
    pixels = b"IDAT" + zlib.compress(b"\x00" + struct.pack(f">{len(samples)}H", *samples))
    chunks = b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (head, pixels, b"IEND")
    )
    (tmp_path / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    red, green, _ = decode(tmp_path / "x.png").getpixel((0, 0))
    assert red == 255 and green == (255 if kind == 4 else 0)


def test_formats_that_start_other_programs_are_not_opened(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "x.eps")
    (tmp_path / "x.eps").rename(tmp_path / "x.jpg")
    with pytest.raises(ImageError, match="is not an image"):
        decode(tmp_path / "x.jpg")


@pytest.mark.parametrize("name", ["gone.jpg", "file/x.jpg"])
def test_a_missing_file_is_said_to_be_missing(tmp_path, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(ImageError, match="is not there"):
        decode(tmp_path / name)
    assert signature_fault(tmp_path / name).startswith("cannot be opened (")


def test_a_folder_is_no_image(tmp_path):
    with pytest.raises(ImageError, match="is no regular file"):
        decode(tmp_path)
    assert signature_fault(tmp_path) == Message("is-no-regular-file")


def test_a_link_that_leads_to_itself_is_refused(tmp_path):
    (tmp_path / "x.jpg").symlink_to("x.jpg")
    with pytest.raises(ImageError, match=r"cannot be decoded \(Too many levels of symbolic links\)"):
        decode(tmp_path / "x.jpg")


def test_a_name_that_is_too_long_is_refused(tmp_path):
    with pytest.raises(ImageError, match="File name too long"):
        decode(tmp_path / ("x" * 300))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes exist on POSIX only")
def test_a_named_pipe_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "x.jpg")
    script = (
        "import sys; from pathlib import Path; from core.data.images import *; path = Path(sys.argv[1])\n"
        "print(signature_fault(path))\n"
        "try: decode(path)\n"
        "except Exception as error: print(error)\n"
    )
    words = [sys.executable, "-c", script, str(tmp_path / "x.jpg")]
    done = subprocess.run(words, cwd=paths.PROJECT, capture_output=True, text=True, timeout=60)
    fault = Message("is-no-regular-file")
    assert done.stdout.splitlines() == [fault, f"{tmp_path / 'x.jpg'} {fault}."], done.stderr


@pytest.mark.parametrize(
    "name", ["x" * 251 + ".png", "한" * 83 + ".png", os.fsdecode(b"\xff\xfe.png"), "e\u0301 \u1112\u1161\u11ab.png"]
)
def test_every_name_the_system_allows_can_be_opened(tmp_path, name):
    noise().save(tmp_path / "x.png")
    (tmp_path / "x.png").rename(tmp_path / name)
    assert decode(tmp_path / name).size == noise().size
    assert signature_fault(tmp_path / name) is None


def test_cropping_keeps_the_centre_and_the_aspect(tmp_path):
    gradient(300, 100).save(tmp_path / "x.png")
    square = decode_square(tmp_path / "x.png", 50)
    assert square.shape == (50, 50, 3) and square.dtype == np.uint8
    # The middle third of what grows to the right, all of what grows downwards.
    assert abs(int(square[25, 0, 0]) - 85) < 4 and abs(int(square[25, -1, 0]) - 170) < 4
    assert square[0, 25, 1] < 8 and square[-1, 25, 1] > 247


def test_squashing_keeps_everything(tmp_path):
    gradient(300, 100).save(tmp_path / "x.png")
    square = decode_square(tmp_path / "x.png", 50, "squash")
    assert square.shape == (50, 50, 3)
    assert square[25, 0, 0] < 8 and square[25, -1, 0] > 247
    assert square[0, 25, 1] < 8 and square[-1, 25, 1] > 247


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1)])
@pytest.mark.parametrize("fit", ["crop", "squash"])
def test_any_shape_becomes_a_square(tmp_path, size, fit):
    noise(width=size[0], height=size[1]).save(tmp_path / "x.png")
    assert decode_square(tmp_path / "x.png", 16, fit).shape == (16, 16, 3)


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_large_jpeg_is_reduced_on_the_way_and_looks_the_same(tmp_path, mode):
    picture = gradient(1200, 900).convert(mode)
    picture.save(tmp_path / "x.jpg", quality=95)
    reduced = decode(tmp_path / "x.jpg", at_least=100)
    assert reduced.mode == "RGB"
    assert 100 <= min(reduced.size) < 450
    plain = picture.convert("RGB").resize((64, 64), Image.Resampling.BICUBIC)
    square = Image.fromarray(decode_square(tmp_path / "x.jpg", 64, "squash"))
    assert mean_difference(square, plain) < 3


@pytest.mark.parametrize("fit", ["crop", "squash"])
def test_reducing_on_the_way_changes_little_and_nothing_on_average(tmp_path, fit):
    grain = np.random.default_rng(0).normal(0, 8, (533, 400, 1))
    soft = np.asarray(noise(1, 25, 33).resize((400, 533), Image.Resampling.BICUBIC))
    picture = Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8))
    picture.save(tmp_path / "x.jpg", quality=90)
    with Image.open(tmp_path / "x.jpg") as whole:
        plain = ImageOps.fit if fit == "crop" else Image.Image.resize
        exact = np.asarray(plain(whole, (128, 128), Image.Resampling.BICUBIC), np.float32)
    difference = decode_square(tmp_path / "x.jpg", 128, fit) - exact
    assert np.abs(difference).mean() < 3 and abs(difference.mean()) < 0.5
    assert np.abs(difference).max() > 0, "not reduced on the way"


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("at_least", [0, 40])
def test_a_box_is_in_pixels_of_the_upright_picture(tmp_path, orientation, at_least):
    picture = gradient(801, 600)
    save_oriented(tmp_path / "x.jpg", picture, orientation, quality=95)
    box = (401, 100, 641, 300)
    part = decode(tmp_path / "x.jpg", at_least, box)
    assert (part.size == (240, 200)) == (at_least == 0)
    assert mean_difference(part.resize((24, 20)), picture.crop(box).resize((24, 20))) < 3


def test_a_box_is_not_decoded_smaller_than_asked_for(tmp_path):
    gradient(800, 800).save(tmp_path / "x.jpg")
    assert decode(tmp_path / "x.jpg", at_least=90, box=(0, 0, 100, 800)).size == (100, 800)
    assert min(decode(tmp_path / "x.jpg", at_least=90, box=(0, 0, 200, 800)).size) in range(90, 110)


def test_what_lies_outside_of_the_picture_is_cut_off(tmp_path):
    noise(width=12, height=8).save(tmp_path / "x.png")
    assert decode(tmp_path / "x.png", box=(-3, 2, 100, 5)).size == (12, 3)
    assert decode_square(tmp_path / "x.png", 16, box=(11, 7, 12, 8)).shape == (16, 16, 3)
    assert thumbnail(tmp_path / "x.png", 4, box=(0, 0, 8, 4)).size == (4, 2)


@pytest.mark.parametrize("box", [(12, 0, 20, 8), (5, 5, 5, 8), (9, 0, 3, 8), (-5, -5, 0, 0)])
def test_a_box_with_nothing_in_it_is_refused(tmp_path, box):
    noise(width=12, height=8).save(tmp_path / "x.png")
    with pytest.raises(ImageError, match=r"has nothing in its bounding box .*: it has 12 x 8 pixels\.") as caught:
        decode(tmp_path / "x.png", box=box)
    assert caught.value.subject == tmp_path / "x.png"


def test_a_thumbnail_keeps_the_aspect_and_never_grows(tmp_path):
    gradient(300, 100).save(tmp_path / "x.png")
    assert thumbnail(tmp_path / "x.png", 60).size == (60, 20)
    assert thumbnail(tmp_path / "x.png", 1000).size == (300, 100)


def test_damaged_files_of_any_kind_are_refused_in_one_line(tmp_path):
    generator = np.random.default_rng(3)
    path = tmp_path / "x"
    refused = 0
    for suffix in ("PNG", "JPEG", "GIF", "BMP", "PPM", "WEBP"):
        stream = io.BytesIO()
        noise(width=40, height=30).save(stream, suffix)
        for _ in range(60):
            data = np.frombuffer(stream.getvalue(), np.uint8).copy()
            places_hit = generator.integers(0, min(len(data), 200), 4)
            data[places_hit] = generator.integers(0, 256, 4)
            path.write_bytes(data.tobytes())
            try:
                assert decode_square(path, 16).shape == (16, 16, 3)
            except ImageError as error:
                refused += 1
                assert "\n" not in str(error) and str(error).startswith(f"{path} ")
    assert refused > 50


def test_the_size_of_a_picture_is_told_without_its_pixels(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    path.write_bytes(png_header(31, 7))
    assert stored_size(path) == (31, 7)
    path.write_bytes(b"no picture")
    with pytest.raises(ImageError, match=r"wide\.png is not an image"):
        stored_size(path)


def test_pictures_are_opened_by_the_one_decoder_alone() -> None:
    sources = [path for room in ("core", "explorer") for path in (paths.PROJECT / room).rglob("*.py")]
    openers = [path.name for path in sources if re.search(r"\b(Image\.open|QImageReader)\(", path.read_text("utf-8"))]
    assert openers == ["images.py"]
