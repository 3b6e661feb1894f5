"""All retrieval measures, leave-one-out, against the bare blocked matrix product of the same shape.

python benchmarks/evaluate_retrieval.py [--images 12000] [--dimensions 512] [--classes 2000]
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from core.data.catalog import texts
from core.retrieval.embeddings import Embeddings
from core.retrieval.metrics import evaluate
from core.retrieval.search import BLOCK_BYTES
from core.retrieval.similarity import unit


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=12_000)
    parser.add_argument("--dimensions", type=int, default=512)
    parser.add_argument("--classes", type=int, default=2_000)
    arguments = parser.parse_args()
    generator = np.random.default_rng(0)
    codes = generator.integers(0, arguments.classes, arguments.images)
    shape = (arguments.images, arguments.dimensions)
    centres = generator.standard_normal((arguments.classes, arguments.dimensions), dtype=np.float32)
    vectors = unit(centres[codes] + 3 * generator.standard_normal(shape, dtype=np.float32))
    labels = texts([f"class {code}" for code in codes])
    embeddings = Embeddings(vectors, np.arange(len(vectors)), labels, labels)
    step = max(1, BLOCK_BYTES // (5 * len(vectors)))
    before = _peak_megabytes()
    began = time.perf_counter()
    for start in range(0, len(vectors), step):
        vectors[start : start + step] @ vectors.T
    bare = time.perf_counter() - began
    began = time.perf_counter()
    evaluation = evaluate(embeddings)
    whole = time.perf_counter() - began
    print(f"{shape[0]:,} x {shape[1]}, {len(evaluation.per_class):,} classes: Recall@1 {evaluation.recall[1]:.4f}")
    print(f"bare product     {bare:8.2f} s")
    print(f"evaluation       {whole:8.2f} s")
    print(f"ratio            {whole / bare:8.2f}")
    print(f"extra memory     {_peak_megabytes() - before:8.0f} MB at the peak, the unit-length copy included")


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
