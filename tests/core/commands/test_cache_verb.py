"""What computed results take, and removing those that nobody uses any more."""

from __future__ import annotations

import argparse
import io
import json
import os
import time
from pathlib import Path

import pytest

from core import disk_cache, paths
from core.commands import cache as verb
from core.errors import InputError
from core.progress import JsonLinesReporter, Reporter, TerminalReporter


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two embeddings, one of them old but opened lately, a map, a panel's result, a cache, and a run."""
    monkeypatch.setenv(paths.WORKSPACE_VARIABLE, str(tmp_path / "workspace"))
    for name in (
        "embeddings/old/meta.json",
        "embeddings/opened/meta.json",
        "maps/a.npz",
        "cache/images/b.squares",
        "results/similarity/c.npz",
    ):
        written(tmp_path / "workspace" / name, days_ago=40)
    os.utime(tmp_path / "workspace" / "embeddings" / "opened")
    written(tmp_path / "workspace" / "runs" / "mine" / "recipe.toml", days_ago=40)
    return tmp_path / "workspace"


def written(path: Path, days_ago: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(1_500_000))
    then = time.time() - days_ago * disk_cache.DAY
    for each in (path, path.parent):
        os.utime(each, (then, then))


def run(*words: str, reporter: Reporter | None = None) -> None:
    parser = argparse.ArgumentParser()
    verb.add_arguments(parser)
    verb.run(parser.parse_args(words), reporter or TerminalReporter(io.StringIO()))


def test_every_kind_is_told_with_its_size_and_place(workspace, capsys):
    run()
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines[1:]] == list(disk_cache.KINDS)
    assert lines[1] == ["embeddings", "2", "3.0", "MB", str(workspace / "embeddings")]
    assert lines[3] == ["evaluations", "0", "0.0", "MB", str(workspace / "evaluations")]
    assert lines[6] == ["results", "1", "1.5", "MB", str(workspace / "results")]
    assert lines[7] == ["prepared-images", "1", "1.5", "MB", str(workspace / "cache" / "images")]


def test_only_what_was_not_used_lately_of_the_kinds_named_is_removed(workspace, capsys):
    run("--remove", "embeddings", "thumbnails", "--unused-for", "41")
    run("--remove", "embeddings", "thumbnails", "--unused-for", "30")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Removed 0 of 2 embeddings (0.0 MB)."
    assert lines[-11:-9] == ["Removed 1 of 2 embeddings (1.5 MB).", "Removed 0 of 0 thumbnails (0.0 MB)."]
    assert lines[-8].split()[:3] == ["embeddings", "1", "1.5"]
    assert [path.name for path in (workspace / "embeddings").iterdir()] == ["opened"]
    assert (workspace / "maps" / "a.npz").exists()


def test_with_no_days_all_goes_but_runs(workspace):
    reporter = JsonLinesReporter(io.StringIO())
    run("--remove", *disk_cache.KINDS, "--unused-for", "0", reporter=reporter)
    left = sorted(str(path.relative_to(workspace)) for path in workspace.rglob("*") if path.is_file())
    assert left == ["runs/mine/recipe.toml"]


def test_a_program_reads_the_figures_as_json(workspace):
    stream = io.StringIO()
    run("--remove", "maps", reporter=JsonLinesReporter(stream))
    result = json.loads(stream.getvalue().splitlines()[-1])
    assert result["bytes"]["embeddings"] == 3_000_000 and result["bytes"]["maps"] == 0
    assert result["removed"] == {"maps": 1}


def test_a_link_goes_and_what_it_leads_to_stays(workspace, tmp_path):
    written(tmp_path / "elsewhere" / "meta.json", days_ago=40)
    (workspace / "embeddings" / "linked").symlink_to(tmp_path / "elsewhere")
    run("--remove", "embeddings", "--unused-for", "0")
    assert list((workspace / "embeddings").iterdir()) == []
    assert (tmp_path / "elsewhere" / "meta.json").exists()


def test_what_another_process_removed_meanwhile_is_no_mistake(workspace):
    items = disk_cache.cache_entries("embeddings")
    assert disk_cache.remove_unused(items, 0) == items
    assert disk_cache.remove_unused(items, 0) == items


@pytest.mark.parametrize("days", ["-1", "nan", "inf"])
def test_days_must_be_a_number(workspace, days):
    with pytest.raises(InputError, match=f"--unused-for is {days}; expected a number of days, 0 or more"):
        run("--unused-for", days)


def test_the_name_of_earlier_versions_still_works(workspace, capsys):
    from core.__main__ import main

    assert main(["cache"]) == 0
    output = capsys.readouterr().out
    assert main(["kept"]) == 0
    assert capsys.readouterr().out == output != ""
