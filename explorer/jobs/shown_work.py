"""Work in threads as the user sees it: figures while it goes on, a cross that ends it, Retry for what failed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from core.progress import REMADE
from explorer.jobs.child_processes import Message, progress_words
from explorer.jobs.runner import JobRunner
from explorer.session import SLOTS, Session, Task


class ShownWork:
    """Jobs of a runner that are tasks of the session."""

    def __init__(self, session: Session, runner: JobRunner) -> None:
        self._session, self._runner = session, runner

    def submit(
        self,
        key: str,
        subject: str,
        words: str,
        work: Callable[..., Any],
        done: Callable[[Any], None],
        again: Callable[[], None],
        figures: bool = False,
    ) -> None:
        """Run `work`; then `done(value)`, unless it was superseded, failed or ended by the user.

        Args:
            key: of the runner and of the task.
            subject: where in the session a failure is told.
            words: what is done, as "measuring recall".
            again: what Retry calls.
            figures: `work` takes `should_stop` and `reporter`, and says through it how far it is.
        """
        session = self._session
        session.clear_problem(f"cancelled {subject}")
        # That of a slot tells of a file that was refused as well, and goes when another is chosen.
        if subject not in SLOTS:
            session.clear_problem(subject)
        cancel = partial(self._cancel, key, subject, words, again)
        session.set_task(Task(key, words, None, cancel))
        self._runner.submit(
            key,
            work,
            partial(self._on_done, key, done),
            partial(self._on_failed, key, subject, again),
            stoppable=figures,
            told=partial(self._on_progress, key, cancel) if figures else None,
        )

    def _on_progress(self, key: str, cancel: Callable[[], None], message: Message) -> None:
        if message["type"] == "progress":
            words, fraction = progress_words(message)
            self._session.set_task(Task(key, words, fraction, cancel))
        elif message.get("about") == REMADE:
            self._session.set_problem(REMADE, str(message["sentence"]))

    def _on_done(self, key: str, done: Callable[[Any], None], value: object) -> None:
        self._session.end_task(key)
        done(value)

    def _on_failed(self, key: str, subject: str, again: Callable[[], None], sentence: str, details: str) -> None:
        self._session.end_task(key)
        self._session.set_problem(subject, sentence, details, again)

    def _cancel(self, key: str, subject: str, words: str, again: Callable[[], None]) -> None:
        self._runner.give_up(key)
        self._session.end_task(key)
        report_cancelled(self._session, subject, words, again)


def report_cancelled(session: Session, subject: str, words: str, again: Callable[[], None]) -> None:
    """Say that the user ended something, and offer to begin it again."""
    sentence = f"{words[:1].upper()}{words[1:]} was cancelled."
    session.set_problem(f"cancelled {subject}", sentence, retry=again)
