"""One photograph's circumstances: how the garment lies, what it lies on and the light."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.demo.cuts import Posture


@dataclass(frozen=True)
class CameraView:
    """Everything about a picture but the garment itself."""

    posture: Posture
    rotation: float  # of the camera, radians
    scale: float  # share of the frame that the garment's longer side fills
    shift: tuple[float, float]  # of the garment's middle, in frames
    shear: float  # sideways slant
    tilt: float  # perspective: the far end smaller
    bends: tuple[float, float, float, float]  # amplitude and phase of the cloth's sway along both axes, garment units
    scene: float  # which background, 0..1 over all there are
    place: tuple[float, float]  # where in the background, 0..1
    turns: int  # quarter turns of the background
    flip: bool  # whether the background is mirrored
    light: float  # direction the light comes from, radians
    brightness: float  # of the whole picture; 1 is neutral
    contrast: float  # as `brightness`
    warmth: float  # colour of the light, -1 (blue) to 1 (orange)
    falloff: float  # how much darker the far side is, 0..1
    folds: float  # strength of the creases
    shadow: float | None  # place of a shadow's edge across the picture
    clutter: int  # how many other things lie about
    seed: int  # for what is random within the drawing


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
