from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.checksum import write_checked
from core.errors import CheckpointError, StorageError
from core.models import checkpoint, checkpoint_files, tensor_file
from core.models.checkpoint_files import best, details_path, list_checkpoints, read_info, resolve
from core.models.description import ModelDescription
from core.models.device import choose_device
from core.models.embedder import Embedder, on_device

DEVICE = choose_device("cpu")
SMALL = ModelDescription(width=4, embedding_size=8, input_size=16, prepared_size=16)


def saved(path, epoch=1, recall=None, **settings):
    torch.manual_seed(epoch)
    embedder = on_device(Embedder(replace(SMALL, **settings)), DEVICE.torch).eval()
    metrics = {} if recall is None else {"recall": {"1": recall}}
    path.parent.mkdir(parents=True, exist_ok=True)
    info = checkpoint.save(path, embedder, f"run / epoch {epoch}", epoch, 10 * epoch, True, metrics, {"name": "r"})
    return embedder, info


@pytest.fixture
def path(tmp_path):
    return tmp_path / "epoch_001.safetensors"


def test_a_loaded_model_embeds_as_the_saved_one(path):
    embedder, written = saved(path, recall=0.5, normalize=False, pooling="avg+max")
    loaded = checkpoint.load(path, DEVICE)
    images = torch.randn(3, 3, 16, 16)
    assert torch.equal(loaded.model(images), embedder(images))
    assert not loaded.model.training
    assert loaded.info == written == read_info(path)
    assert loaded.info.description == embedder.description
    info = loaded.info
    assert (info.name, info.epoch, info.step, info.recall_at_1) == ("run / epoch 1", 1, 10, 0.5)
    assert len(loaded.info.identity) == 16
    assert loaded.info.versions["torch"] == torch.__version__


def test_saving_again_replaces_the_whole_checkpoint(path):
    saved(path, epoch=1)
    embedder, info = saved(path, epoch=2)
    loaded = checkpoint.load(path, DEVICE)
    assert loaded.info == info
    assert torch.equal(loaded.model.head.weight, embedder.head.weight)


@pytest.mark.parametrize("position", [0, 9, 500, -1], ids=["header length", "header", "tensor", "last byte"])
def test_a_flipped_byte_is_noticed(path, position):
    saved(path)
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=r"is damaged: .* \(hash mismatch\)"):
        checkpoint.load(path, DEVICE)


def test_a_truncated_file_is_noticed_without_reading_it(path):
    saved(path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(CheckpointError, match=r"is damaged: it has [\d,]+ bytes, expected [\d,]+"):
        read_info(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("half", ["epoch_001.safetensors", "epoch_001.json"])
def test_a_half_that_is_no_file_is_told_for_what_it_is(path, half):
    saved(path)
    (path.parent / half).unlink()
    os.mkfifo(path.parent / half)
    with pytest.raises(CheckpointError, match=rf"complete checkpoint: {half} is a named pipe, not a regular file\.$"):
        checkpoint.load(path, DEVICE)


def test_a_missing_half_is_named(path):
    saved(path)
    details_path(path).unlink()
    message = (
        r"not a complete checkpoint: epoch_001\.json is missing, which tells the network and how images are prepared"
    )
    with pytest.raises(CheckpointError, match=rf"{message} .*(\(its recipe's model\.weights\)).* given as \.npz\.$"):
        checkpoint.load(path, DEVICE)
    path.rename(path.with_suffix(".pth"))
    with pytest.raises(CheckpointError, match=r"(\(its recipe's model\.weights\)).* given as \.npz\.$"):
        checkpoint.load(path.with_suffix(".pth"), DEVICE)
    with pytest.raises(CheckpointError, match="is not there; expected a checkpoint"):
        checkpoint.load(path.with_name("other.safetensors"), DEVICE)
    path.with_suffix(".pth").rename(path.with_suffix(".npz"))
    with pytest.raises(CheckpointError, match=r"epoch_001\.npz is an embeddings file, with no network"):
        checkpoint.load(path.with_suffix(".npz"), DEVICE)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": 999}, "written by a newer version"),
        ({"sha256": None, "epoch": "many"}, "is damaged"),
        ({"model": {"backbone": "convnet", "colour": 1}}, r"model\.colour is not a setting"),
        ({"model": {"backbone": "alexnet"}}, r"model\.backbone is 'alexnet'; expected one of"),
        ({"model": {"std": [0, 1, 1]}}, r"model\.std is"),
    ],
)
def test_details_that_make_no_sense_are_refused(path, change, sentence):
    saved(path)
    values = json.loads(details_path(path).read_text())
    write_checked(details_path(path), values | change)
    with pytest.raises(CheckpointError, match=sentence):
        checkpoint.load(path, DEVICE)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}"])
