"""Evaluations kept on disk, so that the same embeddings are measured once.

A file holds what the evaluation was made from: which vectors, which Ks and by which code. It is used only where all of
that is the same; anything else counts as no file. So does a damaged one, which is said.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from core.array_file import DAMAGE
from core.disk_cache import mark_used, store
from core.errors import CoreError
from core.messages import Message
from core.progress import Reporter
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import RECALL_AT, Evaluation, evaluate
from core.retrieval.measures import RankedQueries
from core.retrieval.protocol import Protocol, ProtocolFields
from core.storage import open_regular

FORMAT = 5
DOCUMENT, TAKING_PART, HITS_AT = "facts", "taking_part", "hits_at/"
ARRAYS = tuple(item.name for item in fields(RankedQueries) if item.name != "hits_at")
# What the files of a folder may take together: a hundred evaluations of sixty thousand images.
BUDGET_BYTES = 1_000_000_000
# The modules whose change may change a figure.
CODE = tuple(
    f"retrieval/{name}"
    for name in (
        "evaluation",
        "ranks",
        "search",
        "similarity",
        "distances",
        "protocol",
        "parallel",
        "equal_vectors",
        "distance_rule",
        "collapse",
    )
)


def evaluate_once(
    embeddings: Embeddings,
    folder: Path,
    path: Path,
    recall_at: Sequence[int] = RECALL_AT,
    precision_at: Sequence[int] = (),
    should_stop: Callable[[], bool] | None = None,
    reporter: Reporter | None = None,
    protocol: Protocol | None = None,
) -> Evaluation:
    """The evaluation of `embeddings`, read from `path` where it is there, else made and written there.

    `folder` is where the embeddings are kept (see `core.retrieval.embeddings.save_folder`), of which some rows may be
    left out here. A workspace that cannot be written to costs time, not the figures. See `evaluate` for the rest and
    for what is raised.
    """
    protocol = protocol or Protocol.of(embeddings)
    made_from = _made_from(embeddings, folder, recall_at, precision_at, protocol)
    saved = load(path, made_from, reporter)
    if saved is not None:
        return saved
    evaluation = evaluate(
        embeddings,
        recall_at,
        should_stop=should_stop,
        protocol=protocol,
        precision_at=precision_at,
        reporter=reporter,
    )
    with contextlib.suppress(CoreError):
        save(path, evaluation, made_from)
    return evaluation


def save(path: Path, evaluation: Evaluation, made_from: Mapping[str, Any]) -> None:
    """Write an evaluation, wholly or not at all, and what it was made from.

    What the search found is written, and not the figures, which follow from it at once. Where the folder's files take
    more than BUDGET_BYTES, those not used for longest go. Raises StorageError.
    """
    arrays = {name: getattr(evaluation.found, name) for name in ARRAYS} | {TAKING_PART: evaluation.taking_part}
    arrays |= {f"{HITS_AT}{k}": hits for k, hits in evaluation.found.hits_at.items()}
    facts: dict[str, Any] = {"made_from": dict(made_from), "protocol": asdict(evaluation.protocol)}
    facts |= {"classes": evaluation.by_class.labels, "recall_at": [*evaluation.recall]}
    store(path, {**arrays, DOCUMENT: np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8)}, BUDGET_BYTES)


def load(path: Path, made_from: Mapping[str, Any], reporter: Reporter | None = None) -> Evaluation | None:
    """The evaluation in a file; None where there is none, it is damaged, which is said, or made from something else."""
    try:
        # NumPy would leave the file of a damaged archive open.
        with open_regular(path) as handle, np.load(handle, allow_pickle=False) as archive:
            facts = json.loads(archive[DOCUMENT].tobytes())
            if facts["made_from"] != made_from:
                return None
            mark_used(path)
            arrays = {name: archive[name] for name in archive.files}
        hits_at = {int(name.removeprefix(HITS_AT)): arrays[name] for name in arrays if name.startswith(HITS_AT)}
        found = RankedQueries(hits_at=hits_at, **{name: arrays[name] for name in ARRAYS})
        return Evaluation.of(
            found,
            facts["classes"],
            arrays[TAKING_PART],
            facts["recall_at"],
            sorted(hits_at),
            ProtocolFields.from_json(facts["protocol"]),
        )
    except (FileNotFoundError, NotADirectoryError):
        return None
    except DAMAGE:
        if reporter is not None:
            reporter.remade(Message("evaluation-cache-damaged", path=path))
        return None


def _made_from(
    embeddings: Embeddings, folder: Path, recall_at: Sequence[int], precision_at: Sequence[int], protocol: Protocol
) -> dict[str, Any]:
    """Whatever an evaluation depends on, as JSON has it."""
    return {
        "format": FORMAT,
        "embeddings": vectors_in(folder),
        "rows": hashlib.sha256(embeddings.rows.tobytes()).hexdigest(),
        "protocol": protocol.fingerprint,
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
    """A hash of modules of the core, such as "retrieval/evaluation", as they are on the disk."""
    here = Path(__file__).parent.parent
    sources = [(here / f"{name}.py").read_bytes() for name in modules if (here / f"{name}.py").is_file()]
    return hashlib.sha256(b"\0".join(sources)).hexdigest()
