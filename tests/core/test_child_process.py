from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from core import child_process, paths
from core.child_process import ChildProcess, outcome_of, parse_message, start_detached
from core.errors import StorageError

SAYS = 'import sys, json\nsay = lambda **fields: print(json.dumps(fields), flush=True)\nsay(type="ready")\n'
PARENT = """
import sys, time
from pathlib import Path
from core import child_process
child_process.command = lambda arguments: [sys.executable, "-c", *arguments]
child = child_process.start_detached(sys.argv[1:3], Path(sys.argv[3]))
print(child.pid, flush=True)
time.sleep(60)
"""
NOISE = r"""
print("a print")
print("[1]")
print("{}", flush=True)
sys.stdout.buffer.write(b"\xff\xfe not text\n")
say(type="progress", done=1)
say(type="result", word="양말")
"""
DETACHED = """
import os, sys, time
print(os.getsid(0), flush=True)
sys.stderr.write("words")
for _ in range(3000):
    time.sleep(0.01)
    if os.path.exists(sys.argv[1] + "/orphaned"):
        open(sys.argv[1] + "/done", "w")
        break
"""


@pytest.fixture
def start(monkeypatch):
    """Starts a script in place of a verb."""
    monkeypatch.setattr(child_process, "command", lambda arguments: [sys.executable, "-c", *arguments])
    children = []

    def start(script: str) -> ChildProcess:
        children.append(ChildProcess([SAYS + script]))
        return children[-1]

    yield start
    for child in children:
        child.stop(grace=0.1)


def first_message(child: ChildProcess) -> dict:
    return next(child.messages())


def test_messages_come_in_order_and_other_lines_are_passed_over(start):
    child = start(NOISE)
    assert list(child.messages()) == [
        {"type": "ready"},
        {"type": "progress", "done": 1},
        {"type": "result", "word": "양말"},
    ]
    assert child.wait() == child_process.ProcessOutcome("done", "Finished.", 0)


def test_a_request_is_answered_and_the_dead_do_not_listen(start):
    child = start('request = json.loads(input())\nsay(type="answer", got=request["image"])\n')
    assert first_message(child) == {"type": "ready"}
    assert child.send({"id": 1, "image": os.fsdecode(b"\xff.png")})
    assert list(child.messages()) == [{"type": "answer", "got": os.fsdecode(b"\xff.png")}]
    assert child.wait().status == "done"
    assert not child.send({"id": 2})


def test_sending_to_a_child_that_has_ended_says_so(start):
    child = start("")
    assert list(child.messages()) == [{"type": "ready"}]
    child.stop()
    assert not child.send({"id": 1})
    assert child.wait().code == 0


def test_a_failure_is_told_in_the_childs_own_words(start):
    child = start(
        'say(type="failed", id=3, sentence="One image.")\nsay(type="failed", sentence="No data.")\nsys.exit(2)'
    )
    assert len(list(child.messages())) == 3
    outcome = child.wait()
    assert (outcome.status, outcome.sentence, outcome.code) == ("failed", "No data.", 2)


def test_an_answer_that_failed_is_no_failure_of_the_child(start):
    child = start('say(type="failed", id=3, sentence="One image.")\nsys.exit(1)')
    list(child.messages())
    assert child.wait().sentence == "The process ended with status 1."


def test_a_crash_is_told_by_its_last_line_and_keeps_the_end_of_what_it_wrote(start):
    child = start('sys.stderr.write("x" * 1_000_000)\nsys.stderr.flush()\nraise RuntimeError("broken 양말")')
    list(child.messages())
    outcome = child.wait()
    assert (outcome.status, outcome.sentence, outcome.code) == ("failed", "RuntimeError: broken 양말", 1)
    assert "Traceback" in outcome.details and 1000 < len(outcome.details) <= child_process.LAST_WORDS


def test_a_child_that_is_stopped_may_tidy_up(start):
    child = start(
        "import signal, time\ndef end(*_):\n    say(type='tidied')\n    sys.exit(3)\n"
        "signal.signal(signal.SIGTERM, end)\nsay(type='armed')\ntime.sleep(60)"
    )
    messages = child.messages()
    assert [next(messages)["type"], next(messages)["type"]] == ["ready", "armed"]
    child.stop(grace=30)
    assert [message["type"] for message in messages] == ["tidied"]
    outcome = child.wait()
    assert (outcome.status, outcome.sentence, outcome.code) == ("stopped", "Stopped by you.", 3)


