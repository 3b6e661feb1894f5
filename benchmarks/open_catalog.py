"""How long opening Stanford Online Products takes: 120,053 images laid out as its archive, cold and once more.

Beside it, what any opening must pay: listing the folders with the size and time of every file.

    python -m benchmarks.open_catalog [--folder FOLDER]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from core import paths
from core.data.catalog_cache import STILL_SECONDS
from core.data.catalog_opening import open_catalog
from core.data.source import DataSource

KINDS = (
    "bicycle", "cabinet", "chair", "coffee_maker", "fan", "kettle", "lamp", "mug", "sofa", "stapler", "table", "toaster"
)  # fmt: skip
COUNTS = {"train": (59_551, 11_318), "test": (60_502, 11_316)}
LINKS = 50_000  # file systems allow some 65,000 names for one file
COLD_GOAL, CACHED_GOAL = 3.0, 0.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", help="the real set, instead of one laid out for this")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ[paths.WORKSPACE_VARIABLE] = str(Path(scratch) / "workspace")
        folder = Path(arguments.folder) if arguments.folder else _laid_out(Path(scratch) / "Stanford_Online_Products")
        # A folder that changed just now is not kept: it may change again within one tick of its clock.
        time.sleep(STILL_SECONDS)
        listing, _ = _timed(lambda: _listed(folder))
        cold, first = _timed(lambda: open_catalog(DataSource(str(folder))))
        again, second = _timed(lambda: open_catalog(DataSource(str(folder))))
    assert first.fingerprint == second.fingerprint
    print(f"{first.name}: {len(first):,} images of {len(set(first.labels)):,} classes")
    print(f"bare listing    {listing:6.2f} s")
    for words, seconds, goal in (("cold", cold, COLD_GOAL), ("from cache", again, CACHED_GOAL)):
        verdict = "" if seconds <= goal else "missed"
        print(
            f"{words:<15} {seconds:6.2f} s    {seconds / listing:4.1f} times the listing, goal <= {goal:g} s {verdict}"
        )


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def _listed(folder: Path) -> int:
    return sum(
        entry.stat().st_size for child in os.scandir(folder) if child.is_dir() for entry in os.scandir(child.path)
    )


def _laid_out(root: Path) -> Path:
    """Index files with the official counts, and a picture of one pixel under every name."""
    for kind in KINDS:
        (root / f"{kind}_final").mkdir(parents=True)
    image = first_class = 0
    for split, (images, classes) in COUNTS.items():
        lines = ["image_id class_id super_class_id path"]
        for number in range(images):
            place = number * classes // images
            kind = place * len(KINDS) // classes
            name = f"{KINDS[kind]}_final/{110_000_000_000 + first_class + place}_{image}.JPG"
            lines.append(f"{image + 1} {first_class + place + 1} {kind + 1} {name}")
            if image % LINKS == 0:
                original = root / f".{image}"
                Image.new("RGB", (1, 1)).save(original, "JPEG")
            os.link(original, f"{root}/{name}")
            image += 1
        first_class += classes
        (root / f"Ebay_{split}.txt").write_text("\n".join(lines) + "\n")
    return root


if __name__ == "__main__":
    main()
