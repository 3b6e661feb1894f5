"""Evaluations kept on disk, so that the same embeddings are measured once.

A file holds what the evaluation was made from: which vectors, which Ks and by which code. It is used only where all of
that is the same; anything else, a damaged file included, counts as no file.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import CoreError
from core.retrieval.embeddings import Embeddings
from core.retrieval.metrics import RECALL_AT, ClassResult, Evaluation, Means, evaluate
from core.storage import atomic_path

FORMAT = 1
FACTS, PER_QUERY = "facts", "query/"
# The modules whose change may change a figure.
CODE = ("metrics", "ranks", "search", "similarity", "distances", "protocol")


def evaluate_once(
    embeddings: Embeddings,
    folder: Path,
    path: Path,
    recall_at: Sequence[int] = RECALL_AT,
    precision_at: Sequence[int] = (),
    should_stop: Callable[[], bool] | None = None,
) -> Evaluation:
    """The evaluation of `embeddings`, read from `path` where it is there, else made and written there.

    `folder` is where the embeddings are kept (see `core.retrieval.embeddings.save_folder`). A workspace that cannot be
    written to costs time, not the figures. Raises what `evaluate` raises.
    """
    made_from = _made_from(folder, recall_at, precision_at)
    kept = load(path, made_from)
    if kept is not None and len(kept.first_hit) == len(embeddings):
        return kept
    evaluation = evaluate(embeddings, recall_at, should_stop=should_stop, precision_at=precision_at)
    with contextlib.suppress(CoreError):
        save(path, evaluation, made_from)
    return evaluation


def save(path: Path, evaluation: Evaluation, made_from: Mapping[str, Any]) -> None:
    """Write an evaluation and what it was made from. Raises StorageError."""
    values = {item.name: getattr(evaluation, item.name) for item in dataclasses.fields(evaluation)}
    arrays = {PER_QUERY + name: values.pop(name) for name in [*values] if isinstance(values[name], np.ndarray)}
    for k, column in values.pop("precision_at").items():
        arrays[f"{PER_QUERY}precision_at/{k}"] = column
    values["per_class"] = [dataclasses.asdict(result) for result in evaluation.per_class]
    values["macro"] = None if evaluation.macro is None else dataclasses.asdict(evaluation.macro)
    facts = json.dumps({"made_from": dict(made_from), "values": values})
    arrays[FACTS] = np.frombuffer(facts.encode(), dtype=np.uint8)
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        np.savez(handle, **arrays)


def load(path: Path, made_from: Mapping[str, Any]) -> Evaluation | None:
    """The evaluation in a file; None where there is none, it is damaged, or it was made from something else."""
    try:
        # NumPy would leave the file of a damaged archive open.
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as archive:
            facts = json.loads(archive[FACTS].tobytes())
            if facts["made_from"] != made_from:
                return None
            arrays = {name.removeprefix(PER_QUERY): archive[name] for name in archive.files if name != FACTS}
            return _evaluation(facts["values"], arrays)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile):
        return None


def _evaluation(values: dict[str, Any], arrays: dict[str, Any]) -> Evaluation:
    columns = {name: array for name, array in arrays.items() if "/" not in name}
    precision_at = {int(name.partition("/")[2]): array for name, array in arrays.items() if "/" in name}
    values["per_class"] = tuple(ClassResult(**_by_k(result)) for result in values["per_class"])
    values["macro"] = None if values["macro"] is None else Means(**_by_k(values["macro"]))
    return Evaluation(**_by_k(values), **columns, precision_at=precision_at)


def _by_k(values: dict[str, Any]) -> dict[str, Any]:
    """Where JSON has made texts of the Ks, numbers again."""
    return {
        name: {int(k): value for k, value in entry.items()} if isinstance(entry, dict) else entry
        for name, entry in values.items()
    }


def _made_from(folder: Path, recall_at: Sequence[int], precision_at: Sequence[int]) -> dict[str, Any]:
    """Whatever an evaluation depends on, as JSON has it."""
    vectors = (folder / "embeddings.npy").stat()
    return {
        "format": FORMAT,
        "embeddings": [folder.name, vectors.st_size, vectors.st_mtime_ns],
        "recall_at": [int(k) for k in recall_at],
        "precision_at": [int(k) for k in precision_at],
        "code": _code(),
    }


@cache
def _code() -> str:
    """A hash of the code that measures, as it is on the disk."""
    here = Path(__file__).parent
    sources = [(here / f"{name}.py").read_bytes() for name in CODE if (here / f"{name}.py").is_file()]
    return hashlib.sha256(b"\0".join(sources)).hexdigest()
