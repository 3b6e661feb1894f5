"""The cuts: how a garment is put together from pieces, back to front, in garment units.

The body gives the scale: shoulders at y = -0.75, waist at -0.15, knee at 0.5, ankle at 0.95.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.demo.garment import Garment
from core.demo.outline import (
    Button,
    Fabric,
    Piece,
    Point,
    Points,
    Shape,
    Stitch,
    band,
    both_sides,
    mirrored,
    path,
    polygon,
)

SHOULDER_Y, WAIST_Y, ANKLE_Y = -0.75, -0.15, 0.95
SLEEVE_REACH = 0.72


@dataclass(frozen=True)
class Posture:
    """How the garment lies: arm angles from straight down (left, right), bend of the elbows, spread of the legs."""

    arms: tuple[float, float] = (0.5, 0.5)
    elbows: tuple[float, float] = (0.0, 0.0)
    legs: float = 0.08


@dataclass(frozen=True)
class Torso:
    """Half widths of an upper body."""

    neck: float = 0.125
    shoulder: float = 0.30
    armpit: float = 0.285
    waist: float = 0.275
    hem: float = 0.285


def hem_y(garment: Garment) -> float:
    """Where the hem lies."""
    return WAIST_Y + (ANKLE_Y - WAIST_Y) * garment.length


def hanger(garment: Garment) -> list[Shape]:
    """The hook and the shoulders of a hanger, for what has a neck to show it in."""
    if garment.neckline in ("none", "hood"):
        return []
    hook = path((0.0, SHOULDER_Y), ((0.0, -0.86), 0.0), ((0.045, -0.93), -0.02), ((-0.03, -0.95), 0.05))
    bar = path((-0.2, -0.69), ((0.0, -0.79), 0.01), ((0.2, -0.69), 0.01))
    return [Piece(band(hook, 0.011), "metal", edge=False), Piece(band(bar, 0.014), "metal")]


def _t_shirt(garment: Garment, posture: Posture) -> list[Shape]:
    torso = Torso(hem=0.285 + 0.1 * garment.flare)
    return [*_top(garment, posture, torso, 0.105), *_chest_pocket(garment)]


def _polo(garment: Garment, posture: Posture) -> list[Shape]:
    torso = Torso()
    placket = Piece(polygon((-0.028, -0.66), (0.028, -0.66), (0.028, -0.46), (-0.028, -0.46)), _trimming(garment))
    buttons = [Button((0.0, -0.62 + 0.065 * i), 0.013) for i in range(3)]
    return [*_top(garment, posture, torso, 0.1), placket, *buttons, *_collar(garment, torso), *_chest_pocket(garment)]


def _shirt(garment: Garment, posture: Posture) -> list[Shape]:
    torso = Torso(shoulder=0.31, armpit=0.30, waist=0.28, hem=0.30)
    parts = _top(garment, posture, torso, 0.1, hem_sag=-0.05)
    return [*parts, *_front(garment, -0.66), *_chest_pocket(garment), *_collar(garment, torso)]


def _sweater(garment: Garment, posture: Posture) -> list[Shape]:
    torso = Torso(shoulder=0.31, armpit=0.31, waist=0.31, hem=0.27)
    return [*_top(garment, posture, torso, 0.115), *_ribs(garment, 0.27)]


def _hoodie(garment: Garment, posture: Posture) -> list[Shape]:
    torso = Torso(neck=0.14, shoulder=0.32, armpit=0.33, waist=0.33, hem=0.29)
    hem = hem_y(garment)
    pouch = both_sides(
        path((0.11, hem - 0.33), ((0.21, hem - 0.16), -0.02), ((0.21, hem - 0.08), 0), ((0, hem - 0.08), 0))
    )
    strings: list[Shape] = [
        Stitch(path((side * 0.06, -0.65), ((side * 0.075, -0.42), 0.01)), 0.014, 1.0, "trim") for side in (-1, 1)
    ]
    pocket = [Piece(pouch)] if garment.pockets else []
    hood = _ellipse((0, -0.79), 0.21, 0.165)
    opening = _ellipse((0, -0.755), 0.13, 0.115)
    return [
        *_top(garment, posture, torso, 0.12, neckline=False),
        *_ribs(garment, 0.29),
        *pocket,
        Piece(hood, tone=0.97),
        Piece(opening, "inside", tone=0.9),
        *strings,
    ]


def _tank_top(garment: Garment, posture: Posture) -> list[Shape]:
    torso = Torso(neck=0.13, shoulder=0.20, armpit=0.26, waist=0.25, hem=0.265 + 0.12 * garment.flare)
    return _top(garment, posture, torso, 0.1, armhole=-0.09)


def _cardigan(garment: Garment, posture: Posture) -> list[Shape]:
    torso = Torso(neck=0.12, shoulder=0.31, armpit=0.30, waist=0.30, hem=0.29)
    hem = hem_y(garment)
    edge = path((0.115, SHOULDER_Y), ((0.02, -0.32), 0.02), ((0.02, hem), 0))
    bands = [Piece(band(points, 0.028), _trimming(garment)) for points in (mirrored(edge), edge)]
    count = max(garment.buttons, 3)
    buttons = [Button((0.02, -0.27 + i * (hem + 0.2) / (count - 1)), 0.02) for i in range(count)]
    pockets = _patch_pockets(garment, hem - 0.10, 0.16, 0.07, 0.13)
    parts = _top(garment, posture, torso, 0.1, neckline=False)
    lining = polygon((-0.12, SHOULDER_Y), (0.12, SHOULDER_Y), (0.0, -0.30))
    return [*parts, Piece(lining, "inside", edge=False), *_ribs(garment, 0.29), *pockets, *bands, *buttons]


def _coat(garment: Garment, posture: Posture) -> list[Shape]:
    torso = Torso(neck=0.12, shoulder=0.33, armpit=0.315, waist=0.285, hem=0.34 + 0.2 * garment.flare)
    hem = hem_y(garment)
    lining = Piece(polygon((-0.115, -0.77), (0.115, -0.77), (0.02, -0.30)), "inside", edge=False)
    double = garment.buttons > 3
    rows = (-0.075, 0.085) if double else (0.03,)
    buttons = [Button((x, -0.24 + 0.15 * i), 0.024) for x in rows for i in range(3)]
    opening = Stitch(polygon((0.0 if not double else 0.135, -0.30), (0.0 if not double else 0.135, hem)), 0.012)
    lapel = polygon((0.115, -0.79), (0.125, -0.70), (0.215, -0.645), (0.185, -0.60), (0.205, -0.565), (0.012, -0.29))
    flaps = [
        Piece(polygon((s * 0.13, 0.08), (s * 0.26, 0.06), (s * 0.262, 0.115), (s * 0.132, 0.135))) for s in (-1, 1)
    ]
    return [
        *_top(garment, posture, torso, 0.125, neckline=False),
        lining,
        opening,
        *(flaps if garment.pockets else []),
        *_belt(garment, 0.288, -0.10),
        *buttons,
        *_pair(lapel, _trimming(garment), 1.03),
    ]


def _dress(garment: Garment, posture: Posture) -> list[Shape]:
    sleeveless = garment.sleeve < 0.05
    torso = Torso(
        neck=0.125,
        shoulder=0.21 if sleeveless else 0.275,
        armpit=0.25,
        waist=0.205,
        hem=0.27 + 0.32 * garment.flare,
    )
    hem = hem_y(garment)
    pleats = _pleats(garment, 0.205, torso.hem, WAIST_Y + 0.01, hem)
    parts = _top(garment, posture, torso, 0.1, armhole=-0.06 if sleeveless else -0.02, waisted=True)
    waist = Stitch(path((-0.205, WAIST_Y), ((0.205, WAIST_Y), -0.012)), 0.01)
    front = [Button((0.0, -0.55 + 0.1 * i), 0.016) for i in range(min(garment.buttons, 4))]
    collar = _collar(garment, torso) if garment.neckline == "collar" else []
    return [*parts, *pleats, waist, *_belt(garment, 0.207, WAIST_Y), *front, *collar]


def _skirt(garment: Garment, _posture: Posture) -> list[Shape]:
    hem = hem_y(garment)
    width = 0.26 + garment.flare * (0.08 + 0.22 * garment.length)
    right = path((0.21, WAIST_Y), ((0.285, WAIST_Y + 0.22), 0.015), ((width, hem), 0.0), ((0, hem + 0.03), -0.012))
    pleats = _pleats(garment, 0.205, width, WAIST_Y + 0.06, hem)
    waistband = Piece(both_sides(path((0.205, WAIST_Y - 0.045), ((0.212, WAIST_Y + 0.03), 0))), _trimming(garment))
    pockets = _patch_pockets(garment, WAIST_Y + 0.30, 0.15, 0.065, 0.13)
    buttons = [Button((0.0, WAIST_Y + 0.09 + 0.09 * i)) for i in range(garment.buttons)]
    return [Piece(both_sides(right)), *pleats, *pockets, waistband, *buttons, *_belt(garment, 0.21, WAIST_Y - 0.01)]


def _trousers(garment: Garment, posture: Posture) -> list[Shape]:
    hem, crotch = hem_y(garment), WAIST_Y + 0.38
    spread = posture.legs
    cuff = 0.085 + 0.1 * garment.flare
    parts: list[Shape] = []
    for side in (-1, 1):
        centre = 0.15 + spread
        leg = path(
            (0.0, WAIST_Y),
            ((0.205, WAIST_Y), 0),
            ((0.27, WAIST_Y + 0.25), 0.015),
            ((centre + cuff, hem), -0.01),
            ((centre - cuff, hem), -0.008),
            ((0.0, crotch), 0.015),
        )
        turn = -side * math.atan2(spread, hem - crotch) * 0.6
        parts.append(Piece(leg * np.array([side, 1.0]), turn=turn, pivot=(side * 0.14, WAIST_Y)))
        if garment.banded:
            turn_up = polygon(
                (centre - cuff - 0.006, hem - 0.06),
                (centre + cuff + 0.006, hem - 0.06),
                (centre + cuff, hem),
                (centre - cuff, hem),
            )
            parts.append(Piece(turn_up * np.array([side, 1.0]), "trim"))
        else:
            crease = path((0.12, WAIST_Y + 0.3), ((centre, hem - 0.02), 0.0))
            parts.append(Stitch(crease * np.array([side, 1.0]), 0.006, 0.85))
        pocket = path((0.12, WAIST_Y + 0.05), ((0.235, WAIST_Y + 0.16), -0.02))
        parts += [Stitch(pocket * np.array([side, 1.0]))] if garment.pockets else []
    fly = Stitch(path((0.0, WAIST_Y + 0.03), ((0.0, crotch), 0)), 0.008)
    waistband = Piece(both_sides(path((0.203, WAIST_Y - 0.045), ((0.21, WAIST_Y + 0.025), 0))), _trimming(garment))
    button = [Button((0.0, WAIST_Y - 0.01), 0.015)] if garment.buttons else []
    return [*parts, fly, waistband, *button, *_belt(garment, 0.208, WAIST_Y - 0.01)]


# What draws all shapes of a garment, back to front.
CUTS: dict[str, Callable[[Garment, Posture], list[Shape]]] = {
    "t-shirt": _t_shirt,
    "polo shirt": _polo,
    "shirt": _shirt,
    "sweater": _sweater,
    "hoodie": _hoodie,
    "tank top": _tank_top,
    "cardigan": _cardigan,
    "coat": _coat,
    "dress": _dress,
    "skirt": _skirt,
    "trousers": _trousers,
    "shorts": _trousers,
}


def _top(
    garment: Garment,
    posture: Posture,
    torso: Torso,
    cuff: float,
    neckline: bool = True,
    armhole: float = -0.02,
    hem_sag: float = 0.012,
    waisted: bool = False,
) -> list[Shape]:
    """Sleeves, body and neck of everything that hangs from the shoulders."""
    hem = hem_y(garment)
    neck, opening = _neck(garment, torso)
    right = path(
        (torso.neck, SHOULDER_Y),
        ((torso.shoulder, SHOULDER_Y + 0.065), 0.006),
        ((torso.armpit, -0.40), armhole),
        ((torso.waist, WAIST_Y), -0.01),
        ((torso.hem, hem), 0.02 if waisted else -0.006),
        ((0, hem + hem_sag), -0.012),
    )
    body = np.concatenate([both_sides(right), opening])
    parts: list[Shape] = [Piece(neck, "inside", edge=False)]
    if garment.sleeve > 0.05:
        for side, angle, elbow in zip((-1, 1), posture.arms, posture.elbows, strict=True):
            parts += _sleeve(garment, torso, cuff, angle, elbow, side)
    parts.append(Piece(body))
    if neckline and garment.neckline in ("round", "v", "boat"):
        parts.append(Piece(band(opening, 0.02 if garment.banded else 0.012), _trimming(garment)))
    return parts


def _neck(garment: Garment, torso: Torso) -> tuple[Points, Points]:
    """(the back seen through the opening, the opening's front edge from left to right)."""
    depth = {"v": 0.2, "boat": 0.045, "round": 0.09}.get(garment.neckline, 0.08)
    left, right = (-torso.neck, SHOULDER_Y), (torso.neck, SHOULDER_Y)
    if garment.neckline == "v":
        opening = path(left, ((0.0, SHOULDER_Y + depth), -0.008), (right, -0.008))
    else:
        opening = path(left, (right, -depth))
    back = path(right, (left, -0.022))
    return np.concatenate([opening, back]), opening


def _sleeve(garment: Garment, torso: Torso, cuff: float, angle: float, elbow: float, side: int) -> list[Shape]:
    """One sleeve: from the armhole along the upper arm, and beyond the elbow along the lower arm."""
    shoulder = np.array([torso.shoulder - 0.01, SHOULDER_Y + 0.06])
    armpit = np.array([torso.armpit - 0.03, -0.37])
    reach = SLEEVE_REACH * garment.sleeve + 0.06
    upper = min(reach, 0.40)
    root = (shoulder + armpit) / 2
    along, across = _directions(angle)
    bend = root + along * upper
    wide = 0.5 * cuff + 0.5 * float(np.hypot(*(armpit - shoulder))) / 2
    start_width = wide + (cuff * 0.62 - wide) * min(reach / 0.8, 1)
    outer, inner = [shoulder, bend + across * start_width], [armpit, bend - across * start_width]
    end, end_width, turn = bend, start_width, angle
    if reach > upper + 0.02:
        turn = angle - elbow
        along, across = _directions(turn)
        end, end_width = bend + along * (reach - upper), cuff * 0.62
        outer.append(end + across * end_width)
        inner.append(end - across * end_width)
    mirror = np.array([side, 1.0])
    outline = np.array([*outer, *inner[::-1]]) * mirror
    pivot = (float(shoulder[0]) * side, float(shoulder[1]))
    parts: list[Shape] = [Piece(outline, turn=-side * angle, pivot=pivot, tone=0.95)]
    if garment.banded or garment.sleeve > 0.8:
        depth = 0.045
        cuffs = [end + across * end_width, end - across * end_width]
        cuffs += [end - across * end_width - along * depth, end + across * end_width - along * depth]
        parts.append(Piece(np.array(cuffs) * mirror, _trimming(garment), -side * turn, pivot, 0.95))
    return parts


def _directions(angle: float) -> tuple[Points, Points]:
    """Unit vectors along an arm that hangs at `angle` from straight down, and across it (outwards)."""
    return np.array([math.sin(angle), math.cos(angle)]), np.array([math.cos(angle), -math.sin(angle)])


def _pair(outline: Points, fabric: Fabric = "cloth", tone: float = 1.0) -> list[Shape]:
    return [Piece(points, fabric, tone=tone) for points in (mirrored(outline), outline)]


def _trimming(garment: Garment) -> Fabric:
    """What bands, collars and cuffs are made of."""
    return "trim" if garment.banded else "cloth"


def _ribs(garment: Garment, half_width: float) -> list[Shape]:
    hem = hem_y(garment)
    outline = both_sides(
        path((half_width + 0.012, hem - 0.07), ((half_width, hem + 0.01), 0), ((0, hem + 0.02), -0.006))
    )
    ribs: list[Shape] = [
        Stitch(polygon((x, hem - 0.062), (x * 0.98, hem + 0.008)), 0.006, 0.86, _trimming(garment))
        for x in np.linspace(-half_width * 0.94, half_width * 0.94, 17)
    ]
    return [Piece(outline, _trimming(garment)), *ribs]


def _front(garment: Garment, top: float) -> list[Shape]:
    hem = hem_y(garment) - 0.055
    placket = Piece(polygon((-0.026, top), (0.026, top), (0.026, hem), (-0.026, hem)), _trimming(garment))
    count = max(garment.buttons, 2)
    spacing = (hem - top - 0.12) / (count - 1)
    return [placket, *(Button((0.0, top + 0.06 + spacing * i), 0.014) for i in range(count))]


def _collar(garment: Garment, torso: Torso) -> list[Shape]:
    neck = torso.neck
    stand = path(
        (-neck - 0.005, -0.735),
        ((neck + 0.005, -0.735), 0.05),
        ((0.0, -0.665), 0.012),
        ((-neck - 0.005, -0.735), 0.012),
    )
    wing = path(
        (neck - 0.02, -0.795),
        ((neck + 0.045, -0.70), 0.012),
        ((0.11, -0.575), 0.0),
        ((0.004, -0.675), 0.0),
        ((neck - 0.02, -0.795), 0.012),
    )
    fabric = _trimming(garment)
    return [Piece(stand, "inside"), *_pair(wing, fabric, 1.04)]


def _chest_pocket(garment: Garment) -> list[Shape]:
    if not garment.pockets:
        return []
    outline = polygon((0.09, -0.47), (0.205, -0.47), (0.205, -0.355), (0.147, -0.325), (0.09, -0.355))
    return [Piece(outline, _trimming(garment))]


def _patch_pockets(garment: Garment, y: float, x: float, half_width: float, height: float) -> list[Shape]:
    if not garment.pockets:
        return []
    patch = polygon(
        (x - half_width, y - height),
        (x + half_width, y - height),
        (x + half_width, y),
        (x, y + 0.012),
        (x - half_width, y),
    )
    return _pair(patch)


def _pleats(garment: Garment, top: float, bottom: float, y_top: float, y_bottom: float) -> list[Shape]:
    """Lines that fan out from the waist; the wider the hem, the more there are."""
    count = 3 + round(6 * garment.flare)
    places = np.linspace(-0.82, 0.82, count)
    return [
        Stitch(path((top * u, y_top), ((bottom * u, y_bottom - 0.02 - 0.05 * abs(u)), 0.01 * u)), 0.012, 0.84)
        for u in places
    ]


def _belt(garment: Garment, half_width: float, y: float) -> list[Shape]:
    if not garment.belt:
        return []
    strap = both_sides(path((half_width + 0.008, y - 0.028), ((half_width + 0.008, y + 0.028), 0), ((0, y + 0.032), 0)))
    frame = polygon((-0.038, y - 0.038), (0.038, y - 0.038), (0.038, y + 0.042), (-0.038, y + 0.042))
    hole = polygon((-0.02, y - 0.02), (0.02, y - 0.02), (0.02, y + 0.024), (-0.02, y + 0.024))
    return [Piece(strap, "inside", tone=0.75), Piece(frame, "metal"), Piece(hole, "inside", tone=0.7, edge=False)]


def _ellipse(centre: Point, width: float, height: float) -> Points:
    turns = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    return np.stack([centre[0] + width * np.cos(turns), centre[1] + height * np.sin(turns)], 1)
