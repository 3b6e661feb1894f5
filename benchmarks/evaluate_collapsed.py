"""Retrieval measures of embeddings of which many are equal, against those of as many different ones.

python benchmarks/evaluate_collapsed.py [--case small|large] [--rounds 3]

small: 20,000 x 64 of 200 classes; large: 60,502 x 512 of 11,316. Each kind is measured in turns with embeddings that
are all different; a ratio must stay near 2.
"""

from __future__ import annotations

import argparse
import time

# First, as in the product: it tells NumPy's threads how to wait.
import core  # noqa: F401

# isort: split
import numpy as np
import numpy.typing as npt

from core.data.catalog import texts
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import evaluate
from core.retrieval.similarity import unit

CASES = {"small": (20_000, 64, 200), "large": (60_502, 512, 11_316)}
KINDS = ("all equal", "nearly equal", "half equal", "pairs of equals", "ten different")

Vectors = npt.NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", choices=tuple(CASES), default="small")
    parser.add_argument("--rounds", type=int, default=3, help="the fastest of so many counts")
    arguments = parser.parse_args()
    count, dimensions, classes = CASES[arguments.case]
    different = unit(np.random.default_rng(0).standard_normal((count, dimensions), dtype=np.float32))
    _seconds(different[:300], 30)  # compiles, or loads what was compiled: once a process
    print(f"{arguments.case}: {count:,} x {dimensions}, {classes:,} classes")
    for kind in KINDS:
        equal = _vectors(kind, different)
        # Turn by turn, so that other work on the machine meets both.
        turns = [[_seconds(vectors, classes) for vectors in (different, equal)] for _ in range(arguments.rounds)]
        plain, collapsed = (min(times) for times in zip(*turns, strict=True))
        print(f"  {kind:<16}{collapsed:8.2f} s   all different {plain:8.2f} s   ratio {collapsed / plain:5.2f}")


def _vectors(kind: str, different: Vectors) -> Vectors:
    vectors, half = different.copy(), len(different) // 2
    if kind == "all equal":
        vectors[:] = different[0]
    elif kind == "nearly equal":
        vectors = unit(different[0] + np.float32(1e-6) * different)
    elif kind == "half equal":
        vectors[:half] = different[0]
    elif kind == "pairs of equals":
        vectors[half : 2 * half] = different[:half]
    else:
        vectors = different[np.random.default_rng(1).integers(0, 10, len(different))]
    return vectors


def _seconds(vectors: Vectors, classes: int) -> float:
    labels = texts([f"class {place % classes}" for place in range(len(vectors))])
    embeddings = Embeddings(vectors, np.arange(len(vectors)), labels, labels, None)
    start = time.perf_counter()
    evaluate(embeddings)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
