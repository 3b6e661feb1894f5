"""The window. What it says stands in tables of its own, beside those of the core."""

from pathlib import Path

from core.messages import add_room

add_room(Path(__file__).parent / "messages")
