"""Which images the figures rest on: what to know before they are trusted, and the division in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.data.class_division import shared_classes
from core.messages import Message
from explorer.appearance.number_format import of_slots
from explorer.results.embeddings import EMBEDDINGS

if TYPE_CHECKING:
    from explorer.session import Session

AS_GIVEN = Message("splits-as-given")


def images_summary(session: Session) -> str:
    """A line beside figures: cautions first, for they must not be cut off, then the division; "" for nothing."""
    warned = cautions(session)
    return " · ".join(part for part in (f"⚠ {' · '.join(warned)}" if warned else "", division(session)) if part)


def images_details(session: Session) -> str:
    """The same with the rule that divided the images, a line each."""
    short, catalog = division(session), session.catalog
    rule = (catalog.report.split_rule or AS_GIVEN) if short and catalog is not None else ""
    return "\n".join(line for line in (*cautions(session), short, rule) if line)


def cautions(session: Session) -> list[str]:
    """Collapsed embeddings, known classes, and images that are not among those measured."""
    catalog, embeddings = session.catalog, session.results[EMBEDDINGS][session.reference]
    # The protocol of one slot alone begins with its collapse.
    compared = session.comparing or session.comparison is not None
    notes = of_slots({slot: session.collapse_of(slot) for slot in session.slots}) if compared else []
    if catalog is None or embeddings is None:
        return notes
    shared = shared_classes(catalog, embeddings.rows)
    wanted = len(catalog.rows(session.split))
    left_out = wanted - len(embeddings.rows)
    if shared is not None:
        notes.append(Message("closed-set", counts=shared.counts()))
    if left_out > 0:
        notes.append(Message("images-without-embedding", left_out=left_out, images=wanted))
    return notes


def division(session: Session) -> str:
    """The split that is shown, how much of all it is, and whether the classes divide it; "" where all is one split."""
    catalog = session.catalog
    if catalog is None:
        return ""
    counts, total = catalog.split_counts(), len(catalog)
    shown = len(catalog.rows(session.split))
    if shown < total:
        notes = Message("split-of-images", split=session.split, shown=shown, total=total)
    elif len(counts) > 1:
        notes = Message("images-of-splits", total=total, counts=(f"{split} {images:,}" for split, images in counts))
    else:
        return ""
    return Message("images-divided-by-class", notes=notes) if catalog.report.split_rule and len(counts) > 1 else notes
