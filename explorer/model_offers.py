"""What is offered while there is no model: models that are there already, or need no training, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.messages import Message
from core.models.backbone_table import FEATURES_FROM, FEATURES_MB, FEATURES_NAME
from core.models.checkpoint_files import CheckpointInfo
from core.models.processor import cores
from explorer.appearance.number_format import duration
from explorer.empty_panels import best_of_newest
from explorer.results.embeddings import EMBEDDINGS
from explorer.session import Session
from explorer.state.subject import FEATURES as ABOUT_FEATURES
from explorer.state.tasks import Task

Key = Literal["run", "quick-look", "features"]
# Seconds of one core for a photograph of 400 x 500 pixels, by `benchmarks.quick_look`, and of starting a process.
QUICK_LOOK_S, FEATURES_S = 0.003, 0.06
QUICK_LOOK_START_S, FEATURES_START_S = 1.5, 5.0
FOLDER_OF_FEATURES = "pretrained"


@dataclass(frozen=True)
class ModelOffer:
    """One way to a model.

    Attributes:
        key: which of the ways it is.
        title, note: what it does, and what it costs, in a few words.
        brief: both where there is little room.
        tip: the same in sentences.
        model: what becomes A; None where it is yet to be made.
    """

    key: Key
    title: str
    note: str
    brief: str
    tip: str
    model: CheckpointInfo | None = None


def model_offers(session: Session) -> list[ModelOffer]:
    """What there is to offer for the open data, the first choice last; nothing without pictures."""
    catalog = session.catalog
    if catalog is None or not catalog.has_pictures:
        return []
    images = dict(catalog.split_counts()).get(session.split, len(catalog))
    offered = [_quick_look(session.library.quick_look, images)] if session.library.quick_look is not None else []
    offered.append(_features(session, images))
    if (best := best_of_newest(session)) is not None:
        title = Message("use-checkpoint", name=best.name)
        offered.append(ModelOffer("run", title, Message("best-of-newest-run-here"), title, str(best.path), best))
    return offered


def under_way(session: Session, offer: ModelOffer) -> Task | None:
    """What is being done for an offer that was taken, None where nothing is."""
    made = next((task for task in session.tasks.all if task.subject == ABOUT_FEATURES), None)
    if made is not None:
        return made if offer.key == "features" else None
    of_slot = (task for task in session.tasks.all if task.subject.slot == session.reference)
    return next(of_slot, None) if is_taken(session, offer) else None


def is_taken(session: Session, offer: ModelOffer) -> bool:
    """Whether what it offers is A, of which there are no embeddings yet."""
    chosen = session.checkpoint[session.reference]
    if not isinstance(chosen, CheckpointInfo) or session.results[EMBEDDINGS][session.reference] is not None:
        return False
    if offer.model is None:
        return chosen.path.parent == session.workspace / FOLDER_OF_FEATURES
    return offer.model == chosen


def _quick_look(model: CheckpointInfo, images: int) -> ModelOffer:
    time = duration(QUICK_LOOK_START_S + images * QUICK_LOOK_S / cores())
    return ModelOffer(
        "quick-look",
        Message("quick-look"),
        Message("quick-look-costs", time=time),
        Message("quick-look-in-brief", time=time),
        Message("quick-look-tip"),
        model,
    )


def _features(session: Session, images: int) -> ModelOffer:
    time = duration(FEATURES_START_S + images * FEATURES_S / cores())
    if session.problems.get(ABOUT_FEATURES) is not None:
        note = Message("features-need-a-file", size=FEATURES_MB)
    elif session.device and not session.device.startswith("CPU"):
        # How long a graphics card takes depends on how fast the images are decoded for it.
        note = Message("features-cost", backbone=FEATURES_NAME, size=FEATURES_MB, source=FEATURES_FROM)
    else:
        note = Message(
            "features-cost-and-time", backbone=FEATURES_NAME, size=FEATURES_MB, source=FEATURES_FROM, time=time
        )
    return ModelOffer(
        "features",
        Message("use-imagenet-features"),
        note,
        Message("features-in-brief", size=FEATURES_MB),
        Message("features-tip", backbone=FEATURES_NAME, size=FEATURES_MB, source=FEATURES_FROM),
    )
