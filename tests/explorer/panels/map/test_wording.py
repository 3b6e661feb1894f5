"""Figures in words."""

from __future__ import annotations

import pytest

from explorer.panels.map.wording import describe_hit, describe_parameters, method_name, status


def test_everything_in_view() -> None:
    assert status(1640, 17, 1, 1640) == "1,640 images · 17 classes · 1 selected · all in view"


def test_what_is_left_out_is_said() -> None:
    words = status(1000, 1, 0, 20, hidden_images=412, drawn=250, left_out=5)
    assert words == (
        "1,000 images · 1 class · 20 in view · 412 images hidden"
        " · a sample of 250 drawn while moving · 5 unreadable left out"
    )


def test_parameters_have_a_fixed_order_and_unknown_ones_are_left_out() -> None:
    parameters = {"seed": 42, "images": 60, "metric": "cosine", "min_dist": 0.1, "neighbours": 15}
    assert describe_parameters(parameters) == "15 neighbours · min_dist 0.1 · cosine · seed 42"
    assert describe_parameters({"variance": [0.31, 0.12]}) == "43 % of the variance"
    assert describe_parameters({}) == ""


def test_methods_are_written_as_people_write_them() -> None:
    assert [method_name(name) for name in ("umap", "pca", "else")] == ["UMAP", "PCA", "else"]


@pytest.mark.parametrize(
    ("first_hit", "correct", "part"), [(1, True, "rank 1"), (37, False, "37"), (0, False, "no hit"), (-1, None, "not")]
)
def test_hits(first_hit: int, correct: bool | None, part: str) -> None:
    words, right = describe_hit(first_hit)
    assert part in words
    assert right is correct
