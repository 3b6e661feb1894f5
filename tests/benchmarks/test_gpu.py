"""The benchmark of a graphics card, on the processor and small."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from benchmarks import gpu
from core.models.device import choose_device

CPU = choose_device("cpu")
TINY = gpu.Size("resnet18", 32, 36, classes=3, images=2, per_class=3, pixels=(48, 40), workers=0, seconds=0.0)


# Of each kind one; the script itself goes through all of them.
@pytest.mark.parametrize("name", ["multi-similarity", "proxy-anchor", "regression", "binary-triplet"])
def test_every_loss_is_on_the_processor_what_it_is_there(name):
    assert gpu.agreement(name, CPU).endswith("  as on the processor")


def test_a_loss_that_computes_something_else_is_told(monkeypatch):
    real, calls = gpu.embed_batch, []

    def shifted(*given):
        calls.append(given)
        return real(*given) + 0.01 * (len(calls) == 2)

    monkeypatch.setattr(gpu, "embed_batch", shifted)
    assert gpu.agreement("triplet", CPU).endswith("differs")


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_each_way_to_train_is_timed(tmp_path, monkeypatch, capsys, precision):
    monkeypatch.setattr(gpu, "WARM_UP", 1)
    gpu.write_photographs(tmp_path, gpu.Size(classes=3, per_class=3, pixels=(48, 40), workers=1))
    found = gpu.speeds(tmp_path, CPU, TINY, precision)
    assert list(found) == ["this program", "a plain script", "data on the card"]
    assert min(found.values()) > 0
    output = capsys.readouterr().out.splitlines()
    assert len(output) == 3
    assert output[0].endswith("1.00 times this program")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card here")
def test_without_a_card_it_says_so_and_is_content():
    output = subprocess.run([sys.executable, str(gpu.__file__)], capture_output=True, text=True, check=True)
    assert output.stdout == "No CUDA device here: nothing is measured.\n"
