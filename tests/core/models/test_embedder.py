from __future__ import annotations

from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest
import torch
import torchvision
from torchvision.transforms import functional

from core.errors import DeviceError
from core.models.backbone_table import BACKBONES, PUBLISHED_WEIGHTS, Backbone
from core.models.description import ModelDescription
from core.models.device import Device, choose_device
from core.models.embedder import Embedder, on_device
from core.models.inference import centre_crop, embed_batch, preprocess, to_float

DEVICE = choose_device("cpu")


def description(**settings):
    return ModelDescription(**{"width": 4, "embedding_size": 8, "input_size": 16, "prepared_size": 20} | settings)


@pytest.mark.parametrize("backbone", get_args(Backbone))
def test_every_backbone_embeds_and_learns_and_is_what_the_table_says(backbone):
    spec = BACKBONES[backbone]
    size = 32 if spec.token else 64
    pooling = "token" if spec.token else "avg+max"
    settings = ModelDescription(backbone, embedding_size=8, pooling=pooling, input_size=size, prepared_size=size)
    embedder = on_device(Embedder(settings), DEVICE.torch)
    vectors = embedder(torch.randn(2, 3, size, size))
    assert vectors.shape == (2, 8)
    vectors.sum().backward()
    assert all(parameter.grad is not None for parameter in embedder.parameters())
    assert embedder.head.in_features == (spec.channels or settings.width)
    assert any(isinstance(part, torch.nn.BatchNorm2d) for part in embedder.modules()) == spec.batch_norm


@pytest.mark.parametrize("backbone", [name for name, spec in BACKBONES.items() if spec.published])
def test_images_are_standardised_as_for_the_published_weights(backbone):
    spec = BACKBONES[backbone]
    weights = torchvision.models.get_model_weights(backbone)
    prepare = [weights[name].transforms() for name in PUBLISHED_WEIGHTS.values()]
    image = torch.rand(3, 1, 1)
    ours = functional.normalize(image, spec.mean, spec.std)
    for published in prepare:
        theirs = functional.normalize(image, published.mean, published.std)
        if backbone == "googlenet":
            # torchvision's own network takes ImageNet's and scales to -1..1 itself; ours is only its trunk.
            googlenet = torchvision.models.googlenet(transform_input=True, aux_logits=False, init_weights=False)
            theirs = googlenet._transform_input(theirs[None])[0]
        torch.testing.assert_close(ours, theirs)


def test_a_normal_head_begins_by_its_outputs_without_an_offset():
    """He et al.: variance 2 / D, whatever the number of channels."""
    torch.manual_seed(0)
    settings = ModelDescription("resnet18", head="normal", embedding_size=512)
    head = Embedder(settings).head
    assert head.weight.std().item() == pytest.approx((2 / 512) ** 0.5, rel=0.01)
    assert head.weight.mean().abs() < 1e-3
    assert not head.bias.any()


def test_convnet_equals_its_blocks_in_the_usual_order():
    """Convolution, batch norm, ReLU, pooling: the order of the last two makes no difference to the values."""
    torch.manual_seed(0)
    embedder = Embedder(description(normalize=False)).eval()
    images = torch.randn(2, 3, 16, 16)
    features = images
    for convolution, norm, _, _ in embedder.backbone:
        features = torch.nn.functional.max_pool2d(torch.relu(norm(convolution(features))), 2)
    expected = embedder.head(features.mean(dim=(2, 3)))
    assert torch.allclose(embedder(images), expected, atol=1e-6)


@pytest.mark.parametrize("pooling", ["avg", "max", "avg+max"])
def test_pooling(pooling):
    embedder = Embedder(description(pooling=pooling, normalize=False, input_size=64, prepared_size=64)).eval()
    images = torch.randn(2, 3, 64, 64)
    features = embedder.backbone(images).flatten(2)
    average, largest = features.mean(dim=2), features.max(dim=2).values
    expected = {"avg": average, "max": largest, "avg+max": average + largest}[pooling]
    assert torch.allclose(embedder(images), embedder.head(expected), atol=1e-6)


