"""Jobs in processes of their own: one that dies takes its job with it and nothing else."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from core.errors import Cancelled
from core.study.one_run import StudyJob, StudyResult, carry_out

GRACE_SECONDS = 10.0


def in_processes(jobs: Sequence[StudyJob], count: int, threads: int) -> Iterator[tuple[StudyJob, StudyResult]]:
    """Each job with its result, as they get done, in `count` processes that compute with `threads` threads each.

    A process that dies gives its job a failure for a result, and another one takes its place. Whoever stops asking
    ends them all; so does the death of this process.
    """
    waiting = deque(jobs)
    busy: dict[Worker, StudyJob] = {}
    idle: list[Worker] = []
    try:
        while waiting or busy:
            while waiting and len(busy) < count:
                worker = idle.pop() if idle else Worker(threads)
                busy[worker] = waiting.popleft()
                worker.begin(busy[worker])
            wait([worker.answers for worker in busy])
            for worker in [worker for worker in busy if worker.answers.poll()]:
                result = worker.result()
                if worker.alive:
                    idle.append(worker)
                yield busy.pop(worker), result
    finally:
        for worker in (*busy, *idle):
            worker.ask_to_end()
        for worker in (*busy, *idle):
            worker.end()


class Worker:
    """A process that carries out one job after the other."""

    def __init__(self, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.answers, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(target=_work, args=(theirs, threads), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def alive(self) -> bool:
        """Whether it can be given another job."""
        return self._process.is_alive()

    def begin(self, job: StudyJob) -> None:
        """Hand it a job."""
        self.answers.send(job)

    def result(self) -> StudyResult:
        """What has come of the job; to be called once `answers` has something to read, if only its end."""
        try:
            result: StudyResult = self.answers.recv()
        except (EOFError, ConnectionError):
            self._process.join()
            self.answers.close()
            code = self._process.exitcode or 0
            how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
            return StudyResult({}, failure=f"the process that trained it {how}")
        return result

    def ask_to_end(self) -> None:
        """A run in hand then keeps its state at the next batch."""
        self.answers.close()
        if self._process.is_alive():
            self._process.terminate()

    def end(self) -> None:
        """See it ended; after some seconds it is killed."""
        self._process.join(GRACE_SECONDS)
        if self._process.is_alive():
            self._process.kill()
        self._process.join()


def _work(jobs: Connection, threads: int) -> None:
    import torch

    torch.set_num_threads(threads)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            job: StudyJob = jobs.recv()
        except (EOFError, OSError):
            return
        try:
            jobs.send(carry_out(job))
        except (Cancelled, KeyboardInterrupt, BrokenPipeError):
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, the other runs go on
            traceback.print_exc()
            jobs.send(StudyResult({}, failure=f"{type(error).__name__}: {error}"))


def _end_with_parent() -> None:
    """A run whose study was killed would only stand in the way of the study's next start."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
