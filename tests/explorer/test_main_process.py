"""`python main.py` as a process of its own: screenshots, signals, and what it imports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from PIL import Image

from core import paths
from core.models.checkpoint_files import list_checkpoints

SECONDS = 60
HEAVY = (
    "torch",
    "torchvision",
    "safetensors",
    "umap",
    "pynndescent",
    "numba",
    "llvmlite",
    "faiss",
    "sklearn",
    "scipy",
    "pyarrow",
    "pyqtgraph",
)

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


@pytest.fixture
def start(workspace: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts windows without a screen, in another folder than the project's."""
    started: list[subprocess.Popen[str]] = []

    def start_one(*words: object) -> subprocess.Popen[str]:
        command = [sys.executable, str(paths.PROJECT / "main.py"), "--workspace", str(workspace), *map(str, words)]
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        started.append(subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start_one
    for window in started:
        window.kill()
        window.communicate()


def _ended(window: subprocess.Popen[str]) -> tuple[int, list[str]]:
    """Exit status, and what was said without what Qt says of its offscreen platform."""
    _, lines = window.communicate(timeout=SECONDS)
    return window.returncode, [line for line in lines.splitlines() if "This plugin does not support" not in line]


def _wait_for(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.02)


def test_a_screenshot_is_saved_and_nothing_is_left(start: Start, tiny_folder: Path, tmp_path: Path) -> None:
    picture = tmp_path / "pictures" / "window.png"
    # As a person types it: from the folder one is in.
    window = start("--data", tiny_folder.name, "--size", "1100x700", "--screenshot", picture)
    assert _ended(window) == (0, [])
    with Image.open(picture) as saved:
        assert saved.size == (1100, 700)
        assert len(saved.convert("RGB").getcolors(1 << 24) or ()) > 20, "a window, not a blank"
    # Remembered so that it is found from anywhere.
    assert f'"location": "{tiny_folder}"' in (tmp_path / "workspace" / "library.json").read_text()


def test_data_that_cannot_be_opened_are_told_to_the_script_without_an_empty_picture(
    start: Start, tmp_path: Path
) -> None:
    table, picture = tmp_path / "elsewhere.csv", tmp_path / "x.png"
    table.write_text("image,label\n/gone/a.jpg,a\n")
    outside = f"{table}, line 2: '/gone/a.jpg' lies outside of its folder, and no file in there ends alike. --base "
    gone = "/nowhere/at/all is not there; expected a folder, "
    for words, message in (
        (["--data", table], outside),
        (["--data", "/nowhere/at/all"], gone),
        (["--data", "/nowhere/at/all", "--checkpoint", "a"], gone),
    ):
        status, lines = _ended(start(*words, "--theme", "dark", "--screenshot", picture))
        assert status == 2 and not picture.exists()
        assert len(lines) == 1 and lines[0].startswith(message)


def test_a_picture_that_cannot_be_saved_is_told(start: Start, tiny_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    picture = tmp_path / "file" / "window.png"
    status, lines = _ended(start("--data", tiny_folder, "--screenshot", picture))
    assert status == 1
    assert len(lines) == 1 and lines[0].startswith(f"Could not write {picture}: ")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_the_window_and_its_children(
    start: Start, workspace: Path, tiny_folder: Path, number: signal.Signals
) -> None:
    checkpoint = list_checkpoints(paths.RESOURCES / "demo")[0].path
    window = start("--data", tiny_folder, "--checkpoint", checkpoint)
    process = psutil.Process(window.pid)
    _wait_for(lambda: any("embed" in child.cmdline() for child in process.children()))
    children = process.children(recursive=True)
    window.send_signal(number)
    assert _ended(window) == (130, [])
    assert not any(child.is_running() for child in children)


def test_the_window_imports_nothing_heavy() -> None:
    names = ", ".join(repr(name) for name in HEAVY)
    code = f"import sys, explorer.application; print([name for name in ({names}) if name in sys.modules])"
    lines = subprocess.run([sys.executable, "-c", code], cwd=paths.PROJECT, capture_output=True, text=True, check=True)
    assert lines.stdout.strip() == "[]"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_named_pipes_are_refused_and_hold_nothing(
    start: Start, workspace: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    workspace.mkdir()
    for name in ("library.json", "opened.json", "looked_at.json"):
        os.mkfifo(workspace / name)
    for name in ("x.npz", "x.safetensors", "x.json"):
        os.mkfifo(tmp_path / name)
    for name in ("x.npz", "x.safetensors"):
        picture = tmp_path / f"{name}.png"
        status, lines = _ended(start("--data", tiny_folder, "--checkpoint", tmp_path / name, "--screenshot", picture))
        assert status == 1 and picture.is_file()
        assert [name in sentence for sentence in lines] == [True], lines


HANGING = """
import sys, time
from explorer.jobs import external_embeddings
external_embeddings._read = lambda path: time.sleep(600)
import main
sys.argv = ["main.py", *sys.argv[1:]]
sys.exit(main.main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_read_that_hangs_does_not_hold_the_end(workspace: Path, tiny_folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", HANGING, "--workspace", workspace, "--data", tiny_folder, "--checkpoint", "x.npz"]
    environment = {**os.environ, "PYTHONPATH": str(paths.PROJECT), "QT_QPA_PLATFORM": "offscreen"}
    window = subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    try:
        # It is written when the data are open, and then the file is read.
        _wait_for((workspace / "library.json").is_file)
        time.sleep(0.3)
        window.send_signal(signal.SIGTERM)
        began = time.monotonic()
        status, lines = _ended(window)
        assert (status, lines) == (130, [])
        assert time.monotonic() - began < 10
    finally:
        window.kill()
        window.communicate()
