"""Pictures instead of discs."""

from __future__ import annotations

import numpy as np

from explorer.panels.map import raster
from explorer.panels.map.pictures import LEAST, MOST, MOST_PICTURES, picture_sizes


def test_pictures_do_not_overlap() -> None:
    places = np.random.default_rng(0).uniform(0, 1500, (120, 2))
    sizes = picture_sizes(raster, places)
    shown = np.flatnonzero(sizes)
    assert len(shown) > 30
    for one in shown:
        for other in shown:
            if one < other:
                apart = np.abs(places[one] - places[other]).max()
                assert apart >= (sizes[one] + sizes[other]) / 2


def test_sizes_stay_within_their_limits() -> None:
    sizes = picture_sizes(raster, np.array([(0.0, 0.0), (30.0, 0.0), (3000.0, 0.0)]))
    assert sizes.tolist() == [27, 27, 27], "one size for all: it means nothing"
    assert picture_sizes(raster, np.array([(5.0, 5.0)])).tolist() == [MOST]


def test_a_crowd_stays_discs() -> None:
    pile = np.random.default_rng(0).normal(size=(200, 2))
    lonely = np.array([(900.0, 900.0)])
    assert not picture_sizes(raster, np.concatenate([pile, lonely])).any()
    far_apart = np.arange(MOST_PICTURES + 1)[:, None] * np.array([[LEAST * 4.0, 0.0]])
    assert not picture_sizes(raster, far_apart).any()
    assert picture_sizes(raster, far_apart[:-1]).all()


def test_no_points() -> None:
    assert picture_sizes(raster, np.empty((0, 2))).shape == (0,)
