"""Train the two small checkpoints that come with the application, and put them into resources/demo.

    python -m benchmarks.make_demo_checkpoints

A is the demo recipe stopped after its first epoch, B the whole of it, so that a comparison has something to show.
Takes a few minutes on two cores; the same seed gives the same checkpoints on the same machine.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from core import paths
from core.__main__ import main as core_main
from core.models.checkpoint_files import DETAILS, list_checkpoints

RECIPES = {"brief": ["--set", "training.epochs=1"], "longer": []}


def main() -> int:
    """Train both; returns the exit status of the first that fails."""
    target = paths.RESOURCES / "demo"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="demo-checkpoints-") as name:
        for label, settings in RECIPES.items():
            run = Path(name) / label
            words = ["train", "demo", "--data", "demo", "--out", str(run), "--set", f"name={label}", *settings]
            status = core_main(words)
            if status:
                return status
            newest = list_checkpoints(run)[-1].path
            # The JSON file last: it is the mark of a complete checkpoint.
            for part in (newest, newest.with_suffix(DETAILS)):
                shutil.copyfile(part, target / f"{label}{part.suffix}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
