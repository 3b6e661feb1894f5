"""How the drawing code gets ready."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from core.paths import PROJECT
from explorer.panels.map import kernel_cache, painted
from explorer.panels.map.kernels import Kernels


@pytest.fixture
def cold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for compiled code."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    return tmp_path


def test_a_cold_cache_is_filled_by_a_child_that_says_nothing(cold: Path) -> None:
    assert not kernel_cache.is_ready()
    child = subprocess.run(
        [sys.executable, "-m", "explorer.panels.map.raster"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert (child.returncode, child.stdout, child.stderr) == (0, "", "")
    assert kernel_cache.is_ready()
    assert list(cold.rglob("raster._splat*.nbc"))


def test_the_mark_of_other_code_does_not_count(cold: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel_cache.mark_ready()
    assert kernel_cache.is_ready()
    monkeypatch.setattr(kernel_cache.metadata, "version", lambda _name: "0.0")
    assert not kernel_cache.is_ready()


def test_a_damaged_mark_does_not_count(cold: Path) -> None:
    kernel_cache.mark_ready()
    for mark in cold.glob("*.json"):
        mark.write_text("{")
    assert not kernel_cache.is_ready()


def test_starting_makes_it_ready_once(qtbot: QtBot, cold: Path) -> None:
    kernel_cache.mark_ready()
    kernels = Kernels()
    assert kernels.raster is None
    with qtbot.waitSignal(kernels.ready, timeout=60_000):
        kernels.start()
        kernels.start()
    assert kernels.raster is not None
    looked_through = {id(thing) for thing in gc.get_objects()}
    assert id(kernels.raster) not in looked_through, "collecting garbage must not go through what stays"
    kernels.shutdown()


def test_qt_draws_until_the_code_is_compiled(qtbot: QtBot, cold: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernels, drawing = Kernels(), []
    kernels.ready.connect(lambda: drawing.append(kernels.raster))
    monkeypatch.setattr(Kernels, "_compile_in_child", lambda _kernels: None)
    kernels.start()
    qtbot.waitUntil(lambda: len(drawing) == 2, timeout=60_000)
    assert [module.__name__ for module in drawing] == ["explorer.panels.map.painted", "explorer.panels.map.raster"]
    kernels.shutdown()


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("cannot cache function '_splat': no locator available for file 'raster.py'"),
        ImportError("Numba needs NumPy 2.4 or less"),
        ValueError("no threading layer could be loaded"),
        OSError(30, "Read-only file system"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_code_that_cannot_be_loaded_is_told_and_qt_draws(
    qtbot: QtBot, cold: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    kernel_cache.mark_ready()
    kernels = Kernels()
    monkeypatch.setattr("explorer.panels.map.kernels._load", lambda: _raise(error))
    with qtbot.waitSignal(kernels.failed, timeout=10_000) as failed:
        kernels.start()
    assert str(error) in failed.args[0] and "Qt draws it instead" in failed.args[0]
    assert kernels.raster is painted
    kernels.shutdown()


def test_a_folder_that_cannot_be_written_to_is_told(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file" / "numba"))
    kernels = Kernels()
    with qtbot.waitSignal(kernels.failed, timeout=60_000) as failed:
        kernels.start()
    assert "Traceback" not in failed.args[0] and str(tmp_path / "file") in failed.args[0]
    assert kernels.raster is painted
    kernels.shutdown()


def test_without_another_thread_qt_draws(qtbot: QtBot, cold: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernels = Kernels()
    monkeypatch.setattr(threading.Thread, "start", lambda _thread: _raise(RuntimeError("can't start new thread")))
    with qtbot.waitSignal(kernels.failed) as failed:
        kernels.start()
    assert "can't start new thread" in failed.args[0]
    assert kernels.raster is painted
    kernels.shutdown()


def _raise(error: Exception) -> None:
    raise error


def test_a_child_that_fails_is_told_in_a_sentence(qtbot: QtBot, cold: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    kernels = Kernels()
    with qtbot.waitSignal(kernels.failed, timeout=10_000) as failed:
        kernels.start()
    assert "cannot be compiled ([Errno 2] No such file or directory: '/nowhere/python')" in failed.args[0]
    assert kernels.raster is painted
    kernels.shutdown()


def test_shutdown_ends_the_child(qtbot: QtBot, cold: Path) -> None:
    kernels = Kernels()
    kernels.start()
    kernels.shutdown()
    with qtbot.assertNotEmitted(kernels.failed, wait=50):
        pass


def test_a_child_that_starts_while_the_window_closes_is_ended_too(
    qtbot: QtBot, cold: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernels, start = Kernels(), subprocess.Popen
    children = []

    def started_late(_command: list[str], **options: object) -> subprocess.Popen[bytes]:
        kernels._stopped.set()
        children.append(start([sys.executable, "-c", "import time; time.sleep(60)"], **options))
        return children[0]

    monkeypatch.setattr(subprocess, "Popen", started_late)
    with qtbot.assertNotEmitted(kernels.failed):
        kernels._prepare()
    assert children[0].returncode not in (None, 0)


def test_the_panel_does_not_import_numba() -> None:
    heavy = ("numba", "torch", "umap", "faiss")
    words = f"import sys, explorer.panels.map.panel; print([m for m in {heavy} if m in sys.modules])"
    child = subprocess.run([sys.executable, "-c", words], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert child.stdout.strip() == "[]"
