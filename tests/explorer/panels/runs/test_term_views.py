"""Which of a run's logged terms belong on one plot."""

from __future__ import annotations

from explorer.panels.runs.term_views import views_of

MULTI_OBJECTIVE = [
    "pair", "proxy", "separation",
    "pair mass", "proxy mass", "separation mass",
    "pair weight", "proxy weight", "separation weight",
    "mdr", "mean distance", "deviation", "level 1", "level 2",
]  # fmt: skip


def test_every_term_is_on_exactly_one_plot() -> None:
    views = {view.key: list(view.terms.values()) for view in views_of(MULTI_OBJECTIVE)}
    assert views == {
        "terms": ["pair", "proxy", "separation", "mdr"],
        "contributions": ["pair", "proxy", "separation"],
        "weights": ["pair", "proxy", "separation"],
        "levels": ["level 1", "level 2"],
        "distances": ["mean distance", "deviation"],
    }
    assert sorted(term for view in views_of(MULTI_OBJECTIVE) for term in view.terms) == sorted(MULTI_OBJECTIVE)


def test_a_loss_that_tells_nothing_has_no_plot() -> None:
    assert views_of([]) == []


def test_levels_are_drawn_as_they_are() -> None:
    assert {view.key: view.smoothed for view in views_of(["mdr", "level 1"])} == {"terms": True, "levels": False}
