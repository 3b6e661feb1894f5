from __future__ import annotations

import json
import shutil

import pytest

from core.__main__ import main
from core.errors import CheckpointError
from core.models.checkpoint_files import list_checkpoints
from core.training import trainer
from core.training.run_messages import MessageTail
from core.training.trainer import train
from tests.core.training.listed_runs import list_runs
from tests.core.training.tiny_data import tiny_recipe, tiny_source

LONGER = ("training.epochs=4",)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """(a run of three epochs whose second is the best, its data)."""
    folder = tmp_path_factory.mktemp("trained")
    source, run, shares = tiny_source(folder / "data"), folder / "runs" / "first", iter([0.5, 0.75, 0.25])
    measured = trainer.Trainer._measure
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMBEDDING_EXPLORER_WORKSPACE", str(folder / "workspace"))
        patch.setattr(trainer.Trainer, "_measure", lambda self: {**measured(self), "recall": {"1": next(shares)}})
        train(tiny_recipe(), source, run, "cpu")
    return run, source


@pytest.fixture
def run(trained, tmp_path):
    return shutil.copytree(trained[0], tmp_path / "runs" / "first")


@pytest.fixture
def source(trained):
    return trained[1]


def flip(path, place=-1):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def contents(run):
    """What must not be written over, by name."""
    left_out = ("messages.jsonl", "run.lock", "heartbeat")
    return {path: path.read_bytes() for path in run.rglob("*") if path.is_file() and path.name not in left_out}


DAMAGED = {
    "the last checkpoint": ("checkpoints/epoch_003.safetensors", r"epoch_003\.safetensors is damaged", "epoch_002"),
    "its details": ("checkpoints/epoch_003.json", r"epoch_003\.safetensors is damaged", "epoch_002"),
    "the best checkpoint": ("checkpoints/epoch_002.safetensors", r"epoch_002\.safetensors is damaged", "epoch_003"),
    "the details of the best": ("checkpoints/epoch_002.json", r"epoch_002\.safetensors is damaged", "epoch_003"),
    "the state": ("state/step_00000003.safetensors", r"step_00000003\.safetensors is damaged", "epoch_003"),
    "the position": ("state/state.json", "The state of .* is damaged", "epoch_003"),
}


@pytest.mark.parametrize(("name", "sentence", "offered"), DAMAGED.values(), ids=DAMAGED)
def test_a_flipped_bit_in_what_a_run_goes_on_from_is_refused_and_nothing_is_lost(run, source, name, sentence, offered):
    flip(run / name, 30)
    before = contents(run)
    with pytest.raises(CheckpointError, match=sentence) as caught:
        train(tiny_recipe(*LONGER), source, run, "cpu", resume=True)
    assert caught.value.on_command_line.endswith(f" --from {offered} goes on from that one.")
    assert contents(run) == before
    train(tiny_recipe(*LONGER), source, run, "cpu", resume=True, checkpoint=offered)
    assert list_checkpoints(run)[-1].epoch == 4
    # The damaged files are put away as they were found.
    assert (run / "damaged" / name).read_bytes() == before[run / name]
    assert list_runs(run.parent)[0].state == "finished"


def test_a_state_that_is_intact_is_gone_on_from_whole(run, source):
    """Only the best one was damaged: the optimiser's averages are there, and nothing begins anew."""
    flip(run / "checkpoints" / "epoch_002.safetensors")
    train(tiny_recipe(*LONGER), source, run, "cpu", resume=True, checkpoint="epoch_003")
    notices = [message for message in MessageTail(run).read() if message["type"] == "notice"]
    assert not [notice for notice in notices if "begin anew" in notice["sentence"]]
    assert (run / "damaged" / "checkpoints" / "epoch_002.json").is_file()


def test_what_begins_anew_is_said(run, source):
    flip(run / "checkpoints" / "epoch_003.safetensors")
    train(tiny_recipe(*LONGER), source, run, "cpu", resume=True, checkpoint="epoch_002")
    notices = [message["sentence"] for message in MessageTail(run).read() if message["type"] == "notice"]
    assert notices[-1] == ("going on from epoch_002: the optimiser's averages and the loss's own parameters begin anew")
    started = [message for message in MessageTail(run).read() if message["type"] == "started"]
    assert started[-1]["first_epoch"] == 3


def test_without_another_intact_checkpoint_that_is_said(run, source):
    for path in (run / "checkpoints").glob("*.safetensors"):
        flip(path)
    with pytest.raises(CheckpointError, match="No other checkpoint of the run is intact: train anew in another folder"):
        train(tiny_recipe(*LONGER), source, run, "cpu", resume=True)


def test_a_lost_state_does_not_begin_the_run_anew_over_its_checkpoints(run, source):
    (run / "state" / "state.json").unlink()
    before = contents(run)
    with pytest.raises(CheckpointError, match=r"state/state\.json is missing.* The checkpoint epoch_003 is intact"):
        train(tiny_recipe(*LONGER), source, run, "cpu", resume=True)
    assert contents(run) == before


def test_a_recipe_that_was_changed_is_refused(run, source):
    path = run / "recipe.toml"
    path.write_text(path.read_text().replace("learning_rate = 0.0", "learning_rate = 1.0"))
    with pytest.raises(CheckpointError, match=r"The recipe of .* is damaged: .* removes its last line\)"):
        train(tiny_recipe(*LONGER), source, run, "cpu", resume=True)


@pytest.mark.parametrize("name", ["run.json", "state/state.json", "checkpoints/epoch_002.json"])
def test_a_run_of_a_newer_version_is_left_as_it_is(run, source, name):
    values = json.loads((run / name).read_text())
    (run / name).write_text(json.dumps({**values, "format": 2, "written_by": "embedding-explorer 9.1"}))
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    with pytest.raises(CheckpointError, match=r"is left as it is: .*newer version \(embedding-explorer 9\.1, format 2"):
        train(tiny_recipe(*LONGER), source, run, "cpu", resume=True)
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_the_way_on_that_the_command_names_works(run, source, capsys):
    flip(run / "checkpoints" / "epoch_003.safetensors")
    resume = ["train", "--out", str(run), "--resume", "--device", "cpu", "--epochs", "4"]
    assert main(resume) == 2
    output = capsys.readouterr().err
    assert "--from epoch_002 goes on from that one." in output
    assert "Traceback" not in output
    assert main([*resume, "--from", "epoch_009"]) == 2
    assert "has no intact checkpoint 'epoch_009'; expected one of: epoch_002." in capsys.readouterr().err
    assert main([*resume[:3], "--device", "cpu", "--from", "epoch_002"]) == 2
    assert "expected --resume beside it" in capsys.readouterr().err
    assert main([*resume, "--from", "epoch_002"]) == 0
