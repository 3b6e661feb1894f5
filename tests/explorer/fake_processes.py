"""Stands in for the window's child processes: each of them ends when a test says so, with made-up results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.child_process import ProcessOutcome
from core.projection.projection import Projection, save
from core.retrieval.embeddings import Origin, map_folder, save_folder
from explorer.jobs.child_processes import ChildMessage
from explorer.session import Session
from explorer.state.subject import WINDOW, Subject
from explorer.state.tasks import Task
from tests.explorer.factories import made_vectors

FAILURE = ProcessOutcome("failed", "The disk is full.", 1, "Traceback")


@dataclass
class FakeJob:
    """A child as it was asked for."""

    arguments: list[str]
    done: Callable[[], None]
    failed: Callable[[ProcessOutcome], None]
    cancelled: Callable[[], None] | None
    on_message: Callable[[ChildMessage], None] | None
    resident: bool

    def option(self, name: str) -> str:
        return self.arguments[self.arguments.index(name) + 1]


class FakeProcesses:
    """Children that work when told to. `started` lists every one ever asked for, as "key verb"."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.jobs: dict[str, FakeJob] = {}
        self.started: list[str] = []
        self.requests: list[dict[str, object]] = []
        self.unreadable: tuple[int, ...] = ()

    def start(
        self,
        key: str,
        arguments: Sequence[str],
        words: str,
        done: Callable[[], None],
        failed: Callable[[ProcessOutcome], None],
        cancelled: Callable[[], None] | None = None,
        on_message: Callable[[ChildMessage], None] | None = None,
        resident: bool = False,
        subject: Subject = WINDOW,
    ) -> None:
        self.started.append(key)
        self.jobs[key] = FakeJob(list(arguments), done, failed, cancelled, on_message, resident)
        if not resident:
            self.session.tasks.set(Task(key, words, subject=subject, in_child=True))

    @property
    def busy(self) -> bool:
        return any(not job.resident for job in self.jobs.values())

    def running(self, key: str) -> bool:
        return key in self.jobs

    def send(self, key: str, request: dict[str, object]) -> bool:
        self.requests.append({"to": key, **request})
        return key in self.jobs

    def stop(self, key: str) -> None:
        self.jobs.pop(key, None)
        self.session.tasks.end(key)

    def since(self) -> list[str]:
        started, self.started = self.started, []
        return started

    def fail(self, key: str) -> None:
        job = self.jobs[key]
        self.stop(key)
        job.failed(FAILURE)

    def finish(self, key: str) -> None:
        """Do the work, and end."""
        job = self.jobs[key]
        if job.arguments[0] == "embed":
            self._embed(job)
        elif job.arguments[0] == "project":
            self._project(job)
        self.stop(key)
        job.done()

    def finish_all(self) -> None:
        """Let every child end that does, until nothing is left to do."""
        while self.busy:
            self.finish(next(key for key, job in self.jobs.items() if not job.resident))
        assert self.session.tasks.all == []

    def serve(self, key: str, **message: object) -> None:
        listen = self.jobs[key].on_message
        assert listen is not None
        listen(message)

    def _embed(self, job: FakeJob) -> None:
        catalog = self.session.catalog
        assert catalog is not None
        rows = np.setdiff1d(catalog.rows(job.option("--split")), self.unreadable)
        vectors = made_vectors(catalog, job.arguments[1])[rows]
        unreadable = tuple(str(catalog.paths[row]) for row in self.unreadable)
        origin = Origin(catalog.fingerprint, job.arguments[1], job.option("--split"), "CPU", unreadable)
        save_folder(Path(job.option("--out")), vectors, rows, origin)

    def _project(self, job: FakeJob) -> None:
        vectors, rows, _ = map_folder(Path(job.arguments[1]))
        parameters = {"like": job.option("--initial")} if "--initial" in job.arguments else {}
        save(Path(job.option("--out")), Projection(np.array(vectors[:, :2]), "umap", parameters, rows))