def test_normalisation_can_be_left_out():
    images = torch.randn(5, 3, 16, 16)
    unit = Embedder(description())(images).norm(dim=1)
    assert torch.allclose(unit, torch.ones(5))
    raw = Embedder(description(normalize=False))(images).norm(dim=1)
    assert (raw - 1).abs().max() > 1e-3


def test_convolutions_are_kept_in_channels_last_order():
    embedder = on_device(Embedder(description()), DEVICE.torch)
    assert embedder.backbone[1][0].weight.is_contiguous(memory_format=torch.channels_last)
    inputs = preprocess(np.zeros((2, 20, 20, 3), np.uint8), description(), DEVICE)
    assert inputs.is_contiguous(memory_format=torch.channels_last)


def test_preprocessing_crops_the_centre_and_standardises():
    images = np.random.default_rng(0).integers(0, 256, (2, 20, 20, 3), dtype=np.uint8)
    settings = description(mean=(0.1, 0.2, 0.3), std=(0.5, 0.25, 0.125))
    expected = (images[:, 2:18, 2:18].astype(np.float64) / 255 - (0.1, 0.2, 0.3)) / (0.5, 0.25, 0.125)
    inputs = preprocess(images, settings, DEVICE)
    np.testing.assert_allclose(inputs.permute(0, 2, 3, 1).numpy(), expected, rtol=1e-5, atol=1e-5)


def test_the_centre_of_the_same_size_is_the_image():
    images = to_float(np.random.default_rng(0).integers(0, 256, (2, 20, 20, 3), dtype=np.uint8), DEVICE)
    assert torch.equal(centre_crop(images, 20), images)


def test_an_embedding_does_not_depend_on_its_batch():
    embedder = on_device(Embedder(description()), DEVICE.torch).eval()
    images = np.random.default_rng(0).integers(0, 256, (7, 20, 20, 3), dtype=np.uint8)
    together = embed_batch(embedder, images, DEVICE)
    alone = np.concatenate([embed_batch(embedder, images[index : index + 1], DEVICE) for index in range(7)])
    assert together.dtype == np.float32
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_descriptions_survive_json():
    settings = description(pooling="max", mean=(0.1, 0.2, 0.3), normalize=False)
    assert ModelDescription.from_dict(settings.as_dict()) == settings


def test_the_device_is_called_by_name():
    assert choose_device("cpu").name.startswith("CPU (")
    assert choose_device("auto").kind in ("cpu", "cuda")
    with Device("cpu", "CPU").autocast():
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


def test_a_card_that_cannot_compute_is_not_taken(monkeypatch):
    def refuse(*_size, **_how):
        raise torch.AcceleratorError("CUDA error: no kernel image is available.\nCompile with ...")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "ones", refuse)
    assert choose_device("auto").kind == "cpu"
    with pytest.raises(DeviceError, match=r"here cannot compute \(CUDA error: no kernel image is available\)\."):
        choose_device("cuda")


@pytest.mark.parametrize(("generation", "half"), [(7, False), (8, True)])
def test_half_precision_is_for_cards_that_compute_in_it(monkeypatch, generation, half):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: SimpleNamespace(major=generation))
    card = Device("cuda", "a card")
    with card.autocast():
        assert torch.is_autocast_enabled("cuda") is half
        with card.measuring():
            assert not torch.is_autocast_enabled("cuda"), "measured in float32"
            assert not torch.backends.cudnn.allow_tf32
    with card.autocast("float32"):
        assert not torch.is_autocast_enabled("cuda")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: half)
    if half:
        with card.autocast("bf16"):
            assert torch.is_autocast_enabled("cuda")
    else:
        with pytest.raises(DeviceError, match=r"training\.precision is 'bf16', but a card has none; use 'auto'"):
            card.autocast("bf16")


def test_measuring_is_float32_within_whatever_surrounds_it():
    embedder = on_device(Embedder(description()), DEVICE.torch).eval()
    images = np.random.default_rng(0).integers(0, 256, (3, 20, 20, 3), dtype=np.uint8)
    plain = embed_batch(embedder, images, DEVICE)
    before = torch.backends.cudnn.allow_tf32
    with DEVICE.autocast("bf16"):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16
        np.testing.assert_array_equal(embed_batch(embedder, images, DEVICE), plain)
    assert torch.backends.cudnn.allow_tf32 is before
