"""Runs whose files do not answer, a stalled drive for instance: said above all panels, with Retry."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from core.messages import Message
from core.one_line import on_one_line
from core.training.run_directory import RunSummary
from core.wording import moment
from explorer.session import Session
from explorer.state.subject import UNANSWERED


class Unanswered:
    """Which runs those are, and since when in seconds since 1970."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._since: dict[Path, float] = {}

    def add(self, run: Path, since: float) -> bool:
        """Note that a read of the run, begun at `since`, has not come back; whether that is news."""
        if run in self._since:
            return False
        self._since[run] = since
        self._tell()
        return True

    def discard(self, run: Path) -> bool:
        """The run answers, or is asked again; whether that is news."""
        if run not in self._since:
            return False
        del self._since[run]
        self._tell()
        return True

    def as_shown(self, run: RunSummary) -> RunSummary:
        """The summary with what is known of its files."""
        since = self._since.get(run.path)
        return run if since is None else replace(run, unanswered_since=since, quiet_since=None, sentence=_words(since))

    def _tell(self) -> None:
        if not self._since:
            self._session.problems.clear(UNANSWERED)
            return
        run, since = next(iter(self._since.items()))
        others = len(self._since) - 1
        nor = Message("nor-of-other-runs", runs=others) if others else ""
        sentence = Message("run-not-answering", run=on_one_line(run.name), state=_words(since), others=nor)
        self._session.problems.set_notice(UNANSWERED, sentence, retry=self._ask_again)

    def _ask_again(self) -> None:
        for run in list(self._since):
            self._session.runs.read_again(run)


def _words(since: float) -> str:
    return Message("files-silent-since", since=moment(since, time.time()))
