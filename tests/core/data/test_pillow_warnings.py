from __future__ import annotations

import threading
import warnings

import pytest

from core.data.pillow_warnings import QuietPillow


def warn_as(module: str) -> None:
    warnings.warn_explicit("odd metadata", UserWarning, f"{module}.py", 1, module=module)


def test_pillow_is_quiet_inside_and_others_are_not():
    before = list(warnings.filters)
    with QuietPillow():
        warn_as("PIL.TiffImagePlugin")
        with pytest.raises(UserWarning):
            warn_as("PILLAR")
    assert list(warnings.filters) == before
    with pytest.raises(UserWarning):
        warn_as("PIL.TiffImagePlugin")


def test_the_first_to_leave_does_not_disturb_the_other():
    quiet = QuietPillow()
    before = list(warnings.filters)
    inside, leave = threading.Event(), threading.Event()

    def stay() -> None:
        with quiet:
            inside.set()
            leave.wait(20)

    thread = threading.Thread(target=stay)
    thread.start()
    assert inside.wait(20)
    with quiet:
        pass
    warn_as("PIL.Image")
    leave.set()
    thread.join()
    assert list(warnings.filters) == before
