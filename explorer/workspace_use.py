"""Which window uses a workspace: the first one holds it, and each other says so and leaves its memory alone."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from filelock import Timeout

from core.errors import CoreError
from core.holder import Holder, holding, read_holder
from core.messages import Message
from core.wording import moment

LOCK = "window.lock"
RECORD = "window.json"


class WorkspaceUse:
    """Holds the workspace until `close`, where nobody else does and it can be written to.

    Attributes:
        sentence: why it is not held, for the person in front of the window; "" when it is.
    """

    def __init__(self, workspace: Path) -> None:
        self._held = contextlib.ExitStack()
        self.sentence = ""
        try:
            workspace.mkdir(parents=True, exist_ok=True)
            self._held.enter_context(holding(workspace / LOCK, workspace / RECORD, 0.0))
        except Timeout:
            self.sentence = Message("workspace-used-by-other-window", who=_who(read_holder(workspace / RECORD)))
        except (OSError, CoreError) as error:
            reason = getattr(error, "strerror", None) or error
            self.sentence = Message("workspace-not-writable", workspace=workspace, reason=reason)

    @property
    def held(self) -> bool:
        """Whether this window is the one that remembers."""
        return not self.sentence

    def close(self) -> None:
        """Let go of it."""
        self._held.close()


def _who(holder: Holder | None) -> str:
    if holder is None:
        return Message("window-not-known")
    when = moment(holder.since, time.time())
    return Message("process-on-host", pid=holder.pid, host=holder.host, when=when)
