"""A backbone with published weights as a checkpoint: from this machine, from the network, from a file."""

from __future__ import annotations

import socket
from urllib.error import URLError

import numpy as np
import pytest
import torch
import torchvision
from torch.nn import functional

from core.__main__ import main
from core.errors import CheckpointError
from core.models import checkpoint, published_features
from core.models.backbone_table import FEATURES, FEATURES_FROM, FEATURES_MB, FEATURES_WEIGHTS, PUBLISHED_WEIGHTS
from core.models.device import choose_device
from core.models.inference import preprocess
from core.models.published_features import bring, save_features
from core.progress import Reporter
from core.remedies import in_window, on_command_line

NAME = "resnet18-f37072fd.pth"


@pytest.fixture(autouse=True)
def hub(tmp_path, monkeypatch):
    """Where torchvision keeps what it has downloaded: nothing yet."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return torchvision.models.resnet18().eval()


@pytest.fixture
def weights(network, tmp_path):
    torch.save(network.state_dict(), tmp_path / "mine.pth")
    return tmp_path / "mine.pth"


def test_its_embedding_is_the_pooled_feature_at_unit_length(weights, network, tmp_path, capsys):
    out = tmp_path / "a" / "features.safetensors"
    assert main(["pretrained", "--weights", str(weights), "--out", str(out)]) == 0
    assert "mine.pth features (resnet18), no training." in capsys.readouterr().out
    device = choose_device("cpu")
    loaded = checkpoint.load(out, device)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 256, 256, 3), dtype=np.uint8)
    images = preprocess(pixels, loaded.info.description, device)
    with torch.inference_mode():
        found, whole = loaded.model(images), torch.nn.Sequential(*list(network.children())[:-1])
        expected = functional.normalize(whole(images).flatten(1))
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)
    assert (loaded.info.description.input_size, loaded.info.recall_at_1) == (224, None)


def test_published_weights_are_downloaded_once_and_checked(network, hub, tmp_path, monkeypatch):
    asked = []

    def fetch(url, path, expected, reporter, algorithm):
        asked.append((url, expected, algorithm))
        path.parent.mkdir(parents=True)
        torch.save(network.state_dict(), path)

    monkeypatch.setattr(published_features, "fetch", fetch)
    # torchvision would check the hash once more.
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", lambda *_, **__: network.state_dict())
    for _ in range(2):
        info = save_features(tmp_path / "features.safetensors", "resnet18", "imagenet-v1", Reporter())
    assert asked == [(f"https://download.pytorch.org/models/{NAME}", "f37072fd", "sha256")]
    assert info.name == "ImageNet features (resnet18), no training"
    assert (hub / NAME).is_file()


def test_without_a_network_one_sentence_says_so_and_names_the_way_on(monkeypatch):
    def unreachable(*_, **__):
        raise URLError(socket.gaierror(-3, "Temporary failure in name resolution"))

    monkeypatch.setattr("core.download.urlopen", unreachable)
    with pytest.raises(CheckpointError) as caught:
        bring("resnet18", "imagenet-v1", Reporter())
    told = caught.value.message
    assert str(told) == (
        f"ImageNet's weights are not on this machine: https://download.pytorch.org/models/{NAME} cannot be downloaded "
        "(Temporary failure in name resolution)."
    )
    assert "--weights FILE" in on_command_line(told) and "--" not in in_window(told)
    assert len(in_window(told)) < 300


def test_what_has_no_published_weights_is_refused(tmp_path, capsys):
    with pytest.raises(CheckpointError, match="no published weights of 'convnet'"):
        save_features(tmp_path / "a.safetensors", "convnet", "imagenet", Reporter())
    assert main(["pretrained", "--out", str(tmp_path / "a.pth")]) == 2
    assert "expected the name of a .safetensors file" in capsys.readouterr().err


def test_the_download_that_the_window_names_is_torchvisions():
    published = torchvision.models.get_model_weights(FEATURES)[PUBLISHED_WEIGHTS[FEATURES_WEIGHTS]]
    assert published.meta["_file_size"] == pytest.approx(FEATURES_MB, abs=0.05)
    assert published.url.split("/")[2].endswith(FEATURES_FROM)
