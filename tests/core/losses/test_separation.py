from __future__ import annotations

from functools import partial

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from core.losses import MultiObjectiveLoss, multi_objective
from core.losses.separation import separation


def proxies(count=9, dimensions=4):
    random = torch.Generator().manual_seed(0)
    return torch.randn(count, dimensions, generator=random, dtype=torch.float64, requires_grad=True)


def at_once(rows, gamma, base, form):
    """The definition on the whole matrix, by autograd."""
    unit = torch.nn.functional.normalize(rows)
    Q = unit @ unit.T
    diagonal = torch.eye(len(rows), dtype=torch.bool)
    if form == "mean":
        return Q[~diagonal].mean()
    exponents = (gamma * (Q - base)).masked_fill(diagonal, -torch.inf)
    return torch.logsumexp(torch.nn.functional.pad(exponents, (1, 0)), dim=1).mean() / gamma


@pytest.mark.parametrize("form", ["lse", "mean"])
@pytest.mark.parametrize("block", [1, 20, 1 << 24], ids=["a row", "two rows", "all"])
def test_blocks_do_not_change_value_or_gradient(form, block):
    rows = proxies()
    value, _ = separation(rows, 20.0, 0.1, form, block)
    (3 * value).backward()
    other = proxies()
    expected = at_once(other, 20.0, 0.1, form)
    (3 * expected).backward()
    assert value.item() == pytest.approx(expected.item(), rel=1e-12)
    torch.testing.assert_close(rows.grad, other.grad, rtol=1e-10, atol=1e-14)


class Largest(TorchDispatchMode):
    """How many numbers the largest tensor has that any operation gives."""

    numbers = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        given = function(*args, **(kwargs or {}))
        for tensor in given if isinstance(given, tuple | list) else (given,):
            if isinstance(tensor, torch.Tensor):
                self.numbers = max(self.numbers, tensor.numel())
        return given


@pytest.mark.parametrize("form", ["lse", "mean"])
def test_never_makes_a_matrix_of_all_classes(form):
    """Neither on the way there nor on the way back."""
    rows = proxies(60)
    with Largest() as largest:
        value, _ = separation(rows, 32.0, 0.0, form, block=300)
        value.backward()
    assert rows.grad.any()
    assert rows.numel() <= largest.numbers <= 300
    with Largest() as largest:
        at_once(rows, 32.0, 0.0, "lse").backward()
    assert largest.numbers >= 3600


@pytest.mark.parametrize("options", [{}, {"weights": "balanced"}, {"proxy_term": "nca"}, {"mining": "none"}], ids=str)
def test_the_whole_loss_makes_no_matrix_of_all_classes(options, monkeypatch):
    monkeypatch.setattr(multi_objective, "separation", partial(separation, block=3000))
    loss = MultiObjectiveLoss(400, 4, **options)
    embeddings = torch.randn(6, 4, requires_grad=True)
    with Largest() as largest:
        loss(embeddings, torch.tensor([0, 0, 7, 7, 399, 8])).backward()
    assert loss.proxies.grad.any()
    assert largest.numbers <= 3000


def test_a_steep_separation_does_not_overflow():
    rows = proxies().detach().float().requires_grad_()
    value, _ = separation(rows, 1000.0, -1.0, "lse")
    value.backward()
    assert value.item() == pytest.approx(at_once(rows.detach().double(), 1000.0, -1.0, "lse").item(), rel=1e-6)
    assert rows.grad.isfinite().all()


def test_the_mean_hardly_parts_two_that_are_close():
    """Why the mean is not the default."""
    rows = torch.tensor([[1.0, 0.0], [1.0, 0.02], [-1.0, 0.0], [-1.0, 0.02]], requires_grad=True)
    negative_terms = {}
    for form in ("lse", "mean"):
        value, _ = separation(rows, 32.0, 0.0, form)
        (gradient,) = torch.autograd.grad(value, rows)
        negative_terms[form] = abs(gradient[0, 1] - gradient[1, 1]).item()
    assert negative_terms["lse"] > 10 * negative_terms["mean"]


@pytest.mark.parametrize("count", [0, 1])
def test_a_single_proxy_has_nothing_to_be_separated_from(count):
    rows = proxies(count)
    value, mass = separation(rows, 32.0, 0.0, "lse")
    value.backward()
    assert value.item() == mass.item() == 0.0
    assert not rows.grad.any()
