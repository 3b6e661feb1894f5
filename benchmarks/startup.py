"""From process start to the window's first picture, and to everything settled on the demo data.

    python benchmarks/startup.py [--runs 5] [--settle]

References in the same run: a process that shows an empty Qt window, and one that imports first what the window leaves
to later or to its children (torch, torchvision, umap, pyqtgraph). With --settle the whole demo is opened too, on an
empty workspace, and again: until the map is there, and until everything is.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VISIBLE_LIMIT, MAP_LIMIT, FIRST_LIMIT, AGAIN_LIMIT = 2.0, 10.0, 25.0, 8.0

SHOWN = """
from PySide6.QtCore import QEvent, QObject
class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            print(time.time(), flush=True)
            os._exit(0)
        return False
watch = Watch()
"""
QT_ONLY = f"""
import os, sys, time
from PySide6.QtWidgets import QApplication, QWidget
application = QApplication(sys.argv[:1])
{SHOWN}
window = QWidget(); window.resize(1440, 900); window.installEventFilter(watch); window.show()
application.exec()
"""
WINDOW = """
import os, sys, time
from PySide6.QtWidgets import QApplication
from core import paths
from explorer.appearance import theme
from explorer.application import Explorer
from explorer.settings import Settings
application = QApplication(sys.argv[:1])
theme.apply(application, "dark")
explorer = Explorer(paths.workspace(), Settings(paths.workspace() / "window.ini"))
"""
OURS = f"""{WINDOW}{SHOWN}
explorer.window.panel("map").installEventFilter(watch); explorer.window.show()
application.exec()
"""
MAP = f"""{WINDOW}
from functools import partial
from PySide6.QtCore import QTimer
from core.data.source import DataSource
from explorer.results.maps import MAP
explorer.window.show()
def look():
    if explorer.session.results[MAP]["A"] is not None and explorer.window.panel("map").is_idle:
        print(time.time(), flush=True)
        explorer.processes.shutdown()
        os._exit(0)
timer = QTimer(); timer.timeout.connect(look); timer.start(20)
QTimer.singleShot(0, partial(explorer.open, DataSource("demo")))
application.exec()
"""
EAGER = "import torch, torchvision, umap, pyqtgraph\n" + OURS


def seconds_until_shown(code: str) -> float:
    """From starting the interpreter to the first paint event."""
    began = time.time()
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT)
    return float(answer.stdout.split()[-1]) - began


def seconds_to_settle() -> float:
    """Of a whole start on the demo data with a picture at the end, less the second that the picture waits."""
    with tempfile.TemporaryDirectory() as name:
        began = time.monotonic()
        words = [sys.executable, "main.py", "--data", "demo", "--screenshot", str(Path(name) / "window.png")]
        subprocess.run(words, check=True, cwd=PROJECT, stderr=subprocess.DEVNULL)
        return time.monotonic() - began - 1.0


def main() -> int:
    """Print the table; the exit status tells whether the limits were kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--settle", action="store_true", help="open the whole demo too (a minute)")
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    within_limits = True
    with tempfile.TemporaryDirectory(prefix="startup-") as name:
        os.environ["EMBEDDING_EXPLORER_WORKSPACE"] = str(Path(name) / "workspace")
        seconds: dict[str, list[float]] = {"Qt alone": [], "the window": [], "everything imported first": []}
        for _ in range(arguments.runs):
            for what, code in zip(seconds, (QT_ONLY, OURS, EAGER), strict=True):
                seconds[what].append(seconds_until_shown(code))
        alone = statistics.median(seconds["Qt alone"])
        print(f"{'first picture after':28}{'median s':>9}{'times Qt alone':>16}")
        for what, values in seconds.items():
            print(f"{what:28}{statistics.median(values):9.2f}{statistics.median(values) / alone:16.1f}")
        within_limits &= statistics.median(seconds["the window"]) < VISIBLE_LIMIT
        if arguments.settle:
            shown = seconds_until_shown(MAP)
            os.environ["EMBEDDING_EXPLORER_WORKSPACE"] = str(Path(name) / "another")
            first, again = seconds_to_settle(), seconds_to_settle()
            print(f"map of the demo, very first    {shown:6.1f} s (limit {MAP_LIMIT:.0f})")
            print(f"demo settled, very first start {first:6.1f} s (limit {FIRST_LIMIT:.0f})")
            print(f"demo settled, second start     {again:6.1f} s (limit {AGAIN_LIMIT:.0f})")
            within_limits &= shown < MAP_LIMIT and first < FIRST_LIMIT and again < AGAIN_LIMIT
    return 0 if within_limits else 1


if __name__ == "__main__":
    sys.exit(main())
