"""What a run has reached, in words: best and last, and on what the best was chosen."""

from __future__ import annotations

from core.models.measure import SelectionMeasure
from core.training.run_directory import RunSummary
from core.training.run_result import HELD_OUT, by_what, on_what


def in_short(run: RunSummary) -> str:
    """Best and last on one line, Recall@1 in per cent; "" where nothing was measured."""
    if run.best_figure is None:
        return ""
    where = f" (epoch {run.best_epoch})" if run.best_epoch else ""
    best, last = figure(run.measure, run.best_figure), figure(run.measure, run.last_figure)
    parts = [f"best {run.measure.short} {best}{where}", f"last {last}"]
    if run.chosen_on:
        parts.append(f"on {on_what(run.chosen_on)}")
    if run.chosen_on == HELD_OUT and run.best_on_test is not None:
        parts.append(f"on the test split {figure(run.measure, run.best_on_test)}")
    return " · ".join(parts)


def in_full(run: RunSummary) -> str:
    """The same in sentences, with what a reader should make of it."""
    if run.best_figure is None:
        return "Nothing was measured yet."
    name = run.measure.name[0].upper() + run.measure.name[1:]
    by = by_what(run.measure, run.best.distance if run.best is not None else "")
    text = f"{name}{by} on {on_what(run.chosen_on or 'test')}: best {figure(run.measure, run.best_figure)}"
    text += f" at epoch {run.best_epoch}" if run.best_epoch else ""
    text += f", last {figure(run.measure, run.last_figure)}." if run.last_figure is not None else "."
    if run.measure.lower_is_better:
        text += " Lower is better."
    if run.chosen_on == HELD_OUT:
        text += " The best checkpoint was selected on these classes, which are held out from training."
        if run.best_on_test is not None:
            text += f" On the test split it reaches {figure(run.measure, run.best_on_test)},"
            text += f" the last one {figure(run.measure, run.last_on_test)}."
        return text
    return f"{text} The best is optimistic: it was selected on the images it is measured on; the last was not."


def figure(measure: SelectionMeasure, value: float | None) -> str:
    """A share of 0.718 -> "71.8", a label distance of 0.1234 -> "0.123", None -> "–"."""
    if value is None:
        return "–"
    return f"{value:.3f}" if measure.lower_is_better else f"{100 * value:.1f}"
