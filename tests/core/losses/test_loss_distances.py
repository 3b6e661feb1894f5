from __future__ import annotations

import pytest
import torch

from core.losses.distances import NEAR, Distances


def rows(count=9, dimensions=5, dtype=torch.float64):
    random = torch.Generator().manual_seed(0)
    return torch.randn(count, dimensions, generator=random, dtype=torch.float64).to(dtype).requires_grad_()


@pytest.mark.parametrize(("offset", "ridge", "floor"), [(0.0, 0.0, 1e-12), (0.3, 0.0, 1e-12), (0.0, 0.2, 0.0)])
def test_distances_and_gradient_equal_those_by_autograd(offset, ridge, floor):
    ours, theirs = rows(), rows()
    grad = torch.linspace(-1, 2, 81, dtype=torch.float64).view(9, 9).fill_diagonal_(0)
    distances = Distances(ours, offset, ridge, floor)
    expected = ((theirs[:, None] - theirs + offset).square().sum(dim=2) + ridge).clamp_min(floor).sqrt()
    torch.testing.assert_close(distances.d, expected.detach(), rtol=1e-12, atol=1e-12)
    (2 * distances.with_gradient((grad * distances.d).sum(), grad)).backward()
    (2 * (grad * expected).sum()).backward()
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-10, atol=1e-12)


def test_small_distances_keep_their_digits_in_single_precision():
    base = rows(40, 64, torch.float32).detach() + 100
    base[20:] = base[:20] + 1e-3 * rows(20, 64, torch.float32).detach()
    exact = torch.cdist(base.double(), base.double(), compute_mode="donot_use_mm_for_euclid_dist")
    ours = Distances(base).d
    assert (exact[:20, 20:].diagonal().square() < NEAR * 64).all()
    torch.testing.assert_close(ours.double().fill_diagonal_(0), exact, rtol=1e-5, atol=0)


def test_many_near_pairs_are_measured_in_parts(monkeypatch):
    monkeypatch.setattr("core.losses.distances.PAIRS_AT_ONCE", 7)
    near = 1 + 1e-4 * rows(12, 3, torch.float32).detach()
    near[0] += 5
    exact = torch.cdist(near.double(), near.double(), compute_mode="donot_use_mm_for_euclid_dist")
    torch.testing.assert_close(Distances(near).d.double().fill_diagonal_(0), exact, rtol=1e-5, atol=0)


def test_coincident_rows_are_at_the_floor_and_do_not_move():
    given = torch.ones(3, 4, requires_grad=True)
    distances = Distances(given)
    distances.with_gradient(distances.d.sum(), torch.ones(3, 3)).backward()
    assert distances.d.flatten().tolist() == pytest.approx([1e-6] * 9)
    assert not given.grad.any()
