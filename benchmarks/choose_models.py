"""Passes over all pairs, and time, to choose A, then B, then another A, with everything the window then measures.

python benchmarks/choose_models.py [--images 60502] [--classes 11316] [--dimensions 512]

A pass compares every image with every other. One for each choice is the least; the time of a choice stands beside that
of one evaluation alone in the same run.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# First, as in the product: it tells NumPy's threads how to wait.
import core  # noqa: F401

# isort: split
import numpy as np

from core.comparison import compare_once
from core.data.catalog import texts
from core.retrieval import evaluation
from core.retrieval.embeddings import Embeddings, Origin, save_folder
from core.retrieval.evaluation import RECALL_AT, Evaluation, evaluate
from core.retrieval.evaluation_file import evaluate_once
from core.retrieval.similarity import unit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=60_502)
    parser.add_argument("--classes", type=int, default=11_316)
    parser.add_argument("--dimensions", type=int, default=512)
    size = parser.parse_args()
    models = [_embeddings(size.images, size.classes, size.dimensions, seed) for seed in range(3)]
    evaluate(models[0].part(np.arange(100)))  # compiles, or loads what was compiled: once a process
    passes = _count_passes()
    with tempfile.TemporaryDirectory() as folder:
        for number, embeddings in enumerate(models):
            save_folder(Path(folder) / str(number), embeddings.vectors, embeddings.rows, Origin())
        started = time.perf_counter()
        evaluate(models[0], precision_at=RECALL_AT)
        alone = time.perf_counter() - started
        print(f"{size.images:,} x {size.dimensions}, {size.classes:,} classes; one evaluation takes {alone:.1f} s")
        passes.clear()
        chosen: dict[str, int] = {}
        evaluations: dict[int, Evaluation] = {}
        for slot, number in (("A", 0), ("B", 1), ("A", 2)):
            started = time.perf_counter()
            chosen[slot] = number
            _choose(models, chosen, evaluations, number, Path(folder))
            taken = time.perf_counter() - started
            print(f"  {slot} is model {number}: {len(passes)} passes so far, {taken:.1f} s, ratio {taken / alone:.2f}")


def _choose(
    models: list[Embeddings], chosen: dict[str, int], evaluations: dict[int, Evaluation], number: int, folder: Path
) -> None:
    """What the window measures when a model is chosen: its evaluation, and the comparison where both are there."""
    evaluations[number] = evaluate_once(
        models[number], folder / str(number), folder / f"{number}.npz", precision_at=RECALL_AT
    )
    if len(chosen) == 2:
        a, b = chosen["A"], chosen["B"]
        folders = folder / str(a), folder / str(b)
        compare_once(models[a], models[b], (evaluations[a], evaluations[b]), folders, folder / f"{a}-{b}.npz")


def _count_passes() -> list[int]:
    passes: list[int] = []
    blocks = evaluation.blocks

    def counted(*arguments: Any) -> Iterator[Any]:
        passes.append(1)
        return blocks(*arguments)

    evaluation.blocks = counted
    return passes


def _embeddings(images: int, classes: int, dimensions: int, seed: int) -> Embeddings:
    """Noisy clusters at unit length."""
    generator = np.random.default_rng(seed)
    codes = np.arange(images) % classes
    vectors = generator.standard_normal((classes, dimensions), dtype=np.float32)[codes]
    vectors += 3 * generator.standard_normal((images, dimensions), dtype=np.float32)
    labels = texts([f"class {code}" for code in codes])
    return Embeddings(unit(vectors), np.arange(images), labels, labels)


if __name__ == "__main__":
    main()
