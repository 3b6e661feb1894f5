"""What a run has reached: its best and its last checkpoint, and on what the best was chosen. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.messages import Message
from core.models.measure import RECALL_AT_1, SelectionMeasure
from core.report.columns import percent
from core.retrieval.protocol_wording import DISTANCE_NAMES

HELD_OUT = "held-out classes"
WORDS = {"test": "the test split", "val": "the validation split", HELD_OUT: HELD_OUT}


@dataclass(frozen=True)
class RunResult:
    """What the best and the last checkpoint reach by the measure of their run; None where it was not measured.

    A figure of the best checkpoint on the very images it was chosen on is too good: it is the best of as many tries
    as there were epochs. It is the field's custom all the same, so it is shown beside the last one's and says so.

    Attributes:
        chosen_on: "test", "val", "held-out classes", or "" where nothing was measured.
        best_checkpoint, last_checkpoint: their names.
        best, last: their figures on what was chosen on.
        best_on_test, last_on_test: Recall@1 on the test split where another was chosen on, measured once, at the end.
        distance: what Recall@1 goes by, "cosine" or "euclidean"; "" in runs of older versions, which went by cosine.
    """

    chosen_on: str = ""
    best_checkpoint: str = ""
    last_checkpoint: str = ""
    best: float | None = None
    last: float | None = None
    best_on_test: float | None = None
    last_on_test: float | None = None
    measure: SelectionMeasure = RECALL_AT_1
    distance: str = ""

    def tested(self, checkpoint: str, recall: float | None) -> RunResult:
        """With the Recall@1 of one checkpoint on the test split; the best may be the last as well."""
        best = recall if checkpoint == self.best_checkpoint else self.best_on_test
        last = recall if checkpoint == self.last_checkpoint else self.last_on_test
        return replace(self, best_on_test=best, last_on_test=last)

    @property
    def sentence(self) -> str:
        """In words, without a full stop; "" where nothing was measured."""
        if self.best is None:
            return ""
        parts = [
            Message(
                "best-and-last",
                measure=f"{self.measure.name}{by_what(self.measure, self.distance)}",
                images=on_what(self.chosen_on),
                best=figure(self.measure, self.best),
                checkpoint=self.best_checkpoint,
                last=figure(self.measure, self.last),
            )
        ]
        if self.measure.lower_is_better:
            parts.append(Message("lower-is-better"))
        if self.chosen_on != HELD_OUT:
            parts.append(Message("best-chosen-on-that-split"))
        elif self.best_on_test is None:
            parts.append(Message("best-chosen-there"))
        else:
            best, last = (figure(self.measure, value) for value in (self.best_on_test, self.last_on_test))
            parts.append(Message("best-chosen-there-and-tested", best=best, last=last))
        return Message("parts", parts=parts)

    def as_dict(self) -> Mapping[str, Any]:
        """Plain values; the measure by its name."""
        return {**asdict(self), "measure": self.measure.name}


def on_what(chosen_on: str) -> str:
    """What a checkpoint was chosen on, in words."""
    return WORDS.get(chosen_on, f"split '{chosen_on}'")


def by_what(measure: SelectionMeasure, distance: str) -> str:
    """ " by cosine similarity" or " by Euclidean distance"; "" where that is not known, or of another measure."""
    return f" by {DISTANCE_NAMES[distance]}" if distance in DISTANCE_NAMES and not measure.lower_is_better else ""


def figure(measure: SelectionMeasure, value: float | None) -> str:
    """With its unit: "71.80 %" of recall, "0.1234" of label distance."""
    if value is None:
        return Message("not-measured")
    return f"{value:.4f}" if measure.lower_is_better else f"{percent(value)} %"
