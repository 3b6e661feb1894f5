"""Comparisons kept on disk, so that going back to a pair of checkpoints is immediate.

As an evaluation is (`core.retrieval.evaluation_file`): used only where the vectors of both and the code are the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.comparison import KEPT_AT, ClassDifference, Comparison, compare
from core.errors import CoreError
from core.progress import Reporter
from core.retrieval import evaluation_file
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation_file import Array, code_of, in_lines, of_lines, put_together, taken_apart, vectors_in
from core.retrieval.paired_intervals import PairedIntervals
from core.retrieval.significance import Bootstrap, Interval

FORMAT = 3
SIDES = ("a", "b")
COLUMNS = ("rows", "fixed", "broken", "kept")
CODE = (
    *evaluation_file.CODE, "comparison", "retrieval/paired_intervals", "retrieval/significance",
    "retrieval/resampling", "space/agreement", "retrieval/distance_rule",
)  # fmt: skip


def compare_once(
    a: Embeddings,
    b: Embeddings,
    folders: tuple[Path, Path],
    path: Path,
    k: int = KEPT_AT,
    should_stop: Callable[[], bool] | None = None,
    reporter: Reporter | None = None,
) -> Comparison:
    """The comparison of `a` and `b`, read from `path` where it is there, else made and written there.

    `folders` are where both embeddings are kept. A workspace that cannot be written to costs time, not the figures.
    Raises what `compare` raises.
    """
    made_from = _made_from(folders, k)
    kept = evaluation_file.read(path, made_from, _comparison)
    if kept is not None:
        return kept
    comparison = compare(a, b, k, should_stop, reporter)
    with contextlib.suppress(CoreError):
        _save(path, comparison, made_from)
    return comparison


def _save(path: Path, comparison: Comparison, made_from: Mapping[str, Any]) -> None:
    values: dict[str, Any] = {
        "k": comparison.k,
        "neighbours_kept": comparison.neighbours_kept,
        "intervals": asdict(comparison.intervals),
    }
    arrays: dict[str, Array] = {name: getattr(comparison, name) for name in COLUMNS}
    arrays["per_class"] = in_lines([asdict(difference) for difference in comparison.per_class])
    for side, evaluation in zip(SIDES, (comparison.evaluation_a, comparison.evaluation_b), strict=True):
        values[side], columns = taken_apart(evaluation)
        arrays |= {f"{side}/{name}": column for name, column in columns.items()}
    evaluation_file.write(path, values, arrays, made_from)


def _comparison(values: dict[str, Any], arrays: dict[str, Array]) -> Comparison:
    a, b = (
        put_together(
            values[side],
            {name.removeprefix(f"{side}/"): array for name, array in arrays.items() if name.startswith(f"{side}/")},
        )
        for side in SIDES
    )
    return Comparison(
        evaluation_a=a,
        evaluation_b=b,
        k=values["k"],
        neighbours_kept=values["neighbours_kept"],
        per_class=tuple(ClassDifference(**difference) for difference in of_lines(arrays["per_class"])),
        intervals=PairedIntervals(**{name: _interval(interval) for name, interval in values["intervals"].items()}),
        **{name: arrays[name] for name in COLUMNS},
    )


def _interval(values: dict[str, Any] | None) -> Interval | None:
    return None if values is None else Interval(**{**values, "bootstrap": Bootstrap(**values["bootstrap"])})


def _made_from(folders: tuple[Path, Path], k: int) -> dict[str, Any]:
    """Whatever a comparison depends on, as JSON has it."""
    return {"format": FORMAT, "embeddings": [vectors_in(folder) for folder in folders], "k": k, "code": code_of(*CODE)}
