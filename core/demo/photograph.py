"""Draw one garment under one view: cut the pieces out of the cloth, lay them down, light them."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from core.demo.clutter import scatter
from core.demo.cuts import CUTS, hanger
from core.demo.garment import Colour, Garment, shade
from core.demo.noise import Field, to_image
from core.demo.outline import Button, Piece, Points, Shape, Stitch
from core.demo.scenes import SIZE as SCENE_SIZE
from core.demo.scenes import Background
from core.demo.views import CameraView

SIDE = 128
# The garment is drawn upright on SHEET pixels, bent into a picture of DRAFT pixels and then reduced to SIDE.
SHEET, DRAFT = 304, 192
UNIT = SHEET // 2
MESH = 5
METAL: Colour = (206, 190, 150)


@dataclass(frozen=True, eq=False)
class Studio:
    """What all pictures of a wardrobe share: backgrounds, things lying about, and fields of folds."""

    scenes: tuple[Background, ...]
    things: tuple[Image.Image, ...]
    folds: tuple[Field, ...]


@dataclass(frozen=True, eq=False)
class Photograph:
    """A finished picture and the mean colour of the garment's pixels in it."""

    image: Image.Image
    garment_colour: Colour


def photograph(garment: Garment, cloth: Image.Image, view: CameraView, studio: Studio) -> Photograph:
    """The picture of a garment; `cloth` comes from `patterns.cloth(garment, UNIT)`."""
    generator = np.random.default_rng(view.seed)
    scene = studio.scenes[int(view.scene * len(studio.scenes)) % len(studio.scenes)]
    drawn = [*(hanger(garment) if scene.hanging else []), *CUTS[garment.cut](garment, view.posture)]
    flat = _flat(garment, cloth, drawn)
    laid = _laid(flat, drawn, view, scene.hanging)
    backdrop = _backdrop(scene, view)
    if not scene.hanging:
        scatter(backdrop, studio.things, view.clutter, generator)
    pixels = _lit(laid, np.asarray(backdrop, dtype=np.float32), view, studio, generator)
    image = to_image(pixels)
    return Photograph(image, _mean_colour(image, laid.getchannel("a")))


class _SewingTable:
    """The sewing table: the upright garment on SHEET pixels, its colours and where there is cloth."""

    def __init__(self, garment: Garment, cloth: Image.Image) -> None:
        self.garment = garment
        self.cloth = cloth
        self.colours = Image.new("RGB", (SHEET, SHEET), garment.base_colour)
        self.cover = Image.new("L", (SHEET, SHEET), 0)
        # In this mode a transparent ink darkens what is there, whatever colour that has.
        self.draw = ImageDraw.Draw(self.colours, "RGBA")
        self.stencil = ImageDraw.Draw(self.cover)


def _flat(garment: Garment, cloth: Image.Image, drawn: list[Shape]) -> Image.Image:
    table = _SewingTable(garment, cloth)
    for shape in drawn:
        if isinstance(shape, Piece):
            _sew(table, shape)
        elif isinstance(shape, Stitch):
            _stitch(table, shape)
        else:
            _button(table, shape)
    pieces = [shape for shape in drawn if isinstance(shape, Piece) and shape.edge]
    flat = ImageChops.multiply(table.colours, _occlusion(pieces))
    flat.putalpha(table.cover)
    return flat


