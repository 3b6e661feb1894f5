from __future__ import annotations

import argparse
import os
import warnings
import zipfile
from dataclasses import replace
from urllib.error import URLError

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import save_file

from core.errors import CheckpointError, CoreError
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


@pytest.mark.parametrize(
    ("wrapper", "prefix"), [(("model_state_dict",), "model."), ((), "module.encoder_q."), (("ema", "state"), "0.")]
)
def test_weights_are_found_whatever_stands_in_front_of_their_names(tmp_path, published, wrapper, prefix):
    content = {f"{prefix}{name}": tensor for name, tensor in published.items() if not name.startswith("fc.")}
    content[f"{prefix}embedding.weight"] = torch.zeros(4, 512)
    for key in reversed(wrapper):
        content = {"epoch": 7, key: content, "args": argparse.Namespace(lr=0.1), "best": None}
    torch.save(content, tmp_path / "w.pth")
    embedder = Embedder(RESNET)
    notice = fit(embedder, read_weights(tmp_path / "w.pth"), "w.pth")
    assert all(torch.equal(tensor, published[name]) for name, tensor in embedder.backbone.state_dict().items())
    before = "".join(f"{key}." for key in wrapper) + prefix
    assert f"{before}embedding is left out." in notice
    assert not before or f"Of w.pth the names that begin with '{before}' are taken" in notice


def test_the_names_of_a_sequence_of_the_networks_children_are_understood(published):
    """nn.Sequential(*list(resnet18().children())[:-2]) inside of a model."""
    numbers = {name: str(index) for index, (name, _) in enumerate(torchvision.models.resnet18().named_children())}
    renamed = {
        f"features.{numbers[name.split('.')[0]]}.{name.partition('.')[2]}": tensor for name, tensor in published.items()
    }
    embedder = Embedder(RESNET)
    assert "begin with 'features.' are taken; features.9 is left out" in fit(embedder, renamed, "w")
    assert torch.equal(embedder.backbone.layer4[1].bn2.running_var, published["layer4.1.bn2.running_var"])
    assert torch.equal(embedder.backbone.layer1[0].conv1.weight, published["layer1.0.conv1.weight"])


def test_weights_from_before_batch_norm_counted_are_taken(published):
    old = {name: tensor for name, tensor in published.items() if not name.endswith("num_batches_tracked")}
    embedder = Embedder(RESNET)
    fit(embedder, old, "an old file")
    assert torch.equal(embedder.backbone.bn1.running_mean, published["bn1.running_mean"])


def test_of_two_copies_the_first_is_taken_and_that_is_said(published):
    averaged = {f"ema.{name}": tensor + 1 for name, tensor in published.items()}
    embedder = Embedder(RESNET)
    notice = fit(embedder, {f"model.{name}": tensor for name, tensor in published.items()} | averaged, "w")
    assert notice == (
        "Of w the names that begin with 'model.' are taken, not those that fit as well after 'ema.'"
        " (model.weights_key chooses); model.fc is left out."
    )
    assert torch.equal(embedder.backbone.conv1.weight, published["conv1.weight"])


@pytest.fixture(scope="module")
def distilled(published):
    """Two copies as DINO saves them."""
    student = {f"module.backbone.{name}": tensor + 1 for name, tensor in published.items()}
    return {f"student.{name}": tensor for name, tensor in student.items()} | {
        f"teacher.backbone.{name}": tensor for name, tensor in published.items()
    }


@pytest.mark.parametrize("key", ["teacher", "teacher.", "teacher.backbone", "teacher.backbone."])
def test_the_copy_that_is_asked_for_is_taken(published, distilled, key):
    embedder = Embedder(replace(RESNET, weights="w", weights_key=key))
    notice = fit(embedder, distilled, "w")
    assert "begin with 'teacher.backbone.' are taken, not those that fit as well after 'student.module.b" in notice
    assert torch.equal(embedder.backbone.conv1.weight, published["conv1.weight"])


