"""What a model is, in plain values: enough to build it again and to prepare images for it. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from core.errors import CheckpointError
from core.models.backbone_table import BACKBONES, PUBLISHED_WEIGHTS, Backbone, BackboneSpec, Channels
from core.settings import SelfChecking, from_values, require, setting, to_values

Pooling = Literal["avg", "max", "avg+max", "token"]
Fit = Literal["crop", "squash"]
Head = Literal["uniform", "normal"]

CONVNET_WIDTH = 64
# Far beyond what anybody trains; what is larger was mistyped, or made to fill the memory.
LARGEST = {"width": 4096, "embedding_size": 1 << 16, "input_size": 4096, "prepared_size": 8192}


@dataclass(frozen=True)
class ModelDescription(SelfChecking):
    """The network and the images it expects; the recipe's [model] table and part of every checkpoint.

    An image becomes a square of `prepared_size` pixels (see `fit`); for measuring, its centre of `input_size`
    pixels is taken, scaled to 0..1, and `(value - mean) / std` goes in. D = `embedding_size` numbers come out.

    Raises RecipeError naming both fields when two settings do not go together.
    """

    table: ClassVar[str] = "model"
    backbone: Backbone = setting("convnet", "Backbone network, in front of the embedding layer.", rare=False)
    width: int = setting(
        CONVNET_WIDTH, "Channels of each block of the small ConvNet; other backbones have fixed widths."
    )
    embedding_size: int = setting(128, "Dimensions of the embedding.", rare=False)
    pooling: Pooling = setting("avg", "Global pooling of the feature map; ViT has its class token instead.", rare=False)
    head: Head = setting(
        "uniform",
        "Initialisation of the embedding layer: torch's default, or 'normal' (Kaiming by fan-out, without bias).",
        "normal (code of MS, Proxy-Anchor and log-ratio)",
    )
    normalize: bool = setting(True, "L2-normalise embeddings to unit length.")
    input_size: int = setting(64, "Side of the square input image, in pixels.", rare=False)
    prepared_size: int = setting(64, "Side of the square to which images are resized before cropping, in pixels.")
    fit: Fit = setting(
        "crop", "How an image becomes square: 'crop' takes the centre, 'squash' ignores the aspect ratio."
    )
    mean: Channels = setting((0.5, 0.5, 0.5), "Mean of red, green and blue (0..1), which is subtracted.")
    std: Channels = setting((0.25, 0.25, 0.25), "Standard deviation of red, green and blue, by which they are divided.")
    weights: str = setting(
        "random",
        "Initial weights: 'random', 'imagenet' (the newest), 'imagenet-v1', or a file of backbone weights.",
        "imagenet-v1",
        rare=False,
    )
    weights_key: str = setting(
        "",
        "Prefix of the weights to load where a file holds several copies, such as 'teacher'; else the first copy.",
    )

    def __post_init__(self) -> None:
        for key, most in LARGEST.items():
            self.require(getattr(self, key) >= 1, "setting-not-whole-above-zero", key)
            self.require_at_most(most, key)
        require(min(self.std) > 0, "setting-with-numbers-not-above-zero", "model.std", value=str(self.std))
        holds_input, side = self.prepared_size >= self.input_size, self.input_size
        self.require(holds_input, "prepared-size-below-input-size", "prepared_size", input_size=side)
        self._check_backbone()

    def _check_backbone(self) -> None:
        spec, backbone = BACKBONES[self.backbone], self.backbone
        self.require(
            spec.token == (self.pooling == "token"),
            "pooling-without-token" if spec.token else "pooling-of-missing-token",
            "pooling",
            backbone=backbone,
        )
        is_free = spec.channels == 0 or self.width == CONVNET_WIDTH
        self.require(is_free, "width-without-convnet", "width", backbone=backbone)
        self.require(spec.published or self.weights == "random", "weights-of-convnet", "weights")
        of_file = self.weights not in ("random", *PUBLISHED_WEIGHTS)
        self.require(not self.weights_key or of_file, "weights-key-without-file", "weights_key", weights=self.weights)
        self._check_input(spec)

    def _check_input(self, spec: BackboneSpec) -> None:
        multiple, published, smallest = spec.input_multiple, spec.published_input, spec.smallest_input
        fits = self.input_size % multiple == 0
        self.require(fits, "input-size-not-a-multiple", "input_size", backbone=self.backbone, multiple=multiple)
        fits = self.weights == "random" or self.input_size == (published or self.input_size)
        self.require(fits, "input-size-not-of-weights", "input_size", weights=self.weights, published=published)
        self.require(self.input_size >= smallest, "input-size-too-small", "input_size", smallest=smallest)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON and TOML."""
        return to_values(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ModelDescription:
        """Inverse of `as_dict`; CheckpointError for unknown keys or values of the wrong kind."""
        return from_values(cls, values, "model", CheckpointError)
