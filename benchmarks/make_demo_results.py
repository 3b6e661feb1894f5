"""Compute what the demo shows at a first start, embeddings and maps of both shipped checkpoints, into resources/demo.

    python -m benchmarks.make_demo_results

To be run whenever the demo, its checkpoints or what is kept of them change. The window itself makes them, on an empty
workspace. They are found by names made of what they were computed from; stale ones are never shown, only made anew.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from core import paths
from explorer.jobs.artifact_paths import SHIPPED

KINDS = ("embeddings", "maps")


def main() -> int:
    """Replace what is shipped; returns the window's exit status."""
    for kind in KINDS:
        shutil.rmtree(SHIPPED / kind, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="demo-results-") as name:
        workspace = Path(name) / "workspace"
        words = [sys.executable, str(paths.PROJECT / "main.py"), "demo", "--workspace", str(workspace)]
        words += ["--device", "cpu", "--screenshot", str(Path(name) / "window.png")]
        status = subprocess.run(words, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}).returncode
        if status == 0:
            for kind in KINDS:
                shutil.copytree(workspace / kind, SHIPPED / kind)
    return status


if __name__ == "__main__":
    sys.exit(main())
