"""The processor, as a person calls it. No torch here."""

from __future__ import annotations

import os


def processor_name() -> str:
    """Such as "CPU (2 cores)": those that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return f"CPU ({cores} core{'s' if cores != 1 else ''})"
