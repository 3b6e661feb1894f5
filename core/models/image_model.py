"""What makes vectors of prepared pictures: the network of a checkpoint, or the histograms of one that has none."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from core.models.checkpoint_files import CheckpointInfo, intact, resolve
from core.models.histograms import HistogramDescription, Pixels, Values, describe
from core.models.processor import processor_name

_AT_ONCE = 256


class ImageModel(Protocol):
    """A checkpoint ready for work.

    Attributes:
        info: what is known of the checkpoint.
        device_name: what it computes on, for a person.
        batch_size: how many pictures it takes at a time.
    """

    info: CheckpointInfo
    device_name: str
    batch_size: int

    def vectors(self, pixels: Pixels) -> Values:
        """(B, P, P, 3) uint8 pictures of the side that its description asks for to (B, D) float32."""


class HistogramModel:
    """Colour and gradient histograms (`core.models.histograms`), on the processor."""

    batch_size = _AT_ONCE

    def __init__(self, info: CheckpointInfo) -> None:
        self.info, self.device_name = info, processor_name()

    def vectors(self, pixels: Pixels) -> Values:
        """Describe a batch."""
        return describe(pixels)


def load_model(checkpoint: Path, device: str) -> ImageModel:
    """The model of a checkpoint or of a run's best one, on "auto", "cpu" or "cuda"; raises as `checkpoint.load`.

    torch is loaded for a network alone: histograms are there before it would be.
    """
    info = intact(resolve(checkpoint))
    if isinstance(info.description, HistogramDescription):
        return HistogramModel(info)
    from core.models.network_model import NetworkModel

    return NetworkModel(info, device)
