"""Messages as a trainer writes them, with the fields the window reads."""

from __future__ import annotations

from typing import Any


def started(epochs: int = 3, steps: int = 10) -> dict[str, Any]:
    return {"type": "started", "epochs": epochs, "steps_per_epoch": steps}


def step(number: int, loss: float, epoch: int = 1, terms: dict[str, float] | None = None) -> dict[str, Any]:
    return {"type": "step", "step": number, "epoch": epoch, "loss": loss, "terms": terms or {}, "seconds": 0.5}


def by_targets(number: int, distance: float) -> dict[str, Any]:
    """An epoch of images that are each their own class."""
    distances = {"1": distance - 0.2, "5": distance - 0.1, "10": distance}
    measures = {"recall": {}, "label_distance": distances, "ndcg": {"100": 0.7}}
    return {"type": "epoch", "epoch": number, **measures, "seconds": 9.0, "seconds_left": 60.0}


def epoch(number: int, recall: float, seconds_left: float = 60.0) -> dict[str, Any]:
    shares = {"1": recall, "2": recall + 0.1, "4": recall + 0.15, "8": recall + 0.2}
    return {"type": "epoch", "epoch": number, "recall": shares, "seconds": 9.0, "seconds_left": seconds_left}
