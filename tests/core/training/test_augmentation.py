from __future__ import annotations

import pytest
import torch

from core.training.augmentation import augment, random_windows, with_rotation_classes
from core.training.settings import AugmentationSettings

STILL = AugmentationSettings()


def picture(side=8, count=1):
    """Smooth, so that interpolation costs little, and without any symmetry."""
    row, column = torch.meshgrid(torch.linspace(0, 1, side), torch.linspace(0, 1, side), indexing="ij")
    channels = torch.stack([row, column, row * column])
    return channels.expand(count, 3, side, side).clone()


def test_nothing_asked_for_is_the_centre_crop():
    images = picture(10, 2)
    assert torch.equal(augment(images, STILL, 6), images[:, :, 2:8, 2:8])


def test_the_grid_of_an_unmoved_image_is_the_centre_crop_too():
    images = picture(10, 2)
    turned = augment(images, STILL, 6, torch.tensor([0, 0]))
    assert torch.allclose(turned, images[:, :, 2:8, 2:8], atol=1e-6)


def test_quarter_turns_are_exact():
    images = picture(8, 4)
    turned = augment(images, STILL, 8, torch.tensor([0, 1, 2, 3]))
    expected = torch.stack([torch.rot90(image, int(turns), (1, 2)) for turns, image in enumerate(images)])
    # Which way round is a convention; that it is a quarter each is not.
    assert torch.allclose(turned, expected, atol=1e-5) or torch.allclose(turned[[0, 3, 2, 1]], expected, atol=1e-5)


