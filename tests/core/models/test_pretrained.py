from __future__ import annotations

import os
import zipfile
from dataclasses import replace
from urllib.error import URLError

import pytest
import torch
import torchvision
from safetensors.torch import save_file

from core.errors import CheckpointError
from core.models.description import ModelDescription
from core.models.embedder import Embedder
from core.models.pretrained import fit, load_initial_weights, read_weights

RESNET = ModelDescription("resnet18", embedding_size=8, input_size=32, prepared_size=32)


class Malicious:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.fixture(scope="module")
def published():
    """A classifier's weights as torchvision publishes them."""
    torch.manual_seed(1)
    return torchvision.models.resnet18().state_dict()


def embedder_from(path):
    embedder = Embedder(replace(RESNET, weights=str(path)))
    load_initial_weights(embedder)
    return embedder


@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "module._orig_mod."])
def test_classifier_weights_go_into_the_backbone_whatever_wrapped_them(tmp_path, published, prefix):
    path = tmp_path / "weights.pth"
    torch.save({"state_dict": {f"{prefix}{name}": tensor for name, tensor in published.items()}}, path)
    found = embedder_from(path).backbone.state_dict()
    assert found
    assert all(torch.equal(tensor, published[name]) for name, tensor in found.items())


def test_safetensors_work_as_well(tmp_path, published):
    path = tmp_path / "weights.safetensors"
    save_file(published, path)
    assert torch.equal(embedder_from(path).backbone.conv1.weight, published["conv1.weight"])


def test_weights_of_one_of_our_checkpoints_work_as_well(tmp_path):
    torch.manual_seed(2)
    other = Embedder(replace(RESNET, embedding_size=3))
    save_file(other.state_dict(), tmp_path / "epoch_001.safetensors")
    embedder = embedder_from(tmp_path / "epoch_001.safetensors")
    assert torch.equal(embedder.backbone.conv1.weight, other.backbone.conv1.weight)
    assert embedder.head.out_features == 8


def test_another_architecture_is_named_with_the_first_differences(tmp_path):
    path = tmp_path / "resnet50.safetensors"
    save_file(torchvision.models.resnet50().state_dict(), path)
    with pytest.raises(CheckpointError, match=r"do not fit the backbone resnet18: .+; .+; .+ and \d+ more"):
        embedder_from(path)


def test_a_wrong_shape_and_a_missing_tensor_are_named(published):
    embedder = Embedder(RESNET)
    changed = {name: tensor for name, tensor in published.items() if name != "bn1.bias"}
    changed["conv1.weight"] = torch.zeros(1)
    with pytest.raises(CheckpointError, match=r"bn1\.bias is missing; conv1\.weight is \(1,\), expected \(64, 3"):
        fit(embedder, changed, "a file")


def test_nothing_loads_nothing_silently():
    with pytest.raises(CheckpointError, match=r"conv1\.weight is missing"):
        fit(Embedder(RESNET), {"fc.weight": torch.zeros(1)}, "a file")


def test_code_in_a_pickle_is_refused_and_not_executed(tmp_path):
    path, trace = tmp_path / "evil.pth", tmp_path / "trace"
    torch.save({"state_dict": Malicious(trace)}, path)
    with pytest.raises(CheckpointError, match=r"evil\.pth contains code or is damaged; not loaded"):
        read_weights(path)
    assert not trace.exists()


def test_a_compressed_archive_is_refused(tmp_path, published):
    torch.save({"a": torch.zeros(1000)}, tmp_path / "plain.pth")
    bomb = zipfile.ZipFile(tmp_path / "bomb.pth", "w", zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(tmp_path / "plain.pth") as plain, bomb:
        for name in plain.namelist():
            bomb.writestr(name, plain.read(name))
    with pytest.raises(CheckpointError, match=r"bomb\.pth is compressed"):
        read_weights(tmp_path / "bomb.pth")


@pytest.mark.parametrize("content", [b"", b"not weights", b"\x80\x02K\x01."])
def test_files_that_are_no_weights_are_refused(tmp_path, content):
    path = tmp_path / "file.pth"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"file\.pth (contains code or is damaged|holds no weights)"):
        read_weights(path)


def test_a_missing_file_says_what_is_possible(tmp_path):
    with pytest.raises(CheckpointError, match=r"is not there; model\.weights must be 'random', 'imagenet'.* or a file"):
        embedder_from(tmp_path / "gone.pth")


def test_no_network_is_one_sentence(monkeypatch):
    def unreachable(*_, **__):
        raise URLError("Name or service not known")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", unreachable)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", unreachable)
    with pytest.raises(CheckpointError, match=r"resnet18 could not be downloaded .* set model\.weights"):
        load_initial_weights(Embedder(replace(RESNET, weights="imagenet")))


@pytest.mark.parametrize(("weights", "file"), [("imagenet-v1", "resnet50-0676ba61"), ("imagenet", "resnet50-11ad3fa6")])
def test_the_weights_of_the_papers_are_the_first_ones(monkeypatch, weights, file):
    """torchvision has published two of ResNet-50, trained in very different ways."""
    asked = []

    def unreachable(url, *_, **__):
        asked.append(url)
        raise URLError("Name or service not known")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", unreachable)
    with pytest.raises(CheckpointError, match="could not be downloaded"):
        load_initial_weights(Embedder(replace(RESNET, backbone="resnet50", weights=weights)))
    assert file in asked[0]


def test_imagenet_weights_reach_the_backbone(monkeypatch, published):
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", lambda *_, **__: published)
    embedder = Embedder(replace(RESNET, weights="imagenet"))
    load_initial_weights(embedder)
    assert torch.equal(embedder.backbone.conv1.weight, published["conv1.weight"])
