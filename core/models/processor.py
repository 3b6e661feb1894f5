"""The processor, as a person calls it. No torch here."""

from __future__ import annotations

import os


def cores() -> int:
    """How many of them this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor_name() -> str:
    """Such as "CPU (2 cores)"."""
    return f"CPU ({cores()} core{'s' if cores() != 1 else ''})"
