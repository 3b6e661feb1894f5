"""How long dense mini-batches take: finding each image's nearest by target once, then every batch.

Beside them, one pass over the images' distances to a single anchor, which a batch made from scratch would need.

    python benchmarks/dense_batches.py [--images 60000] [--targets 8]
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from core.sampling.dense_batches import DenseBatches

SIZE, NEAREST, BATCHES = 150, 5, 1000
GOAL_SECONDS, GOAL_MILLISECONDS = 20.0, 5.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--targets", type=int, default=8)
    arguments = parser.parse_args()
    random = np.random.default_rng(0)
    targets = random.standard_normal((arguments.images, arguments.targets), dtype=np.float32)
    began = time.perf_counter()
    sampler = DenseBatches(targets, SIZE, NEAREST, seed=0, steps=BATCHES)
    prepared = time.perf_counter() - began
    began = time.perf_counter()
    sampler.epoch(1)
    batch = (time.perf_counter() - began) / BATCHES
    began = time.perf_counter()
    for anchor in range(20):
        np.linalg.norm(targets - targets[anchor], axis=1)
    scan = (time.perf_counter() - began) / 20
    print(f"{arguments.images:,} images with {arguments.targets} targets, batches of {SIZE} with {NEAREST} nearest")
    print(
        f"preparation     {prepared:8.2f} s    goal <= {GOAL_SECONDS:g} {'' if prepared <= GOAL_SECONDS else 'missed'}"
    )
    words = "" if 1e3 * batch <= GOAL_MILLISECONDS else "missed"
    print(f"a batch         {1e3 * batch:8.3f} ms   goal <= {GOAL_MILLISECONDS:g} {words}")
    print(f"one scan        {1e3 * scan:8.3f} ms   {scan / batch:.0f} times a batch")


if __name__ == "__main__":
    main()
