"""The protocol of figures in words, as a paper states it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.wording import counted

if TYPE_CHECKING:
    from core.retrieval.protocol import ProtocolFields

DISTANCE_NAMES = {"cosine": "cosine similarity", "euclidean": "Euclidean distance"}


def describe_protocol(fields: ProtocolFields) -> str:
    """Who searched whom by what, and what was left out."""
    split = f" on split {fields.split}" if fields.split else ""
    as_they_are = " of the embeddings as they are" if fields.distance == "euclidean" else ""
    parts = [f"{fields.kind}{split}", f"{DISTANCE_NAMES[fields.distance]}{as_they_are}"]
    parts.append(counted(fields.queries, "query", "queries"))
    if fields.kind == "query to gallery":
        parts.append(counted(fields.gallery, "gallery image"))
    if fields.self_excluded:
        parts.append("self excluded by row")
    if fields.not_measured:
        skipped = counted(fields.not_measured, "query", "queries")
        parts.append(f"{skipped} without another image of their class not measured")
    if fields.unlabelled:
        parts.append(f"{counted(fields.unlabelled, 'unlabelled image')} in the gallery")
    if fields.without_target:
        parts.append(f"{counted(fields.without_target, 'image')} without targets left out")
    # What makes all figures doubtful comes first, where a narrow place still shows it.
    collapse = "" if fields.spread is None else fields.spread.describe()
    told = [part for part in (collapse, ", ".join(parts), fields.origin) if part]
    seen = [] if fields.shared_classes is None else [fields.shared_classes.describe()]
    if fields.trained_on is not None:
        seen.append(
            f"trained on other data, another division or other files ({fields.trained_on}): it may have seen these"
            " classes"
        )
    return ", ".join(["; ".join(told), *seen])
