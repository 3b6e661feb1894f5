"""All retrieval measures against the bare matrix product of the same shape, and against pytorch-metric-learning.

python benchmarks/evaluate_retrieval.py [--case small|large|inshop] [--rounds 3] [--pml max|default]

large: 60,502 x 512, leave-one-out, 11,316 classes, as Stanford Online Products has them. small: 12,000 with as many
images a class. inshop: 14,218 queries to 12,612 gallery images, 3,985 classes, Recall@1,10,20,30. The bare product is
made in the same blocks, into the same memory again and again. Processor time stands beside wall time, which alone is
stretched by a busy machine. `--pml default` sorts the whole gallery for each query; the large case takes it 7 GB.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

# First, as in the product: it tells NumPy's threads how to wait.
import core  # noqa: F401

# isort: split
import numpy as np

from core.data.catalog import texts
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import evaluate
from core.retrieval.protocol import Protocol
from core.retrieval.search import BLOCK_BYTES
from core.retrieval.similarity import unit

DIMENSIONS = 512
CASES = {"small": (12_000, 0, 2_244), "large": (60_502, 0, 11_316), "inshop": (14_218, 12_612, 3_985)}
RECALL_AT = {"small": (1, 2, 4, 8), "large": (1, 2, 4, 8), "inshop": (1, 10, 20, 30)}

Seconds = tuple[float, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", choices=tuple(CASES), action="append", help="default: small and inshop")
    parser.add_argument("--rounds", type=int, default=3, help="the fastest of so many counts")
    parser.add_argument(
        "--pml", choices=("max", "default"), help="also AccuracyCalculator, with k = max_bin_count or not"
    )
    arguments = parser.parse_args()
    few = _embeddings(300, 0, 30)
    evaluate(few)  # compiles, or loads what was compiled: once a process
    if arguments.pml is not None:
        _pml(few, Protocol.of(few), arguments.pml)  # imports torch and the library
    for case in arguments.case or ("small", "inshop"):
        _measure(case, arguments.rounds, arguments.pml)


def _measure(case: str, rounds: int, pml: str | None) -> None:
    embeddings = _embeddings(*CASES[case])
    protocol = Protocol.of(embeddings)
    before = _megabytes("VmRSS")
    _forget_peak()
    evaluation = evaluate(embeddings, RECALL_AT[case])
    extra = _megabytes("VmHWM") - before
    # Turn by turn, so that other work on the machine meets both.
    bare, per_query = _fastest(
        rounds, lambda: _bare_product(embeddings, protocol), lambda: evaluate(embeddings, RECALL_AT[case])
    )
    print(
        f"{case}: {len(protocol.queries):,} queries, {len(protocol.gallery):,} gallery images, {DIMENSIONS} dimensions,"
    )
    print(
        f"  {len(evaluation.by_class):,} classes, Recall@1 {evaluation.recall[1]:.4f}, MAP@R {evaluation.map_at_r:.4f}"
    )
    _line("bare product", bare, bare)
    _line("evaluation, per query and class", per_query, bare)
    print(f"  {'extra memory at the peak':<34}{extra:8.0f} MB")
    if pml is not None:
        (theirs,) = _fastest(1, lambda: _pml(embeddings, protocol, pml))
        _line(f"pytorch-metric-learning, k {pml}", theirs, bare)
        print(f"  {'theirs / ours':<34}{theirs[0] / per_query[0]:8.2f} wall {theirs[1] / per_query[1]:8.2f} processor")


def _line(what: str, seconds: Seconds, bare: Seconds) -> None:
    print(
        f"  {what:<34}{seconds[0]:8.2f} s wall {seconds[1]:8.2f} s processor"
        f"   ratio {seconds[0] / bare[0]:5.2f} wall {seconds[1] / bare[1]:5.2f} processor"
    )


def _embeddings(queries: int, gallery: int, classes: int) -> Embeddings:
    """Noisy clusters at unit length; every class has images on both sides."""
    generator = np.random.default_rng(0)
    codes = np.concatenate([np.arange(count) % classes for count in (queries, gallery)])
    centres = generator.standard_normal((classes, DIMENSIONS), dtype=np.float32)
    vectors = np.empty((len(codes), DIMENSIONS), np.float32)
    for start in range(0, len(codes), 4096):
        own = codes[start : start + 4096]
        noise = generator.standard_normal((len(own), DIMENSIONS), dtype=np.float32)
        vectors[start : start + 4096] = unit(centres[own] + 3 * noise)
    labels = texts([f"class {code}" for code in codes])
    roles = texts(["query"] * queries + ["gallery"] * gallery) if gallery else None
    return Embeddings(vectors, np.arange(len(vectors)), labels, labels, roles)


def _bare_product(embeddings: Embeddings, protocol: Protocol) -> None:
    vectors = embeddings.vectors
    gallery = vectors if protocol.leave_one_out else vectors[protocol.gallery]
    step = BLOCK_BYTES // (4 * len(gallery)) // 16 * 16
    out = np.empty((step, len(gallery)), np.float32)
    for start in range(0, len(protocol.queries), step):
        queries = vectors[start : min(start + step, len(protocol.queries))]
        np.matmul(queries, gallery.T, out=out[: len(queries)])


def _pml(embeddings: Embeddings, protocol: Protocol, k: str) -> None:
    import torch
    from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
    from pytorch_metric_learning.utils.inference import FaissKNN

    _, codes = np.unique(embeddings.labels.astype(str), return_inverse=True)
    vectors, labels = torch.from_numpy(embeddings.vectors), torch.from_numpy(codes)
    calculator = AccuracyCalculator(
        include=("precision_at_1", "r_precision", "mean_average_precision_at_r"),
        k="max_bin_count" if k == "max" else None,
        knn_func=FaissKNN(),
    )
    if protocol.leave_one_out:
        calculator.get_accuracy(vectors, labels)
    else:
        queries, gallery = protocol.queries, protocol.gallery
        calculator.get_accuracy(vectors[queries], labels[queries], vectors[gallery], labels[gallery])


def _fastest(rounds: int, *works: Callable[[], object]) -> list[Seconds]:
    """The least wall and processor time that each took, in turns."""
    taken: list[list[Seconds]] = [[] for _ in works]
    for _ in range(rounds):
        for work, times in zip(works, taken, strict=True):
            wall, processor = time.perf_counter(), time.process_time()
            work()
            times.append((time.perf_counter() - wall, time.process_time() - processor))
    return [(min(wall for wall, _ in times), min(processor for _, processor in times)) for times in taken]


def _forget_peak() -> None:
    """Linux only, as the figures of /proc are: the peak counts from here on."""
    Path("/proc/self/clear_refs").write_text("5")


def _megabytes(name: str) -> float:
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status[name].split()[0]) / 1024


if __name__ == "__main__":
    main()
