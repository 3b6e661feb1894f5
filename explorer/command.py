"""The installed command `embedding-explorer`: a verb of the core, or the window."""

from __future__ import annotations

import sys

from core.__main__ import VERBS, run_as_program
from explorer import start

NAME = "embedding-explorer"


def main() -> int:
    """`embedding-explorer VERB ...` is `python -m core VERB ...`; all else is for the window. Returns the status.

    A folder that is called like a verb is opened as `./train`.
    """
    if sys.argv[1:2] and sys.argv[1] in VERBS:
        return run_as_program(NAME)
    return start.main(prog=NAME)
