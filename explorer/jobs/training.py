"""The runs of the workspace: starting, following, stopping, resuming, deleting them."""

from __future__ import annotations

import itertools
import shutil
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot

from core.data.source import DataSource
from core.errors import CheckpointError
from core.messages import Message
from core.one_line import on_one_line
from core.training.recipe import Recipe
from core.training.run_directory import RECIPE, STOPPING, RunSummary, is_alive
from explorer.jobs.run_follower import PATIENCE, RunFollower
from explorer.jobs.run_list import UNANSWERED_AFTER, ReadRun, RunList
from explorer.jobs.run_place import Place, forget_request, make_place
from explorer.jobs.runner import JobRunner
from explorer.jobs.shown_work import ShownWork
from explorer.jobs.unanswered import Unanswered
from explorer.session import Session
from explorer.state.subject import RUN, STALLED

# How often it is looked at whether the files of living runs answer.
LOOK_MS = 500


class TrainingJobs(QObject):
    """Answers the session's requests about runs; living runs of an earlier window are followed again."""

    def __init__(self, session: Session, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._runner = session, runner
        self._shown = ShownWork(session, runner)
        self._runs: dict[Path, RunSummary] = {}
        self._began: dict[Path, float] = {}
        self._stopping: set[Path] = set()
        self._stalled: set[Path] = set()
        self._unanswered = Unanswered(session)
        self._numbers = itertools.count()
        self._starting: list[str] = []
        self._followers: dict[Path, RunFollower] = {}
        self._folder = session.workspace / "runs"
        self._list = RunList(session, runner, self._folder, self)
        self._list.found.connect(self._on_found)
        self._list.unanswered.connect(self._on_unanswered)
        self._list.no_run.connect(self._on_no_run)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self._on_look)
        session.runs.start_requested.connect(self._on_run_requested)
        session.runs.stop_requested.connect(self._on_stop_requested)
        session.runs.resume_requested.connect(self._on_resume_requested)
        session.runs.delete_requested.connect(self._on_delete_requested)
        session.runs.read_again_requested.connect(self._on_read_again_wanted)

    @property
    def training(self) -> bool:
        """Whether any run is alive, or about to be."""
        return bool(self._followers) or any(self._runner.waits_for(key) for key in self._starting)

    def find_runs(self) -> None:
        """List what earlier windows left, and follow what still trains."""
        self._list.find()

    def stop_all(self) -> None:
        """Ask every living run to end."""
        for run in list(self._followers):
            self._on_stop_requested(run)

    def shutdown(self) -> bool:
        """Stop following; trainers go on. Returns whether nobody follows any more."""
        for follower in self._followers.values():
            follower.part()
        until = time.monotonic() + PATIENCE
        ended = [follower.leave(max(0.0, until - time.monotonic())) for follower in self._followers.values()]
        self._followers.clear()
        return all(ended)

    @Slot(object)
    def _on_found(self, found: list[ReadRun]) -> None:
        for each in found:
            path = each.summary.path
            self._unanswered.discard(path)
            if path in self._followers:
                continue
            self._began[path] = each.began
            self._runs[path] = each.summary
            if each.summary.state == "running":
                self._follow(path)
            elif each.messages:
                self._session.runs.forget(path)
                self._session.runs.add_messages(path, each.messages)
        self._publish()

    @Slot(object, float)
    def _on_unanswered(self, run: Path, since: float) -> None:
        if run not in self._runs:
            self._began[run] = 0.0
            self._runs[run] = RunSummary.unread(run, "unanswered", "")
        self._unanswered.add(run, since)
        self._publish()

    @Slot(object)
    def _on_no_run(self, path: Path) -> None:
        self._unanswered.discard(path)
        self._runs.pop(path, None)
        self._publish()

    @Slot()
    def _on_look(self) -> None:
        """Whether the files of each run that is followed answer."""
        changed = False
        for run, follower in self._followers.items():
            seconds = follower.unanswered_seconds
            if seconds >= UNANSWERED_AFTER:
                changed |= self._unanswered.add(run, time.time() - seconds)
            else:
                changed |= self._unanswered.discard(run)
        if changed:
            self._publish()

    @Slot(object)
    def _on_read_again_wanted(self, run: Path) -> None:
        self._unanswered.discard(run)
        if run in self._followers:
            # Its messages come again from the beginning.
            self._session.runs.forget(run)
            self._followers[run].read_again()
        else:
            self._list.read_again(run)
        self._publish()

    @Slot(object, object, str)
    def _on_run_requested(self, recipe: Recipe, source: DataSource, device: str) -> None:
        name = recipe.name or "run"
        self._starting = [key for key in self._starting if self._runner.waits_for(key)]
        self._starting.append(f"start {next(self._numbers)}")
        self._shown.submit(
            self._starting[-1],
            RUN,
            Message("starting-run", name=name),
            partial(make_place, self._session.workspace, name, recipe),
            partial(self._on_place_made, recipe, source, device),
            partial(self._on_run_requested, recipe, source, device),
        )

    def _on_place_made(self, recipe: Recipe, source: DataSource, device: str, subject: Place) -> None:
        arguments = ["train", str(subject.request), *source.arguments(), "--out", str(subject.run), "--device", device]
        self._launch(RunSummary.unread(subject.run, "running", "starting", source, recipe), arguments)

    @Slot(object)
    def _on_resume_requested(self, run: Path) -> None:
        summary = self._runs.get(run)
        if summary is None or run in self._followers or summary.data is None:
            return
        # Its earlier messages come again, before those of the new trainer.
        self._session.runs.forget(run)
        arguments = ["train", str(run / RECIPE), *summary.data.arguments(), "--out", str(run), "--resume"]
        self._launch(replace(summary, state="running", sentence="starting"), arguments)

    @Slot(object)
    def _on_stop_requested(self, run: Path) -> None:
        if run not in self._followers:
            return
        self._followers[run].stop()
        self._stopping.add(run)
        self._publish()

    @Slot(object)
    def _on_delete_requested(self, run: Path) -> None:
        if run in self._followers or run.parent != self._folder:
            return
        self._shown.submit(
            f"delete {run.name}",
            RUN,
            Message("deleting-run", name=run.name),
            partial(_remove, run),
            partial(self._on_removed, run),
            partial(self._on_delete_requested, run),
        )

    def _on_removed(self, run: Path, _: object) -> None:
        if run not in self._followers:
            self._runs.pop(run, None)
            self._session.runs.forget(run)
            self._publish()

    def _launch(self, summary: RunSummary, arguments: list[str]) -> None:
        self._session.problems.clear(RUN)
        self._began[summary.path] = time.time()
        self._runs[summary.path] = summary
        self._follow(summary.path, arguments)
        self._publish()

    def _follow(self, run: Path, arguments: list[str] | None = None) -> None:
        follower = RunFollower(run, arguments, self)
        follower.advanced.connect(self._session.runs.add_messages)
        follower.summarised.connect(self._on_summarised)
        follower.refused.connect(partial(self._on_stop_refused, run))
        follower.ended.connect(self._on_ended)
        self._followers[run] = follower
        self._timer.start()
        follower.start()

    @Slot(object)
    def _on_summarised(self, summary: RunSummary) -> None:
        if summary.path in self._followers:
            if summary.state != "running":
                # The trainer has said goodbye but its process is still there; `ended` tells the end.
                return
            self._report_stalled(summary)
            self._session.set_device(summary.device)
            self._runs[summary.path] = summary
            self._publish()

    def _report_stalled(self, summary: RunSummary) -> None:
        """Say it above all panels too, and take it back once the trainer gets on."""
        if summary.quiet_since is not None and summary.path not in self._stalled:
            self._stalled.add(summary.path)
            message = Message("run-stalled", run=summary.name, sentence=summary.sentence)
            self._session.problems.set_notice(STALLED, message)
        elif summary.quiet_since is None:
            self._forget_stalled(summary.path)

    def _forget_stalled(self, run: Path) -> None:
        if run in self._stalled:
            self._stalled.remove(run)
            self._session.problems.clear(STALLED)

    @Slot(object)
    def _on_ended(self, summary: RunSummary) -> None:
        follower = self._followers.pop(summary.path, None)
        self._forget_stalled(summary.path)
        self._stopping.discard(summary.path)
        self._unanswered.discard(summary.path)
        # Where it cannot be done, what is left behind harms nobody.
        self._runner.submit(f"started {summary.name}", partial(forget_request, self._session.workspace, summary.path))
        if follower is not None:
            # Its thread may not have come back from telling us.
            follower.leave()
            follower.deleteLater()
        if not self._followers:
            self._timer.stop()
        self._runs[summary.path] = summary
        self._publish()
        if summary.state in ("crashed", "failed", "damaged"):
            self._session.problems.set(RUN, f"{summary.name}: {summary.sentence}")

    def _on_stop_refused(self, run: Path, reason: str) -> None:
        self._session.problems.set(RUN, Message("run-cannot-be-stopped", run=on_one_line(run.name), reason=reason))

    def _publish(self) -> None:
        newest_first = sorted(self._runs.values(), key=lambda run: self._began[run.path], reverse=True)
        self._session.runs.set_all([self._as_shown(run) for run in newest_first])

    def _as_shown(self, run: RunSummary) -> RunSummary:
        shown = self._unanswered.as_shown(run)
        if run.path not in self._stopping:
            return shown
        return replace(shown, sentence=STOPPING, seconds_left=None, quiet_since=None)


def _remove(run: Path) -> None:
    """A run's directory, or the link to one that lies elsewhere and stays. CheckpointError where it is trained."""
    if is_alive(run):
        raise CheckpointError(Message("run-trained-elsewhere", run=on_one_line(run.name)), run)
    if run.is_symlink():
        run.unlink()
    elif run.exists():
        shutil.rmtree(run)
