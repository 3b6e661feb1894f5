"""Things that lie about: they tell nothing about the garment, and a good embedding ignores them."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from core.demo.garment import Colour, shade

SIZE = 64
_DRAFT = 4


def things(seed: int) -> tuple[Image.Image, ...]:
    """Small objects with their shadows: RGBA pictures of SIZE x SIZE."""
    generator = np.random.default_rng([seed, 2])
    drawn = [_mug(colour) for colour in ((236, 232, 226), (70, 96, 120), (186, 92, 70))]
    drawn += [_book(colour, generator) for colour in ((60, 84, 110), (198, 158, 84), (140, 60, 64), (88, 116, 96))]
    drawn += [_sprig(colour, generator) for colour in ((86, 122, 84), (122, 148, 110))]
    drawn += [_glasses(), _phone()]
    return tuple(map(_with_shadow, drawn))


def scatter(picture: Image.Image, drawn: tuple[Image.Image, ...], count: int, generator: np.random.Generator) -> None:
    """Lay `count` things down near the borders of an RGB picture."""
    for _ in range(count):
        thing = drawn[generator.integers(len(drawn))]
        turned = thing.rotate(float(generator.uniform(0, 360)), Image.Resampling.BILINEAR)
        angle = generator.uniform(0, math.tau)
        middle, reach = picture.width / 2, picture.width * float(generator.uniform(0.44, 0.56))
        x, y = middle + reach * math.cos(angle) - SIZE / 2, middle + reach * math.sin(angle) - SIZE / 2
        picture.paste(turned, (round(x), round(y)), turned)


def _with_shadow(drawing: Image.Image) -> Image.Image:
    shadow = Image.new("L", drawing.size, 0)
    shadow.paste(drawing.getchannel("A"), (2 * _DRAFT, 2 * _DRAFT))
    shadow = shadow.filter(ImageFilter.GaussianBlur(2 * _DRAFT)).point([round(v * 0.4) for v in range(256)])
    whole = Image.new("RGBA", drawing.size, (20, 18, 16, 0))
    whole.putalpha(shadow)
    whole.alpha_composite(drawing)
    return whole.reduce(_DRAFT)


def _blank() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGBA", (SIZE * _DRAFT, SIZE * _DRAFT), (0, 0, 0, 0))
    return image, ImageDraw.Draw(image)


def _mug(colour: Colour) -> Image.Image:
    image, draw = _blank()
    draw.rounded_rectangle((160, 112, 214, 144), 14, outline=(*shade(colour, 0.85), 255), width=11)
    draw.ellipse((64, 64, 192, 192), fill=(*colour, 255))
    draw.ellipse((72, 72, 184, 184), fill=(*shade(colour, 0.8), 255))
    draw.ellipse((78, 78, 178, 178), fill=(74, 48, 34, 255))
    draw.arc((86, 86, 170, 170), 190, 260, fill=(126, 88, 62, 255), width=5)
    return image


def _book(colour: Colour, generator: np.random.Generator) -> Image.Image:
    image, draw = _blank()
    draw.rounded_rectangle((58, 36, 204, 226), 5, fill=(238, 232, 220, 255))
    draw.rounded_rectangle((52, 32, 198, 220), 5, fill=(*colour, 255))
    draw.rectangle((52, 32, 66, 220), fill=(*shade(colour, 0.78), 255))
    light = (*shade(colour, 1.6), 255)
    draw.rectangle((86, 62, 176, 72), fill=light)
    draw.rectangle((86, 84, 86 + int(generator.integers(40, 80)), 91), fill=light)
    draw.ellipse((104, 126, 158, 180), outline=light, width=5)
    return image


def _sprig(colour: Colour, generator: np.random.Generator) -> Image.Image:
    image, draw = _blank()
    draw.line((128, 236, 128, 40), fill=(*shade(colour, 0.75), 255), width=5)
    for i, y in enumerate(range(206, 40, -26)):
        for side in (-1, 1):
            tone = shade(colour, float(generator.uniform(0.85, 1.15)))
            length, lift = 68 - i * 5, 30 + i * 3
            tip = (128 + side * length, y - lift)
            middle = (128 + side * length * 0.5, y - lift * 0.5)
            leaf = [(128, y), (middle[0] - 5 * side, middle[1] - 17), tip, (middle[0] + 8 * side, middle[1] + 13)]
            draw.polygon(leaf, fill=(*tone, 255))
    return image


def _glasses() -> Image.Image:
    image, draw = _blank()
    frame = (44, 38, 36, 255)
    for left in (36, 136):
        draw.ellipse((left, 92, left + 84, 170), fill=(60, 66, 74, 190), outline=frame, width=9)
    draw.arc((108, 100, 148, 150), 200, 340, fill=frame, width=9)
    draw.line((38, 118, 20, 60), fill=frame, width=8)
    draw.line((218, 118, 236, 60), fill=frame, width=8)
    return image


def _phone() -> Image.Image:
    image, draw = _blank()
    draw.rounded_rectangle((82, 40, 174, 216), 16, fill=(34, 36, 40, 255))
    draw.rounded_rectangle((88, 48, 168, 208), 10, fill=(62, 78, 98, 255))
    draw.polygon([(88, 150), (168, 92), (168, 208), (88, 208)], fill=(74, 94, 116, 255))
    return image
