"""`python -m core` as other programs meet it: exit statuses, one sentence, pipes, signals."""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from core import __main__ as command_line
from core import paths
from core.commands import datasets
from core.errors import Cancelled, StorageError

VERBS = (
    "datasets",
    "leaks",
    "train",
    "evaluate",
    "embed",
    "export",
    "pretrained",
    "neighbours",
    "project",
    "compare",
    "space",
    "serve",
    "study",
    "contributions",
    "prepare",
    "cache",
)


def core(*words: str | bytes, **options) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "core", *words], cwd=paths.PROJECT, capture_output=True, text=True, **options
    )


@pytest.fixture
def pictures(tmp_path) -> Path:
    """Two classes of three pictures."""
    folder = tmp_path / "pictures"
    for label in ("hats", "shoes"):
        (folder / label).mkdir(parents=True)
        for number in range(3):
            Image.new("RGB", (8, 8), (number, 0, len(label))).save(folder / label / f"{number}.png")
    return folder


def test_a_good_command_ends_with_0_and_says_nothing_on_standard_error(pictures):
    done = core("datasets", "--data", str(pictures))
    assert done.returncode == 0
    assert done.stdout.startswith("pictures: 6 images, 2 classes")
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "the following arguments are required: VERB"),
        (["dataset"], "invalid choice: 'dataset'"),
        (["datasets", "--nonsense"], "unrecognized arguments: --nonsense"),
        (["datasets", "--json"], "unrecognized arguments: --json"),
        (["datasets", "--data", "nowhere/to/be/found"], "nowhere/to/be/found is not there"),
        (["datasets", "--data", ""], "No data was named"),
        (["datasets", "--data", "x" * 300], "is not there"),
        (["datasets", "--to", "sets"], "--to says where --download puts a set"),
        (["datasets", "--download", "Omniglot", "--data", "demo"], "expected no --data beside it"),
        (["leaks", "demo", "--data", "demo"], "Data was named twice"),
        (["datasets", "--data", "~nobody-by-this-name"], "is not there"),
        (["datasets", "--data", "pyproject.toml"], "pyproject.toml is no manifest"),
        (["train", "demo", "--data", "demo"], "the following arguments are required: --out"),
        (["train", "no-such-recipe", "--data", "demo", "--out", "runs/x"], "no-such-recipe"),
    ],
)
def test_bad_input_ends_with_2_and_one_sentence(words, message):
    done = core(*words)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb):
    done = core(verb, "--help")
    assert done.returncode == 0
    assert f"python -m core {verb}" in done.stdout
    assert "--json-lines" in done.stdout


def test_help_lists_the_verbs():
    done = core("--help")
    assert done.returncode == 0
    assert re.findall(r"^ {4}(\w+)", done.stdout, re.MULTILINE) == [*VERBS]


def test_only_the_asked_for_verb_is_imported():
    script = "import sys, core.__main__ as line; line.main(['datasets']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], cwd=paths.PROJECT, capture_output=True, text=True)
    imported = set(done.stderr.split())
    assert "core.commands.datasets" in imported
    assert not imported & {"core.commands.train", "core.commands.evaluate", "numpy", "PIL", "torch", "tqdm"}


def test_json_lines_carry_everything(pictures):
    done = core("datasets", "--data", str(pictures), "--json-lines")
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    assert {message["type"] for message in messages} == {"progress", "result"}
    assert messages[-1]["sentences"][0].startswith("pictures: 6 images")


def test_an_unknown_option_names_the_help_of_its_verb():
    done = core("leaks", "demo", "--cosin", "0.9")
    assert done.returncode == 2
    assert done.stderr == (
        "python -m core leaks: unrecognized arguments: --cosin 0.9; see python -m core leaks --help.\n"
    )


@pytest.mark.parametrize("words", [("--data", "no\nwhere"), ("--strange\noption",)])
def test_a_line_break_in_a_name_leaves_a_failure_on_one_line(words):
    done = core("datasets", *words)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and r"\n" in done.stderr


def test_json_lines_tell_a_failure_too():
    done = core("datasets", "--data", "nowhere", "--json-lines")
    (message,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, message["type"]) == (2, "failed")
    assert done.stderr == f"{message['sentence']}\n"


