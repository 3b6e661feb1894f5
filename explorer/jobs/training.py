"""The runs of the workspace: starting, following, stopping, resuming, deleting them."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Slot

from core.data.source import DataSource
from core.errors import CoreError
from core.storage import write_text
from core.training.recipe import Recipe, to_toml
from core.training.run_directory import RECIPE, STOPPING, MessageTail, RunSummary, is_alive, list_runs, summarise
from explorer.jobs.run_follower import PATIENCE, RunFollower
from explorer.jobs.runner import JobRunner
from explorer.jobs.shown_work import ShownWork
from explorer.session import Session


class TrainingJobs(QObject):
    """Answers the session's wishes about runs; living runs of an earlier window are followed again."""

    def __init__(self, session: Session, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._runner = session, runner
        self._shown = ShownWork(session, runner)
        self._runs: dict[Path, RunSummary] = {}
        self._began: dict[Path, float] = {}
        self._stopping: set[Path] = set()
        self._stalled: set[Path] = set()
        self._followers: dict[Path, RunFollower] = {}
        self._folder = session.workspace / "runs"
        session.run_wanted.connect(self._on_run_wanted)
        session.stop_wanted.connect(self._on_stop_wanted)
        session.resume_wanted.connect(self._on_resume_wanted)
        session.delete_wanted.connect(self._on_delete_wanted)

    @property
    def training(self) -> bool:
        """Whether any run is alive."""
        return bool(self._followers)

    def find_runs(self) -> None:
        """List what earlier windows left, and follow what still trains."""
        work = partial(_runs_and_messages, self._folder)
        self._shown.submit("runs", "runs", "reading the runs", work, self._on_found, self.find_runs)

    def stop_all(self) -> None:
        """Ask every living run to end."""
        for run in list(self._followers):
            self._on_stop_wanted(run)

    def shutdown(self) -> bool:
        """Stop following; trainers go on. Returns whether nobody follows any more."""
        for follower in self._followers.values():
            follower.part()
        until = time.monotonic() + PATIENCE
        ended = [follower.leave(max(0.0, until - time.monotonic())) for follower in self._followers.values()]
        self._followers.clear()
        return all(ended)

    def _on_found(self, found: list[tuple[RunSummary, list[dict[str, Any]], float]]) -> None:
        for summary, messages, began in found:
            if summary.path in self._followers:
                continue
            self._began[summary.path] = began
            self._runs[summary.path] = summary
            if summary.state == "running":
                self._follow(summary.path)
            elif messages:
                self._session.put_run_messages(summary.path, messages)
        self._publish()

    @Slot(object, object, str)
    def _on_run_wanted(self, recipe: Recipe, source: DataSource, device: str) -> None:
        run = self._free_name(recipe.name or "run")
        # The trainer writes its own recipe into the run; until it is up, the request waits beside the runs.
        request = self._request(run)
        try:
            run.mkdir(parents=True)
            write_text(request, to_toml(recipe))
        except (OSError, CoreError) as error:
            self._session.put_problem("run", f"{run.name} cannot be started: {error}")
            return
        self._launch(run, ["train", str(request), *source.arguments(), "--out", str(run), "--device", device])

    @Slot(object)
    def _on_resume_wanted(self, run: Path) -> None:
        summary = self._runs.get(run)
        if summary is None or run in self._followers or summary.data is None:
            return
        # Its earlier messages come again, before those of the new trainer.
        self._session.forget_run(run)
        arguments = ["train", str(run / RECIPE), *summary.data.arguments(), "--out", str(run), "--resume"]
        self._launch(run, arguments)

    @Slot(object)
    def _on_stop_wanted(self, run: Path) -> None:
        if run not in self._followers:
            return
        try:
            self._followers[run].stop()
        except OSError as error:
            self._session.put_problem("run", f"{run.name} cannot be asked to stop: {error.strerror or error}")
        self._stopping.add(run)
        self._publish()

    @Slot(object)
    def _on_delete_wanted(self, run: Path) -> None:
        if run in self._followers or run.parent != self._folder:
            return
        if is_alive(run):
            self._session.put_problem("run", f"{run.name} is being trained by another window; stop it first.")
            return
        self._runs.pop(run, None)
        self._session.forget_run(run)
        self._publish()
        self._runner.submit(f"delete {run.name}", partial(_remove, run), _ignore, self._on_failed)

    def _launch(self, run: Path, arguments: list[str]) -> None:
        self._session.clear_problem("run")
        self._began[run] = time.time()
        self._runs[run] = _preparing(self._runs.get(run) or summarise(run))
        self._follow(run, arguments)
        self._publish()

    def _follow(self, run: Path, arguments: list[str] | None = None) -> None:
        follower = RunFollower(run, arguments, self)
        follower.advanced.connect(self._on_advanced)
        follower.summarised.connect(self._on_summarised)
        follower.ended.connect(self._on_ended)
        self._followers[run] = follower
        follower.start()

    @Slot(object, object)
    def _on_advanced(self, run: Path, messages: list[dict[str, Any]]) -> None:
        self._session.put_run_messages(run, messages)

    @Slot(object)
    def _on_summarised(self, summary: RunSummary) -> None:
        if summary.path in self._followers:
            if summary.state != "running":
                # The trainer has said goodbye but its process is still there; `ended` tells the end.
                return
            self._tell_stalled(summary)
            self._session.put_device(summary.device)
            self._runs[summary.path] = summary
            self._publish()

    def _tell_stalled(self, summary: RunSummary) -> None:
        """Say it above all panels too, and take it back once the trainer gets on."""
        if summary.quiet_since is not None and summary.path not in self._stalled:
            self._stalled.add(summary.path)
            told = f"{summary.name}: {summary.sentence}. Stop it, or wait, under Training."
            self._session.put_problem("stalled", told)
        elif summary.quiet_since is None:
            self._forget_stalled(summary.path)

    def _forget_stalled(self, run: Path) -> None:
        if run in self._stalled:
            self._stalled.remove(run)
            self._session.clear_problem("stalled")

    @Slot(object)
    def _on_ended(self, summary: RunSummary) -> None:
        follower = self._followers.pop(summary.path, None)
        self._forget_stalled(summary.path)
        self._stopping.discard(summary.path)
        self._request(summary.path).unlink(missing_ok=True)
        if follower is not None:
            # Its thread may not have come back from telling us.
            follower.leave()
            follower.deleteLater()
        self._runs[summary.path] = summary
        self._publish()
        if summary.state in ("crashed", "failed", "damaged"):
            self._session.put_problem("run", f"{summary.name}: {summary.sentence}")

    def _on_failed(self, sentence: str, details: str) -> None:
        self._session.put_problem("run", sentence, details)

    def _publish(self) -> None:
        newest_first = sorted(self._runs.values(), key=lambda run: self._began[run.path], reverse=True)
        self._session.put_runs([self._as_shown(run) for run in newest_first])

    def _as_shown(self, run: RunSummary) -> RunSummary:
        if run.path not in self._stopping:
            return run
        return replace(run, sentence=STOPPING, seconds_left=None, quiet_since=None)

    def _request(self, run: Path) -> Path:
        return self._session.workspace / "requests" / f"{run.name}.toml"

    def _free_name(self, name: str) -> Path:
        plain = "".join(letter if letter.isalnum() or letter in "-_ " else "-" for letter in name).strip() or "run"
        candidate, number = self._folder / plain, 2
        while candidate.exists():
            candidate, number = self._folder / f"{plain}-{number}", number + 1
        return candidate


def _runs_and_messages(folder: Path) -> list[tuple[RunSummary, list[dict[str, Any]], float]]:
    """Each run with its messages and when it was last started."""
    return [(summary, _messages(summary.path), _began(summary.path)) for summary in list_runs(folder)]


def _messages(run: Path) -> list[dict[str, Any]]:
    """All of them; none where they cannot be read, which the summary of the run tells."""
    try:
        return MessageTail(run).read()
    except OSError:
        return []


def _remove(run: Path) -> None:
    """A run's directory, or the link to one that lies elsewhere and stays."""
    if run.is_symlink():
        run.unlink()
    else:
        shutil.rmtree(run)


def _preparing(summary: RunSummary) -> RunSummary:
    return replace(summary, state="running", sentence="starting")


def _began(run: Path) -> float:
    """When the run was last started, in seconds since 1970; each start writes the recipe."""
    try:
        return (run / RECIPE).stat().st_mtime
    except OSError:
        return 0.0


def _ignore(_: object) -> None:
    """Nothing follows."""
