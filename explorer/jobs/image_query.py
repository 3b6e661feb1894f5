"""A query by an image file: which row it is, or what a resident child makes of it under each checkpoint."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from core.child_process import ProcessOutcome
from core.messages import Message
from core.retrieval.embeddings import Vectors
from core.retrieval.embeddings_file import EmbeddingsFile
from explorer.jobs.child_processes import ChildMessage, ChildProcesses
from explorer.jobs.runner import JobRunner
from explorer.session import Session
from explorer.state.slots import SlotKey
from explorer.state.subject import QUERY
from explorer.state.tasks import Task

LOOK_UP = "row of the image file"
KEY = "query"


class ImageQuery(QObject):
    """Embeds the session's query image; the children stay, so that the next image takes milliseconds.

    A file that is one of the images shown becomes the query as that row. What is under way is one task, which tells
    its step and can be ended. Signal: embedded(str side).
    """

    embedded = Signal(str)

    def __init__(self, session: Session, runner: JobRunner, children: ChildProcesses, device: str) -> None:
        super().__init__(session)
        self._session, self._runner, self._children, self._device = session, runner, children, device
        self._sought: Path | None = None
        self._image: Path | None = None
        # The split of an image of the data that is not shown; "" for an image from elsewhere.
        self._split = ""
        self._number = 0
        self._vectors: dict[str, Vectors] = {}
        self._ready: set[str] = set()
        self._awaited: set[str] = set()
        session.selection.query_image_requested.connect(self._on_query_image_requested)
        session.selection.query_changed.connect(self._on_query_changed)
        session.checkpoint.changed.connect(self._on_checkpoint_changed)

    def vector(self, slot: SlotKey) -> Vectors | None:
        """(D,) embedding of the query image by a slot's checkpoint, once it is there."""
        return self._vectors.get(slot)

    @Slot()
    def _on_query_changed(self) -> None:
        """Whatever was asked before, nobody waits for it any more."""
        self._sought = self._image = None
        self._vectors.clear()
        self._awaited.clear()
        self._runner.give_up(LOOK_UP)
        self._tell_step()

    @Slot(object)
    def _on_query_image_requested(self, path: Path) -> None:
        catalog = self._session.catalog
        if catalog is None:
            self._session.problems.set(QUERY, Message("data-first-for-named-image", name=path.name))
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
            session.selection.set_row_of_query_image(row)
            return
        self._number += 1
        self._image, self._split = path, "" if row is None or catalog is None else str(catalog.splits[row])
        if not session.has_model:
            session.problems.set(QUERY, Message("checkpoint-first-for-image", slot=session.reference, name=path.name))
        for slot in session.slots:
            self._report_without_network(slot)
            self._embed(slot)
        self._tell_step()

    def _on_no_row(self, path: Path, sentence: str, details: str) -> None:
        self._sought = None
        self._tell_step()
        self._session.problems.set(QUERY, sentence, details, partial(self._session.selection.set_query_image, path))

    @Slot(str)
    def _on_checkpoint_changed(self, slot: SlotKey) -> None:
        """The child had loaded another checkpoint; a query that is still shown is asked again."""
        self._stop(slot)
        self._vectors.pop(slot, None)
        if self._image is not None:
            self._session.problems.clear(QUERY)
            for other in self._session.slots:
                self._report_without_network(other)
        self._embed(slot)
        self._tell_step()

    def _stop(self, slot: SlotKey) -> None:
        self._children.stop(_child(slot))
        self._ready.discard(slot)
        self._awaited.discard(slot)

    def _report_without_network(self, slot: SlotKey) -> None:
        info = self._session.checkpoint[slot]
        if self._image is not None and isinstance(info, EmbeddingsFile):
            why = (
                Message("image-of-other-split", name=self._image.name, split=self._split, shown=self._session.split)
                if self._split
                else Message("image-of-other-data", name=self._image.name)
            )
            message = Message("vectors-without-network", name=info.name, why=why)
            self._session.problems.set(QUERY, message)

    def _embed(self, slot: SlotKey) -> None:
        info = self._session.checkpoint[slot]
        if self._image is None or info is None or isinstance(info, EmbeddingsFile):
            return
        key = _child(slot)
        if not self._children.running(key):
            self._ready.discard(slot)
            self._children.start(
                key,
                ["serve", str(info.path), "--device", self._device],
                Message("loading-named", name=info.name),
                done=partial(self._on_child_gone, slot),
                failed=partial(self._on_child_failed, slot),
                on_message=partial(self._on_message, slot),
                resident=True,
            )
        self._awaited.add(slot)
        self._children.send(key, {"id": self._number, "image": str(self._image)})

    def _on_message(self, slot: SlotKey, message: ChildMessage) -> None:
        if message["type"] == "ready":
            self._ready.add(slot)
        if self._image is not None and message.get("id") == self._number:
            self._awaited.discard(slot)
            if message["type"] == "embedding":
                self._vectors[slot] = np.asarray(message["vector"], dtype=np.float32)
                self.embedded.emit(slot)
            elif message["type"] == "failed":
                self._session.problems.set(QUERY, str(message["sentence"]))
        self._tell_step()

    def _on_child_gone(self, slot: SlotKey) -> None:
        self._ready.discard(slot)
        self._awaited.discard(slot)
        self._tell_step()

    def _on_child_failed(self, slot: SlotKey, outcome: ProcessOutcome) -> None:
        self._on_child_gone(slot)
        self._session.problems.set(QUERY, outcome.sentence, outcome.details)

    def _tell_step(self) -> None:
        """Show how far the search has come: looking it up, then loading a network and embedding for each slot."""
        if self._sought is None and not self._awaited:
            self._session.tasks.end(KEY)
            return
        slots = self._networks()
        done = 0
        if self._sought is None:
            done = 1 + sum((slot in self._ready) + (slot not in self._awaited) for slot in slots)
        steps = 1 + 2 * len(slots)
        words = Message("embedding-query-image", name=self._asked_for(), step=min(done + 1, steps), steps=steps)
        self._session.tasks.set(Task(KEY, words, done / steps, self._cancel, QUERY))

    def _networks(self) -> list[SlotKey]:
        """The slots whose checkpoint can embed the image."""
        chosen = self._session.checkpoint
        return [
            slot
            for slot in self._session.slots
            if chosen[slot] is not None and not isinstance(chosen[slot], EmbeddingsFile)
        ]

    def _asked_for(self) -> str:
        path = self._sought or self._image
        return path.name if path is not None else ""

    def _cancel(self) -> None:
        path = self._sought or self._image
        self._runner.give_up(LOOK_UP)
        for slot in self._session.slots:
            # A child that hangs in the file hears no other request either.
            if slot in self._awaited:
                self._stop(slot)
        self._sought = self._image = None
        self._tell_step()
        if path is not None:
            again = partial(self._session.selection.set_query_image, path)
            self._session.problems.set(QUERY, Message("embedding-cancelled", name=path.name), retry=again)


def _child(slot: SlotKey) -> str:
    return f"serve {slot}"
