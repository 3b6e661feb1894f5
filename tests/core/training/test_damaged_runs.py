"""One damaged run directory beside intact ones: it is listed with its reason, and so are they."""

from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path

import pytest

from core.checksum import checked, line_with_checksum, write_checked
from core.errors import CoreError
from core.models.description import ModelDescription
from core.storage import read_json
from core.training.recipe import load_recipe
from core.training.run_directory import source_of, write_run_recipe
from core.training.run_messages import MessageTail
from explorer.panels.runs.run_history import RunHistory
from tests.core.training.listed_runs import list_runs

MESSAGES = [
    {"type": "started", "time": 1.0, "epochs": 2, "steps_per_epoch": 1, "chosen_on": "test", "pid": 7, "device": "CPU"},
    {"type": "progress", "task": "decoding", "done": 1, "total": 2, "unit": "images"},
    {"type": "step", "step": 1, "epoch": 1, "loss": 0.5, "terms": {"pull": 0.1}, "learning_rate": 0.1, "seconds": 0.5},
    {"type": "checkpoint", "path": "checkpoints/epoch_001.safetensors", "epoch": 1, "best": True},
    {
        "type": "epoch",
        "epoch": 1,
        "loss": 0.5,
        "recall": {"1": 0.25},
        "map_at_r": 0.1,
        "label_distance": {"10": 0.5},
        "ndcg": {"100": 0.5},
        "seconds": 1.0,
        "seconds_left": 2.0,
    },
    {"type": "notice", "sentence": "8 of 8 images are used."},
    {"type": "tested", "path": "x", "epoch": 1, "best": True, "split": "test", "recall": {"1": 0.5}, "map_at_r": None},
    {"type": "stopped", "sentence": "stopped as asked", "epoch": 1, "result": {}},
]
OTHER_KINDS = (None, True, -1, 3, 10**400, 1e999, float("nan"), "x", "", [], [1], {}, {"x": {}}, {"1": "x"})
FILES = ("run.json", "state/state.json", "checkpoints/epoch_001.json", "recipe.toml", "messages.jsonl")


def make_run(run: Path) -> Path:
    (run / "checkpoints").mkdir(parents=True)
    write_run_recipe(run, load_recipe("small"))
    data = {"location": "demo", "image_column": "", "exclude_labels": ["a"], "base": ""}
    write_checked(run / "run.json", {"format": 1, "name": run.name, "data": data, "device": "CPU"})
    progress = {"epoch": 2, "step_in_epoch": 0, "step": 1, "loss_sum": 0.0, "checkpoint": "epoch_001"}
    state = {
        "format": 1,
        "catalog": "c",
        "tensors": "x",
        "sha256": "0",
        "position": {**progress, "best_checkpoint": ""},
    }
    write_checked(run / "state" / "state.json", state)
    (run / "checkpoints" / "epoch_001.safetensors").write_bytes(b"weights")
    write_checked(
        run / "checkpoints" / "epoch_001.json",
        {
            "format": 1,
            "name": "one / epoch 1",
            "epoch": 1,
            "step": 1,
            "complete": True,
            "metrics": {"split": "test", "recall": {"1": 0.25}, "map_at_r": 0.1, "test": {"recall": {"1": 0.5}}},
            "model": ModelDescription().as_dict(),
            "recipe": {},
            "size": 7,
            "sha256": "0" * 64,
            "created": "2026",
            "versions": {"torch": "2"},
        },
    )
    lines = "".join(line_with_checksum(json.dumps(message)) + "\n" for message in MESSAGES)
    (run / "messages.jsonl").write_text(lines, encoding="utf-8")
    return run


@pytest.fixture
def runs(tmp_path):
    """Two intact runs around one to be damaged."""
    for name in ("a", "m", "z"):
        make_run(tmp_path / "runs" / name)
    return tmp_path / "runs"


def damaged_one(runs):
    """The run in the middle as it is listed, every figure of it looked at as the window does."""
    listed = list_runs(runs)
    assert [run.name for run in listed] == ["a", "m", "z"]
    assert [listed[0].state, listed[2].state] == ["stopped", "stopped"]
    found = listed[1]
    assert isinstance(found.sentence, str)
    for info in found.checkpoints:
        assert info.figure is None or info.figure >= 0
        assert isinstance(info.chosen_on, str)
    assert found.best is None or found.best in found.checkpoints
    try:
        RunHistory().read(MessageTail(runs / "m").read())
    except OSError:
        assert found.damage
    try:
        source_of(runs / "m").arguments()
    except CoreError:
        assert found.state in ("damaged", "newer")
    return found


def test_an_intact_run_has_no_damage(runs):
    found = damaged_one(runs)
    assert (found.state, found.sentence, found.damage) == ("stopped", "stopped as asked", ())
    assert (found.best_figure, found.recipe) == (0.5, load_recipe("small"))


@pytest.mark.parametrize("name", FILES)
def test_a_flipped_bit_hides_no_run(runs, name):
    path, chance = runs / "m" / name, random.Random(name)
    whole = path.read_bytes()
    for _ in range(25):
        content = bytearray(whole)
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        found = damaged_one(runs)
        # A last line without its end waits for it.
        assert found.damage or not content.endswith(b"\n")
        assert found.state in ("damaged", "newer") or name == "messages.jsonl", "its other lines still tell the rest"


def test_a_changed_figure_in_a_line_of_the_messages_is_passed_over(runs):
    path = runs / "m" / "messages.jsonl"
    whole = path.read_text()
    path.write_text(whole.replace('"recall": {"1": 0.25}', '"recall": {"1": 0.75}'))
    found = damaged_one(runs)
    assert found.damage == (
        "1 line of messages.jsonl cannot be read: line 5: it is not what was written (checksum mismatch)",
    )
    assert found.sentence == f"stopped as asked ({found.damage[0]})"
    assert len(MessageTail(runs / "m").read()) == len(MESSAGES) - 1


