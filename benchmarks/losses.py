"""How long the losses take, forward and backward, against another library and against the bare arithmetic.

All embeddings have 512 dimensions. Each row measures both sides in turns, in the same run, and takes the fastest of
several rounds, so that a busy machine slows both. Where it is so busy that threads wait for each other, processor time
of a single thread still compares them. The other library is pytorch-metric-learning.

    python benchmarks/losses.py [--rounds 5] [--threads 2] [--only triplet] [--processor-time]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from pytorch_metric_learning.losses import MultiSimilarityLoss as LibraryMultiSimilarity
from pytorch_metric_learning.losses import ProxyAnchorLoss as LibraryProxyAnchor
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import MultiSimilarityMiner
from torch import Tensor, nn

from core.losses import (
    LogRatioLoss,
    MultiLevelDistanceRegularization,
    MultiObjectiveLoss,
    MultiSimilarityLoss,
    ProxyAnchorLoss,
    TripletLoss,
)

DIMENSIONS = 512
CLASSES = 11_318  # of SOP
SECONDS = 0.15  # of one side in one round, unless one call takes longer

Call = Callable[[], Tensor]


@dataclass(frozen=True)
class Comparison:
    """Ours against another: `goal` is how many times faster than it, or, if `at_most`, how many times slower."""

    name: str
    other: str
    ours: Call
    theirs: Call
    goal: float
    at_most: bool = False


def batch(count: int, images: int = 4) -> tuple[Tensor, Tensor]:
    """Random embeddings of `images` images a class, and their labels."""
    torch.manual_seed(0)
    return torch.randn(count, DIMENSIONS, requires_grad=True), torch.arange(count) // images


def anchor_by_anchor(loss: MultiSimilarityLoss, embeddings: Tensor, labels: Tensor) -> Tensor:
    """The Multi-Similarity loss as a loop over anchors, with Python's own min and max, as published code has it."""
    unit = nn.functional.normalize(embeddings)
    total = unit.new_zeros(())
    for i, similarities in enumerate(unit @ unit.T):
        own, other = similarities[labels == labels[i]], similarities[labels != labels[i]]
        own = own[own < 1 - 1e-5]
        kept_own, kept_other = own[own - loss.epsilon < max(other)], other[other + loss.epsilon > min(own)]
        total = total + (1 + (-loss.alpha * (kept_own - loss.base)).exp().sum()).log() / loss.alpha
        total = total + (1 + (loss.beta * (kept_other - loss.base)).exp().sum()).log() / loss.beta
    return total / len(labels)


def library_multi_similarity(embeddings: Tensor, labels: Tensor) -> Tensor:
    loss: Tensor = LibraryMultiSimilarity(2, 50, 0.5)(embeddings, labels, MultiSimilarityMiner(0.1)(embeddings, labels))
    return loss


def distance_matrix(embeddings: Tensor) -> Tensor:
    return torch.cdist(embeddings, embeddings).sum()


def similarity_matrix(embeddings: Tensor) -> Tensor:
    """Unit length and one matrix product."""
    unit = nn.functional.normalize(embeddings)
    return (unit @ unit.T).sum()


def linear_layer(layer: nn.Linear, embeddings: Tensor, grad: Tensor) -> Tensor:
    return torch.vdot(layer(embeddings).flatten(), grad.flatten())


def multi_similarity() -> Iterator[Comparison]:
    ours = MultiSimilarityLoss()
    for count, than_library, than_loop in ((120, 3, 40), (512, 4, 80), (1024, 4.5, 120)):
        rows, labels = batch(count, images=5)
        name = f"Multi-Similarity, B = {count:,}"

        own = partial(ours, rows, labels)
        yield Comparison(name, "library", own, partial(library_multi_similarity, rows, labels), than_library)
        yield Comparison(name, "loop over anchors", own, partial(anchor_by_anchor, ours, rows, labels), than_loop)
        if count >= 512:
            yield Comparison(name, "normalise and product", own, partial(similarity_matrix, rows), 1.6, at_most=True)


