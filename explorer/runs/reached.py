"""What a run has reached, in words: best and last, and on what the best was chosen."""

from __future__ import annotations

from core.training.run_directory import RunSummary
from core.training.verdict import HELD_OUT, on_what


def in_short(run: RunSummary) -> str:
    """Best and last Recall@1 on one line, in per cent; "" where nothing was measured."""
    if run.recall_at_1 is None:
        return ""
    where = f" (epoch {run.best_epoch})" if run.best_epoch else ""
    parts = [f"best R@1 {percent(run.recall_at_1)}{where}", f"last {percent(run.last_recall_at_1)}"]
    if run.chosen_on:
        parts.append(f"on {on_what(run.chosen_on)}")
    if run.chosen_on == HELD_OUT and run.test_recall_at_1 is not None:
        parts.append(f"on the test split {percent(run.test_recall_at_1)}")
    return " · ".join(parts)


def in_full(run: RunSummary) -> str:
    """The same in sentences, with what a reader should make of it."""
    if run.recall_at_1 is None:
        return "Nothing was measured yet."
    told = f"Recall@1 on {on_what(run.chosen_on or 'test')}: best {percent(run.recall_at_1)}"
    told += f" at epoch {run.best_epoch}" if run.best_epoch else ""
    told += f", last {percent(run.last_recall_at_1)}." if run.last_recall_at_1 is not None else "."
    if run.chosen_on == HELD_OUT:
        told += " The best checkpoint was chosen on these classes, which it did not learn from."
        if run.test_recall_at_1 is not None:
            told += f" On the test split it reaches {percent(run.test_recall_at_1)},"
            told += f" the last one {percent(run.last_test_recall_at_1)}."
        return told
    return f"{told} The best was chosen on the images it is measured on, which flatters it; the last was not chosen."


def percent(share: float | None) -> str:
    """0.718 -> "71.8", None -> "–"."""
    return "–" if share is None else f"{100 * share:.1f}"
