"""Backbones: networks from an image (B, 3, S, S) to a feature map (B, C, H, W), or for ViT to a token (B, C).

Those of torchvision keep its parameter names, so that published weights fit; their classifiers are left out.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torchvision
from torch import nn

from core.models.backbone_table import BACKBONES
from core.models.description import ModelDescription

BLOCKS = 4
# GoogLeNet is built without its two auxiliary classifiers.
_OPTIONS: dict[str, dict[str, Any]] = {"googlenet": {"aux_logits": False, "init_weights": False}}


def build_backbone(description: ModelDescription) -> tuple[nn.Module, int]:
    """(network with random weights, C) for `description.backbone`."""
    name = description.backbone
    if name == "convnet":
        return _convnet(description.width), description.width
    if name == "vit_b_16":
        return _vit(description.input_size), BACKBONES[name].channels
    network = torchvision.models.get_model(name, **_OPTIONS.get(name, {}))
    trunk = _until_pooling(network)
    if name == "convnext_tiny":
        # The layer norm that torchvision counts to the classifier belongs in front of pooling.
        trunk.add_module("classifier", nn.Sequential(network.classifier[0]))
    return trunk, BACKBONES[name].channels


def _convnet(width: int) -> nn.Module:
    """Four times convolution, batch norm, pooling, ReLU, halving the side each time.

    Pooling first gives the same values as ReLU first, on a quarter of the numbers.
    """
    convolutions = [nn.Conv2d(3 if index == 0 else width, width, 3, padding=1, bias=False) for index in range(BLOCKS)]
    return nn.Sequential(
        *(nn.Sequential(each, nn.BatchNorm2d(width), nn.MaxPool2d(2), nn.ReLU()) for each in convolutions)
    )


def _until_pooling(network: nn.Module) -> nn.Sequential:
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for name, child in network.named_children():
        if name == "avgpool":
            break
        layers[name] = child
    return nn.Sequential(layers)


def _vit(input_size: int) -> nn.Module:
    network = torchvision.models.vit_b_16(image_size=input_size)
    network.heads = nn.Identity()
    return network  # type: ignore[no-any-return]
