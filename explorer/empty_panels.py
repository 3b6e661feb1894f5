"""What a panel without anything to show needs, and the command that gets it."""

from __future__ import annotations

from typing import NamedTuple

from core.messages import Message
from core.models.checkpoint_files import CheckpointInfo
from core.training.run_directory import RunSummary
from explorer.session import Session


class WayOn(NamedTuple):
    """The words of a button, and the command that it does (`explorer.commands`)."""

    words: str
    command: str


OPEN_DATA = WayOn(Message("open-item"), "data.open")
NEW_RUN = WayOn(Message("new-run"), "run.new")
QUICK_LOOK = WayOn(Message("quick-look"), "slot.quick_look")
CHOOSE_OTHER = WayOn(Message("choose-b"), "slot.choose_other")


def way_to_model(session: Session) -> WayOn:
    """What gets a model for the reference: the best of a run on these data, else the one without training."""
    if session.catalog is None:
        return OPEN_DATA
    if best_of_newest(session) is not None:
        return WayOn(Message("set-best-as-a"), "slot.use_best")
    return NEW_RUN if session.library.quick_look is None else QUICK_LOOK


def use_best(session: Session) -> None:
    """Use the best checkpoint of the newest run on the open data as the reference."""
    best = best_of_newest(session)
    if best is not None:
        session.use(session.reference, best)


def use_quick_look(session: Session) -> None:
    """Use what needs no training as the reference."""
    if session.library.quick_look is not None:
        session.use(session.reference, session.library.quick_look)


def best_of_newest(session: Session) -> CheckpointInfo | None:
    """The best checkpoint of the newest run on the open data that has any."""
    return next((run.best for run in runs_on_these(session) if run.best is not None), None)


def runs_on_these(session: Session) -> list[RunSummary]:
    """The runs on the open data, newest first."""
    return [run for run in session.runs.all if session.source is not None and run.data == session.source]
