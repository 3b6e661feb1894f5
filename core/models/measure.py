"""The measure that decides which checkpoint of a run is best, as it stands in the run's records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class SelectionMeasure:
    """Recall@K (a share, more is better), or the mean label distance at K (less is better).

    In the metrics of an epoch or a checkpoint it stands in its `table` under K: {"recall": {"1": share}}.
    """

    table: Literal["recall", "label_distance"]
    k: int

    @property
    def lower_is_better(self) -> bool:
        """Whether less is better."""
        return self.table == "label_distance"

    @property
    def name(self) -> str:
        """As in a sentence: "Recall@1", "label distance@10"."""
        return f"{'label distance' if self.lower_is_better else 'Recall'}@{self.k}"

    @property
    def short(self) -> str:
        """Where there is little room: "R@1", "distance@10"."""
        return f"{'distance' if self.lower_is_better else 'R'}@{self.k}"

    def of(self, metrics: Mapping[str, Any]) -> float | None:
        """Its figure among `metrics`, None where it was not measured."""
        value = metrics.get(self.table, {}).get(str(self.k))
        return None if value is None else float(value)

    def as_good(self, figure: float, before: float | None) -> bool:
        """Whether `figure` is at least as good as the one before it."""
        return before is None or (figure <= before if self.lower_is_better else figure >= before)


RECALL_AT_1 = SelectionMeasure("recall", 1)
LABEL_DISTANCE_AT_10 = SelectionMeasure("label_distance", 10)


def measure_of(metrics: Mapping[str, Any]) -> SelectionMeasure:
    """What `metrics` are compared by: label distance at the largest K there is, Recall@1 where there is none."""
    distances = metrics.get("label_distance")
    return SelectionMeasure("label_distance", max(map(int, distances))) if distances else RECALL_AT_1
