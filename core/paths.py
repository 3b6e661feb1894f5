"""Where things live: the workspace, the shipped resources, the cache.

The workspace holds data sets, runs, embeddings, maps and thumbnails. It is `--workspace` of the window,
or the variable EMBEDDING_EXPLORER_WORKSPACE, or a folder in the user's data directory; child processes
inherit it through the variable.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from platformdirs import PlatformDirs

APPLICATION = "embedding-explorer"
WORKSPACE_VARIABLE = "EMBEDDING_EXPLORER_WORKSPACE"
PROJECT = Path(__file__).resolve().parent.parent
RESOURCES = PROJECT / "resources"


def workspace() -> Path:
    """The workspace folder, absolute (not created here)."""
    chosen = os.environ.get(WORKSPACE_VARIABLE)
    return absolute(chosen) if chosen else _of_user().user_data_path


def compiled() -> Path:
    """Where numba keeps compiled code: shared by all workspaces, since it depends on the machine alone."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    return Path(chosen) if chosen else _of_user().user_cache_path / "numba"


def cache() -> Path:
    """A folder that may be deleted at any time: compiled kernels, decoded images."""
    if os.environ.get(WORKSPACE_VARIABLE):
        return workspace() / "cache"
    return _of_user().user_cache_path


def absolute(given: str) -> Path:
    """A path as a person types it, "~" included, from the root on; symbolic links stay as they are."""
    # Path.expanduser raises for a user who does not exist; here the name is then taken as it stands.
    return Path(os.path.abspath(os.path.expanduser(given)))  # noqa: PTH100, PTH111


def _of_user() -> PlatformDirs:
    # Not at the top: a Python without our packages must get as far as saying so.
    from platformdirs import PlatformDirs

    return PlatformDirs(APPLICATION, appauthor=False)
