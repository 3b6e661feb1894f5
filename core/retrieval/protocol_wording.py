"""The protocol of figures in words, as a paper states it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.messages import Message

if TYPE_CHECKING:
    from core.retrieval.protocol import ProtocolFields

DISTANCE_NAMES = {"cosine": "cosine similarity", "euclidean": "Euclidean distance"}


def describe_protocol(fields: ProtocolFields, *more: Message, with_dots: bool = False) -> Message:
    """Who searched whom by what, and what was left out; then `more`. Its parts stand between commas, or dots."""
    message_id = "list-with-dots" if with_dots else "list"
    kind, distance = fields.kind, DISTANCE_NAMES[fields.distance]
    parts = [
        Message("protocol-on-split", kind=kind, split=fields.split) if fields.split else Message("text", text=kind),
        Message("distance-of-embeddings-as-they-are" if fields.distance == "euclidean" else "text", text=distance),
        Message("protocol-queries", count=fields.queries),
    ]
    if kind == "query to gallery":
        parts.append(Message("protocol-gallery", count=fields.gallery))
    if fields.self_excluded:
        parts.append(Message("protocol-self-excluded"))
    if fields.not_measured:
        parts.append(Message("protocol-not-measured", count=fields.not_measured))
    if fields.unlabelled:
        parts.append(Message("protocol-unlabelled", count=fields.unlabelled))
    if fields.without_target:
        parts.append(Message("protocol-without-targets", count=fields.without_target))
    # What makes all figures doubtful comes first, where a narrow place still shows it.
    collapse = "" if fields.spread is None else fields.spread.describe()
    told = [part for part in (collapse, Message(message_id, entries=parts), fields.origin) if part]
    seen = [] if fields.shared_classes is None else [fields.shared_classes.describe()]
    if fields.trained_on is not None:
        seen.append(Message("trained-on-other-data", data=fields.trained_on))
    return Message(message_id, entries=[Message("parts", parts=told), *seen, *more])
