"""From a folder of photographs to pictures, and from pressing Quick look to its recall and map, in the real window.

The photographs are JPEG files of 400 x 533 pixels, made of real or drawn ones, in class folders. Beside it, in the same
run: merely decoding the same files as the descriptor needs them, with as many threads, which nothing could do without.

    python -m benchmarks.quick_look [--images 5000] [--photographs FOLDER]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from PySide6.QtWidgets import QApplication

from benchmarks.click_in_window import until
from benchmarks.decode import REAL, photographs
from core import paths
from core.data.images import decode_square
from core.data.source import DataSource
from core.models.histograms import SIDE
from core.models.processor import cores
from explorer.appearance import theme
from explorer.application import Explorer
from explorer.results.maps import MAP
from explorer.results.measures import EVALUATION
from explorer.settings import Settings
from explorer.start import prioritise_window

CLASSES, QUALITY, PIECE = 50, 60, 16
PICTURES_LIMIT, LOOK_LIMIT = 1.5, 20.0


class Times(NamedTuple):
    """Seconds.

    Attributes:
        pictures: from opening the folder to the first picture.
        recall, map: from pressing Quick look to the recall, and to the first map (principal components).
        umap: to the map that stays.
        decoding: of all the same files, and nothing else.
    """

    pictures: float
    recall: float
    map: float
    umap: float
    decoding: float


def main() -> int:
    """Measure and print; the exit status tells whether the limits were kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--photographs", type=Path, default=REAL, help="a folder of JPEG files to make collages of")
    arguments = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    prioritise_window()
    application = QApplication(sys.argv[:1])
    theme.apply(application, "dark")
    with tempfile.TemporaryDirectory(prefix="quick-look-") as name:
        times = measure(Path(name), arguments.images, arguments.photographs)
    print(f"{arguments.images:,} photographs of 400 x 533, {cores()} cores")
    print(f"first picture    {times.pictures:6.2f} s{_missed(times.pictures, PICTURES_LIMIT)}")
    for words, seconds in (("recall", times.recall), ("map", times.map)):
        ratio = seconds / times.decoding
        print(f"{words:<16} {seconds:6.2f} s, {ratio:.2f} times decoding{_missed(seconds, LOOK_LIMIT)}")
    print(f"UMAP             {times.umap:6.2f} s")
    print(f"decoding alone   {times.decoding:6.2f} s")
    return int(times.pictures > PICTURES_LIMIT or max(times.recall, times.map) > LOOK_LIMIT)


def measure(folder: Path, images: int, source: Path = REAL) -> Times:
    """Make the photographs below `folder`, open them in a window, and press the button."""
    files = made_folder(folder / "photographs", images, source)
    os.environ[paths.WORKSPACE_VARIABLE] = str(folder / "workspace")
    explorer = Explorer(paths.workspace(), Settings(folder / "window.ini"), "cpu", shipped=[])
    session, seen = explorer.session, []
    explorer.thumbnails.ready.connect(lambda _row: seen.append(time.perf_counter()))
    explorer.window.resize(1440, 900)
    explorer.window.show()
    explorer.window.show_view("data")
    began = time.perf_counter()
    explorer.open(DataSource(str(folder / "photographs")))
    until(lambda: bool(seen))
    pictures = seen[0] - began
    session.set_split("all")
    until(lambda: explorer.is_idle)
    times: dict[str, float] = {}
    began = time.perf_counter()

    def note(name: str, is_there: bool) -> None:
        if is_there and name not in times:
            times[name] = time.perf_counter() - began

    evaluations, maps = session.results[EVALUATION], session.results[MAP]
    evaluations.changed.connect(lambda _slot: note("recall", evaluations["A"] is not None))
    maps.changed.connect(lambda _slot: note("map", maps["A"] is not None))
    maps.changed.connect(lambda _slot: note("umap", maps["A"] is not None and maps["A"].method == "umap"))
    explorer.window.panel("grid").offers.buttons["quick-look"].click()
    until(lambda: len(times) == 3)
    explorer.shutdown()
    explorer.window.close()
    return Times(pictures, times["recall"], times["map"], times["umap"], decoding_alone(files))


def made_folder(folder: Path, images: int, source: Path) -> list[Path]:
    """`images` photographs in class folders: the same few hundred pictures again and again, in a file each."""
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as other:
        contents = [path.read_bytes() for path in photographs(Path(other), source, QUALITY)]
    made = []
    for number in range(images):
        path = folder / f"class {number % CLASSES:02d}" / f"{number:05d}.jpg"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(contents[number % len(contents)])
        made.append(path)
    return made


def decoding_alone(files: list[Path]) -> float:
    """Seconds for squares of all files, in as many threads as there are cores."""
    pieces = [files[start : start + PIECE] for start in range(0, len(files), PIECE)]
    began = time.perf_counter()
    with ThreadPoolExecutor(cores()) as pool:
        for _ in pool.map(lambda piece: [decode_square(path, SIDE, "squash") for path in piece] and None, pieces):
            pass
    return time.perf_counter() - began


def _missed(seconds: float, limit: float) -> str:
    return "" if seconds <= limit else f", limit {limit:g} s missed"


if __name__ == "__main__":
    sys.exit(main())