def test_lines_of_older_versions_have_no_checksum(runs):
    path = runs / "m" / "messages.jsonl"
    path.write_text("".join(json.dumps(message) + "\n" for message in MESSAGES))
    assert damaged_one(runs).damage == ()
    assert MessageTail(runs / "m").read() == MESSAGES == MessageTail(runs / "a").read()


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_short_or_replaced_hides_no_run(runs, name):
    path = runs / "m" / name
    whole = path.read_bytes()
    for content in (b"", whole[: len(whole) // 2], b"\xff" * 40, b"[" * 100_000, b"{}", b"[]\n", b"null", b"\0" * 99):
        path.write_bytes(content)
        found = damaged_one(runs)
        # A last line without its end waits for it.
        assert found.damage or name == "messages.jsonl"


def everywhere(value, path=()):
    """The places of a JSON value, each as the keys that lead there."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from everywhere(inner, (*path, key))


def replaced(value, path, other):
    if not path:
        return other
    return {**value, path[0]: replaced(value[path[0]], path[1:], other)}


def some_of(places, most=70):
    """So many of all pairs of a place and a value to put there, the same ones each time."""
    pairs = [(place, other) for place in places for other in OTHER_KINDS]
    return random.Random(0).sample(pairs, min(most, len(pairs)))


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith("json")])
def test_a_value_of_another_kind_hides_no_run_though_its_checksum_is_right(runs, name):
    path = runs / "m" / name
    values = read_json(path)
    for place, other in some_of(everywhere(values)):
        crafted = replaced(values, place, other)
        path.write_text(json.dumps(checked(crafted) if isinstance(crafted, dict) else crafted))
        damaged_one(runs)


def test_a_message_of_another_kind_is_counted_and_the_others_are_read(runs):
    path = runs / "m" / "messages.jsonl"
    for number, message in enumerate(MESSAGES):
        for place, other in some_of(everywhere(message), 12):
            lines = [*MESSAGES[:number], replaced(message, place, other), *MESSAGES[number + 1 :]]
            path.write_text("".join(json.dumps(line) + "\n" for line in lines))
            damaged_one(runs)
    path.write_text(path.read_text() + '{"type": "step", "step": "x", "epoch": 1, "loss": 1}\n')
    found = damaged_one(runs)
    assert "of messages.jsonl cannot be read: line" in found.sentence


def test_a_line_without_an_end_does_not_fill_the_memory(runs):
    path = runs / "m" / "messages.jsonl"
    with path.open("ab") as handle:
        handle.write(b" " * (3 << 20) + b"\n")
    found = damaged_one(runs)
    assert found.damage == ("3 lines of messages.jsonl cannot be read: line 9: no readable JSON",) or found.damage


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("name", [*FILES, "checkpoints/epoch_001.safetensors", "run.lock", "stop", "heartbeat"])
def test_a_named_pipe_in_a_run_holds_nobody_up(runs, name):
    path = runs / "m" / name
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    found = damaged_one(runs)
    assert name in ("run.lock", "stop", "heartbeat") or "not a regular file" in found.damage[0]


def test_a_folder_in_the_place_of_a_file_is_told(runs):
    for name in FILES:
        path = runs / "m" / name
        whole = path.read_bytes()
        path.unlink()
        path.mkdir()
        assert damaged_one(runs).damage
        path.rmdir()
        path.write_bytes(whole)


def test_a_run_of_a_newer_version_is_named_as_such(runs):
    path = runs / "m" / "run.json"
    path.write_text(json.dumps({"format": 999, "written_by": "embedding-explorer 7.3"}))
    found = damaged_one(runs)
    assert (found.state, found.data) == ("newer", None)
    assert "newer version (embedding-explorer 7.3, format 999" in found.sentence
    assert found.best_figure == 0.5


def test_the_way_on_that_the_trainer_told_stays_to_be_read(runs):
    with (runs / "m" / "messages.jsonl").open("a") as handle:
        handle.write('{"type": "failed", "sentence": "add --from epoch_001", "epoch": 0}\n')
    (runs / "m" / "state" / "state.json").write_text("{}")
    found = damaged_one(runs)
    assert found.state == "damaged"
    assert found.sentence.endswith("The trainer's last words: add --from epoch_001")


def test_a_missing_recipe_or_record_does_not_hide_the_run(runs):
    (runs / "m" / "recipe.toml").unlink()
    assert "recipe.toml: No such file" in damaged_one(runs).sentence
    shutil.rmtree(runs / "m" / "state")
    (runs / "m" / "run.json").unlink()
    assert list_runs(runs)[1].data is None


def test_links_and_odd_names_are_listed_sensibly(runs):
    outside = runs.parent / "elsewhere"
    shutil.copytree(runs / "a", outside)
    (runs / "b").symlink_to(outside)
    (runs / "gone").symlink_to(runs.parent / "nowhere")
    (runs / "loop").symlink_to(runs / "loop")
    shutil.copytree(runs / "a", os.fsdecode(os.fsencode(runs) + b"/odd\xff\n"))
    listed = {run.name: run for run in list_runs(runs)}
    assert list(listed) == ["a", "b", "gone", "loop", "m", "odd\\udcff\\n", "z"]
    assert listed["b"].state == "stopped"
    assert listed["gone"].sentence.startswith("damaged: the link leads to ")
    assert (listed["gone"].state, listed["loop"].state) == ("damaged", "damaged")
    for run in listed.values():
        run.name.encode()
        run.sentence.encode()