def _occlusion(pieces: list[Piece]) -> Image.Image:
    """RGB factors: every piece leaves a soft dark rim on what lies under it."""
    rims = Image.new("L", (SHEET // 2, SHEET // 2), 255)
    draw = ImageDraw.Draw(rims)
    for piece in pieces:
        corners = _pixels(piece.outline, UNIT / 2)
        draw.line([*corners, *corners[:2]], fill=110, width=4)
        draw.polygon(corners, fill=255)
    soft = rims.filter(ImageFilter.BoxBlur(2)).resize((SHEET, SHEET), Image.Resampling.BILINEAR)
    return Image.merge("RGB", (soft, soft, soft))


def _mean_colour(image: Image.Image, mask: Image.Image) -> Colour:
    cover = np.asarray(mask, dtype=np.float32).ravel()
    red, green, blue = cover @ np.asarray(image, dtype=np.float32).reshape(-1, 3) / max(float(cover.sum()), 1.0)
    return int(red), int(green), int(blue)


def _sew(table: _SewingTable, piece: Piece) -> None:
    corners = _pixels(piece.outline)
    table.stencil.polygon(corners, fill=255)
    if piece.fabric == "cloth":
        _cut_out(table, piece, corners)
    else:
        base_colour = table.garment.base_colour
        colour = {"trim": table.garment.trim, "inside": shade(base_colour, 0.5), "metal": METAL}[piece.fabric]
        table.draw.polygon(corners, fill=shade(colour, piece.tone))
    if piece.edge:
        table.draw.line([*corners, *corners[:2]], fill=(0, 0, 0, 64), width=1)


def _stitch(table: _SewingTable, stitch: Stitch) -> None:
    """A seam darkens the cloth; a string has a colour of its own."""
    colour = (*table.garment.trim, 255) if stitch.fabric == "trim" else (0, 0, 0, round(255 * (1 - stitch.tone)))
    table.draw.line(_pixels(stitch.points), fill=colour, width=max(1, round(stitch.width * UNIT)))


def _cut_out(table: _SewingTable, piece: Piece, corners: list[float]) -> None:
    xs, ys = corners[::2], corners[1::2]
    left, top = max(math.floor(min(xs)), 0), max(math.floor(min(ys)), 0)
    right, bottom = min(math.ceil(max(xs)) + 1, SHEET), min(math.ceil(max(ys)) + 1, SHEET)
    if right <= left or bottom <= top:
        return
    stencil = Image.new("L", (right - left, bottom - top), 0)
    ImageDraw.Draw(stencil).polygon([(x - left, y - top) for x, y in zip(xs, ys, strict=True)], fill=255)
    middle = table.cloth.width / 2
    cosine, sine = math.cos(piece.turn), math.sin(piece.turn)
    pivot_x, pivot_y = (piece.pivot[0] + 1) * UNIT, (piece.pivot[1] + 1) * UNIT
    x, y = left - pivot_x, top - pivot_y
    start = (middle - UNIT + pivot_x + cosine * x - sine * y, middle - UNIT + pivot_y + sine * x + cosine * y)
    coefficients = (cosine, -sine, start[0], sine, cosine, start[1])
    swatch = table.cloth.transform(stencil.size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR)
    if piece.tone != 1:
        swatch = swatch.point(_toned(piece.tone))
    table.colours.paste(swatch, (left, top), stencil)


@functools.cache
def _toned(tone: float) -> list[int]:
    return [min(255, round(value * tone)) for value in range(256)] * 3


def _button(table: _SewingTable, button: Button) -> None:
    (x, y), radius = _pixels(np.array(button.centre)), button.radius * UNIT
    colour = table.garment.trim
    table.draw.ellipse((x - radius, y - radius + 1, x + radius, y + radius + 1.5), fill=(0, 0, 0, 120))
    table.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    table.draw.ellipse((x - 0.7, y - 0.7, x + 0.7, y + 0.7), fill=shade(colour, 0.5))


def _pixels(points: Points, unit: float = UNIT) -> list[float]:
    """x, y, x, y, ... on the sheet."""
    pixels: list[float] = ((points + 1) * unit).ravel().tolist()
    return pixels


def _laid(flat: Image.Image, drawn: list[Shape], view: CameraView, hanging: bool) -> Image.Image:
    """RGBa (premultiplied) of SIDE pixels: moved, turned, slanted and bent as the view says."""
    outline = np.concatenate([shape.outline for shape in drawn if isinstance(shape, Piece)])
    low, high = outline.min(0), outline.max(0)
    middle, extent = (low + high) / 2, float((high - low).max())
    # Small garments are shown larger than life, but not as large as long ones.
    scale = view.scale * 2 / extent**0.75 / 1.7**0.25
    rotation = view.rotation * (0.35 if hanging else 1.0)
    cosine, sine = math.cos(rotation), math.sin(rotation)
    grid = np.linspace(-1, 1, MESH + 1)
    x, y = np.meshgrid(grid, grid, indexing="xy")
    x, y = x - 2 * view.shift[0], y - 2 * view.shift[1]
    x, y = (cosine * x + sine * y) / scale, (cosine * y - sine * x) / scale
    x, y = (x + view.shear * y) * (1 + view.tilt * y), y * (1 + 0.5 * view.tilt * y)
    sway, phase, drift, offset = view.bends
    x, y = x + sway * np.sin(3 * y + phase), y + drift * np.sin(4 * x + offset)
    source = np.stack([(x + middle[0] + 1) * UNIT, (y + middle[1] + 1) * UNIT], -1)
    draft = (DRAFT, DRAFT)
    bent = flat.convert("RGBa").transform(draft, Image.Transform.MESH, _quads(source), Image.Resampling.BILINEAR)
    return bent.resize((SIDE, SIDE), Image.Resampling.BOX)


def _quads(source: npt.NDArray[np.float64]) -> list[tuple[tuple[int, int, int, int], tuple[float, ...]]]:
    """Pillow's mesh: target boxes and the source corners north-west, south-west, south-east, north-east."""
    edges = [round(i * DRAFT / MESH) for i in range(MESH + 1)]
    corners = np.concatenate([source[:-1, :-1], source[1:, :-1], source[1:, 1:], source[:-1, 1:]], axis=2).tolist()
    return [
        ((edges[i], edges[j], edges[i + 1], edges[j + 1]), tuple(corners[j][i]))
        for j in range(MESH)
        for i in range(MESH)
    ]


def _backdrop(scene: Background, view: CameraView) -> Image.Image:
    room = SCENE_SIZE - SIDE
    left, top = round(view.place[0] * room), round(view.place[1] * room)
    image = scene.image.crop((left, top, left + SIDE, top + SIDE))
    if view.flip:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if view.turns and not scene.hanging:
        image = image.transpose(
            (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)[view.turns - 1]
        )
    return image


def _lit(laid: Image.Image, backdrop: Field, view: CameraView, studio: Studio, generator: np.random.Generator) -> Field:
    """(SIDE, SIDE, 3) picture values: folds, shadows and light."""
    mask = laid.getchannel("a")
    cover = np.asarray(mask, dtype=np.float32)[:, :, None] / 255
    cloth = np.asarray(laid, dtype=np.float32)[:, :, :3]
    light = np.array([math.cos(view.light), math.sin(view.light)], dtype=np.float32)
    behind = backdrop * ((1 - _shadow(mask, light)) * (1 - cover))
    return _exposed(behind + cloth * _relief(mask, view, studio, light, generator), view, light)


def _relief(mask: Image.Image, view: CameraView, studio: Studio, light: Field, generator: np.random.Generator) -> Field:
    """(SIDE, SIDE, 1) brightness of the cloth: it swells at its borders and is creased inside."""
    rounded = _softened(mask, 3) / 255
    field = studio.folds[generator.integers(len(studio.folds))]
    top, left = generator.integers(0, field.shape[0] - SIDE, 2)
    folds = field[top : top + SIDE, left : left + SIDE]
    height = rounded * 2.6 + folds * (0.42 * view.folds)
    down, across = np.gradient(height)
    slope = across * light[0] + down * light[1]
    brightness = (1.02 - 0.8 * slope) * (0.84 + 0.18 * rounded)
    return np.asarray(np.clip(brightness, 0.45, 1.4)[:, :, None], dtype=np.float32)


def _shadow(mask: Image.Image, light: Field) -> Field:
    """(SIDE, SIDE, 1) share of the light that the garment keeps from its background."""
    offset = (round(-3 * float(light[0])), round(-3 * float(light[1])))
    near, far = Image.new("L", mask.size, 0), Image.new("L", mask.size, 0)
    near.paste(mask, offset)
    far.paste(mask, (offset[0] * 2, offset[1] * 2))
    soft = _softened(near, 2) * 0.34 + _softened(far, 6) * 0.26
    return np.asarray(soft[:, :, None] / 255, dtype=np.float32)


def _softened(mask: Image.Image, radius: float) -> Field:
    """(SIDE, SIDE) the mask blurred, 0..255; at half the size, where it costs a quarter and looks the same."""
    small = mask.reduce(2).filter(ImageFilter.GaussianBlur(radius / 2))
    return np.asarray(small.resize((SIDE, SIDE), Image.Resampling.BILINEAR), dtype=np.float32)


def _exposed(pixels: Field, view: CameraView, light: Field) -> Field:
    """Apply the light's brightness, colour and falloff, and a shadow's edge when there is one, to `pixels`."""
    axis = np.linspace(-1, 1, SIDE, dtype=np.float32)
    towards = axis[None, :] * light[0] + axis[:, None] * light[1]
    level = view.brightness * (1 - view.falloff * (0.5 - 0.5 * towards))
    if view.shadow is not None:
        edge = axis[None, :] * light[1] - axis[:, None] * light[0] + 1 - 2 * view.shadow
        level *= 1 - 0.3 / (1 + np.exp(-np.clip(edge * 18, -30, 30)))
    for channel, tint in enumerate((1 + 0.13 * view.warmth, 1.0, 1 - 0.16 * view.warmth)):
        pixels[:, :, channel] *= level * (tint * view.contrast)
    return pixels + 128 * (1 - view.contrast)