def triplet() -> Iterator[Comparison]:
    rows, labels = batch(512)
    ours = TripletLoss(sampling="all")
    theirs = TripletMarginLoss(margin=0.2)
    own, other = partial(ours, rows, labels), partial(theirs, rows, labels)
    yield Comparison("triplet, all, B = 512", "library", own, other, 10)


def proxies() -> Iterator[Comparison]:
    """Proxy-Anchor, and the samples' part of multi-objective: both terms with samples, joint mining included."""
    rows, _ = batch(180)
    labels = torch.randint(0, CLASSES, (180,))
    anchor = ProxyAnchorLoss(CLASSES, DIMENSIONS)
    joint = MultiObjectiveLoss(CLASSES, DIMENSIONS, separation_of="batch")
    linear = nn.Linear(DIMENSIONS, CLASSES, bias=False)
    grad = torch.randn(180, CLASSES)
    bare = partial(linear_layer, linear, rows, grad)
    for name, ours in (("Proxy-Anchor", anchor), ("proxy term", joint)):
        name = f"{name}, B = 180, C = 11,318"
        theirs = LibraryProxyAnchor(CLASSES, DIMENSIONS)
        yield Comparison(name, "library", partial(ours, rows, labels), partial(theirs, rows, labels), 2)
        yield Comparison(name, "linear layer", partial(ours, rows, labels), bare, 1.8, at_most=True)


def distances() -> Iterator[Comparison]:
    """What is computed from a distance matrix, against the matrix."""
    rows, _ = batch(150)
    targets = torch.randn(150, 2)
    targets_apart = torch.cdist(targets, targets)
    first, every = LogRatioLoss(), LogRatioLoss(anchors="all")
    many, _ = batch(512)
    mdr = MultiLevelDistanceRegularization()
    for name, ours, compared, goal in (
        ("log-ratio, B = 150", partial(first, rows, targets), rows, 1.2),
        ("log-ratio, all anchors, B = 150", partial(every, rows, target_distances=targets_apart), rows, 1.2),
        ("MDR, B = 512", partial(mdr, many), many, 1.3),
    ):
        yield Comparison(name, "distance matrix", ours, partial(distance_matrix, compared), goal, at_most=True)


def seconds(call: Call, clock: Callable[[], float]) -> float:
    """The fastest of a few calls with their way back."""
    best, spent = float("inf"), 0.0
    while spent < SECONDS:
        began = clock()
        call().backward()
        taken = clock() - began
        best, spent = min(best, taken), spent + taken
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=min(2, torch.get_num_threads()))
    parser.add_argument("--only", default="", help="rows whose name holds this")
    parser.add_argument("--processor-time", action="store_true", help="of one thread, for a busy machine")
    arguments = parser.parse_args()
    clock = time.thread_time if arguments.processor_time else time.perf_counter
    torch.set_num_threads(1 if arguments.processor_time else arguments.threads)
    print(f"{'what':34} {'against':24} {'ours':>9} {'other':>10} {'ratio':>8}   goal")
    for comparison in [*multi_similarity(), *triplet(), *proxies(), *distances()]:
        if arguments.only.lower() not in comparison.name.lower():
            continue
        ours = theirs = float("inf")
        for _ in range(arguments.rounds):
            ours, theirs = min(ours, seconds(comparison.ours, clock)), min(theirs, seconds(comparison.theirs, clock))
        ratio = ours / theirs if comparison.at_most else theirs / ours
        reached = ratio <= comparison.goal if comparison.at_most else ratio >= comparison.goal
        words = f"{'<=' if comparison.at_most else '>='} {comparison.goal:g} {'' if reached else 'missed'}".rstrip()
        figures = f"{1e3 * ours:6.2f} ms {1e3 * theirs:7.2f} ms {ratio:8.2f}"
        print(f"{comparison.name:34} {comparison.other:24} {figures}   {words}")


if __name__ == "__main__":
    main()
