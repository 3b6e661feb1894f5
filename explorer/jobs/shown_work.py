"""Work in threads as the user sees it: figures while it goes on, a cross that ends it, Retry for what failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from core.messages import Message
from core.progress import REMADE
from explorer.jobs.child_processes import ChildMessage, progress_words
from explorer.jobs.runner import JobRunner
from explorer.session import Session
from explorer.state.subject import EMBEDDINGS, MADE_ANEW, Subject
from explorer.state.tasks import Task


class ShownWork:
    """Jobs of a runner that are tasks of the session."""

    def __init__(self, session: Session, runner: JobRunner) -> None:
        self._session, self._runner = session, runner

    def submit(
        self,
        key: str,
        subject: Subject,
        words: str,
        work: Callable[..., Any],
        done: Callable[[Any], None],
        again: Callable[[], None],
        reports: bool = False,
    ) -> None:
        """Run `work`; then `done(value)`, unless it was superseded, failed or ended by the user.

        Args:
            key: of the runner and of the task.
            subject: where in the session a failure is told.
            words: what is done, as "measuring recall".
            again: what Retry calls.
            reports: `work` takes `should_stop` and `reporter`, and says through it how far it is.
        """
        session = self._session
        # That of a model tells of a file that was refused as well, and goes when another is chosen.
        session.problems.clear(subject, notices_only=subject.about == EMBEDDINGS)
        task = Task(key, words, None, partial(self._cancel, key, subject, words, again), subject)
        session.tasks.set(task)
        self._runner.submit(
            key,
            work,
            partial(self._on_done, key, done),
            partial(self._on_failed, key, subject, again),
            stoppable=reports,
            on_message=partial(self._on_progress, task) if reports else None,
        )

    def _on_progress(self, task: Task, message: ChildMessage) -> None:
        if message["type"] == "progress":
            words, fraction = progress_words(message)
            self._session.tasks.set(replace(task, words=words, fraction=fraction))
        elif message.get("about") == REMADE:
            self._session.problems.set_notice(MADE_ANEW, str(message["sentence"]))

    def _on_done(self, key: str, done: Callable[[Any], None], value: object) -> None:
        self._session.tasks.end(key)
        done(value)

    def _on_failed(self, key: str, subject: Subject, again: Callable[[], None], sentence: str, details: str) -> None:
        self._session.tasks.end(key)
        self._session.problems.set(subject, sentence, details, again)

    def _cancel(self, key: str, subject: Subject, words: str, again: Callable[[], None]) -> None:
        self._runner.give_up(key)
        self._session.tasks.end(key)
        report_cancelled(self._session, subject, words, again)


def report_cancelled(session: Session, subject: Subject, words: str, again: Callable[[], None]) -> None:
    """Say that the user ended something, and offer to begin it again."""
    sentence = Message("work-cancelled", work=words[:1].upper() + words[1:])
    session.problems.set_notice(subject, sentence, retry=again)
