"""A study whose runs take a second, on the tiny folder's pictures."""

from __future__ import annotations

from pathlib import Path

from core.study.definition import Study, load_study

TINY = """
name = "tiny"
recipe = "small"
seeds = [0, 1]
held_out = 0.5
contrasts = [["triplet", "plain"]]

[set]
model = { width = 4, embedding_size = 8, input_size = 16, prepared_size = 18 }
batch = { classes = 2, images = 2 }
training.epochs = 2

[[tunings]]
name = "rate"
choices = [{ optimizer.learning_rate = 0.01 }, { optimizer.learning_rate = 0.001 }]

[[rows]]
name = "plain"
tuned = ["rate"]

[[rows]]
name = "triplet"
like = "plain"
set = { loss.name = "triplet" }
"""


def tiny_file(folder: Path, old: str = "", new: str = "") -> Path:
    """The study as a file, with one text replaced."""
    assert old in TINY
    path = folder / "tiny.toml"
    path.write_text(TINY.replace(old, new, 1) if old else TINY, encoding="utf-8")
    return path


def tiny_study(folder: Path, old: str = "", new: str = "") -> Study:
    """The study, with one text replaced."""
    return load_study(tiny_file(folder, old, new))
