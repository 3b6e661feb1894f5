"""What a run has reached: its best and its last checkpoint, and on what the best was chosen. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.report.columns import percent

HELD_OUT = "held-out classes"
WORDS = {"test": "the test split", "val": "the validation split", HELD_OUT: HELD_OUT}


@dataclass(frozen=True)
class Verdict:
    """Recall@1 of the best and the last checkpoint; None where it was not measured.

    A figure of the best checkpoint on the very images it was chosen on is too good: it is the best of as many tries
    as there were epochs. It is the field's custom all the same, so it is shown beside the last one's and says so.

    Attributes:
        chosen_on: "test", "val", "held-out classes", or "" where nothing was measured.
        best_checkpoint, last_checkpoint: their names.
        best, last: Recall@1 on what was chosen on.
        best_on_test, last_on_test: Recall@1 on the test split where another was chosen on, measured once, at the end.
    """

    chosen_on: str = ""
    best_checkpoint: str = ""
    last_checkpoint: str = ""
    best: float | None = None
    last: float | None = None
    best_on_test: float | None = None
    last_on_test: float | None = None

    def tested(self, checkpoint: str, recall: float | None) -> Verdict:
        """With the Recall@1 of one checkpoint on the test split; the best may be the last as well."""
        best = recall if checkpoint == self.best_checkpoint else self.best_on_test
        last = recall if checkpoint == self.last_checkpoint else self.last_on_test
        return replace(self, best_on_test=best, last_on_test=last)

    @property
    def sentence(self) -> str:
        """In words, without a full stop; "" where nothing was measured."""
        if self.best is None:
            return ""
        words = (
            f"Recall@1 on {on_what(self.chosen_on)}: best {percent(self.best)} % ({self.best_checkpoint}),"
            f" last {_figure(self.last)}"
        )
        if self.chosen_on != HELD_OUT:
            return f"{words}; the best was chosen on that split"
        if self.best_on_test is None:
            return f"{words}; the best was chosen there"
        return (
            f"{words}; the best was chosen there and reaches {percent(self.best_on_test)} % on the test split,"
            f" the last {_figure(self.last_on_test)}"
        )

    def as_dict(self) -> Mapping[str, Any]:
        """Plain values."""
        return asdict(self)


def on_what(chosen_on: str) -> str:
    """What a checkpoint was chosen on, in words."""
    return WORDS.get(chosen_on, f"split '{chosen_on}'")


def _figure(share: float | None) -> str:
    return "not measured" if share is None else f"{percent(share)} %"
