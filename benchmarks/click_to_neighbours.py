"""From a click to 50 neighbours and how it was answered, at 60,000 images of 512 dimensions.

    python benchmarks/click_to_neighbours.py [--images 60000] [--dimensions 512] [--clicks 40]

Must stay under 100 ms a click. The bare matrix-vector product of the same size, interleaved in the same run, is
what no exact search can undercut.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

from core.data.catalog import texts
from core.retrieval.embeddings import Embeddings
from core.retrieval.index import Index, judge
from core.retrieval.similarity import unit

K = 50
LIMIT_MS = 100.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--dimensions", type=int, default=512)
    parser.add_argument("--classes", type=int, default=11_000)
    parser.add_argument("--clicks", type=int, default=40)
    arguments = parser.parse_args()
    embeddings = _embeddings(arguments.images, arguments.dimensions, arguments.classes)
    began = time.perf_counter()
    index = Index(embeddings)
    opening = time.perf_counter() - began
    vectors = embeddings.vectors

    def click(position: int) -> None:
        judge(embeddings, position, index.neighbours(position, K), index)

    positions = np.random.default_rng(1).integers(0, arguments.images, arguments.clicks)
    bare, clicks = [], []
    for position in positions.tolist():
        bare.append(_milliseconds(lambda position=position: vectors @ vectors[position]))
        clicks.append(_milliseconds(lambda position=position: click(position)))
    print(f"{arguments.images:,} x {arguments.dimensions}, {K} neighbours and their verdict, {len(clicks)} clicks")
    print(f"index made once           {1000 * opening:8.1f} ms")
    print(f"bare product, median      {statistics.median(bare):8.1f} ms")
    print(f"click, median             {statistics.median(clicks):8.1f} ms   must stay under {LIMIT_MS:.0f}")
    print(f"click, slowest            {max(clicks):8.1f} ms")
    print(f"click / bare product      {statistics.median(clicks) / statistics.median(bare):8.2f}")


def _embeddings(images: int, dimensions: int, classes: int) -> Embeddings:
    generator = np.random.default_rng(0)
    codes = generator.integers(0, classes, images)
    centres = generator.standard_normal((classes, dimensions), dtype=np.float32)
    vectors = unit(centres[codes] + 1.5 * generator.standard_normal((images, dimensions), dtype=np.float32))
    labels, paths = texts([f"class {code}" for code in codes]), texts([f"{row}.jpg" for row in range(images)])
    return Embeddings(vectors, np.arange(images), labels, paths)


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    main()
