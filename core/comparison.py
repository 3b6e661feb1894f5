"""Two checkpoints on one catalog: what was fixed, what broke, what moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from core.errors import EmbeddingsError
from core.messages import Message
from core.progress import Reporter
from core.retrieval.class_figures import known
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import Evaluation, evaluate
from core.retrieval.evaluation_file import evaluate_once
from core.retrieval.measures import Figures
from core.retrieval.neighbour_overlap import mean_overlap, shared_neighbours
from core.retrieval.paired_intervals import PairedIntervals, class_bounds, paired_intervals
from core.retrieval.protocol import Protocol
from core.retrieval.significance import mcnemar

# At how many nearest images the neighbours of both are compared.
OVERLAP_AT = 10


@dataclass(frozen=True, eq=False)
class ClassDifferences:
    """Recall@1 of C classes under A and under B, and B minus A; NaN where not measured.

    Attributes:
        labels: C names, in natural order.
        images: (C,) images in the evaluations.
        recall_a, recall_b, difference: (C,).
        low, high: (C,) bounds of the difference in 95 of 100 cases; NaN for fewer than two queries.
    """

    labels: tuple[str, ...]
    images: Rows
    recall_a: Figures
    recall_b: Figures
    difference: Figures
    low: Figures
    high: Figures

    def __len__(self) -> int:
        return len(self.labels)

    def as_json(self) -> list[dict[str, Any]]:
        """Plain values, a document for each class."""
        columns = (self.recall_a, self.recall_b, self.difference, self.low, self.high)
        return [
            {
                "label": label,
                "images": images,
                "recall_a": recall_a,
                "recall_b": recall_b,
                "difference": difference,
                "interval": None if low is None else [low, high],
            }
            for label, images, recall_a, recall_b, difference, low, high in zip(
                self.labels, self.images.tolist(), *map(known, columns), strict=True
            )
        ]


@dataclass(frozen=True, eq=False)
class Comparison:
    """What changes from A to B on the M rows that both have.

    Attributes:
        evaluation_a, evaluation_b: of the common rows; their positions index `rows`.
        rows: (M,) catalog rows, ascending.
        fixed: catalog rows whose nearest image is of the wrong class in A and of the right one in B.
        broken: the reverse.
        k: how many neighbours `overlap` looks at.
        overlap: (M,) share of a query's k nearest in A that are among its k nearest in B; NaN where it has none.
        neighbour_overlap: mean of `overlap`.
        by_class: Recall@1 of each class.
        intervals: of Recall@1 of both and of the difference.
        mcnemar_p: how often chance alone would part the changed queries at least as unevenly into `fixed` and `broken`;
            None where no query was measured.
    """

    evaluation_a: Evaluation
    evaluation_b: Evaluation
    rows: Rows
    fixed: Rows
    broken: Rows
    k: int
    overlap: npt.NDArray[np.float64]
    neighbour_overlap: float | None
    by_class: ClassDifferences
    intervals: PairedIntervals
    mcnemar_p: float | None

    def as_json(self) -> dict[str, Any]:
        """The document that `compare --json` writes."""
        return {
            "a": self.evaluation_a.as_json(),
            "b": self.evaluation_b.as_json(),
            "intervals": asdict(self.intervals),
            "per_class": self.by_class.as_json(),
            "fixed": self.fixed.tolist(),
            "broken": self.broken.tolist(),
            "mcnemar_p": self.mcnemar_p,
            "neighbours_kept": self.neighbour_overlap,
            "k": self.k,
        }


def compare(
    a: Embeddings,
    b: Embeddings,
    protocols: tuple[Protocol, Protocol] | None = None,
    reporter: Reporter | None = None,
) -> Comparison:
    """Measure and compare two embeddings, of any dimensions, on their common catalog rows.

    Each by its own of the `protocols`; where there are none, by the one that fits all its rows (`Protocol.of`).

    Raises EmbeddingsError when they have fewer than two rows in common or disagree about a row's image or class.
    """
    protocols, common = protocols or (Protocol.of(a), Protocol.of(b)), on_common_rows(a, b)
    of_a, of_b = (
        evaluate(part, protocol=protocol.on(part), reporter=reporter)
        for part, protocol in zip(common, protocols, strict=True)
    )
    return compare_measured(common[0], of_a, of_b)


def compare_measured(a: Embeddings, evaluation_a: Evaluation, evaluation_b: Evaluation) -> Comparison:
    """Compare the evaluations of two embeddings of the same rows, of which `a` is one; nothing is searched again."""
    right_a, right_b = evaluation_a.first_hit == 1, evaluation_b.first_hit == 1
    measured = evaluation_a.first_hit >= 0
    overlap = shared_neighbours(evaluation_a.neighbours[:, :OVERLAP_AT], evaluation_b.neighbours[:, :OVERLAP_AT])
    fixed, broken = a.rows[measured & ~right_a & right_b], a.rows[measured & right_a & ~right_b]
    return Comparison(
        evaluation_a=evaluation_a,
        evaluation_b=evaluation_b,
        rows=a.rows,
        fixed=fixed,
        broken=broken,
        k=OVERLAP_AT,
        overlap=overlap,
        neighbour_overlap=mean_overlap(overlap),
        by_class=_differences(evaluation_a, evaluation_b),
        intervals=paired_intervals(evaluation_a.first_hit, evaluation_b.first_hit, a.labels),
        mcnemar_p=mcnemar(len(fixed), len(broken)) if measured.any() else None,
    )


def compare_once(
    a: Embeddings,
    b: Embeddings,
    evaluations: tuple[Evaluation, Evaluation],
    folders: tuple[Path, Path],
    path: Path,
    should_stop: Callable[[], bool] | None = None,
    reporter: Reporter | None = None,
) -> Comparison:
    """Compare two embeddings that were measured, each with all of its rows.

    Where they are of the same rows nothing is searched. Else both are measured on their common rows, once: the
    evaluations are kept beside `path`, under its name with "-a" and "-b". `folders` are where both embeddings are kept.
    Raises what `compare` raises, and Cancelled when `should_stop` says so.
    """
    common = on_common_rows(a, b)
    if common[0] is a and common[1] is b:
        return compare_measured(a, *evaluations)
    of_a, of_b = (
        evaluate_once(
            part,
            folder,
            path.with_name(f"{path.stem}-{slot}.npz"),
            should_stop=should_stop,
            reporter=reporter,
            protocol=Protocol.of(part, evaluation.protocol.distance),
        )
        for slot, part, folder, evaluation in zip("ab", common, folders, evaluations, strict=True)
    )
    return compare_measured(common[0], of_a, of_b)


def on_common_rows(a: Embeddings, b: Embeddings) -> tuple[Embeddings, Embeddings]:
    """Both restricted to the catalog rows they share, in ascending order; themselves where all rows are.

    Raises EmbeddingsError when that leaves fewer than two, or when the two were made from different data.
    """
    if not np.array_equal(a.rows, b.rows):
        rows, of_a, of_b = np.intersect1d(a.rows, b.rows, assume_unique=True, return_indices=True)
        if len(rows) < 2:
            raise EmbeddingsError(Message("comparison-of-too-few-rows", common=len(rows), a=len(a), b=len(b)))
        a, b = a.part(of_a), b.part(of_b)
    for name, left, right in (("path", a.paths, b.paths), ("class", a.labels, b.labels)):
        different = np.flatnonzero(left != right)
        if len(different):
            first = int(different[0])
            raise EmbeddingsError(
                Message(
                    "comparison-of-other-data",
                    row=a.rows[first],
                    name=name,
                    a=left[first],
                    b=right[first],
                    differing=len(different),
                    total=len(a),
                ),
                int(a.rows[first]),
            )
    return a, b


def _differences(a: Evaluation, b: Evaluation) -> ClassDifferences:
    of_a, of_b, codes = a.by_class, b.by_class, a.found.codes
    right_a, right_b, measured = a.first_hit == 1, b.first_hit == 1, a.first_hit >= 0
    gained, lost = measured & ~right_a & right_b, measured & right_a & ~right_b
    fixed, broken = (np.bincount(codes[changed], minlength=len(of_a)) for changed in (gained, lost))
    low, high = class_bounds(of_a.queries, fixed, broken).T
    recall_a, recall_b = of_a.means["Recall@1"], of_b.means["Recall@1"]
    return ClassDifferences(of_a.labels, of_a.images, recall_a, recall_b, recall_b - recall_a, low, high)
