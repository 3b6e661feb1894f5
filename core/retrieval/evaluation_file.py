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
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from core.errors import CoreError
from core.progress import Reporter
from core.retrieval.distance_rule import distance_of
from core.retrieval.embeddings import Embeddings
from core.retrieval.metrics import RECALL_AT, ClassResult, Evaluation, Means, evaluate
from core.storage import atomic_path, discard, make_room, mark_used, open_regular

FORMAT = 4
# What the files of a folder may take together: hundreds of evaluations of sixty thousand images.
BUDGET_BYTES = 1_000_000_000
FACTS, PER_QUERY = "facts", "query/"
# What zipfile and NumPy make of a file with any byte changed.
_DAMAGE = (
    OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, IndexError, MemoryError, NotImplementedError,
    OverflowError, RecursionError, RuntimeError, SyntaxError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
# The modules whose change may change a figure.
CODE = tuple(
    f"retrieval/{name}"
    for name in (
        "metrics",
        "ranks",
        "search",
        "similarity",
        "distances",
        "protocol",
        "all_cores",
        "equal_vectors",
        "distance_rule",
        "collapse",
    )
)
Array = npt.NDArray[Any]
Kept = TypeVar("Kept")


def evaluate_once(
    embeddings: Embeddings,
    folder: Path,
    path: Path,
    recall_at: Sequence[int] = RECALL_AT,
    precision_at: Sequence[int] = (),
    should_stop: Callable[[], bool] | None = None,
    reporter: Reporter | None = None,
    distance: str | None = None,
) -> Evaluation:
    """The evaluation of `embeddings`, read from `path` where it is there, else made and written there.

    `folder` is where the embeddings are kept (see `core.retrieval.embeddings.save_folder`), of which some rows may be
    left out here. `distance` is that which fits them where it is None (`distance_rule`). A workspace that cannot be
    written to costs time, not the figures. Raises what `evaluate` raises.
    """
    distance = distance or distance_of(embeddings.vectors)
    made_from = _made_from(embeddings, folder, recall_at, precision_at, distance)
    kept = load(path, made_from)
    if kept is not None:
        return kept
    evaluation = evaluate(
        embeddings,
        recall_at,
        should_stop=should_stop,
        distance=distance,
        precision_at=precision_at,
        reporter=reporter,
    )
    with contextlib.suppress(CoreError):
        save(path, evaluation, made_from)
    return evaluation


def save(path: Path, evaluation: Evaluation, made_from: Mapping[str, Any]) -> None:
    """Write an evaluation and what it was made from. Raises StorageError."""
    values, arrays = taken_apart(evaluation)
    write(path, values, arrays, made_from)


def load(path: Path, made_from: Mapping[str, Any]) -> Evaluation | None:
    """The evaluation in a file; None where there is none, it is damaged, or it was made from something else."""
    return read(path, made_from, put_together)


def write(path: Path, values: Mapping[str, Any], arrays: Mapping[str, Array], made_from: Mapping[str, Any]) -> None:
    """Write plain values and arrays, wholly or not at all, with what they were made from.

    Where the folder's files take more than BUDGET_BYTES, those not used for longest go. Raises StorageError.
    """
    facts = json.dumps({"made_from": dict(made_from), "values": dict(values)})
    prefixed = {PER_QUERY + name: array for name, array in arrays.items()}
    if not path.is_file():
        discard(path)
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        np.savez(handle, allow_pickle=False, **prefixed, **{FACTS: np.frombuffer(facts.encode(), dtype=np.uint8)})
    make_room(path.parent.glob(f"*{path.suffix}"), BUDGET_BYTES)


def read(
    path: Path, made_from: Mapping[str, Any], build: Callable[[dict[str, Any], dict[str, Array]], Kept]
) -> Kept | None:
    """What `build` makes of what `write` wrote; None where it is not there, damaged or made from something else."""
    try:
        # NumPy would leave the file of a damaged archive open.
        with open_regular(path) as handle, np.load(handle, allow_pickle=False) as archive:
            facts = json.loads(archive[FACTS].tobytes())
            if facts["made_from"] != made_from:
                return None
            mark_used(path)
            arrays = {name.removeprefix(PER_QUERY): archive[name] for name in archive.files if name != FACTS}
            return build(facts["values"], arrays)
    except _DAMAGE:
        return None


def taken_apart(evaluation: Evaluation) -> tuple[dict[str, Any], dict[str, Array]]:
    """An evaluation as plain values and (N,) arrays."""
    values = {item.name: getattr(evaluation, item.name) for item in dataclasses.fields(evaluation)}
    arrays = {name: values.pop(name) for name in [*values] if isinstance(values[name], np.ndarray)}
    for k, column in values.pop("precision_at").items():
        arrays[f"precision_at/{k}"] = column
    del values["per_class"]
    arrays["per_class"] = in_lines([dataclasses.asdict(result) for result in evaluation.per_class])
    values["macro"] = None if evaluation.macro is None else dataclasses.asdict(evaluation.macro)
    return values, arrays


def put_together(values: dict[str, Any], arrays: Mapping[str, Array]) -> Evaluation:
    """Inverse of `taken_apart`, also of values that were JSON meanwhile."""
    columns: dict[str, Any] = {name: array for name, array in arrays.items() if "/" not in name}
    precision_at = {int(name.partition("/")[2]): array for name, array in arrays.items() if "/" in name}
    columns["per_class"] = tuple(ClassResult(**_by_k(result)) for result in of_lines(columns["per_class"]))
    values["macro"] = None if values["macro"] is None else Means(**_by_k(values["macro"]))
    return Evaluation(**_by_k(values), **columns, precision_at=precision_at)


def in_lines(records: Sequence[Mapping[str, Any]]) -> Array:
    """Records as bytes, a line of JSON for each.

    One call for ten thousand classes would keep Python's lock, and the window with it, for a tenth of a second.
    """
    return np.frombuffer("\n".join([json.dumps(record) for record in records]).encode(), dtype=np.uint8)


def of_lines(lines: Array) -> list[dict[str, Any]]:
    """Inverse of `in_lines`."""
    return [json.loads(line) for line in lines.tobytes().splitlines()]


def _by_k(values: dict[str, Any]) -> dict[str, Any]:
    """Where JSON has made texts of the Ks, numbers again."""
    return {
        name: {int(k): value for k, value in entry.items()} if isinstance(entry, dict) else entry
        for name, entry in values.items()
    }


def _made_from(
    embeddings: Embeddings, folder: Path, recall_at: Sequence[int], precision_at: Sequence[int], distance: str
) -> dict[str, Any]:
    """Whatever an evaluation depends on, as JSON has it."""
    return {
        "format": FORMAT,
        "embeddings": vectors_in(folder),
        "rows": hashlib.sha256(embeddings.rows.tobytes()).hexdigest(),
        "distance": distance,
        "recall_at": [int(k) for k in recall_at],
        "precision_at": [int(k) for k in precision_at],
        "code": code_of(*CODE),
    }


def vectors_in(folder: Path) -> list[Any]:
    """Which vectors a folder of embeddings holds, as JSON has it."""
    vectors = (folder / "embeddings.npy").stat()
    return [folder.name, vectors.st_size, vectors.st_mtime_ns]


@cache
def code_of(*modules: str) -> str:
    """A hash of modules of the core, such as "retrieval/metrics", as they are on the disk."""
    here = Path(__file__).parent.parent
    sources = [(here / f"{name}.py").read_bytes() for name in modules if (here / f"{name}.py").is_file()]
    return hashlib.sha256(b"\0".join(sources)).hexdigest()
