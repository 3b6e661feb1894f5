from __future__ import annotations

import numpy as np
import pytest

from explorer.panels.recall.bar_layout import lay_out


def test_every_class_has_its_own_bar_while_they_fit() -> None:
    values = np.linspace(0, 1, 17)
    layout = lay_out(values, 400)
    assert layout.bars == layout.starts[-1] == 17
    assert layout.slot == 20
    assert layout.heights.tolist() == values.tolist()


@pytest.mark.parametrize("count", [200, 1_000, 10_000, 20_001])
def test_shared_bars_hold_every_class_once(count: int) -> None:
    values = np.sort(np.random.default_rng(0).uniform(size=count))
    layout = lay_out(values, 368)
    slices = [values[start:end] for start, end in zip(layout.starts[:-1], layout.starts[1:], strict=True)]
    assert np.concatenate(slices).tolist() == values.tolist()
    assert layout.heights == pytest.approx([part.mean() for part in slices])
    assert layout.bars * layout.slot <= 368
    assert sum(layout.sharing(int(start)) for start in layout.starts[:-1]) == count


@pytest.mark.parametrize(("count", "width"), [(17, 400), (200, 368), (1_000, 368)])
def test_the_pointer_finds_the_bar_it_is_over(count: int, width: int) -> None:
    layout = lay_out(np.linspace(0, 1, count), width)
    for bar in range(layout.bars):
        met = layout.class_at((bar + 0.5) * layout.slot)
        assert met is not None
        assert layout.bar_of(met) == bar


def test_the_pointer_beside_the_bars_finds_nothing() -> None:
    layout = lay_out(np.linspace(0, 1, 3), 400)
    assert layout.class_at(-1) is None
    assert layout.class_at(61) is None
    assert layout.class_at(59) == 2


def test_first_and_last_class_of_a_shared_bar_can_be_met() -> None:
    layout = lay_out(np.linspace(0, 1, 246), 246)
    met = {layout.class_at(x / 2) for x in range(2 * 246)}
    assert met == set(range(246))


@pytest.mark.parametrize(("count", "width"), [(0, 400), (5, 0)])
def test_nothing_to_draw(count: int, width: int) -> None:
    layout = lay_out(np.zeros(count), width)
    assert layout.bars == 0
    assert layout.class_at(0) is None
    assert layout.per_bar == 0
