from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from core import paths
from core.data.source import DataSource
from core.retrieval.embeddings_file import EmbeddingsFile
from explorer.application import Explorer
from explorer.state.subject import SHARED
from explorer.workspace_use import WorkspaceUse


def test_the_first_window_holds_the_workspace_and_the_second_says_who_does(tmp_path: Path) -> None:
    first = WorkspaceUse(tmp_path / "new")
    assert first.held
    second = WorkspaceUse(tmp_path / "new")
    assert not second.held
    assert f"(process {os.getpid()} on {socket.gethostname()}, since " in second.sentence
    second.close()
    first.close()
    third = WorkspaceUse(tmp_path / "new")
    assert third.held
    third.close()


def test_a_workspace_that_cannot_be_written_to_is_opened_and_said(tmp_path: Path) -> None:
    (tmp_path / "window.lock").mkdir()  # as good as a drive that refuses
    use = WorkspaceUse(tmp_path)
    assert use.sentence.startswith(f"The workspace {tmp_path} cannot be written to (")
    use.close()


FIRST = """
import sys
from pathlib import Path
from core.data.source import DataSource
from explorer.jobs.data_memory import DatasetView, save_views
from explorer.jobs.recent_datasets import save_known
from explorer.jobs.opened_files import save_opened
from explorer.workspace_use import WorkspaceUse
workspace, path = map(Path, sys.argv[1:])
use = WorkspaceUse(workspace)
assert use.held
print("held", flush=True)
sys.stdin.readline()
# What the second window could not know when it read these files.
save_known(workspace, [DataSource("/data/of the first")])
save_views(workspace, {DataSource("/data/of the first"): DatasetView(split="all")})
save_opened(workspace, [str(path)])
print("written", flush=True)
sys.stdin.readline()
"""


def test_a_second_window_writes_over_nothing_of_the_first(
    qtbot: QtBot, workspace: Path, tmp_path: Path, tiny_folder: Path, open_explorer: Callable[[DataSource], Explorer]
) -> None:
    command = [sys.executable, "-c", FIRST, str(workspace), str(tmp_path / "mine.npz")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=paths.PROJECT, stdin=pipe, stdout=pipe, text=True) as first:
        assert first.stdout is not None and first.stdin is not None
        assert first.stdout.readline() == "held\n"
        second = open_explorer(DataSource(str(tiny_folder)))
        assert f"(process {first.pid} on " in next(
            problem.sentence for problem in second.session.problems.all if problem.subject == SHARED
        )
        first.stdin.write("\n")
        first.stdin.flush()
        assert first.stdout.readline() == "written\n"
        names = ("library.json", "looked_at.json", "opened.json")
        before = {name: (workspace / name).read_bytes() for name in names}
        # All that the first writes down of itself, done here.
        session = second.session
        session.set_colouring("correctness")
        session.library.add_opened(EmbeddingsFile(tmp_path / "other.npz", "x"))
        session.library.set_data_sets([DataSource("/data/of the second"), *session.library.data_sets])
        second.memory.save()
        second.shutdown()
        assert {name: (workspace / name).read_bytes() for name in names} == before
        assert (workspace / "window.json").exists(), "the first still holds it"
        first.communicate("\n")
