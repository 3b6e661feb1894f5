"""Numbers in the words of the window."""

from __future__ import annotations

import pytest

from explorer.appearance.number_format import duration


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (89.4, "89 s"), (90, "2 min"), (360, "6 min"), (3540, "59 min"), (3900, "1 h 05 min")],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words