def test_details_that_are_no_details_are_refused(path, content):
    saved(path)
    details_path(path).write_text(content)
    with pytest.raises(CheckpointError, match="is damaged"):
        read_info(path)


def test_weights_of_another_model_are_refused_with_the_first_difference(path):
    saved(path)
    values = json.loads(details_path(path).read_text())
    values["model"]["width"] = 8
    write_checked(details_path(path), values)
    with pytest.raises(
        CheckpointError, match=r"does not hold the weights of convnet that it describes: those of backbone"
    ):
        checkpoint.load(path, DEVICE)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".ckpt"])
def test_pickles_are_not_opened(tmp_path, suffix):
    pickled = tmp_path / f"model{suffix}"
    torch.save({"a": 1}, pickled)
    with pytest.raises(CheckpointError, match="is a pickle, which can contain code; not loaded"):
        checkpoint.load(pickled, DEVICE)


def test_a_run_means_its_best_checkpoint(tmp_path):
    for epoch, recall in ((1, 0.5), (2, 0.9), (3, 0.7)):
        saved(tmp_path / "run" / "checkpoints" / f"epoch_{epoch:03d}.safetensors", epoch, recall)
    run = tmp_path / "run"
    assert [info.epoch for info in list_checkpoints(run)] == [1, 2, 3]
    assert resolve(run).name == "epoch_002.safetensors"
    assert checkpoint.load(run, DEVICE).info.epoch == 2
    assert resolve(run / "checkpoints" / "epoch_003.json").name == "epoch_003.safetensors"


def test_damaged_checkpoints_are_left_out_of_the_list(tmp_path):
    for epoch in (1, 2):
        saved(tmp_path / f"epoch_{epoch:03d}.safetensors", epoch)
    shutil.copy(tmp_path / "epoch_001.safetensors", tmp_path / "epoch_003.safetensors")
    (tmp_path / "epoch_002.json").write_text("{")
    assert [info.epoch for info in list_checkpoints(tmp_path)] == [1]
    assert list_checkpoints(tmp_path / "nothing") == []
    (tmp_path / "empty").mkdir()
    with pytest.raises(CheckpointError, match="has no complete checkpoint"):
        resolve(tmp_path / "empty")


def test_unmeasured_checkpoints_are_chosen_by_age_and_equals_by_newness(tmp_path):
    _, first = saved(tmp_path / "epoch_001.safetensors", 1)
    _, second = saved(tmp_path / "epoch_002.safetensors", 2)
    assert best([]) is None
    assert best([first, second]) == second
    equal = [replace(info, metrics={"recall": {"1": 0.5}}) for info in (first, second)]
    assert best(equal).epoch == 2
    assert best([replace(first, metrics={"recall": {"1": 0.0}}), second]).epoch == 1