def test_a_turned_class_is_another_class():
    torch.manual_seed(0)
    codes = torch.tensor([3, 3, 7, 7, 0, 0])
    seen = set()
    for _ in range(50):
        labels, quarters = with_rotation_classes(codes)
        assert torch.equal(labels // 4, codes)
        assert torch.equal(labels % 4, quarters)
        assert torch.equal(quarters[::2], quarters[1::2])
        seen |= set(labels.tolist())
    assert seen == {*range(12, 16), *range(28, 32), *range(4)}


def test_flipping_mirrors_left_and_right_half_of_the_time():
    torch.manual_seed(0)
    images = picture(8, 400)
    flipped = augment(images, AugmentationSettings(flip=True), 8)
    mirrored = torch.isclose(flipped, images.flip(3), atol=1e-5).all(dim=(1, 2, 3))
    same = torch.isclose(flipped, images, atol=1e-5).all(dim=(1, 2, 3))
    assert (mirrored ^ same).all()
    assert 150 < int(mirrored.sum()) < 250


@pytest.mark.parametrize(
    "settings",
    [
        AugmentationSettings(rotation=20),
        AugmentationSettings(scale=(0.5, 0.8)),
        AugmentationSettings(stretch=1.5),
        AugmentationSettings(shear=20),
        AugmentationSettings(translation=0.2),
        AugmentationSettings(brightness=0.3),
        AugmentationSettings(contrast=0.3),
    ],
    ids=["rotation", "scale", "stretch", "shear", "translation", "brightness", "contrast"],
)
def test_every_change_changes_each_image_in_its_own_way_within_its_range(settings):
    torch.manual_seed(0)
    images = picture(8, 6)
    changed = augment(images, settings, 8)
    assert changed.shape == images.shape
    differences = (changed - images).abs().flatten(1).amax(dim=1)
    assert (differences > 1e-3).sum() >= 5
    assert len({tuple(image.flatten().tolist()) for image in changed}) == 6


def test_a_moved_image_moves_by_the_promised_share():
    torch.manual_seed(0)
    images = picture(32, 500)
    moved = augment(images, AugmentationSettings(translation=0.1), 32)
    # Both ramps are linear, so the shift of the middle is the change of its value, in shares of the side.
    shift = (moved - images)[:, :2, 15, 15] * 31 / 32
    assert 0.09 < shift.abs().max() < 0.101


def test_scale_above_one_enlarges():
    torch.manual_seed(0)
    images = torch.zeros(1, 3, 16, 16)
    images[:, :, 6:10, 6:10] = 1
    larger = augment(images, AugmentationSettings(scale=(2.0, 2.0)), 16)
    assert larger.mean() == pytest.approx(4 * images.mean().item(), rel=0.15)


def test_corners_take_the_colour_of_the_border():
    torch.manual_seed(0)
    images = torch.full((4, 3, 8, 8), 0.7)
    changed = augment(images, AugmentationSettings(rotation=40, scale=(0.4, 0.6)), 8)
    assert torch.allclose(changed, images, atol=1e-6)


RANDOM = AugmentationSettings(crop="random resized", crop_area=(0.16, 1.0), crop_aspect=(0.75, 4 / 3))


def test_random_parts_lie_inside_with_the_promised_areas_and_aspects():
    torch.manual_seed(0)
    share, middle = random_windows(20_000, RANDOM)
    assert (middle.abs() + share).max() <= 1 + 1e-6
    area, aspect = share[:, 0] * share[:, 1], share[:, 0] / share[:, 1]
    assert 0.16 - 1e-6 <= area.min() < 0.17
    assert 0.99 < area.max() <= 1
    assert 0.75 - 1e-4 <= aspect.min() < 0.76
    assert 1.32 < aspect.max() <= 4 / 3 + 1e-4
    # Uniform where no part can stick out: as many below as above the middle of 0.16..0.75.
    inside = area[area < 0.75]
    assert (inside < 0.455).float().mean() == pytest.approx(0.5, abs=0.02)
    assert torch.log(aspect[area < 0.5]).mean() == pytest.approx(0, abs=0.01)


def test_a_part_that_never_fits_is_the_largest_of_an_allowed_aspect():
    torch.manual_seed(0)
    wide = AugmentationSettings(crop="random resized", crop_area=(0.9, 0.95), crop_aspect=(2.0, 3.0))
    share, middle = random_windows(50, wide)
    assert torch.equal(share, torch.tensor([1.0, 0.5]).expand(50, 2))
    assert (middle[:, 0] == 0).all()
    assert middle[:, 1].abs().max() > 0.3


def test_a_random_part_shows_what_is_there():
    """Ramps tell where a pixel came from, and so how large a part the view shows."""
    torch.manual_seed(3)
    images = picture(64, 40)
    seen = augment(images, RANDOM, 32)
    assert seen.shape == (40, 3, 32, 32)
    rows, columns = seen[:, 0], seen[:, 1]
    assert torch.allclose(rows, rows[:, :, :1].expand_as(rows), atol=1e-4), "no turning, no slanting"
    height = (rows[:, -1, 0] - rows[:, 0, 0]) * 63 / 64 * 32 / 31
    width = (columns[:, 0, -1] - columns[:, 0, 0]) * 63 / 64 * 32 / 31
    assert 0.15 < float((height * width).min()) < 0.4
    assert float((height * width).max()) > 0.75
    assert float((width / height).max()) < 4 / 3 + 0.05


def test_one_turn_of_the_coin_mirrors_a_whole_batch():
    torch.manual_seed(0)
    images = picture(8, 6)
    seen = set()
    for _ in range(20):
        flipped = augment(images, AugmentationSettings(flip=True, flip_together=True), 8)
        mirrored = torch.isclose(flipped, images.flip(3), atol=1e-5).all(dim=(1, 2, 3))
        assert mirrored.all() or not mirrored.any()
        seen.add(bool(mirrored.all()))
    assert seen == {True, False}


def test_a_random_part_may_be_mirrored_and_turned_by_quarters():
    torch.manual_seed(0)
    images = picture(16, 200)
    settings = AugmentationSettings(crop="random resized", crop_area=(0.5, 0.6), flip=True)
    quarters = torch.arange(200) % 4
    seen = augment(images, settings, 16, quarters)
    falls_across = seen[:, 1, 0, -1] < seen[:, 1, 0, 0]
    assert falls_across[quarters == 0].any()
    assert not falls_across[quarters == 0].all()
