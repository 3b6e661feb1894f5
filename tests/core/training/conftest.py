from __future__ import annotations

import pytest
import torch

from core.paths import WORKSPACE_VARIABLE
from tests.core.training.other_device import beside_the_processor


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """Decoded images go to the test's own folder."""
    monkeypatch.setenv(WORKSPACE_VARIABLE, str(tmp_path / "workspace"))


@pytest.fixture
def one_thread():
    """Sums come out the same to the last bit only in one order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def other_device(monkeypatch):
    """A device that is not the processor, on any machine."""
    with beside_the_processor(monkeypatch) as device:
        yield device
