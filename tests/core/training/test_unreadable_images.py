from __future__ import annotations

import pytest

from core.training.training_data import _of_unreadable


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("a", "1 image cannot be read and is left out: a is damaged."),
        ("abc", "3 images cannot be read and are left out: a is damaged; b is damaged; c is damaged."),
        ("abcde", "5 images cannot be read and are left out: a is damaged; b is damaged; c is damaged; and 2 more."),
    ],
)
def test_what_is_left_out_is_one_sentence(names, told):
    assert _of_unreadable({number: f"{name} is damaged." for number, name in enumerate(names)}) == told
