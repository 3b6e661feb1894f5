"""Backbones: networks from an image (B, 3, S, S) to a feature map (B, C, H, W), or for ViT to a token (B, C).

Those of torchvision keep its parameter names, so that published weights fit; their classifiers are left out.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import torchvision
from torch import nn

from core.models.description import ModelDescription

BLOCKS = 4


def build_backbone(description: ModelDescription) -> tuple[nn.Module, int]:
    """(network with random weights, C) for `description.backbone`."""
    if description.backbone == "convnet":
        return _convnet(description.width), description.width
    build, channels = _TORCHVISION[description.backbone]
    return build(description), channels


def _convnet(width: int) -> nn.Module:
    """Four times convolution, batch norm, pooling, ReLU, halving the side each time.

    Pooling first gives the same values as ReLU first, on a quarter of the numbers.
    """
    blocks = [_block(3 if index == 0 else width, width) for index in range(BLOCKS)]
    return nn.Sequential(*blocks)


def _block(channels: int, width: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.MaxPool2d(2), nn.ReLU()
    )


def _until_pooling(network: nn.Module) -> nn.Sequential:
    """The children of a torchvision network in front of its global pooling, under their names."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for name, child in network.named_children():
        if name == "avgpool":
            break
        layers[name] = child
    return nn.Sequential(layers)


def _resnet18(_: ModelDescription) -> nn.Module:
    return _until_pooling(torchvision.models.resnet18())


def _resnet34(_: ModelDescription) -> nn.Module:
    return _until_pooling(torchvision.models.resnet34())


def _resnet50(_: ModelDescription) -> nn.Module:
    return _until_pooling(torchvision.models.resnet50())


def _googlenet(_: ModelDescription) -> nn.Module:
    """Without its two auxiliary classifiers. Published weights expect mean 0.5 and std 0.5 in every channel."""
    return _until_pooling(torchvision.models.googlenet(aux_logits=False, init_weights=False))


def _mobilenet_v3_small(_: ModelDescription) -> nn.Module:
    return _until_pooling(torchvision.models.mobilenet_v3_small())


def _mobilenet_v3_large(_: ModelDescription) -> nn.Module:
    return _until_pooling(torchvision.models.mobilenet_v3_large())


def _convnext_tiny(_: ModelDescription) -> nn.Module:
    """With the layer norm that torchvision counts to the classifier, applied in front of pooling."""
    network = torchvision.models.convnext_tiny()
    trunk = _until_pooling(network)
    trunk.add_module("classifier", nn.Sequential(network.classifier[0]))
    return trunk


def _vit_b_16(description: ModelDescription) -> nn.Module:
    network = torchvision.models.vit_b_16(image_size=description.input_size)
    network.heads = nn.Identity()
    return network  # type: ignore[no-any-return]


_TORCHVISION: dict[str, tuple[Callable[[ModelDescription], nn.Module], int]] = {
    "resnet18": (_resnet18, 512),
    "resnet34": (_resnet34, 512),
    "resnet50": (_resnet50, 2048),
    "googlenet": (_googlenet, 1024),
    "mobilenet_v3_small": (_mobilenet_v3_small, 576),
    "mobilenet_v3_large": (_mobilenet_v3_large, 960),
    "convnext_tiny": (_convnext_tiny, 768),
    "vit_b_16": (_vit_b_16, 768),
}