def test_a_copy_that_is_not_there_is_refused_with_those_that_are(distilled):
    with pytest.raises(CheckpointError) as refused:
        fit(Embedder(replace(RESNET, weights="w", weights_key="teach")), distilled, "w")
    assert str(refused.value) == (
        "No weights of the backbone resnet18 stand after model.weights_key 'teach' in w; what fits stands after"
        " 'student.module.backbone.' or 'teacher.backbone.'."
    )


def test_a_key_without_a_file_is_refused():
    with pytest.raises(CoreError, match=r"model\.weights_key is 'ema', but model\.weights is 'imagenet'"):
        replace(RESNET, weights="imagenet", weights_key="ema")


@pytest.mark.parametrize("wrapper", ["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"])
def test_wrappers_of_single_layers_are_no_part_of_names(published, wrapper):
    wrapped = {f"m.{name.replace('layer1.0.', f'layer1.{wrapper}.0.')}": value for name, value in published.items()}
    embedder = Embedder(RESNET)
    assert "begin with 'm.' are taken" in fit(embedder, wrapped, "w")
    assert torch.equal(embedder.backbone.layer1[0].conv1.weight, published["layer1.0.conv1.weight"])


@pytest.mark.parametrize(
    "convert",
    [
        torch.Tensor.half,
        torch.Tensor.bfloat16,
        torch.Tensor.double,
        torch.Tensor.to_sparse,
        lambda tensor: tensor.to(memory_format=torch.channels_last),
        torch.nn.Parameter,
        lambda tensor: torch.stack([tensor, tensor])[1],
    ],
    ids=["half", "bf16", "double", "sparse", "channels last", "parameter", "view"],
)
def test_weights_in_other_forms_are_the_same_weights(tmp_path, published, convert):
    torch.save(published | {"conv1.weight": convert(published["conv1.weight"])}, tmp_path / "w.pth")
    embedder = Embedder(RESNET)
    fit(embedder, read_weights(tmp_path / "w.pth"), "w")
    exact = {torch.float16: 1e-3, torch.bfloat16: 1e-2}.get(convert(published["conv1.weight"]).dtype, 0)
    torch.testing.assert_close(embedder.backbone.conv1.weight, published["conv1.weight"], rtol=exact, atol=exact / 100)


@pytest.mark.parametrize(
    ("convert", "words"),
    [
        (lambda tensor: tensor.to(torch.complex64), "is of complex64"),
        (lambda tensor: tensor.to(torch.int8), "is of int8"),
        (lambda tensor: tensor.to("meta"), "is without values"),
        (lambda tensor: tensor.double() * 1e300, "not all finite: conv1.weight has"),
    ],
    ids=["complex", "whole", "meta", "beyond float32"],
)
def test_what_is_no_weight_in_float32_is_refused(published, convert, words):
    with pytest.raises(CheckpointError, match=words):
        fit(Embedder(RESNET), published | {"conv1.weight": convert(published["conv1.weight"])}, "w")


def test_quantised_weights_are_refused(published):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        quantised = torch.quantize_per_tensor(published["conv1.weight"], 0.1, 0, torch.qint8)
    with pytest.raises(CheckpointError, match=r"conv1\.weight of w is of qint8; expected floating-point numbers"):
        fit(Embedder(RESNET), published | {"conv1.weight": quantised}, "w")


def test_empty_weights_are_refused_by_their_shapes(published):
    with pytest.raises(CheckpointError, match=r"conv1\.weight is \(0,\), expected \(64, 3, 7, 7\)") as refused:
        fit(Embedder(RESNET), dict.fromkeys(published, torch.zeros(0)), "w")
    assert "names" not in str(refused.value)


def test_either_kind_of_file_may_have_the_others_name(tmp_path, published):
    save_file(published, tmp_path / "model.bin", metadata={"format": "pt"})
    torch.save({"net": published}, tmp_path / "model.safetensors")
    for name in ("model.bin", "model.safetensors"):
        assert torch.equal(embedder_from(tmp_path / name).backbone.conv1.weight, published["conv1.weight"])


