"""A query by an image file: which row it is, or what a resident child makes of it under each checkpoint."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from core.child_process import Outcome
from core.retrieval.embeddings import Vectors
from core.retrieval.embeddings_file import EmbeddingsFile
from explorer.jobs.children import Children, Message
from explorer.jobs.runner import JobRunner
from explorer.session import SIDES, Activity, Session, Side

LOOK_UP = "row of the image file"
KEY = "query"


class ImageQuery(QObject):
    """Embeds the session's query image; the children stay, so that the next image takes milliseconds.

    A file that is one of the images shown becomes the query as that row. What is under way is one activity, which tells
    its step and can be ended. Signal: embedded(str side).
    """

    embedded = Signal(str)

    def __init__(self, session: Session, runner: JobRunner, children: Children, device: str) -> None:
        super().__init__(session)
        self._session, self._runner, self._children, self._device = session, runner, children, device
        self._sought: Path | None = None
        self._image: Path | None = None
        self._number = 0
        self._vectors: dict[str, Vectors] = {}
        self._ready: set[str] = set()
        self._awaited: set[str] = set()
        session.query_image_wanted.connect(self._on_query_image_wanted)
        session.query_changed.connect(self._on_query_changed)
        session.checkpoint_changed.connect(self._on_checkpoint_changed)

    def vector(self, side: Side) -> Vectors | None:
        """(D,) embedding of the query image by a side's checkpoint, once it is there."""
        return self._vectors.get(side)

    @Slot()
    def _on_query_changed(self) -> None:
        """Whatever was asked before, nobody waits for it any more."""
        self._sought = self._image = None
        self._vectors.clear()
        self._awaited.clear()
        self._runner.give_up(LOOK_UP)
        self._tell_step()

    @Slot(object)
    def _on_query_image_wanted(self, path: Path) -> None:
        catalog = self._session.catalog
        if catalog is None:
            self._session.put_problem("query", f"Open a data set first: {path.name} is searched among its images.")
            return
        self._sought = path
        self._tell_step()
        self._runner.submit(
            LOOK_UP, partial(catalog.row_of, path), partial(self._on_row, path), partial(self._on_no_row, path)
        )

    def _on_row(self, path: Path, row: int | None) -> None:
        session, catalog = self._session, self._session.catalog
        self._sought = None
        if row is not None and catalog is not None and session.split in ("all", catalog.splits[row]):
            self._tell_step()
            session.put_row_of_query_image(row)
            return
        self._number += 1
        self._image = path
        if session.checkpoint["A"] is None:
            session.put_problem("query", f"Choose a checkpoint as A: it finds what is near to {path.name}.")
        for side in SIDES:
            self._tell_without_network(side)
            self._embed(side)
        self._tell_step()

    def _on_no_row(self, path: Path, sentence: str, details: str) -> None:
        self._sought = None
        self._tell_step()
        self._session.put_problem("query", sentence, details, partial(self._session.set_query_image, path))

    @Slot(str)
    def _on_checkpoint_changed(self, side: Side) -> None:
        """The child had loaded another checkpoint; a query that is still shown is asked again."""
        self._stop(side)
        self._vectors.pop(side, None)
        if self._image is not None:
            self._session.clear_problem("query")
            for other in SIDES:
                self._tell_without_network(other)
        self._embed(side)
        self._tell_step()

    def _stop(self, side: Side) -> None:
        self._children.stop(_child(side))
        self._ready.discard(side)
        self._awaited.discard(side)

    def _tell_without_network(self, side: Side) -> None:
        info = self._session.checkpoint[side]
        if self._image is not None and isinstance(info, EmbeddingsFile):
            self._session.put_problem(
                "query",
                f"{info.name} has vectors but not the network that made them: {self._image.name} is no image of the "
                "data and can only be searched by a checkpoint.",
            )

    def _embed(self, side: Side) -> None:
        info = self._session.checkpoint[side]
        if self._image is None or info is None or isinstance(info, EmbeddingsFile):
            return
        key = _child(side)
        if not self._children.running(key):
            self._ready.discard(side)
            self._children.start(
                key,
                ["serve", str(info.path), "--device", self._device],
                f"loading {info.name}",
                done=partial(self._on_child_gone, side),
                failed=partial(self._on_child_failed, side),
                on_message=partial(self._on_message, side),
                resident=True,
            )
        self._awaited.add(side)
        self._children.send(key, {"id": self._number, "image": str(self._image)})

    def _on_message(self, side: Side, message: Message) -> None:
        if message["type"] == "ready":
            self._ready.add(side)
        if self._image is not None and message.get("id") == self._number:
            self._awaited.discard(side)
            if message["type"] == "embedding":
                self._vectors[side] = np.asarray(message["vector"], dtype=np.float32)
                self.embedded.emit(side)
            elif message["type"] == "failed":
                self._session.put_problem("query", str(message["sentence"]))
        self._tell_step()

    def _on_child_gone(self, side: Side) -> None:
        self._ready.discard(side)
        self._awaited.discard(side)
        self._tell_step()

    def _on_child_failed(self, side: Side, outcome: Outcome) -> None:
        self._on_child_gone(side)
        self._session.put_problem("query", outcome.sentence, outcome.details)

    def _tell_step(self) -> None:
        """Show how far the search has come: looking it up, then loading a network and embedding for each side."""
        if self._sought is None and not self._awaited:
            self._session.end_activity(KEY)
            return
        sides = self._networks()
        done = 0
        if self._sought is None:
            done = 1 + sum((side in self._ready) + (side not in self._awaited) for side in sides)
        steps = 1 + 2 * len(sides)
        words = f"embedding {self._asked_for()}, step {min(done + 1, steps)} of {steps}"
        self._session.put_activity(Activity(KEY, words, done / steps, self._cancel))

    def _networks(self) -> list[Side]:
        """The sides whose checkpoint can embed the image."""
        chosen = self._session.checkpoint
        return [side for side in SIDES if chosen[side] is not None and not isinstance(chosen[side], EmbeddingsFile)]

    def _asked_for(self) -> str:
        path = self._sought or self._image
        return path.name if path is not None else ""

    def _cancel(self) -> None:
        path = self._sought or self._image
        self._runner.give_up(LOOK_UP)
        for side in SIDES:
            # A child that hangs in the file hears no other request either.
            if side in self._awaited:
                self._stop(side)
        self._sought = self._image = None
        self._tell_step()
        if path is not None:
            again = partial(self._session.set_query_image, path)
            self._session.put_problem("query", f"Embedding {path.name} was cancelled.", retry=again)


def _child(side: Side) -> str:
    return f"serve {side}"
