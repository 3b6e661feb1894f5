"""Pictures of the demo that are drawn when they are first decoded: the window need not wait for all of them.

A note in the demo's folder marks it; the decoder asks here about a file that is not there. What draws is imported only
when it is needed, which is never with other data.
"""

from __future__ import annotations

from pathlib import Path

from core.errors import StorageError
from core.storage import read_json, write_json

NOTE = "on_demand.json"
# A picture lies in the demo's folder as images/GARMENT/NUMBER.jpg.
LEVELS = 3


def begin_demo(folder: Path) -> None:
    """Make `folder` a place where each picture of the demo is drawn when it is first decoded."""
    from core.demo.generator import current_drawing, made

    if _allowed(made(folder)) != current_drawing():
        write_json(folder / NOTE, current_drawing())


def draw_missing(path: Path) -> bool:
    """Draw the picture at `path` if it is one of the demo's; whether it is there now."""
    path = Path(path)
    if len(path.parts) <= LEVELS or not (path.parents[LEVELS - 1] / NOTE).is_file():
        return False
    from core.demo.generator import current_drawing, draw_picture

    folder = path.parents[LEVELS - 1]
    return _allowed(folder) == current_drawing() and draw_picture(folder, path)


def _allowed(folder: Path) -> object:
    try:
        return read_json(folder / NOTE)
    except StorageError:
        return None
