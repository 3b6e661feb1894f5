"""The protocol of figures in words, as a paper states it."""

from __future__ import annotations

import numpy as np

from core.retrieval.collapse import spread_of
from core.retrieval.embeddings import Embeddings
from core.retrieval.protocol import Protocol
from core.wording import counted

DISTANCE_NAMES = {"cosine": "cosine similarity", "euclidean": "Euclidean distance of the embeddings as they are"}


def describe_protocol(protocol: Protocol, embeddings: Embeddings, measured: int, distance: str = "cosine") -> str:
    """Who searched whom by what, and what was left out; `measured` is how many queries were."""
    split = f" on split {embeddings.origin.split}" if embeddings.origin.split else ""
    skipped = len(protocol.queries) - measured
    parts = [DISTANCE_NAMES[distance], counted(measured, "query", "queries")]
    if protocol.leave_one_out:
        parts = [f"leave-one-out{split}", *parts, "self excluded by row"]
    else:
        parts = [f"query to gallery{split}", *parts, counted(len(protocol.gallery), "gallery image")]
        parts += ["self excluded by row"] if protocol.overlaps else []
    if skipped:
        parts.append(f"{counted(skipped, 'query', 'queries')} without another image of their class not measured")
    unlabelled = int(np.sum(embeddings.labels[protocol.gallery] == ""))
    if unlabelled:
        parts.append(f"{counted(unlabelled, 'unlabelled image')} in the gallery")
    # What makes all figures doubtful comes first, where a narrow place still shows it.
    phrases = [
        spread_of(embeddings.vectors).describe(embeddings.paths),
        ", ".join(parts),
        embeddings.origin.description,
    ]
    return "; ".join(part for part in phrases if part)