def test_names_that_are_no_text_are_shown_escaped(pictures):
    (pictures / "hats" / os.fsdecode(b"\xff.png")).write_bytes(b"")
    for words in ([], ["--json-lines"]):
        done = core("datasets", "--data", str(pictures), *words)
        assert done.returncode == 0, done.stderr
        assert "\\udcff.png is empty" in done.stdout


def test_a_terminal_that_knows_no_hangul_is_no_failure(pictures):
    (pictures / "hats").rename(pictures / "모자")
    (pictures / "모자" / "빈.png").write_bytes(b"")
    done = core("datasets", "--data", str(pictures), env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    assert "\\ubaa8\\uc790/\\ube48.png is empty" in done.stdout


@pytest.mark.parametrize("words", [[], ["--json-lines"], ["--help"]])
def test_a_reader_that_has_gone_is_no_traceback(pictures, words):
    words = [sys.executable, "-m", "core", "datasets", "--data", str(pictures), *words]
    # Without a buffer nothing would be left to write at the end.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(
        words, cwd=paths.PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 130


def _heed_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(os.name != "posix", reason="signals of this kind exist on POSIX only")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_long_work_with_130(tmp_path, number):
    drawing = tmp_path / "datasets" / "demo"
    environment = {**os.environ, paths.WORKSPACE_VARIABLE: str(tmp_path)}
    words = [sys.executable, "-m", "core", "datasets", "--data", "demo"]
    with subprocess.Popen(
        words,
        cwd=paths.PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs ignore Ctrl+C and pass that on; this child is to be one in the foreground.
        preexec_fn=_heed_interrupts,
    ) as process:
        wait_until(lambda: any(drawing.glob("images/*/*")))
        process.send_signal(number)
        output, errors = process.communicate()
    assert (process.returncode, output, errors) == (130, "", "Interrupted.\n")
    assert not (drawing / "manifest.csv").exists()
    assert not list(tmp_path.rglob("*.unfinished"))


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (StorageError("The disk is full."), 1, "The disk is full.\n"),
        (Cancelled("Stopped."), 130, "Stopped.\n"),
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
        (PermissionError(13, "Permission denied", "/locked"), 1, "/locked: Permission denied.\n"),
        (OSError("odd"), 1, "odd.\n"),
        (BrokenPipeError(32, "Broken pipe"), 130, ""),
    ],
)
def test_an_ending_has_its_status_and_its_sentence(monkeypatch, capsys, error, status, message):
    def run(arguments, reporter):
        raise error

    monkeypatch.setattr(datasets, "run", run)
    assert command_line.main(["datasets"]) == status
    assert capsys.readouterr() == ("", message)


def test_a_mistake_of_ours_keeps_its_traceback(monkeypatch):
    def run(arguments, reporter):
        raise ZeroDivisionError

    monkeypatch.setattr(datasets, "run", run)
    with pytest.raises(ZeroDivisionError):
        command_line.main(["datasets"])


@pytest.mark.parametrize(
    "words", [["-m", "core", "--help"], ["-m", "core", "datasets", "--data", "demo"], ["main.py"]], ids=" ".join
)
def test_a_python_without_the_packages_is_told_what_to_run(words):
    # -S: the standard library alone.
    surroundings = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    surroundings.pop("PYTHONPATH", None)
    done = subprocess.run(
        [sys.executable, "-S", *words], cwd=paths.PROJECT, env=surroundings, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"{sys.executable} lacks the package ")
    assert re.search(r" package \w+: `make run` installs all [^\n]+\.\n$", done.stderr)


def test_a_module_of_ours_that_is_not_there_keeps_its_traceback(monkeypatch):
    monkeypatch.setattr(datasets, "run", lambda arguments, reporter: importlib.import_module("core.no_such_module"))
    with pytest.raises(ModuleNotFoundError):
        command_line.main(["datasets"])


def test_a_verb_may_choose_its_status(monkeypatch):
    monkeypatch.setattr(datasets, "run", lambda arguments, reporter: 130)
    assert command_line.main(["datasets"]) == 130
    monkeypatch.setattr(datasets, "run", lambda arguments, reporter: None)
    assert command_line.main(["datasets"]) == 0


def wait_until(condition, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="this system shares the cores out otherwise")
def test_a_session_of_its_own_stands_behind_the_window() -> None:
    """Niceness alone counts within a session only."""
    code = "from core.__main__ import _lower_priority; _lower_priority(); print(open('/proc/self/autogroup').read())"
    child = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, start_new_session=True, check=True
    )
    assert child.stdout.split()[-1] == "10"