def test_a_child_that_does_not_stop_is_killed(start):
    child = start(
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nsay(type='deaf')\ntime.sleep(60)"
    )
    messages = child.messages()
    assert [next(messages)["type"], next(messages)["type"]] == ["ready", "deaf"]
    stopper = threading.Thread(target=child.stop, args=(0.2,))
    stopper.start()
    assert list(messages) == []
    outcome = child.wait()
    stopper.join()
    assert (outcome.status, outcome.code) == ("stopped", -signal.SIGKILL)


def test_a_child_killed_by_others_is_told_with_the_signal(start):
    child = start("import time\ntime.sleep(60)")
    assert first_message(child) == {"type": "ready"}
    os.kill(child.pid, signal.SIGKILL)
    outcome = child.wait()
    assert (outcome.status, outcome.sentence) == ("killed", "The process was killed from outside (SIGKILL).")


def test_stopping_twice_or_too_late_does_no_harm(start):
    child = start("")
    list(child.messages())
    child.stop()
    child.stop()
    assert child.wait().status == "done"


@pytest.mark.parametrize(
    ("code", "facts", "status", "sentence"),
    [
        (0, {"stop_asked": True}, "done", "Finished."),
        (130, {"stop_asked": True, "details": "Interrupted."}, "stopped", "Stopped by you."),
        (2, {"failure": "No data.", "details": "Traceback"}, "failed", "No data."),
        (1, {"details": "one\ntwo\n\n"}, "failed", "two"),
        (-11, {}, "killed", "The process was killed from outside (SIGSEGV)."),
        (-200, {}, "killed", "The process was killed from outside (signal 200)."),
        (7, {}, "failed", "The process ended with status 7."),
    ],
)
def test_how_a_child_ended_is_a_sentence(code, facts, status, sentence):
    outcome = outcome_of(code, **facts)
    assert (outcome.status, outcome.sentence, outcome.code) == (status, sentence, code)


@pytest.mark.parametrize("line", ["", "words", "3", "[]", "{}", '{"kind": 1}', "[" * 100_000, "1" * 5000, '{"type"'])
def test_a_line_that_is_no_message_is_none(line):
    assert parse_message(line) is None


def test_a_child_finds_the_core_from_any_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    child = ChildProcess(["datasets"])
    (message,) = child.messages()
    assert message["type"] == "result"
    assert child.wait().status == "done"


def test_bad_input_to_a_real_verb_is_told_in_its_sentence(tmp_path):
    child = ChildProcess(["datasets", "--data", str(tmp_path / "nowhere")])
    (message,) = child.messages()
    outcome = child.wait()
    assert outcome.code == 2
    assert outcome.sentence == message["sentence"]
    assert "nowhere is not there" in outcome.sentence


def test_a_wrong_argument_is_told_though_no_message_was_possible():
    child = ChildProcess(["datasets", "--nonsense"])
    assert list(child.messages()) == []
    assert "--nonsense" in child.wait().sentence


def test_the_environment_keeps_what_is_there(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    environment = child_process.environment({"EXTRA": "1"})
    assert environment["PYTHONPATH"].split(os.pathsep) == [str(paths.PROJECT), "elsewhere"]
    assert environment["EXTRA"] == "1"
    assert environment["PATH"] == os.environ["PATH"]


@pytest.mark.skipif(os.name != "posix", reason="sessions exist on POSIX only")
def test_a_detached_child_outlives_its_parent(tmp_path):
    log = tmp_path / "runs" / "trainer.log"
    words = [sys.executable, "-c", PARENT, DETACHED, str(tmp_path), str(log)]
    with subprocess.Popen(words, cwd=paths.PROJECT, stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        parent.kill()
    (tmp_path / "orphaned").touch()
    wait_for(tmp_path / "done")
    session, words = log.read_text().splitlines()
    assert int(session) == pid
    assert words == "words"


def test_a_log_that_cannot_be_written_is_a_storage_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"Could not write .*trainer\.log"):
        start_detached(["datasets"], tmp_path / "file" / "trainer.log")


def test_a_second_start_adds_to_the_log(tmp_path):
    log = tmp_path / "log"
    log.write_text("before\n")
    start_detached(["datasets"], log).wait()
    assert log.read_text().startswith("before\n")
    assert "FOLDER" in log.read_text()


def wait_for(path: Path, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} was never written"
        time.sleep(0.02)
