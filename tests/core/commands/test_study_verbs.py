"""`study` and `contributions` on the command line."""

from __future__ import annotations

import json
import re

import pytest

from core.__main__ import main
from core.study import workers
from core.study.one_run import carry_out
from tests.core.study.tiny_study import tiny_file


@pytest.fixture
def in_process(monkeypatch):
    """Runs are trained here; starting a process takes seconds."""
    monkeypatch.setattr(workers, "in_processes", lambda jobs, count, threads: ((job, carry_out(job)) for job in jobs))


def test_study_prints_its_tables_and_fills_a_document(tmp_path, tiny_folder, in_process, capsys):
    document = tmp_path / "results.md"
    document.write_text("<!-- study tiny -->\n<!-- end of study tiny -->\n")
    words = ["study", str(tiny_file(tmp_path)), f"--data={tiny_folder}", f"--out={tmp_path / 'out'}", "--seeds=4"]
    assert main([*words, f"--into={document}"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"^plain, seed 4: recall@1 \d+\.\d\d %  ", printed, re.MULTILINE)
    assert "Differences, seed by seed" in printed
    assert "Chosen beforehand" in printed
    assert (tmp_path / "out" / "results.json").is_file()
    assert "| triplet - plain | 1 |" in document.read_text()


def test_study_answers_in_json_lines(tmp_path, tiny_folder, in_process, capsys):
    words = ["study", str(tiny_file(tmp_path)), f"--data={tiny_folder}", f"--out={tmp_path / 'out'}", "--seeds=4"]
    assert main([*words, "--json-lines"]) == 0
    messages = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [message["name"] for message in messages if message["type"] == "run"][-1] == "triplet, seed 4"
    assert messages[-1]["rows"]["plain"]["runs"]["4"]["failure"] == ""


def test_a_study_with_failures_says_so(tmp_path, tiny_folder, in_process, capsys):
    path = tiny_file(tmp_path, 'loss.name = "triplet"', 'loss.name = "log-ratio", batch.nearest = 1')
    assert main(["study", str(path), f"--data={tiny_folder}", f"--out={tmp_path / 'out'}", "--seeds=4"]) == 1
    printed = capsys.readouterr().out
    assert "failed: triplet, seed 4: tiny has no continuous targets" in printed


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["omniglot"], "The study 'omniglot' needs --data DATA: a folder with a folder per class"),
        (["wardrobe", "--workers=0"], "--workers is 0; expected 1 or more"),
        (["wardrobe", "--seeds=1,1"], "--seeds is '1,1'; expected different whole numbers"),
        (["wardrobe", "--seeds=a"], "--seeds is 'a'; expected different whole numbers"),
        (["wardrop"], "There is no study 'wardrop'"),
    ],
)
def test_bad_input_is_one_sentence(words, sentence, capsys):
    assert main(["study", *words]) == 2
    output = capsys.readouterr().err
    assert output.startswith(sentence)
    assert output.count("\n") == 1


def test_contributions_prints_a_table_for_each_run(tmp_path, capsys):
    terms = {"pair": 0.5, "pair mass": 3.0, "pair weight": 1.0, "proxy": 0.2, "proxy mass": 1.0, "proxy weight": 1.0}
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        message = {"type": "step", "step": 1, "epoch": 1, "loss": 1.0, "terms": terms}
        (tmp_path / name / "messages.jsonl").write_text(json.dumps(message) + "\n")
    runs = [str(tmp_path / "a"), str(tmp_path / "b")]
    assert main(["contributions", *runs, f"--json={tmp_path / 'all.json'}"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("pair share") == 2
    assert printed.count("75.00") == 2
    assert json.loads((tmp_path / "all.json").read_text())[runs[0]][0]["terms"]["pair"]["share"] == 0.75
