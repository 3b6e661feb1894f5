"""Makes every declared result wherever what it needs is there; a newer choice makes older work void."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Slot

from core.array_file import DAMAGE
from core.child_process import ProcessOutcome
from core.disk_cache import OF_PANELS
from core.errors import CoreError
from core.messages import Message
from core.progress import Reporter
from core.storage import discard
from explorer.jobs.artifact_paths import ArtifactPaths
from explorer.jobs.child_processes import ChildProcesses
from explorer.jobs.runner import JobRunner
from explorer.jobs.shown_work import ShownWork, report_cancelled
from explorer.session import Session
from explorer.state.derived import SHOWN, SOURCE, Derived, OfReference, Request, checked
from explorer.state.results import Entry
from explorer.state.slots import SlotKey
from explorer.state.subject import MADE_ANEW, Subject

Inputs = tuple[Entry[Any] | None, ...]
Key = tuple[str, SlotKey]


@dataclass(frozen=True)
class Endings:
    """What else becomes of a result's child process; the engine shows a problem where nothing is said.

    Attributes:
        failed: (slot, how it ended, what tries again).
        cancelled: (slot).
    """

    failed: Callable[[SlotKey, ProcessOutcome, Callable[[], None]], None]
    cancelled: Callable[[SlotKey], None]


@dataclass(frozen=True, eq=False)
class _Job:
    """One result on its way, or given up: it is not begun again before its inputs are others."""

    derived: Derived[Any]
    request: Request
    inputs: Inputs
    is_draft: bool = False

    @property
    def slot(self) -> SlotKey:
        return self.request.slot

    @property
    def key(self) -> Key:
        return (f"draft of {self.derived.name}" if self.is_draft else self.derived.name, self.slot)

    @property
    def subject(self) -> Subject:
        return Subject(self.derived.subject or self.derived.name, self.slot)


class ResultEngine(QObject):
    """Keeps the session's results in step with what is chosen.

    Args:
        declared: the results, each after those it needs (`explorer.state.derived.checked`).
    """

    def __init__(
        self,
        session: Session,
        runner: JobRunner,
        children: ChildProcesses,
        declared: Sequence[Derived[Any]],
        paths: ArtifactPaths,
        device: str = "auto",
    ) -> None:
        super().__init__(session)
        self._session, self._runner, self._children, self._device = session, runner, children, device
        self._work = ShownWork(session, runner)
        self._declared, self._paths = checked(declared), paths
        self.endings: dict[str, Endings] = {}
        self._jobs: dict[Key, _Job] = {}
        self._remade: set[Path] = set()
        self._updating = self._is_due = False
        session.results.choices_changed.connect(self.update)

    @Slot()
    def update(self) -> None:
        """Stop what no longer follows from what is chosen, and begin what can be made now."""
        self._is_due = True
        if self._updating:
            return
        self._updating = True
        try:
            while self._is_due:
                self._is_due = False
                for slot in self._session.slots:
                    for derived in self._declared:
                        self._follow(derived, slot)
        finally:
            self._updating = False

    def _follow(self, derived: Derived[Any], slot: SlotKey) -> None:
        entry = self._session.results[derived].entries.get(slot)
        self._keep_to(derived, slot, entry, is_draft=False)
        if derived.draft is not None:
            self._keep_to(derived, slot, entry, is_draft=True)

    def _keep_to(self, derived: Derived[Any], slot: SlotKey, entry: Entry[Any] | None, is_draft: bool) -> None:
        there_is_better = is_draft and entry is not None and not entry.is_draft
        job = None if there_is_better else self._job(derived, slot, is_draft)
        key = (f"draft of {derived.name}" if is_draft else derived.name, slot)
        under_way = self._jobs.get(key)
        if under_way is not None and (job is None or job.inputs != under_way.inputs):
            self._stop(under_way)
        is_there = entry is not None and entry.is_draft == is_draft and job is not None and entry.inputs == job.inputs
        if job is not None and key not in self._jobs and not is_there:
            self._jobs[key] = job
            self._begin(job)

    def _job(self, derived: Derived[Any], slot: SlotKey, is_draft: bool) -> _Job | None:
        """What is to be made of what is there; None while something is missing."""
        results = self._session.results
        if slot == results.reference and not derived.of_reference:
            return None
        entries: dict[Key, Entry[Any]] = {}
        inputs: list[Entry[Any] | None] = []
        for need in derived.needs:
            entry = None if results.is_itself(need, slot) else results.entry(need, slot)
            may_lack = results.is_itself(need, slot) or (is_draft and isinstance(need, OfReference))
            if not may_lack and (entry is None or entry.is_draft):
                return None
            inputs.append(entry)
            if entry is not None:
                entries[need.name, results.slot_of(need, slot)] = entry
        for choice in (SHOWN, SOURCE):
            for of in (slot, results.reference):
                if (chosen := results.entry(choice, of)) is not None:
                    entries[choice.name, of] = chosen
        return _Job(derived, Request(slot, results.reference, entries, self._device), tuple(inputs), is_draft)

    def _stop(self, job: _Job) -> None:
        """It is not asked for any more; nor does it matter whether it failed."""
        del self._jobs[job.key]
        self._session.problems.clear(job.subject)
        for stage in _STAGES:
            self._runner.forget(_key(stage, job))
            self._session.tasks.end(_key(stage, job))
        if job.derived.child is not None and not job.is_draft:
            self._children.stop(self._child_key(job))

    def _begin(self, job: _Job) -> None:
        if job.derived.child is not None and not job.is_draft:
            self._find(job)
        elif job.derived.words is not None and not job.is_draft:
            self._compute(job)
        else:
            make = job.derived.draft if job.is_draft else job.derived.compute
            assert make is not None
            work, done = partial(make, job.request), partial(self._on_made, job)
            self._runner.submit(_key("make", job), work, done, partial(self._on_failed, job))

    # In a thread

    def _compute(self, job: _Job) -> None:
        assert job.derived.words is not None
        self._work.submit(
            _key("make", job),
            job.subject,
            job.derived.words(job.request),
            partial(_make, job.derived, job.request, self._paths),
            partial(self._on_made, job),
            partial(self._again, job),
            reports=True,
        )

    def _on_made(self, job: _Job, value: Any) -> None:
        del self._jobs[job.key]
        self._session.results[job.derived].put(job.slot, value, job.inputs, job.is_draft, job.request.path)
        self.update()

    def _on_failed(self, job: _Job, sentence: str, details: str) -> None:
        self._session.problems.set(job.subject, sentence, details, partial(self._again, job))

    def _again(self, job: _Job) -> None:
        """Begin anew, where it is still what is asked for."""
        if self._jobs.get(job.key) is job:
            del self._jobs[job.key]
        self.update()

    # In a child process, whose file is read in a thread

    def _find(self, job: _Job) -> None:
        assert job.derived.stored is not None
        self._work.submit(
            _key("find", job),
            job.subject,
            Message("looking-for-cached", title=job.derived.stored.title),
            partial(_find, job.derived, job.request, self._paths),
            partial(self._on_found, job),
            partial(self._again, job),
        )

    def _on_found(self, job: _Job, is_there: bool) -> None:
        child = job.derived.child
        assert child is not None
        if is_there:
            self._load(job)
            return
        words = child.words(job.request)
        endings = self.endings.get(job.derived.name)
        again = partial(self._again, job)
        self._children.start(
            self._child_key(job),
            [child.verb, *child.arguments(job.request)],
            words,
            done=partial(self._load, job),
            failed=partial(self._on_child_failed, job) if endings is None else partial(self._end, job, endings),
            cancelled=partial(report_cancelled, self._session, job.subject, words, again)
            if endings is None
            else partial(endings.cancelled, job.slot),
            subject=job.subject,
        )

    def _load(self, job: _Job) -> None:
        assert job.derived.stored is not None
        self._work.submit(
            _key("read", job),
            job.subject,
            Message("reading-cached", title=job.derived.stored.title),
            partial(_load, job.derived, job.request),
            partial(self._on_loaded, job),
            partial(self._again, job),
        )

    def _on_loaded(self, job: _Job, value: Any) -> None:
        if isinstance(value, _Damaged):
            self._make_anew(job, value)
        else:
            self._on_made(job, value)

    def _make_anew(self, job: _Job, damaged: _Damaged) -> None:
        """Make what is damaged once more, and say so; what is damaged again, or cannot be removed, is a problem."""
        path = job.request.path
        if path in self._remade or not self._paths.may_remove(path):
            self._session.problems.set(job.subject, damaged.sentence, retry=partial(self._again, job))
            return
        self._remade.add(path)
        self._session.problems.set_notice(MADE_ANEW, Message("kept-is-damaged", sentence=damaged.sentence))
        again = partial(self._again, job)
        self._work.submit(
            _key("find", job),
            job.subject,
            Message("removing-what-is-damaged"),
            partial(discard, path),
            lambda _: again(),
            again,
        )

    def _end(self, job: _Job, endings: Endings, outcome: ProcessOutcome) -> None:
        endings.failed(job.slot, outcome, partial(self._again, job))

    def _on_child_failed(self, job: _Job, outcome: ProcessOutcome) -> None:
        self._session.problems.set(job.subject, outcome.sentence, outcome.details, partial(self._again, job))

    def _child_key(self, job: _Job) -> str:
        assert job.derived.child is not None
        return f"{job.derived.child.verb} {job.slot}"


_STAGES = ("find", "read", "make")


def _key(stage: str, job: _Job) -> str:
    name, slot = job.key
    return f"{stage} {name} {slot}"


@dataclass(frozen=True)
class _Damaged:
    """A cached result that cannot be used, and why."""

    sentence: str


def _place(derived: Derived[Any], request: Request, paths: ArtifactPaths) -> Path:
    suffix = ".npz" if derived.stored is None else derived.stored.suffix
    return paths.path(derived.folder or f"{OF_PANELS}/{derived.name}", f"{derived.name_file(request)}{suffix}")


def _find(derived: Derived[Any], request: Request, paths: ArtifactPaths) -> bool:
    """Settle where the result's file is, or is to be; whether it is there."""
    assert derived.stored is not None
    request.path = _place(derived, request, paths)
    paths.mark_used(request.path)
    return derived.stored.is_there(request.path)


def _load(derived: Derived[Any], request: Request) -> Any:
    assert derived.stored is not None
    try:
        return derived.stored.load(request.path, request)
    except (CoreError, *DAMAGE) as error:
        return _Damaged(
            str(error)
            if isinstance(error, CoreError)
            else Message("result-damaged", path=request.path, reason=str(error))
        )


def _make(
    derived: Derived[Any], request: Request, paths: ArtifactPaths, should_stop: Callable[[], bool], reporter: Reporter
) -> Any:
    """The result from its file, or made and written there; a workspace that takes no files costs time, no results."""
    assert derived.compute is not None
    request.should_stop, request.reporter = should_stop, reporter
    request.path = _place(derived, request, paths)
    if derived.stored is None:
        return derived.compute(request)
    if derived.stored.is_there(request.path):
        value = _load(derived, request)
        if not isinstance(value, _Damaged):
            paths.mark_used(request.path)
            return value
        reporter.remade(Message("cached-result-damaged", reason=value.sentence))
    value = derived.compute(request)
    if derived.stored.save is not None:
        with contextlib.suppress(CoreError, OSError):
            derived.stored.save(request.path, value)
    return value
