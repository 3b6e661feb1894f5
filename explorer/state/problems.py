"""What went wrong, and what is worth knowing, by what it is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

from explorer.state.subject import Subject


@dataclass(frozen=True)
class Problem:
    """Something went wrong with a subject, or is worth a notice: one sentence, and details to copy.

    `retry` tries again; None where that is not to be had.
    """

    subject: Subject
    sentence: str
    details: str = ""
    retry: Callable[[], None] | None = field(default=None, compare=False)
    is_notice: bool = False


class Problems(QObject):
    """One a subject. Signal: changed(subject, sentence, details); the sentence is empty where all is in order again."""

    changed = Signal(object, str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._problems: dict[Subject, Problem] = {}

    @property
    def all(self) -> list[Problem]:
        """What is wrong at present, oldest first."""
        return list(self._problems.values())

    def get(self, subject: Subject) -> Problem | None:
        """What is wrong with a subject."""
        return self._problems.get(subject)

    def set(self, subject: Subject, sentence: str, details: str = "", retry: Callable[[], None] | None = None) -> None:
        """Something went wrong; it is shown until the subject is cleared."""
        self._put(Problem(subject, sentence, details, retry))

    def set_notice(self, subject: Subject, sentence: str, retry: Callable[[], None] | None = None) -> None:
        """Nothing went wrong, but it is worth knowing; shown until the subject is cleared."""
        self._put(Problem(subject, sentence, retry=retry, is_notice=True))

    def clear(self, subject: Subject, notices_only: bool = False) -> None:
        """A subject is in order again."""
        problem = self._problems.get(subject)
        if problem is not None and (problem.is_notice or not notices_only):
            del self._problems[subject]
            self.changed.emit(subject, "", "")

    def clear_where(self, is_over: Callable[[Subject], bool]) -> None:
        """All subjects of a kind are in order again."""
        for subject in [subject for subject in self._problems if is_over(subject)]:
            self.clear(subject)

    def retry(self, subject: Subject) -> None:
        """Try again what went wrong with a subject."""
        problem = self._problems.get(subject)
        if problem is not None and problem.retry is not None:
            self.clear(subject)
            problem.retry()

    def _put(self, problem: Problem) -> None:
        self._problems[problem.subject] = problem
        self.changed.emit(problem.subject, problem.sentence, problem.details)