def test_a_larger_network_of_the_kind_is_not_taken_for_the_smaller_one(published):
    """All of ResNet-18's names are in ResNet-34, and most in the same shapes."""
    larger = dict(published) | {f"layer1.2.conv{index}.weight": torch.zeros(64, 64, 3, 3) for index in (1, 2)}
    with pytest.raises(CheckpointError, match=r"layer1\.2\.conv1\.weight has no place; layer1\.2\.conv2\.weight has"):
        fit(Embedder(RESNET), larger, "w")


def test_a_refusal_shows_the_names_of_both_sides():
    strangers = {f"encoder.layer.{index}.attention.weight": torch.zeros(1) for index in range(50)}
    with pytest.raises(CheckpointError) as refused:
        fit(Embedder(RESNET), strangers, "vit.pth")
    assert str(refused.value) == (
        "vit.pth has no weight of the backbone resnet18."
        " Expected are names such as conv1.weight, bn1.weight, bn1.bias; the file has 50, such as"
        " encoder.layer.0.attention.weight, encoder.layer.1.attention.weight, encoder.layer.2.attention.weight."
    )
    assert len(str(refused.value)) < 500


def test_weights_that_are_not_numbers_are_refused(published):
    broken = published | {"layer2.0.bn1.bias": torch.full((128,), torch.nan)}
    with pytest.raises(CheckpointError, match=r"not all finite: layer2\.0\.bn1\.bias has NaN"):
        fit(Embedder(RESNET), broken, "w")


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
    with pytest.raises(CheckpointError, match="a file has no weight of the backbone resnet18"):
        fit(Embedder(RESNET), {"fc.weight": torch.zeros(1)}, "a file")


def test_code_in_a_pickle_is_refused_and_not_executed(tmp_path):
    path, trace = tmp_path / "evil.pth", tmp_path / "trace"
    torch.save({"state_dict": Malicious(trace)}, path)
    with pytest.raises(CheckpointError, match=r"evil\.pth contains code or is damaged; not loaded. Where it"):
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


def test_an_encrypted_archive_is_refused(tmp_path, published):
    torch.save({"a": torch.zeros(10)}, tmp_path / "e.pth")
    content = bytearray((tmp_path / "e.pth").read_bytes())
    at = content.find(b"PK\x01\x02")
    content[at + 8] |= 1
    (tmp_path / "e.pth").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"e\.pth is encrypted"):
        read_weights(tmp_path / "e.pth")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_a_pipe_is_no_file_of_weights(tmp_path, suffix):
    os.mkfifo(tmp_path / f"pipe.{suffix}")
    with pytest.raises(CheckpointError, match="is a named pipe, not a regular file"):
        read_weights(tmp_path / f"pipe.{suffix}")


def test_damage_anywhere_is_one_sentence(tmp_path):
    """Bytes changed, cut off and added at random: what is read is weights, or refused."""
    torch.save({"model": {"a.weight": torch.zeros(8, 8), "b": torch.ones(3)}}, tmp_path / "good.pth")
    torch.save({"a": torch.zeros(9)}, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    random, path = np.random.default_rng(0), tmp_path / "bad.pth"
    for _ in range(250):
        content = bytearray((tmp_path / random.choice(["good.pth", "old.pth"])).read_bytes())
        for _ in range(random.integers(1, 6)):
            content[random.integers(len(content))] = random.integers(256)
        if random.random() < 0.3:
            del content[random.integers(len(content)) :]
        path.write_bytes(content)
        try:
            assert all(isinstance(tensor, torch.Tensor) for tensor in read_weights(path).values())
        except CheckpointError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize("content", [b"", b"not weights", b"\x80\x02K\x01."])
def test_files_that_are_no_weights_are_refused(tmp_path, content):
    path = tmp_path / "file.pth"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"file\.pth (is not a file of torch\.save|contains code)"):
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
