from __future__ import annotations

import numpy as np
import pytest

from core.models.device import choose_device
from core.training.step import TrainingStep
from tests.core.training.tiny_data import tiny_recipe

CODES = np.array([3, 7, 7, 4, 3, 4])
IMAGES = np.random.default_rng(0).integers(0, 255, (6, 18, 18, 3), dtype=np.uint8)


def losses(*assignments):
    training_step = TrainingStep(tiny_recipe(*assignments), choose_device("cpu"), CODES)
    return [training_step.run(IMAGES, CODES, step, 0.01).loss for step in range(3)]


def test_the_network_learns_in_the_precision_that_is_asked_for():
    plain, half = losses("training.precision=float32"), losses("training.precision=bf16")
    assert losses() == plain, "on a processor 'auto' is float32"
    assert half != plain
    assert half == pytest.approx(plain, rel=0.1)
