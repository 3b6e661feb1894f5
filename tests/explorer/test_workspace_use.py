from __future__ import annotations

import os
import socket
from pathlib import Path

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
