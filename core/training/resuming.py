"""Where a run goes on: its saved state and the checkpoint that goes with it, or another checkpoint that was named.

Everything that training goes on from is verified before anything in the run's directory is written. What is damaged is
refused with the checkpoint to go on from instead; where that one is named, the damaged files are put away in
`damaged/`, never deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import CheckpointError
from core.messages import Message, Remedy
from core.models.checkpoint_files import (
    WEIGHTS,
    CheckpointInfo,
    best,
    intact_among,
    is_there,
    verified,
)
from core.training.checkpoint_keeper import OURS
from core.training.run_directory import CHECKPOINTS, STATE
from core.training.saved_state import SavedState, TrainerProgress, read_state

DAMAGED = "damaged"


@dataclass(frozen=True)
class StartingPoint:
    """Where training goes on.

    Attributes:
        progress: its checkpoint holds the weights.
        state: what goes with them, or None where the optimiser and the loss's own parameters begin anew.
        damaged: files to put away before the first step.
        notice: what is other than in a run that never stopped; None for nothing.
    """

    progress: TrainerProgress
    state: SavedState | None
    damaged: tuple[Path, ...] = ()
    notice: Message | None = None

    def put_away(self, run: Path) -> None:
        """Move what is damaged out of the way of what will be written."""
        for path in self.damaged:
            folder = run / DAMAGED / path.parent.name
            folder.mkdir(parents=True, exist_ok=True)
            path.replace(folder / path.name)


def starting_point(run: Path, chosen: str = "") -> StartingPoint | None:
    """Where `run` goes on, at its saved state or at the checkpoint called `chosen`; None at its very beginning.

    Raises CheckpointError, which names the checkpoint that can be gone on from, where what it needs is damaged.
    """
    if chosen:
        return _from_checkpoint(run, chosen)
    try:
        state = read_state(run)
        if state is None:
            _refuse_lost_state(run)
            return None
        for name in dict.fromkeys((state.progress.checkpoint, state.progress.best_checkpoint)):
            _verify(run, name)
    except CheckpointError as error:
        way_on = _way_on(run)
        message = Message("run-damaged-and-kept", *way_on.remedies, reason=error, way_on=way_on)
        raise CheckpointError(message, error.subject) from error
    return StartingPoint(state.progress, state)


def _verify(run: Path, name: str) -> None:
    """The checkpoint called `name` is what was written; one that somebody removed wholly is not missed."""
    path = run / CHECKPOINTS / f"{name}{WEIGHTS}"
    if name and is_there(path):
        verified(path)


def _refuse_lost_state(run: Path) -> None:
    """The first checkpoint may be complete before its state is; later ones are not."""
    for path in sorted((run / CHECKPOINTS).glob(f"*{WEIGHTS}")):
        number = OURS.fullmatch(path.stem)
        if number is not None and int(number[1]) > 1:
            raise CheckpointError(Message("run-state-missing", run=run, file=path.name, state=STATE), run)


def _way_on(run: Path) -> Message:
    offered = _offered(run)
    if offered is None:
        return Message("run-without-intact-checkpoint")
    name = offered.path.stem
    command = f"`python -m core train --out {run} --resume --from {name}`"
    return Message(
        "checkpoint-intact-to-resume",
        Remedy(f"--from {name}", Message("goes-on-from-that-one"), command),
        checkpoint=name,
        folder=run / DAMAGED,
    )


def _offered(run: Path) -> CheckpointInfo | None:
    """The newest checkpoint to go on from without a state: one of a whole epoch."""
    return next((info for info in reversed(intact_among(run)[0]) if info.complete), None)


def _from_checkpoint(run: Path, chosen: str) -> StartingPoint:
    name = chosen.removesuffix(WEIGHTS)
    intact, damaged = intact_among(run)
    info = next((info for info in intact if info.path.stem == name), None)
    if info is None:
        names = [info.path.stem for info in intact if info.complete] or Message("there-is-none")
        raise CheckpointError(Message("run-without-that-checkpoint", run=run, checkpoint=name, checkpoints=names), run)
    state, lost = _state_of(run)
    if state is not None and state.progress.checkpoint == name:
        best_checkpoint = any(info.path.stem == state.progress.best_checkpoint for info in intact)
        progress = state.progress if best_checkpoint else _at(info, intact, state.progress)
        return StartingPoint(progress, state, (*damaged, *lost))
    if not info.complete:
        raise CheckpointError(Message("checkpoint-of-unfinished-epoch", path=info.path), run)
    begin_anew = Message("optimizer-begins-anew", checkpoint=name)
    return StartingPoint(_at(info, intact), None, (*damaged, *lost), begin_anew)


def _at(info: CheckpointInfo, intact: list[CheckpointInfo], progress: TrainerProgress | None = None) -> TrainerProgress:
    """At the end of a checkpoint's epoch, or at `progress`; the best is that of the intact ones."""
    before = [other for other in intact if other.step <= info.step and other.figure is not None]
    chosen = best(before)
    name = chosen.path.stem if chosen is not None else ""
    if progress is not None:
        return TrainerProgress(**{**vars(progress), "best_checkpoint": name})
    return TrainerProgress(epoch=info.epoch + 1, step=info.step, checkpoint=info.path.stem, best_checkpoint=name)


def _state_of(run: Path) -> tuple[SavedState | None, list[Path]]:
    """The state where it is intact, else its files."""
    try:
        return read_state(run), []
    except CheckpointError:
        return None, sorted(path for path in (run / STATE).iterdir() if path.is_file())
