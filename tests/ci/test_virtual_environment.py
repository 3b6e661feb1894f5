"""The set-up script, with a Python that only notes what it is asked to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core import paths

SCRIPT = Path(".ci") / "setup" / "virtual_environment.sh"
NOTING = '#!/bin/sh\n[ "$1" = --version ] && echo Python 3.11.0\n[ "$1" = -m ] && echo "$@" >>asked\nexit 0\n'
# What POSIX has everywhere, and the script may therefore use.
TOOLS = ("sh", "dirname", "cat", "cksum")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a script of POSIX's shell")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with an environment in which nothing is installed yet."""
    python = tmp_path / ".venv" / "bin" / "python"
    for path in (python, tmp_path / SCRIPT):
        path.parent.mkdir(parents=True)
    python.write_text(NOTING)
    python.chmod(0o755)
    shutil.copy(paths.PROJECT / SCRIPT, tmp_path / SCRIPT)
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text("numpy\n")
    return tmp_path


@pytest.fixture
def installs(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bool]:
    """Runs the script with few tools; whether it installed. It fails without one of them."""

    def run(*without: str) -> bool:
        tools = tmp_path_factory.mktemp("tools")
        for name in TOOLS:
            found = shutil.which(name)
            assert found is not None
            if name not in without:
                (tools / name).symlink_to(found)
        (project / "asked").unlink(missing_ok=True)
        environment = {**os.environ, "PATH": str(tools), "VENV": ".venv"}
        done = subprocess.run([str(tools / "sh"), str(project / SCRIPT)], env=environment, capture_output=True)
        assert (done.returncode == 0) == (not without), done.stderr
        return (project / "asked").exists() and "-m pip install" in (project / "asked").read_text()

    return run


def test_what_is_installed_is_not_installed_again_until_something_changes(project: Path, installs: Callable) -> None:
    assert installs()
    assert not installs()
    (project / "constraints.txt").write_text("numpy==2.0\n")
    assert installs()
    assert not installs()


@pytest.mark.parametrize("stamp", [None, ""])
def test_an_environment_without_a_stamp_never_counts_as_installed(
    project: Path, installs: Callable, stamp: str | None
) -> None:
    if stamp is not None:
        (project / ".venv" / "installed").write_text(stamp)
    # Nothing to compare with on either side.
    assert installs("cksum")
