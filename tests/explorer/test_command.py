"""The installed command: verbs go to the core, all else to the window."""

from __future__ import annotations

import sys

import pytest

from explorer import command, start


def test_a_verb_is_the_cores_and_its_mistakes_name_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("core.__main__._prepare_process", lambda: None)
    monkeypatch.setattr(sys, "argv", ["embedding-explorer", "datasets", "--nonsense"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 2
    assert "see embedding-explorer datasets --help." in capsys.readouterr().err


def test_all_else_opens_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["embedding-explorer", "./train"])
    monkeypatch.setattr(start, "main", lambda prog: 7 if prog == "embedding-explorer" else 0)
    assert command.main() == 7
