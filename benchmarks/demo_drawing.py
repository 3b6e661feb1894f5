"""How long the demo wardrobe takes to draw: 2,000 images must take under 20 s on 2 cores.

The reference is measured in the same run: reading the same images, compressing and writing them again.

    python benchmarks/demo_drawing.py
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from PIL import Image

from core.demo.generator import QUALITY, draw_wardrobe

GARMENTS, VIEWS = 80, 25
LIMIT_SECONDS = 20.0


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        began, busy = time.perf_counter(), time.process_time()
        draw_wardrobe(Path(folder), GARMENTS, VIEWS)
        drawing, processor = time.perf_counter() - began, time.process_time() - busy
        reference = _recompression(sorted(Path(folder).rglob("*.jpg")))
    images = GARMENTS * VIEWS
    print(f"{'':24}{'seconds':>9}{'ms/image':>10}{'ratio':>8}")
    for name, seconds in (("drawing", drawing), ("reading and writing", reference)):
        print(f"{name:24}{seconds:9.2f}{1000 * seconds / images:10.2f}{seconds / reference:8.1f}")
    verdict = "within" if drawing < LIMIT_SECONDS else "beyond"
    print(f"{images:,} images are drawn in {drawing:.1f} s, {verdict} the limit of {LIMIT_SECONDS:.0f} s")
    print(f"({processor:.1f} s of them on the processor; the rest waited for the disk and for other programs).")


def _recompression(paths: list[Path]) -> float:
    began = time.perf_counter()
    for path in paths:
        with Image.open(path) as image:
            image.load()
            image.save(path, quality=QUALITY)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
