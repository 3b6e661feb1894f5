"""Where figures come from: the processor and the program's commit."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from pathlib import Path

from core.paths import PROJECT


def processor() -> str:
    """The processor's name as Linux tells it, elsewhere its family."""
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


@cache
def commit() -> str:
    """The commit that this program is at, "" where that cannot be told."""
    try:
        completed = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return completed.stdout.strip() if completed.returncode == 0 else ""
