"""Files that were named by hand are in the library again at the next start."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import NewerVersionError
from core.retrieval.embeddings_file import EmbeddingsFile
from explorer.jobs.notes import Notes
from explorer.jobs.opened_files import FILE, OpenedFiles, load_opened, save_opened
from explorer.jobs.runner import JobRunner
from explorer.session import Session


def _opened(workspace: Path, runner: JobRunner) -> Session:
    session = Session(workspace)
    OpenedFiles(session, runner, Notes(runner, held=True)).find()
    return session


def test_opened_files_come_back_newest_first(runner: JobRunner, tmp_path: Path) -> None:
    first, second = (tmp_path / name for name in ("first.npz", "second.npz"))
    session = _opened(tmp_path / "w", runner)
    for path in (first, second):
        path.write_bytes(b"PK")
        session.library.add_opened(EmbeddingsFile(path, "as it was read"))
    assert [chosen.path for chosen in _opened(tmp_path / "w", runner).library.opened] == [second, first]
    second.unlink()
    assert [chosen.path for chosen in _opened(tmp_path / "w", runner).library.opened] == [first]


def test_what_is_opened_while_the_list_is_read_is_kept(tmp_path: Path, runner: JobRunner) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(b"PK")
    save_opened(tmp_path, [str(path)])
    session = Session(tmp_path)
    files = OpenedFiles(session, runner, Notes(runner, held=True))
    session.library.add_opened(EmbeddingsFile(path, "newer"))
    files.find()
    assert session.library.opened == [EmbeddingsFile(path, "newer")]


def test_a_file_that_was_refused_is_not_listed(runner: JobRunner, tmp_path: Path) -> None:
    session = _opened(tmp_path, runner)
    given = EmbeddingsFile(tmp_path / "wrong.npz", "x")
    session.library.add_opened(given)
    session.library.drop_opened(given)
    assert session.library.opened == [] and json.loads((tmp_path / FILE).read_text())["opened"] == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"opened": 3}', '{"opened": [3]}'])
def test_a_damaged_list_is_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert load_opened(tmp_path) == []


def test_the_list_of_a_newer_version_is_not_written_over(tmp_path: Path) -> None:
    newer = json.dumps({"format": 99, "opened": []})
    (tmp_path / FILE).write_text(newer)
    with pytest.raises(NewerVersionError):
        save_opened(tmp_path, ["a.npz"])
    assert (tmp_path / FILE).read_text() == newer
