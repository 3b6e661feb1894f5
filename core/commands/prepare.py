"""`python -m core prepare`: compile ahead what the first map and the first evaluation would wait for."""

from __future__ import annotations

import argparse

from core.messages import Message
from core.progress import Reporter

SUMMARY = "compile the numeric code of maps and measures before its first use"


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(_arguments: argparse.Namespace, reporter: Reporter) -> None:
    """Run every compiled function once, unless that was done."""
    from core.projection.compiled_code import is_compiled, mark_compiled

    if is_compiled():
        return
    import numpy as np

    from core.projection.umap_projection import umap_layout
    from core.retrieval.ranks import compile_all
    from core.retrieval.similarity import unit

    reporter.progress(Message("stage-compiling"), 0, 0)
    compile_all()
    vectors = unit(np.random.default_rng(0).standard_normal((64, 8)).astype(np.float32))
    umap_layout(vectors, vectors[:, :2].copy(), None, epochs=2, seed=0)
    mark_compiled()
