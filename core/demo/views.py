"""One photograph's circumstances: how the garment lies, what it lies on and the light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.demo.cuts import Posture


@dataclass(frozen=True)
class CameraView:
    """Everything about a picture but the garment itself.

    Attributes:
        posture: arms and legs.
        rotation: of the camera, radians.
        scale: share of the frame that the garment's longer side fills.
        shift: of the garment's middle, in frames.
        shear, tilt: sideways slant; perspective (the far end smaller).
        bends: amplitude and phase of the cloth's sway along both axes, in garment units.
        scene: which background, 0..1 over all there are.
        place: where in the background, two numbers 0..1; `turns` quarter turns; mirrored when `flip`.
        light: direction the light comes from, radians.
        brightness, contrast: of the whole picture; 1 is neutral.
        warmth: colour of the light, -1 (blue) to 1 (orange).
        falloff: how much darker the far side is, 0..1.
        folds: strength of the creases; `crease` picks them.
        shadow: place of a shadow's edge across the picture, or None.
        clutter: how many other things lie about.
        seed: for what is random within the drawing.
    """

    posture: Posture
    rotation: float
    scale: float
    shift: tuple[float, float]
    shear: float
    tilt: float
    bends: tuple[float, float, float, float]
    scene: float
    place: tuple[float, float]
    turns: int
    flip: bool
    light: float
    brightness: float
    contrast: float
    warmth: float
    falloff: float
    folds: float
    shadow: float | None
    clutter: int
    seed: int


def random_view(generator: np.random.Generator) -> CameraView:
    """Circumstances as they come."""

    def between(low: float, high: float) -> float:
        return float(generator.uniform(low, high))

    def around(spread: float) -> float:
        return spread * max(-2.2, min(2.2, generator.standard_normal()))

    arms = between(0.2, 0.75)
    return CameraView(
        posture=Posture(
            arms=(arms + around(0.12), arms + around(0.12)),
            elbows=(between(-0.25, 0.9), between(-0.25, 0.9)),
            legs=between(0.0, 0.14),
        ),
        rotation=around(0.26),
        scale=between(0.66, 0.96),
        shift=(around(0.045), around(0.045)),
        shear=around(0.06),
        tilt=around(0.10),
        bends=(around(0.022), between(0, 6.3), around(0.018), between(0, 6.3)),
        scene=between(0, 1),
        place=(between(0, 1), between(0, 1)),
        turns=int(generator.integers(4)),
        flip=bool(generator.random() < 0.5),
        light=between(-2.6, -0.5),
        brightness=between(0.74, 1.18),
        contrast=between(0.86, 1.1),
        warmth=around(0.6),
        falloff=between(0.0, 0.34),
        folds=between(0.6, 1.5),
        shadow=between(0.15, 0.85) if generator.random() < 0.25 else None,
        clutter=int(generator.choice(3, p=(0.5, 0.3, 0.2))),
        seed=int(generator.integers(1 << 31)),
    )
