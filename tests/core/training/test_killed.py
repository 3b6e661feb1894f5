"""A trainer killed without a warning, at chosen points while it saves and at random ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.models.checkpoint import load
from core.models.checkpoint_files import list_checkpoints
from core.models.device import choose_device
from core.training.run_directory import is_alive, request_stop, summarise
from core.training.run_messages import MessageTail
from core.training.trainer import train
from tests.core.training.killed_trainers import POINTS, RANDOM_KILLS
from tests.core.training.tiny_data import tiny_recipe, tiny_source

PROJECT = Path(__file__).parents[3]
PATIENCE = 60.0

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


def environment(folder):
    return {**os.environ, "EMBEDDING_EXPLORER_WORKSPACE": str(folder / "workspace"), "OMP_NUM_THREADS": "1"}


def wait_for(condition, child):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert child.poll() is None, child.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """(folder of runs, their data source) after every kind of kill."""
    folder = tmp_path_factory.mktemp("killed")
    source = tiny_source(folder / "data")
    command = [sys.executable, "-m", "tests.core.training.killed_trainers", source.location, str(folder)]
    subprocess.run(command, cwd=PROJECT, env=environment(folder), check=True, timeout=240)
    return folder, source


@needs_fork
@pytest.mark.parametrize("name", [*POINTS, *(f"random_{index}" for index in range(RANDOM_KILLS))])
def test_the_checkpoint_before_survives_and_the_run_goes_on(killed, name):
    folder, source = killed
    run = folder / name
    device = choose_device("cpu")
    checkpoints = list_checkpoints(run)
    for info in checkpoints:
        assert load(info.path, device).info.identity == info.identity
    if name in POINTS:
        assert checkpoints[0].epoch == 1
        assert summarise(run).sentence == (
            "interrupted at epoch 2 of 100000: the trainer ended without a word (killed, or out of memory)"
        )
    assert summarise(run).state == "crashed"
    reached = checkpoints[-1].epoch if checkpoints else 0
    epochs = reached + 2
    outcome = train(tiny_recipe(f"training.epochs={epochs}"), source, run, "cpu", resume=True)
    assert outcome.state == "finished"
    assert list_checkpoints(run)[-1].epoch == epochs
    assert not list(run.rglob("*.unfinished"))
    started = [message for message in MessageTail(run).read() if message["type"] == "started"]
    assert started[-1]["first_epoch"] in (reached, reached + 1)


@needs_fork
@pytest.mark.parametrize(
    ("ask", "status"),
    [
        (lambda child, run: child.send_signal(signal.SIGTERM), 0),
        (lambda child, run: child.send_signal(signal.SIGINT), 130),
        (lambda child, run: request_stop(run), 0),
    ],
    ids=["SIGTERM", "Ctrl+C", "stop file"],
)
def test_a_trainer_asked_to_stop_ends_well(tmp_path, ask, status):
    source, run = tiny_source(tmp_path / "data"), tmp_path / "run"
    (tmp_path / "recipe.toml").write_text("[training]\nepochs = 100000\n")
    words = ["train", str(tmp_path / "recipe.toml"), *source.arguments(), "--out", str(run), "--device", "cpu"]
    settings = [word for item in ("model.width=4", "batch.classes=2", "batch.images=2") for word in ("--set", item)]
    command = [sys.executable, "-m", "core", *words, *settings]
    child = subprocess.Popen(
        command, cwd=PROJECT, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        wait_for(lambda: list_checkpoints(run / "checkpoints"), child)
        assert is_alive(run)
        assert summarise(run).state == "running"
        ask(child, run)
        output, errors = child.communicate(timeout=PATIENCE)
    finally:
        child.kill()
        child.wait()
    assert child.returncode == status, errors
    assert "stopped by you in epoch" in output
    summary = summarise(run)
    assert summary.state == "stopped"
    assert load(run, choose_device("cpu")).info.identity in {info.identity for info in summary.checkpoints}
