"""What a window remembers of its workspace is written in a thread, one file after the other, and by one window only."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from core.checksum import check_format
from core.errors import StorageError
from core.storage import read_json, write_json
from explorer.jobs.runner import JobRunner

# How long closing waits for what is still to be written.
PATIENCE = 1.0


class Notes:
    """Writes for whoever remembers something.

    Attribute: held, whether this window is the one that writes; of two windows on one workspace the first is. Else the
    second would write over what the first has noted since the second one read it.
    """

    def __init__(self, runner: JobRunner, held: bool = False) -> None:
        self._runner = runner
        self.held = held

    def write(self, name: str, work: Callable[[], object], failed: Callable[[str], None] | None = None) -> None:
        """Do `work`, unless more of that `name` is to be written meanwhile; `failed` hears why it could not be."""
        if self.held:
            self._runner.submit(name, work, failed=lambda sentence, _: failed(sentence) if failed else None)

    def shutdown(self) -> bool:
        """Returns whether all was written; a drive that stalls is not waited for."""
        return self._runner.finish(PATIENCE) and self._runner.shutdown()


def save_note(path: Path, newest: int, **values: object) -> None:
    """Write what is remembered. Raises StorageError where that fails, NewerVersionError where a newer version wrote."""
    with contextlib.suppress(StorageError):  # not there yet, or damaged
        before = read_json(path)
        if isinstance(before, dict):
            check_format(path, before, newest)
    write_json(path, {"format": newest, **values})
