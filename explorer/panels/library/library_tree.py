"""What the library lists, as rows of text: data sets, runs with their checkpoints, demo checkpoints."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.data.readers.manifest_table import SUFFIXES
from core.data.source import DEMO, DataSource
from core.messages import Message
from core.models.checkpoint_files import CheckpointInfo
from core.models.measure import SelectionMeasure
from core.training.run_directory import RunSummary
from explorer.session import Session
from explorer.state.slots import EmbeddingSource

Kind = Literal["header", "data", "run", "checkpoint"]


@dataclass(frozen=True)
class Entry:
    """One line of the library.

    Attributes:
        kind: what it is.
        text, figure: at its left and right end.
        value: the DataSource, RunSummary, CheckpointInfo or EmbeddingsFile behind it.
        slot: the slot that uses it, "" for none; of data sets the reference uses the open one.
        is_of_reference: whether that slot is the reference.
        fraction: progress of a running run, or None.
        elsewhere: what it reached on other data than those that are open, which a list must not show beside theirs.
        depth: how far it is set in; the checkpoints of a run stand further in than its name.
    """

    kind: Kind
    text: str
    figure: str = ""
    value: DataSource | RunSummary | EmbeddingSource | None = None
    slot: str = ""
    is_of_reference: bool = False
    fraction: float | None = None
    depth: int = 0
    elsewhere: str = ""


# Checkpoint files of older versions do not tell on which data set their training measured them.
UNKNOWN_DATA = Message("its-own-data")


def entries(session: Session, shipped: list[CheckpointInfo]) -> list[Entry]:
    """Everything the library shows below its heading "Data sets", top to bottom."""
    listed = _data_sets(session)
    if session.runs.all:
        listed.append(Entry("header", Message("runs")))
        for run in session.runs.all:
            listed += _run(session, run)
    if (quick_look := session.library.quick_look) is not None:
        listed.append(Entry("header", Message("without-training")))
        listed.append(_checkpoint(session, quick_look, session.library.name_of(quick_look)))
    if shipped:
        listed.append(Entry("header", Message("demo-checkpoints")))
        demo = other_data(session, DataSource(DEMO))
        listed += [_checkpoint(session, info, info.name, elsewhere=demo) for info in shipped]
    opened = opened_by_hand(session, shipped)
    if opened:
        listed.append(Entry("header", Message("opened-files")))
        listed += [
            _checkpoint(session, chosen, chosen.name, elsewhere=data_of_file(session, chosen)) for chosen in opened
        ]
    return listed


def opened_by_hand(session: Session, shipped: list[CheckpointInfo]) -> list[EmbeddingSource]:
    """The checkpoints and embeddings files that are listed nowhere else."""
    of_runs = (info for run in session.runs.all for info in run.checkpoints)
    listed = {info.path for info in (*shipped, session.library.quick_look, *of_runs) if info is not None}
    return [chosen for chosen in session.library.opened if chosen.path not in listed]


def source_name(source: DataSource) -> str:
    """What a data set is called before it is open."""
    if source.location == DEMO:
        return Message("demo-wardrobe")
    path = Path(source.location)
    if path.suffix.lower() not in SUFFIXES:
        return path.name
    generic = path.stem.casefold() in ("manifest", "images", "metadata", "data", "labels")
    # By its name alone: the drive may be slow, or gone.
    return Path(os.path.abspath(path)).parent.name if generic else path.stem  # noqa: PTH100


def shown_name(session: Session, source: DataSource) -> str:
    """What a data set is called: as a person named it, else by where it lies and what tells it from its namesakes."""
    facts = session.library.facts.get(source)
    if facts is not None and facts.name:
        return facts.name
    name = source_name(source)
    namesakes = [each for each in session.library.data_sets if each != source and source_name(each) == name]
    apart = [words for namesake in namesakes for words in _disambiguated(source, namesake)]
    return Message("name-disambiguated", name=name, apart=list(dict.fromkeys(apart))) if apart else name


def _disambiguated(source: DataSource, other: DataSource) -> list[str]:
    """What was said of a data set and not of one that is called alike; where both lie, if that is not the same."""
    if source.location != other.location:
        return [Path(source.location).parent.name]
    said: list[str] = []
    if source.label_column not in ("", other.label_column):
        said.append(Message("read-by-class-column", column=source.label_column))
    if source.divide_by_class is not None and _division(source) != _division(other):
        said.append(Message("read-divided", share=source.divide_by_class, seed=source.divide_seed))
    return said


def _division(source: DataSource) -> tuple[float | None, int]:
    return source.divide_by_class, source.divide_seed


def metric_text(chosen: EmbeddingSource, named: bool = False, elsewhere: str = "") -> str:
    """Recall@1 or label distance as training measured it, "" where it did not; `named` says which of them it is.

    `elsewhere` is the data set it was measured on where that is not the open one.
    """
    if not isinstance(chosen, CheckpointInfo) or chosen.figure is None:
        return ""
    figure = figure_of(chosen.measure, chosen.figure)
    figure = Message("figure-on-other-data", figure=figure, data=elsewhere) if elsewhere else figure
    return f"{chosen.measure.short} {figure}" if named else figure


def other_data(session: Session, data: DataSource | None) -> str:
    """What the data set is called that a checkpoint was trained and measured on; "" for the one that is open."""
    opened = session.source if session.catalog is not None else None
    if data is None or opened is None or data.location == opened.location:
        return ""
    return shown_name(session, data)


def data_of_file(session: Session, chosen: EmbeddingSource) -> str:
    """The data set that an opened file says it was measured on; "" for the one that is open, as it is now."""
    trained_on = chosen.data if isinstance(chosen, CheckpointInfo) else None
    if trained_on is None:
        return UNKNOWN_DATA
    name, fingerprint = trained_on
    catalog = session.catalog
    if catalog is None or catalog.fingerprint == fingerprint:
        return ""
    return Message("other-version-of", name=name) if name == catalog.name else name


def figure_of(measure: SelectionMeasure, value: float | None) -> str:
    """A share as a percentage with one decimal, a label distance with three, "" when unknown."""
    if value is None:
        return ""
    return f"{value:.3f}" if measure.lower_is_better else f"{100 * value:.1f}"


def _data_sets(session: Session) -> list[Entry]:
    listed = []
    for source in session.library.data_sets:
        is_open = source == session.source and session.catalog is not None
        figure = f"{len(session.catalog):,}" if is_open and session.catalog is not None else ""
        listed.append(
            Entry(
                "data",
                shown_name(session, source),
                figure,
                source,
                session.reference if is_open else "",
                is_of_reference=is_open,
            )
        )
    return listed


def _run(session: Session, run: RunSummary) -> list[Entry]:
    if run.state == "running":
        figure: str = Message("epoch-of-epochs", begun=run.epoch > 0, epoch=run.epoch, epochs=run.epochs)
        figure = Message("stopping") if run.is_stopping else figure
        fraction = run.done
    else:
        # A longer word than the arrow, of which lower is better, leaves the run's name no room.
        what = "↓" if run.measure.lower_is_better else run.measure.short
        measured = f"{what} {figure_of(run.measure, run.best_figure)}"
        elsewhere = other_data(session, run.data)
        measured = Message("on-other-data", data=elsewhere) if elsewhere else measured
        figure = measured if run.best_figure is not None else run.state
        # Figures of what cannot be read whole come second; the training panel has the reason.
        figure = run.state if run.state in ("damaged", "newer") else figure
        fraction = None
    figure = Message("no-answer") if run.unanswered_since is not None else figure
    listed = [Entry("run", run.name, figure, run, fraction=fraction)]
    best = run.best
    for info in reversed(run.checkpoints):
        words = Message("checkpoint-of-epoch", epoch=info.epoch, complete=info.complete)
        # What a stopped run left was not measured; it is the best for want of others.
        star = " ★" if info == best and info.figure is not None else ""
        listed.append(_checkpoint(session, info, words, star, 2, other_data(session, run.data)))
    return listed


def _checkpoint(
    session: Session, info: EmbeddingSource, words: str, star: str = "", depth: int = 0, elsewhere: str = ""
) -> Entry:
    slot = next((slot for slot in session.slots if _same(session.checkpoint[slot], info)), "")
    trained_on = metric_text(info, True, elsewhere) if elsewhere else ""
    figure = "" if trained_on else metric_text(info)
    return Entry(
        "checkpoint", words, f"{figure}{star}", info, slot, slot == session.reference, depth=depth, elsewhere=trained_on
    )


def _same(one: EmbeddingSource | None, other: EmbeddingSource) -> bool:
    return one is not None and one.identity == other.identity
