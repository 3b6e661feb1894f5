"""What the map says about one image, and what it says while there is nothing to show. Reads the session only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.messages import Message
from core.training.run_directory import RunSummary
from explorer.appearance.hover_card import CardContent
from explorer.column_words import title_of, word_of
from explorer.empty_panels import best_of_newest, runs_on_these, way_to_model
from explorer.panels.map.wording import describe_hit
from explorer.results.embeddings import EMBEDDINGS
from explorer.results.maps import MAP
from explorer.results.measures import EVALUATION
from explorer.session import CLASS, Session
from explorer.state.slots import SlotKey
from explorer.state.subject import DATA, Subject


def card_of(session: Session, slot: SlotKey, row: int) -> CardContent | None:
    """The hover card of a catalog row on one slot; without a measurement it tells class and file only."""
    catalog = session.catalog
    if catalog is None or not 0 <= row < len(catalog):
        return None
    title = str(catalog.labels[row]) or Message("no-class")
    lines = [str(catalog.paths[row]).rpartition("/")[2], *_coloured_by(session, row)]
    evaluation, embeddings = session.results[EVALUATION][slot], session.results[EMBEDDINGS][slot]
    position = position_of(session, slot, row)
    if evaluation is None or embeddings is None or position < 0:
        return CardContent(title, tuple(lines))
    nearest = int(evaluation.nearest[position])
    if nearest < 0:
        return CardContent(title, (*lines, Message("gallery-image-no-query")))
    label = str(embeddings.labels[nearest]) or Message("no-class")
    near = float(evaluation.found.nearest_similarity[position])
    euclidean = evaluation.protocol.distance == "euclidean"
    lines.append(Message("nearest-image", label=label, euclidean=euclidean, distance=-near, similarity=near))
    words, correct = describe_hit(int(evaluation.first_hit[position]))
    return CardContent(title, (*lines, words), correct)


def _coloured_by(session: Session, row: int) -> list[str]:
    """The cell of the column that the map is coloured by."""
    column = session.columns[session.colouring]
    if column is None or column.name == CLASS:
        return []
    code = column.codes[row]
    return [
        Message("cell-of-column", column=title_of(column.name), cell=word_of(column.words[code] if code >= 0 else ""))
    ]


def position_of(session: Session, slot: SlotKey, row: int) -> int:
    """Position of a catalog row in a slot's embeddings, -1 when it is not there."""
    embeddings = session.results[EMBEDDINGS][slot]
    if embeddings is None:
        return -1
    position = int(np.searchsorted(embeddings.rows, row))
    return position if position < len(embeddings) and embeddings.rows[position] == row else -1


@dataclass(frozen=True)
class EmptyMessage:
    """What stands in place of the map: a title, a sentence, and what a button below them does.

    `action` is "open" (choose data), "cancel" (stop opening), "" for no button, or the name of a command.
    """

    title: str
    sentence: str
    action: str = ""
    button: str | None = None


def empty_message(session: Session) -> EmptyMessage:
    """What is missing and what to do about it."""
    model = Subject(EMBEDDINGS.name, session.reference)
    wrong = {problem.subject: problem.sentence for problem in session.problems.all}
    if session.catalog is None and (sentence := wrong.get(DATA) or wrong.get(model)):
        return EmptyMessage(Message("no-images-yet"), sentence, "open", Message("open-data"))
    # What could not be opened beside open data is told above the panels.
    if session.catalog is not None and model in wrong:
        return EmptyMessage(Message("no-map"), wrong[model])
    opening = next((task for task in session.tasks.all if task.subject == DATA), None)
    if session.catalog is None and opening is None:
        sentence = Message("how-to-open-data")
        return EmptyMessage(Message("no-images-yet"), sentence, "open", Message("open-data"))
    if opening is not None and session.results[MAP][session.reference] is None:
        button = Message("cancel") if opening.cancel is not None else None
        return EmptyMessage(_capitalised(opening.words), "", "cancel", button)
    if session.catalog is not None and not session.has_model:
        if (best := best_of_newest(session)) is not None:
            sentence = Message("best-of-newest-run", name=best.name)
        elif (training := _training_here(session)) is not None:
            return EmptyMessage(Message("no-map-yet"), Message("run-not-yet-usable", run=training.name))
        else:
            sentence = Message("how-to-see-map")
        way = way_to_model(session)
        return EmptyMessage(Message("no-map-yet"), sentence, way.command, way.words)
    working = [task.words for task in session.tasks.all if task.subject.slot == session.reference]
    return EmptyMessage(_capitalised(working[-1] if working else Message("waiting-for-the-embeddings")), "")


def _training_here(session: Session) -> RunSummary | None:
    """The newest run that trains on the open data."""
    return next((run for run in runs_on_these(session) if run.state == "running"), None)


def _capitalised(words: str) -> str:
    return words[:1].upper() + words[1:]
