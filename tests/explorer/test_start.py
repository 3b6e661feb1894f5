"""Before Qt is loaded: what is missing, in one sentence with the command that helps, and exit status 2."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import paths
from core.data.source import DataSource, source_from_arguments
from core.messages import LANGUAGE_VARIABLE
from explorer import start

linux = pytest.mark.skipif(sys.platform != "linux", reason="displays and libraries of Linux")


@pytest.fixture
def unopened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Arguments that the window would have been opened with."""
    import explorer.application

    opened: list[object] = []
    monkeypatch.setattr(explorer.application, "run", lambda arguments: opened.append(arguments) or 7)
    monkeypatch.setattr(start, "prioritise_window", lambda: None)
    # What the start sets, others must not inherit.
    for name in (paths.WORKSPACE_VARIABLE, "QT_QPA_PLATFORM"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    yield opened


@pytest.fixture
def sockets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where X servers would listen."""
    # Names of sockets must be short.
    with tempfile.TemporaryDirectory(prefix="x") as folder:
        monkeypatch.setattr(start, "X11_SOCKETS", f"{folder}/X")
        yield Path(folder)


def test_without_a_display_it_says_what_works_instead(
    unopened: list[object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert start.main([]) == 2
    assert capsys.readouterr().err == (
        "There is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set); without one, "
        "`python main.py --screenshot FILE.png` saves a picture of the window and `python -m core` does all the rest.\n"
    )
    assert unopened == []


def test_missing_libraries_come_with_the_command_that_installs_them(
    unopened: list[object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr(start, "_loads", lambda library: library != "libEGL.so.1")
    assert start.main([]) == 2
    text = capsys.readouterr().err
    assert text == "Qt lacks system libraries; install them with: sudo apt-get install -y libegl1\n"
    assert unopened == []


def test_only_the_x11_platform_needs_its_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "_loads", lambda library: "xcb" not in library)
    assert "libxcb-cursor0" in start.missing_libraries({"DISPLAY": ":0"})
    assert "libxkbcommon-x11-0" not in start.missing_libraries({"DISPLAY": ":0"})
    assert start.missing_libraries({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}) == ""
    assert start.missing_libraries({"QT_QPA_PLATFORM": "offscreen"}) == ""


def test_libraries_that_are_not_there_do_not_load() -> None:
    assert not start._loads("libno-such-library.so.9")


@pytest.mark.parametrize(
    "environment",
    [
        {"WAYLAND_DISPLAY": "wayland-0"},
        {"QT_QPA_PLATFORM": "offscreen"},
        {"QT_QPA_PLATFORM": "offscreen", "DISPLAY": ":77"},
        {"DISPLAY": "localhost:10.0"},
    ],
)
def test_displays_that_there_are_or_that_qt_will_find_out(environment: dict[str, str], sockets: Path) -> None:
    assert start.missing_display(environment) == ""


@linux
def test_a_display_that_does_not_answer_is_told(sockets: Path) -> None:
    for environment in ({"DISPLAY": ":77"}, {"DISPLAY": "unix:77.0", "QT_QPA_PLATFORM": "xcb"}):
        display = environment["DISPLAY"]
        assert start.missing_display(environment).startswith(f"The display {display} (DISPLAY) does not answer; ")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{sockets}/X77")
        server.listen()
        assert start.missing_display({"DISPLAY": ":77"}) == ""
        assert start.missing_display({"DISPLAY": "unix:77.0"}) == ""


def test_a_platform_that_needs_a_display_does_not_do_without() -> None:
    assert start.missing_display({"QT_QPA_PLATFORM": "xcb"}).startswith("There is no display")


@linux
def test_a_screenshot_needs_no_display(
    unopened: list[object], sockets: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(start, "_loads", lambda _: True)
    for display in ("", ":77"):
        monkeypatch.setenv("DISPLAY", display)
        monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
        monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
        assert start.main(["--screenshot", str(tmp_path / "window.png")]) == 7
        assert os.environ["QT_QPA_PLATFORM"] == "offscreen"
    assert len(unopened) == 2


def test_children_inherit_the_workspace_from_the_root_on(
    unopened: list[object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr(start, "_loads", lambda _: True)
    monkeypatch.chdir(tmp_path)
    assert start.main(["--workspace", "here/and there"]) == 7
    assert paths.workspace() == tmp_path / "here" / "and there"


@pytest.mark.parametrize("size", ["1440", "x900", "1440xtall", "-1x5", "0x1x2"])
def test_a_size_that_is_none_is_refused(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        start.main([f"--size={size}"])
    assert ended.value.code == 2
    assert f"'{size}' is no size; expected one such as 1440x900" in capsys.readouterr().err


def test_a_table_is_named_with_the_options_of_the_commands(
    unopened: list[object], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr(start, "_loads", lambda _: True)
    source = DataSource(str(tmp_path / "table.csv"), image_column="photo", role_column="part", base=str(tmp_path))
    assert start.main(source.arguments()) == 7
    assert source_from_arguments(unopened[0]) == source


def test_a_mistake_is_one_line(unopened: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        start.main(["--checkpont", "a"])
    assert ended.value.code == 2
    assert capsys.readouterr().err == "main.py: unrecognized arguments: --checkpont; see main.py --help.\n"


def test_a_language_that_is_not_there_is_refused(
    unopened: list[object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(LANGUAGE_VARIABLE, "zz")
    assert start.main([]) == start.BAD_START and not unopened
    assert "EMBEDDING_EXPLORER_LANGUAGE is 'zz'; expected one of en, or" in capsys.readouterr().err


def test_ctrl_c_while_qt_is_loaded_is_no_traceback(unopened: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr(start, "_loads", lambda _: True)
    monkeypatch.setattr("explorer.application.run", interrupted)
    assert start.main([]) == 130


@linux
def test_the_window_comes_before_the_threads_that_multiply() -> None:
    text = """
import json, os, sys
from explorer.start import prioritise_window
prioritise_window()
behind = {int(thread): os.getpriority(os.PRIO_PROCESS, int(thread)) for thread in os.listdir("/proc/self/task")}
ours = behind.pop(os.getpid())
print(json.dumps([[at - ours for at in behind.values()], sys.getswitchinterval(), os.environ["QT_NO_GUI_THREADPOOL"]]))
"""
    answer = subprocess.run(
        [sys.executable, "-c", text],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "2", "PYTHONPATH": str(paths.PROJECT)},
        capture_output=True,
        text=True,
        check=True,
    )
    behind, hand_over, pool = json.loads(answer.stdout)
    assert behind and min(behind) > 0
    assert hand_over == pytest.approx(start.HAND_OVER)
    assert pool == "1"


def test_bare_words_are_data_and_models(unopened: list[object], tmp_path: Path) -> None:
    vectors = tmp_path / "mine.npz"
    assert start.main(["--checkpoint", "b.safetensors", str(tmp_path), str(vectors)]) == 7
    (arguments,) = unopened
    assert arguments.data == str(tmp_path)
    assert arguments.checkpoint == [vectors, Path("b.safetensors")]


@pytest.mark.parametrize("words", [["a", "b"], ["a", "--data", "b"]], ids=" ".join)
def test_data_named_twice_is_one_line(
    unopened: list[object], capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        start.main(words)
    assert ended.value.code == 2
    assert "both name data; expected one" in capsys.readouterr().err
