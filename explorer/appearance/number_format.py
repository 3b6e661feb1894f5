"""How shares, differences and their bounds are written in the window."""

from __future__ import annotations

from collections.abc import Mapping

from core.messages import Message
from core.retrieval.significance import Interval


def per_cent(share: float | None) -> str:
    """0.7183 -> "71.8", None -> "n/a"."""
    return "n/a" if share is None else f"{100 * share:.1f}"


def signed(share: float) -> str:
    """0.056 -> "+5.6", -0.026 -> "−2.6", and plain "0.0" for anything that rounds to it."""
    tenths = round(1000 * share)
    return "0.0" if tenths == 0 else f"{'+' if tenths > 0 else '−'}{abs(tenths) / 10:.1f}"


def difference_bounds(low: float, high: float) -> str:
    """Bounds of a difference in points: 0.041, 0.188 -> "[+4.1, +18.8]"."""
    return f"[{signed(low)}, {signed(high)}]"


def share_caption(name: str, interval: Interval | None) -> str:
    """What stands under a share: its name and, where there are any, its bounds: "R@1 A  [70.1, 73.4]"."""
    return name if interval is None else f"{name} [{per_cent(interval.low)}, {per_cent(interval.high)}]"


def difference_caption(interval: Interval | None) -> str:
    """The same for B − A."""
    return "B − A" if interval is None else f"B − A {difference_bounds(interval.low, interval.high)}"


def difference_explained(interval: Interval | None) -> str:
    """What the difference and its interval mean, in plain words."""
    if interval is None:
        return Message("difference-without-interval")
    bounds, made = difference_bounds(interval.low, interval.high), how_made(interval)
    return Message("difference-with-interval", bounds=bounds, excludes_zero=interval.excludes_zero, made=made)


def of_slots(messages: Mapping[str, str]) -> list[str]:
    """What is said of each slot, "" for nothing: once where it is the same of several."""
    slots: dict[str, list[str]] = {}
    for slot, message in messages.items():
        if message:
            slots.setdefault(message, []).append(slot)
    return [Message("of-slots", slots=of, message=message) for message, of in slots.items()]


def how_made(interval: Interval) -> str:
    """Where an interval comes from."""
    return Message("bootstrap", units=interval.units, unit=interval.unit, resamples=interval.bootstrap.resamples)


def duration(seconds: float) -> str:
    """A length of time: "12 s", "3 min", "1 h 05 min"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
