"""The regression baseline against loops in plain Python, and its running statistics."""

from __future__ import annotations

import io
import math

import pytest
import torch

from core.errors import TrainingError
from core.losses import RegressionLoss, build_loss
from core.losses.settings import RegressionSettings

BATCH, DIMENSIONS, TARGETS = 7, 4, 3


def made(seed: int = 0) -> tuple[RegressionLoss, torch.Tensor, torch.Tensor]:
    torch.manual_seed(seed)
    loss = RegressionLoss(DIMENSIONS, TARGETS).double()
    embeddings = torch.randn(BATCH, DIMENSIONS, dtype=torch.float64, requires_grad=True)
    return loss, embeddings, 5 + 2 * torch.randn(BATCH, TARGETS, dtype=torch.float64)


def slow(loss: RegressionLoss, embeddings: torch.Tensor, batch: torch.Tensor, seen: list[list[float]]) -> float:
    """The formula of the docstring, label by label, over all labels `seen`."""
    weight, bias = loss.head.weight.tolist(), loss.head.bias.tolist()
    total = 0.0
    for i, f in enumerate(embeddings.tolist()):
        for t in range(TARGETS):
            column = [labels[t] for labels in seen]
            mean = sum(column) / len(column)
            deviation = math.sqrt(sum((value - mean) ** 2 for value in column) / len(column))
            predicted = sum(w * x for w, x in zip(weight[t], f, strict=True)) + bias[t]
            total += (predicted - (batch[i, t].item() - mean) / deviation) ** 2
    return total / (BATCH * TARGETS)


def test_equals_a_loop_over_two_batches() -> None:
    loss, embeddings, first = made()
    second = first.flip(0) * 3 - 20
    assert loss(embeddings, first).item() == pytest.approx(slow(loss, embeddings, first, first.tolist()), rel=1e-12)
    both = first.tolist() + second.tolist()
    value = loss(embeddings, second)
    assert value.item() == pytest.approx(slow(loss, embeddings, second, both), rel=1e-12)
    assert torch.equal(loss.terms["unexplained"], value.detach())
    assert loss.seen == 2 * BATCH


def test_gradient_equals_finite_differences() -> None:
    loss, embeddings, labels = made()
    loss(embeddings, labels)
    loss.eval()  # its statistics stand still, so that it is a function
    assert torch.autograd.gradcheck(lambda X: loss(X, labels), (embeddings,))


def test_a_measured_batch_leaves_the_statistics_alone() -> None:
    loss, embeddings, labels = made()
    loss(embeddings, labels)
    before = loss.mean.clone()
    loss.eval()(embeddings, labels + 100)
    assert torch.equal(loss.mean, before)
    assert loss.seen == BATCH


def test_goes_on_after_saving_and_loading() -> None:
    loss, embeddings, labels = made()
    loss(embeddings, labels)
    file = io.BytesIO()
    torch.save(loss.state_dict(), file)
    other, _, _ = made(seed=1)
    other.load_state_dict(torch.load(io.BytesIO(file.getvalue()), weights_only=True))
    assert torch.equal(other(embeddings, 2 * labels), loss(embeddings, 2 * labels))


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_computes_at_least_in_single_precision(kind: torch.dtype) -> None:
    loss, embeddings, labels = made()
    loss.float()
    value = loss(embeddings.detach().to(kind), labels)
    assert value.dtype == torch.float32
    assert value.isfinite()


def test_labels_that_do_not_vary_teach_nothing_but_the_mean() -> None:
    loss, embeddings, labels = made()
    value = loss(embeddings, torch.full_like(labels, 7.0))
    predicted = loss.head(embeddings)
    assert value.item() == pytest.approx(predicted.square().mean().item())


def test_an_empty_batch_gives_zero_with_zero_gradients() -> None:
    loss, embeddings, labels = made()
    value = loss(embeddings[:0], labels[:0])
    value.backward()
    assert value.item() == 0
    assert not embeddings.grad.any()
    assert not loss.head.weight.grad.any()


def test_one_label_may_be_a_column() -> None:
    torch.manual_seed(0)
    loss = RegressionLoss(DIMENSIONS)
    embeddings, labels = torch.randn(BATCH, DIMENSIONS), torch.randn(BATCH)
    first = loss(embeddings, labels)
    again = RegressionLoss(DIMENSIONS)
    again.head.load_state_dict(loss.head.state_dict())
    assert torch.equal(first, again(embeddings, labels[:, None]))


def test_another_number_of_labels_is_refused() -> None:
    loss, embeddings, labels = made()
    with pytest.raises(TrainingError, match=r"shape \(7, 2\); expected \(7, 3\): loss.targets"):
        loss(embeddings, labels[:, :2])


def test_a_recipe_builds_it() -> None:
    loss = build_loss(RegressionSettings(targets=TARGETS), classes=9, embedding_size=DIMENSIONS)
    assert isinstance(loss, RegressionLoss)
    assert loss.head.weight.shape == (TARGETS, DIMENSIONS)
