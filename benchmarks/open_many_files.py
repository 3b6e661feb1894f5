"""How long opening a million files takes, against a bare walk over the folders, and from the kept catalog.

The files are tiny pictures in a thousand class folders; making them takes a while and 4 GB, so that `--keep` leaves
them for the next time.

    python -m benchmarks.open_many_files [--files 1000000] [--folder FOLDER] [--keep]
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import tempfile
import time
from pathlib import Path

from PIL import Image

from core import paths
from core.data.catalog_cache import STILL_SECONDS
from core.data.catalog_opening import open_catalog
from core.data.source import DataSource
from core.errors import Cancelled

CLASSES = 1000
GOAL = 60.0


def main() -> None:
    """Make the files where they are not there, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "many_files")
    parser.add_argument("--keep", action="store_true", help="leave the files where they are")
    arguments = parser.parse_args()
    make_files(arguments.folder, arguments.files)
    with tempfile.TemporaryDirectory() as workspace:
        os.environ[paths.WORKSPACE_VARIABLE] = workspace
        # A folder that changed just now is not kept: it may change again within one tick of its clock.
        time.sleep(STILL_SECONDS)
        measure(DataSource(str(arguments.folder)))
    if not arguments.keep:
        shutil.rmtree(arguments.folder)


def measure(source: DataSource) -> None:
    """Print seconds and their ratio to a bare walk."""
    walk(source.location)  # the first one may have to ask the disk
    began = time.perf_counter()
    count = walk(source.location)
    bare = time.perf_counter() - began
    print(f"bare walk over {count:,} files   {bare:7.2f} s")
    stop_at = time.perf_counter() + 1.0
    try:
        open_catalog(source, should_stop=lambda: time.perf_counter() > stop_at)
    except Cancelled:
        print(f"stopped after asking           {time.perf_counter() - stop_at:7.2f} s")
    for words, goal in (("opened", GOAL), ("opened from the kept catalog", GOAL)):
        began, processor = time.perf_counter(), time.process_time()
        catalog = open_catalog(source)
        seconds = time.perf_counter() - began
        print(
            f"{words:<30} {seconds:7.2f} s  {seconds / bare:5.1f} times the walk, "
            f"{time.process_time() - processor:.1f} s of processor time, {len(catalog):,} images"
            f"{'' if seconds <= goal else f', goal <= {goal:g} s missed'}"
        )
    # Kilobytes on Linux.
    print(f"memory at most                 {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:7.0f} MB")


def make_files(folder: Path, count: int) -> None:
    """`count` pictures of one pixel in class folders, unless the folder is there."""
    if folder.is_dir():
        return
    folder.mkdir(parents=True)
    Image.new("L", (1, 1)).save(folder / "one.png")
    content = (folder / "one.png").read_bytes()
    (folder / "one.png").unlink()
    for code in range(CLASSES):
        inside = folder / ("train" if code < CLASSES // 2 else "test") / f"class {code}"
        inside.mkdir(parents=True)
        for number in range(code, count, CLASSES):
            (inside / f"{number:07d}.png").write_bytes(content)


def walk(folder: str) -> int:
    """How many files there are, by nothing but `os.scandir`."""
    ahead, count = [folder], 0
    while ahead:
        with os.scandir(ahead.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    ahead.append(entry.path)
                else:
                    count += 1
    return count


if __name__ == "__main__":
    main()