def test_a_full_disk_says_need_and_place_and_keeps_the_old_file(path, monkeypatch):
    saved(path)
    before = path.read_bytes()
    monkeypatch.setattr(tensor_file.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 100, 0))
    with pytest.raises(StorageError, match=r"Disk full: epoch_001\.safetensors needs 0\.0 MB, 0\.0 MB are free"):
        tensor_file.write_tensors(path, {"a": torch.zeros(10)})
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [
        (100 << 20).to_bytes(8, "little") + b"{" * 2000,
        (2**63).to_bytes(8, "little") + b"{}",
        (2).to_bytes(8, "little") + b"{",
        b"",
        b"\x80\x04code",
        (80).to_bytes(8, "little")
        + b'{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,99999999999]}}'.ljust(80)
        + b"\0" * 16,
    ],
    ids=["huge header", "overflow", "torn", "empty", "pickle", "data beyond the end"],
)
def test_crafted_files_are_refused(tmp_path, content):
    crafted = tmp_path / "crafted.safetensors"
    crafted.write_bytes(content)
    with pytest.raises(CheckpointError, match="is damaged"):
        tensor_file.read_tensors(crafted)


def test_a_checkpoint_removed_while_it_is_looked_at_is_no_news(path, monkeypatch):
    saved(path)
    saved(path.with_name("epoch_002.safetensors"), epoch=2)
    read = checkpoint_files.read_json

    def read_and_remove(details):
        values = read(details)
        if details.stem == path.stem:
            path.unlink()
        return values

    monkeypatch.setattr(checkpoint_files, "read_json", read_and_remove)
    assert [info.epoch for info in list_checkpoints(path.parent)] == [2]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"backbone": "vit_b_16", "pooling": "token", "width": 64, "input_size": 4096, "prepared_size": 4096},
            "does not hold",
        ),
        ({"width": 4096, "embedding_size": 65536}, "does not hold the weights of convnet that it describes: those of"),
        ({"embedding_size": 10**11}, "cannot be used: model.embedding_size is 100,000,000,000"),
        ({"width": 10**30}, "cannot be used: model.width is 10"),
    ],
    ids=lambda value: "",
)
def test_a_promised_giant_is_refused_before_it_is_built(path, monkeypatch, settings, sentence):
    saved(path)
    values = json.loads(details_path(path).read_text())
    del values["checksum"], values["written_by"]
    values["model"] |= settings
    details_path(path).write_text(json.dumps(values))
    real = torch.empty
    monkeypatch.setattr(torch, "empty", lambda *size, **how: _small(real(*size, **how)))
    with pytest.raises(CheckpointError, match=sentence):
        checkpoint.load(path, DEVICE)


def _small(tensor):
    assert tensor.is_meta or tensor.numel() < 1e6, "built before it was compared"
    return tensor


@pytest.mark.parametrize("name", ["epoch_001.safetensors", "epoch_001.json"])
def test_damage_and_wrong_values_anywhere_are_one_sentence(path, name):
    """Bytes exchanged at random, and in the JSON file whole values; what is not refused is the model as it was."""
    saved(path, recall=0.5)
    good, random = (path.parent / name).read_bytes(), np.random.default_rng(0)
    values = json.loads(good) if name.endswith("json") else {}
    values.pop("checksum", None)
    wrong = [None, -1, 1e300, 2**80, True, "", "x", [], [[1]], {}, {"1": None}, {"recall": None}]
    for turn in range(150):
        if values and turn % 2:
            changed = json.loads(json.dumps(values))
            table = changed["model"] if random.random() < 0.5 else changed
            table[random.choice(list(table))] = wrong[random.integers(len(wrong))]
            content = bytearray(json.dumps(changed).encode())
        else:
            content = bytearray(good)
            for _ in range(random.integers(1, 4)):
                content[random.integers(min(len(content), 2000))] = random.integers(256)
        (path.parent / name).write_bytes(content)
        try:
            assert checkpoint.load(path, DEVICE).model
            assert best(list_checkpoints(path.parent)) is not None
        except (CheckpointError, StorageError) as error:
            assert "\n" not in str(error)
