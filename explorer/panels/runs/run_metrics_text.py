"""What a run has reached, in words: best and last, and on what the best was chosen."""

from __future__ import annotations

from core.messages import Message
from core.models.measure import SelectionMeasure
from core.training.run_directory import RunSummary
from core.training.run_result import HELD_OUT, by_what, on_what


def in_short(run: RunSummary) -> str:
    """Best and last on one line, Recall@1 in per cent; "" where nothing was measured."""
    if run.best_figure is None:
        return ""
    where = Message("best-is-of-epoch", epoch=run.best_epoch) if run.best_epoch else ""
    best, last = figure(run.measure, run.best_figure), figure(run.measure, run.last_figure)
    parts = [
        Message("best-in-short", measure=run.measure.short, best=best, where=where),
        Message("last-in-short", last=last),
    ]
    if run.chosen_on:
        parts.append(Message("chosen-on-in-short", images=on_what(run.chosen_on)))
    if run.chosen_on == HELD_OUT and run.best_on_test is not None:
        parts.append(Message("best-on-test-in-short", best=figure(run.measure, run.best_on_test)))
    return " · ".join(parts)


def in_full(run: RunSummary) -> str:
    """The same in sentences, with what a reader should make of it."""
    if run.best_figure is None:
        return Message("nothing-was-measured-yet")
    name = run.measure.name[0].upper() + run.measure.name[1:]
    by = by_what(run.measure, run.best.distance if run.best is not None else "")
    text: str = Message(
        "best-in-full",
        name=name,
        by=by,
        images=on_what(run.chosen_on or "test"),
        best=figure(run.measure, run.best_figure),
    )
    text += Message("best-at-epoch", epoch=run.best_epoch) if run.best_epoch else ""
    text += Message("last-in-full", last=figure(run.measure, run.last_figure)) if run.last_figure is not None else "."
    if run.measure.lower_is_better:
        text += Message("lower-is-better-sentence")
    if run.chosen_on == HELD_OUT:
        text += Message("selected-on-held-out-classes")
        if run.best_on_test is not None:
            best, last = (figure(run.measure, value) for value in (run.best_on_test, run.last_on_test))
            text += Message("best-on-test-in-full", best=best, last=last)
        return text
    return Message("best-is-optimistic", text=text)


def figure(measure: SelectionMeasure, value: float | None) -> str:
    """A share of 0.718 -> "71.8", a label distance of 0.1234 -> "0.123", None -> "–"."""
    if value is None:
        return "–"
    return f"{value:.3f}" if measure.lower_is_better else f"{100 * value:.1f}"
