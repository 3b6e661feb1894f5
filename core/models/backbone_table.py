"""What is known of each backbone without building it. No torch; the window reads this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Backbone = Literal[
    "convnet",
    "resnet18",
    "resnet34",
    "resnet50",
    "googlenet",
    "mobilenet_v3_small",
    "mobilenet_v3_large",
    "convnext_tiny",
    "vit_b_16",
]
Channels = tuple[float, float, float]
# What a recipe calls published weights -> what torchvision does.
PUBLISHED_WEIGHTS = {"imagenet": "DEFAULT", "imagenet-v1": "IMAGENET1K_V1"}
# What "ImageNet features" means where nobody says more: the smallest ResNet, of which a processor embeds some thousand
# photographs in minutes. The size of its download in megabytes, and where it is published.
FEATURES: Backbone = "resnet18"
FEATURES_NAME = "ResNet-18"
FEATURES_WEIGHTS = "imagenet-v1"
FEATURES_MB, FEATURES_FROM = 44.7, "pytorch.org"


@dataclass(frozen=True)
class BackboneSpec:
    """A backbone as settings and checks need it.

    Attributes:
        channels: C of its feature map or token; 0 where the recipe's width says.
        token: whether it gives a class token (B, C) in place of a feature map (B, C, H, W).
        published: whether there are ImageNet weights of it.
        mean, std: of red, green and blue (0..1), by which the images of the published weights were standardised.
        smallest_input: the smallest side of an image that it takes, in pixels.
        input_multiple: what the side of an image must be a multiple of, in pixels.
        published_input: the one side that its published weights take; None for any.
    """

    channels: int
    token: bool = False
    batch_norm: bool = True
    published: bool = True
    mean: Channels = (0.485, 0.456, 0.406)
    std: Channels = (0.229, 0.224, 0.225)
    smallest_input: int = 1
    input_multiple: int = 1
    published_input: int | None = None


BACKBONES: dict[Backbone, BackboneSpec] = {
    "convnet": BackboneSpec(0, published=False, smallest_input=16),
    "resnet18": BackboneSpec(512),
    "resnet34": BackboneSpec(512),
    "resnet50": BackboneSpec(2048),
    # Its weights were converted from another program, which scaled images to -1..1.
    "googlenet": BackboneSpec(1024, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)),
    "mobilenet_v3_small": BackboneSpec(576),
    "mobilenet_v3_large": BackboneSpec(960),
    "convnext_tiny": BackboneSpec(768, batch_norm=False),
    "vit_b_16": BackboneSpec(768, token=True, batch_norm=False, input_multiple=16, published_input=224),
}
