"""Paired bootstrap of a difference, by query and by class, against a plain NumPy loop.

python benchmarks/bootstrap.py [--queries 60502] [--classes 11316] [--resamples 10000]
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from core.retrieval.significance import Bootstrap, difference_interval

LOOP_RESAMPLES = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--queries", type=int, default=60_502)
    parser.add_argument("--classes", type=int, default=11_316)
    parser.add_argument("--resamples", type=int, default=10_000)
    arguments = parser.parse_args()
    generator = np.random.default_rng(0)
    a = generator.random(arguments.queries)
    b = np.clip(a + generator.normal(0.002, 0.1, arguments.queries), 0, 1)
    classes = generator.integers(0, arguments.classes, arguments.queries)
    settings = Bootstrap(resamples=arguments.resamples)
    difference_interval(a[:10], b[:10], bootstrap=settings)  # the compiled code is in the cache from here on
    loop = _plain_loop(b - a, generator) / LOOP_RESAMPLES * arguments.resamples
    print(f"{arguments.resamples:,} resamples of {arguments.queries:,} queries, {arguments.classes:,} classes")
    print(f"plain NumPy loop, by query   {loop:7.2f} s   (from {LOOP_RESAMPLES} resamples)")
    ways = (("by query", None, "micro"), ("by class", classes, "micro"), ("macro", classes, "macro"))
    for name, drawn, average in ways:
        began = time.perf_counter()
        interval = difference_interval(a, b, drawn, average, settings)
        took = time.perf_counter() - began
        bounds = f"{interval.value:+.5f} [{interval.low:+.5f}, {interval.high:+.5f}]"
        print(f"difference_interval {name:<9} {took:6.2f} s   {loop / took:5.1f} times faster   {bounds}")


def _plain_loop(values: np.ndarray, generator: np.random.Generator) -> float:
    """Seconds for LOOP_RESAMPLES resamples."""
    began = time.perf_counter()
    for _ in range(LOOP_RESAMPLES):
        values[generator.integers(0, len(values), len(values))].mean()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
