"""What must be true before Qt is imported: a display, the system libraries that Qt needs, and who comes first."""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import importlib
import os
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from core import paths
from core.data.source import add_data_arguments
from core.errors import INTERRUPTED, DataError, InputError
from core.language import require_language
from core.messages import Message
from core.one_line import OneLineParser, missing_package
from explorer.jobs.background import lower_priority

LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
}
X11_LIBRARIES = {
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}
X11_SOCKETS = "/tmp/.X11-unix/X"
BAD_START = 2
# Seconds after which a thread that computes hands over Python's lock. Drawing asks for the lock hundreds of times a
# frame, and at Python's usual 0.005 two busy threads hold a frame up for 0.2 seconds.
HAND_OVER = 0.0005


def main(words: Sequence[str] | None = None, prog: str = "main.py") -> int:
    """Parse the arguments, check the surroundings, open the window; returns the exit status.

    `prog` is how the command is called, for its messages.
    """
    parser = _parser(prog)
    arguments = parser.parse_args(words)
    try:
        require_language()
    except InputError as error:
        sys.stderr.write(f"{error}\n")
        return BAD_START
    if arguments.workspace is not None:
        # Child processes inherit the choice through the variable.
        os.environ[paths.WORKSPACE_VARIABLE] = str(paths.absolute(arguments.workspace))
    if sys.platform == "linux":
        if arguments.screenshot is not None and missing_display(os.environ):
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        trouble = missing_display(os.environ) or missing_libraries(os.environ)
        if trouble:
            sys.stderr.write(f"{trouble}\n")
            return BAD_START
    try:
        _take_named_things(parser, arguments)
        prioritise_window()
        from explorer.application import run

        return run(arguments)
    except ModuleNotFoundError as error:
        sys.stderr.write(f"{missing_package(error)}\n")
        return BAD_START
    except KeyboardInterrupt:
        # While Qt was being loaded; later the window ends by itself.
        return INTERRUPTED


def _take_named_things(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    """Put the bare words where --data and --checkpoint are; a run alone brings the data it was trained on."""
    # Not at the top: a Python without our packages must get as far as saying so.
    from explorer.named_things import sort_out

    try:
        named = sort_out(arguments.things)
    except DataError as error:
        parser.error(error.on_command_line)
    if named.data and arguments.data:
        parser.error(Message("data-named-beside-option", named=named.data, data=arguments.data))
    arguments.data = named.data or arguments.data
    arguments.checkpoint = [*named.checkpoints, *arguments.checkpoint]


def prioritise_window() -> None:
    """Let the thread that draws wait for no other; to be called by it before Qt is imported."""
    sys.setswitchinterval(HAND_OVER)
    # Qt would cut shapes into strips for a pool of threads and wait for them, each in line for a busy processor.
    os.environ.setdefault("QT_NO_GUI_THREADPOOL", "1")
    # NumPy's import starts the threads that multiply.
    importlib.import_module("numpy")
    for thread in Path("/proc/self/task").glob("*"):
        if int(thread.name) != threading.get_native_id():
            lower_priority(int(thread.name))


def has_display(environment: Mapping[str, str]) -> bool:
    """Whether a window can appear somewhere."""
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def missing_display(environment: Mapping[str, str]) -> str:
    """One sentence when there is no display, "" when there is one or none is needed."""
    platform = environment.get("QT_QPA_PLATFORM", "")
    if platform and not platform.startswith(("xcb", "wayland")):
        return ""
    if not has_display(environment):
        trouble = Message("no-display")
    elif not environment.get("WAYLAND_DISPLAY") and not _answers(environment["DISPLAY"]):
        trouble = Message("display-not-answering", display=environment["DISPLAY"])
    else:
        return ""
    return Message("display-missing", trouble=trouble)


def _answers(display: str) -> bool:
    """Whether an X server of this machine listens; of others Qt finds out."""
    number = display.removeprefix("unix").removeprefix(":").partition(".")[0]
    if not number.isdecimal():
        return True
    for address in (f"{X11_SOCKETS}{number}", f"\0{X11_SOCKETS}{number}"):
        with socket.socket(socket.AF_UNIX) as caller, contextlib.suppress(OSError):
            caller.connect(address)
            return True
    return False


def missing_libraries(environment: Mapping[str, str]) -> str:
    """One sentence with the command that installs the system libraries Qt lacks, "" when it lacks none."""
    needed = dict(LIBRARIES)
    if environment.get("QT_QPA_PLATFORM", "xcb").startswith("xcb") and not environment.get("WAYLAND_DISPLAY"):
        needed |= X11_LIBRARIES
    packages = [package for library, package in needed.items() if not _loads(library)]
    if not packages:
        return ""
    return Message("libraries-missing", packages=packages)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(Message("size-invalid", text=text))
    return int(width), int(height)


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog=prog,
        description="Embedding Explorer: inspect image embeddings by what they retrieve.",
        epilog="Without data, a run's own are opened, else what was open the last time, else the demo.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "things",
        nargs="*",
        metavar="WHAT",
        help="a folder or manifest of images, and runs, checkpoints or embeddings files (.npz) as A and B",
    )
    parser.add_argument("--workspace", metavar="DIR", help="folder of runs, embeddings and maps")
    add_data_arguments(parser, required=False)
    parser.add_argument(
        "--checkpoint",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a checkpoint, a run (its best one), or an embeddings file as A; given twice, A and B",
    )
    parser.add_argument("--select", type=int, metavar="ROW", help="make this catalog row the query")
    parser.add_argument(
        "--device", default="auto", choices=("auto", "cpu", "cuda"), help="device for embedding in the window"
    )
    parser.add_argument(
        "--theme", choices=("dark", "light", "system"), help="colour theme (default: the last one, else the system's)"
    )
    parser.add_argument("--size", type=_size, metavar="WxH", help="window size in pixels, for instance 1440x900")
    parser.add_argument(
        "--screenshot",
        type=Path,
        metavar="FILE.png",
        help="save a screenshot once everything is loaded, and quit; exit status 1 where something failed or took too "
        "long; no file where the data cannot be opened",
    )
    return parser
