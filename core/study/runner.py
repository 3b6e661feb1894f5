"""A study carried out: its tunings, then every row with every seed; what is done is never done again."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from filelock import FileLock, Timeout

from core.data.source import DataSource
from core.errors import CheckpointError, StorageError
from core.messages import Message
from core.progress import Reporter
from core.study.definition import Changes, Row, Study, Tuning, is_share
from core.study.one_run import StudyJob, StudyResult, finished_result

RUNS, TUNINGS, LOCK = "runs", "tunings", "study.lock"
# A study that is just ending is waited for.
PROBE_SECONDS = 2.0
# The seed of the tunings is none of the table's.
TUNING_SEED = 1_000_000

CarryOut = Callable[[Sequence[StudyJob]], Iterable[tuple[StudyJob, StudyResult]]]


@dataclass(frozen=True)
class Choice:
    """What a tuning chose: the changes, and each choice with its figure (None where the run failed)."""

    tuning: str
    measure: str
    chosen: Changes
    tried: tuple[tuple[Changes, float | None], ...]


@dataclass
class StudyOutcome:
    """A study as far as it has come.

    Attributes:
        study: its definition.
        choices: tuning -> what it chose.
        results: row -> seed -> result.
    """

    study: Study
    choices: dict[str, Choice] = field(default_factory=dict)
    results: dict[str, dict[int, StudyResult]] = field(default_factory=dict)

    @property
    def failures(self) -> list[str]:
        """A sentence for each run that failed."""
        return [
            f"{row}, seed {seed}: {result.failure}"
            for row, runs in self.results.items()
            for seed, result in runs.items()
            if result.failure
        ]

    def figures(self, row: str, measure: str) -> dict[int, float]:
        """seed -> figure of the runs of a row that did not fail."""
        runs = self.results.get(row, {})
        return {
            seed: runs[seed].measures[measure] for seed in self.study.seeds if seed in runs and not runs[seed].failure
        }


@dataclass(eq=False)
class StudyRunner:
    """Carries out `study` on `source` in the folder `out`.

    Args:
        carry_out: does jobs and tells their results as they come; see `core.study.workers`.
        redo: train runs again whose recipe is no longer the one they were finished with; else they are refused.
        on_result: is told after each run, with everything so far.
    """

    study: Study
    source: DataSource
    out: Path
    carry_out: CarryOut
    device: str = "auto"
    redo: bool = False
    reporter: Reporter = field(default_factory=Reporter)
    on_result: Callable[[StudyOutcome], None] = lambda _outcome: None

    def __post_init__(self) -> None:
        self._outcome = StudyOutcome(self.study)

    def run(self) -> StudyOutcome:
        """Everything; failures of single runs are in the outcome.

        Raises StorageError when the folder cannot be written to, CheckpointError when another process is at work in
        it, and, before anything is trained, when finished runs do not belong to the study as it is now.
        """
        with _alone_in(self.out):
            return self._run()

    def _run(self) -> StudyOutcome:
        for together in rounds(self.study.tunings):
            self._tune(together)
        jobs = {}
        for seed in self.study.seeds:
            for row in self.study.rows:
                job = self._job_of(row, seed)
                if isinstance(job, StudyResult):
                    self._record(row, seed, job)
                else:
                    jobs[job.folder] = (row, seed, job)
        for done, result in self._results([job for _, _, job in jobs.values()]):
            row, seed, _ = jobs[done.folder]
            self._record(row, seed, result)
        return self._outcome

    def _tune(self, tunings: Sequence[Tuning]) -> None:
        """Try the choices of tunings that do not wait for each other, and settle them."""
        tried: dict[Path, tuple[Tuning, int]] = {}
        jobs = []
        for tuning in tunings:
            earlier = [self._outcome.choices[name].chosen for name in tuning.after if name in self._outcome.choices]
            for number, choice in enumerate(tuning.choices, start=1):
                name = f"{slug(tuning.name)}-{number}"
                job = self._job(TUNINGS, name, TUNING_SEED, self.study.held_out, tuning.set, *earlier, choice)
                tried[job.folder] = (tuning, number - 1)
                jobs.append(job)
        figures: dict[str, dict[int, float]] = {tuning.name: {} for tuning in tunings}
        measure = self.study.measures[-1]
        for job, result in self._results(jobs):
            tuning, index = tried[job.folder]
            if not result.failure:
                figures[tuning.name][index] = result.measures[measure]
            self._report(f"tuning {tuning.name}, choice {index + 1} of {len(tuning.choices)}", result)
        for tuning in tunings:
            if figures[tuning.name]:
                self._outcome.choices[tuning.name] = choice_of(tuning, measure, figures[tuning.name])

    def _job_of(self, row: Row, seed: int) -> StudyJob | StudyResult:
        """The job of a row, or its failure where one of its tunings has come to nothing."""
        for name in row.tuned:
            if name not in self._outcome.choices:
                return StudyResult({}, failure=f"every run of its tuning '{name}' failed")
        chosen = [self._outcome.choices[name].chosen for name in row.tuned]
        return self._job(RUNS, f"{slug(row.name)}-seed-{seed}", seed, 0.0, row.set, *chosen)

    def _job(self, kind: str, name: str, seed: int, held_out: float, *changes: Changes) -> StudyJob:
        recipe = self.study.recipe(f"{self.study.name} / {name}", seed, *changes)
        folder = self.out / kind / name
        return StudyJob(folder, recipe.as_dict(), self.source, self.study.measures, held_out, self.device)

    def _results(self, jobs: Sequence[StudyJob]) -> Iterator[tuple[StudyJob, StudyResult]]:
        finished = [(job, result) for job in jobs if (result := self._finished(job)) is not None]
        folders = {job.folder for job, _ in finished}
        todo = [job for job in jobs if job.folder not in folders]
        for done, (job, result) in enumerate(chain(finished, self.carry_out(todo)), start=1):
            yield job, result
            self.reporter.progress(Message("stage-training"), done, len(jobs), Message("unit-runs"))

    def _finished(self, job: StudyJob) -> StudyResult | None:
        try:
            return finished_result(job)
        except CheckpointError:
            if not self.redo:
                raise
        shutil.rmtree(job.folder)
        return None

    def _record(self, row: Row, seed: int, result: StudyResult) -> None:
        self._outcome.results.setdefault(row.name, {})[seed] = result
        self._report(f"{row.name}, seed {seed}", result)

    def _report(self, name: str, result: StudyResult) -> None:
        self.reporter.event(
            "run", name=name, measures=dict(result.measures), failure=result.failure, seconds=result.seconds
        )
        self.on_result(self._outcome)


@contextlib.contextmanager
def _alone_in(out: Path) -> Iterator[None]:
    lock = FileLock(out / LOCK)
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=PROBE_SECONDS)
    except Timeout as error:
        raise CheckpointError(Message("study-in-progress", folder=out), out) from error
    except OSError as error:
        raise StorageError(Message("study-not-kept", folder=out, reason=error.strerror or error), out) from error
    try:
        yield
    finally:
        lock.release()


def rounds(tunings: Sequence[Tuning]) -> list[list[Tuning]]:
    """The tunings in groups that can be made together, each after those that it comes after."""
    index: dict[str, int] = {}
    for tuning in tunings:
        index[tuning.name] = 1 + max((index[name] for name in tuning.after), default=-1)
    return [[tuning for tuning in tunings if index[tuning.name] == number] for number in sorted(set(index.values()))]


def choice_of(tuning: Tuning, measure: str, figures: Mapping[int, float]) -> Choice:
    """The choice with the best figure, the first of equals; `figures` maps places in `choices` to theirs."""
    sign = 1 if is_share(measure) else -1
    best = max(sorted(figures), key=lambda index: sign * figures[index])
    tried = tuple((choice, figures.get(index)) for index, choice in enumerate(tuning.choices))
    return Choice(tuning.name, measure, tuning.choices[best], tried)


def slug(name: str) -> str:
    """A name as part of a folder's: letters and digits, the rest as hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower().replace("+", " with ")).strip("-")
