"""What holds for every loss: its gradient, its invariances, batches with nothing to learn from, precision, saving."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
import torch
from torch import Tensor, nn

from core.losses import (
    BinaryTripletLoss,
    BinomialDevianceLoss,
    DenseTripletLoss,
    LogRatioLoss,
    MultiLevelDistanceRegularization,
    MultiObjectiveLoss,
    MultiSimilarityLoss,
    PMLLoss,
    ProxyAnchorLoss,
    ProxyNCALoss,
    RegressionLoss,
    TripletLoss,
)
from core.losses.pml_settings import LIBRARY, MarginSettings, NPairSettings, PMLSettings

# One class more than any batch has, so that there is a proxy without an image.
CLASSES, DIMENSIONS = 5, 4


@dataclass(frozen=True)
class Batch:
    """Embeddings (B, D), labels (B,) and continuous targets (B, 2)."""

    embeddings: Tensor
    labels: Tensor
    targets: Tensor

    def __getitem__(self, rows: Tensor) -> Batch:
        return Batch(self.embeddings[rows], self.labels[rows], self.targets[rows])


def by_label(loss: nn.Module, batch: Batch) -> Tensor:
    return loss(batch.embeddings, batch.labels)


def by_target(loss: nn.Module, batch: Batch) -> Tensor:
    return loss(batch.embeddings, batch.targets)


def alone(loss: nn.Module, batch: Batch) -> Tensor:
    return loss(batch.embeddings)


@dataclass(frozen=True)
class Subject:
    """A loss under test: how it is made and called, and what is true of it."""

    name: str
    make: Callable[[], nn.Module]
    call: Callable[[nn.Module, Batch], Tensor] = by_label
    needs_pairs: bool = True  # without a positive or without a negative pair it is 0
    has_anchor: bool = False  # row 0 is special
    order_counts: bool = False  # of several images it takes the first
    moves: bool = False  # its statistics change from call to call
    one_direction: bool = False  # its gradient is autograd's, or shares its code: one random direction is enough
    by_autograd: bool = False  # its gradient is autograd's, which obeys autocast
    holds_weights: bool = False  # it takes factors that depend on the embeddings for constants


def of_library(settings: PMLSettings, name: str = "") -> Subject:
    """A loss of the library; those with class weights have something to learn from any image."""
    return Subject(
        name or settings.name,
        lambda: PMLLoss(settings, CLASSES, DIMENSIONS),
        needs_pairs=settings.needs == "both",
        order_counts=settings.name == "n-pair",
        one_direction=True,
        by_autograd=True,
        holds_weights=settings.name == "circle",
    )


SUBJECTS = [
    Subject("multi-similarity", lambda: MultiSimilarityLoss(2.0, 10.0)),
    Subject("unmined", lambda: MultiSimilarityLoss(2.0, 10.0, mining=False), needs_pairs=False),
    Subject("unweighted", lambda: MultiSimilarityLoss(weighting=False)),
    Subject("triplet, all", lambda: TripletLoss(0.6, "all")),
    Subject("triplet, hard", lambda: TripletLoss(0.6, "hard")),
    Subject("triplet, semi-hard", lambda: TripletLoss(0.6, "semi-hard")),
    # A momentum of 1 keeps the statistics of the first batch, so that the loss is a function.
    Subject("mdr", lambda: MultiLevelDistanceRegularization(momentum=1.0), alone, needs_pairs=False),
    Subject(
        "mdr off the diagonal",
        lambda: MultiLevelDistanceRegularization((-1.0, 0.5, 1.5, 0.0), momentum=1.0, zero_diagonal=False),
        alone,
        needs_pairs=False,
    ),
    Subject("moving mdr", MultiLevelDistanceRegularization, alone, needs_pairs=False, moves=True),
    Subject("log-ratio", LogRatioLoss, by_target, needs_pairs=False, has_anchor=True),
    Subject("log-ratio, paper", lambda: LogRatioLoss("paper"), by_target, needs_pairs=False, has_anchor=True),
    Subject("log-ratio, all", lambda: LogRatioLoss(anchors="all"), by_target, needs_pairs=False),
    Subject("log-ratio, paper, all", lambda: LogRatioLoss("paper", "all"), by_target, needs_pairs=False),
    Subject("dense triplet", lambda: DenseTripletLoss(0.5), by_target, needs_pairs=False, has_anchor=True),
    Subject("binary triplet", lambda: BinaryTripletLoss(0.5, 2), by_target, needs_pairs=False, has_anchor=True),
    *(
        Subject(
            f"multi-objective, {mining}",
            lambda mining=mining: MultiObjectiveLoss(
                CLASSES, DIMENSIONS, beta=10, proxy_alpha=8, proxy_beta=6, separation_gamma=8, mining=mining
            ),
            needs_pairs=False,
            one_direction=mining != "union",
        )
        for mining in ("union", "intersection", "separate", "none", "pooled")
    ),
    Subject(
        "multi-objective, alternatives",
        lambda: MultiObjectiveLoss(
            CLASSES, DIMENSIONS, beta=10, proxy_alpha=8, separation="mean", proxy_term="nca", separation_of="batch"
        ),
        needs_pairs=False,
    ),
    Subject(
        "multi-objective, balanced",
        lambda: MultiObjectiveLoss(CLASSES, DIMENSIONS, weights="balanced"),
        needs_pairs=False,
        moves=True,
    ),
    Subject("proxy-anchor", lambda: ProxyAnchorLoss(CLASSES, DIMENSIONS, alpha=8), needs_pairs=False),
    Subject("proxy-nca", lambda: ProxyNCALoss(CLASSES, DIMENSIONS), needs_pairs=False),
    Subject(
        "proxy-nca, softmax",
        lambda: ProxyNCALoss(CLASSES, DIMENSIONS, form="softmax", smoothing=0.1),
        needs_pairs=False,
    ),
    Subject(
        "regression", lambda: RegressionLoss(DIMENSIONS, 2), by_target, needs_pairs=False, moves=True, by_autograd=True
    ),
    Subject("binomial deviance", lambda: BinomialDevianceLoss(beta=8.0), needs_pairs=False),
    *(of_library(settings()) for settings in LIBRARY if settings is not MarginSettings),
    of_library(NPairSettings(normalize=False), "n-pair, as given"),
    of_library(MarginSettings(sampling="all"), "margin"),
    of_library(MarginSettings(sampling="all", learn_beta=True, nu=0.1), "margin, learned boundaries"),
]


def every(subjects: list[Subject] = SUBJECTS):
    return pytest.mark.parametrize("subject", subjects, ids=lambda subject: subject.name)


def batch(seed: int = 0, labels: tuple[int, ...] = (0, 0, 1, 1, 1, 2, 2, 3, 0), dtype=torch.float64) -> Batch:
    random = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(len(labels), DIMENSIONS, generator=random, dtype=torch.float64).to(dtype)
    targets = torch.randn(len(labels), 2, generator=random, dtype=torch.float64).to(dtype)
    return Batch(embeddings, torch.tensor(labels, dtype=torch.int64), targets)


def made(subject: Subject) -> nn.Module:
    torch.manual_seed(7)
    return subject.make().double()


def value_and_gradient(subject: Subject, loss: nn.Module, given: Batch) -> tuple[Tensor, Tensor]:
    embeddings = given.embeddings.clone().requires_grad_()
    value = subject.call(loss, replace(given, embeddings=embeddings))
    value.backward()
    return value.detach(), embeddings.grad


@every([subject for subject in SUBJECTS if not subject.moves and not subject.holds_weights])
def test_gradient_is_that_of_the_value(subject):
    given = batch(seed=0)
    loss = made(subject)
    subject.call(loss, given)
    names = [name for name, _ in loss.named_parameters()]

    def of(embeddings, *parameters):
        with_parameters = dict(zip(names, parameters, strict=True))
        arguments = subject.call(lambda *arguments: arguments, replace(given, embeddings=embeddings))
        return torch.func.functional_call(loss, with_parameters, arguments)

    inputs = [given.embeddings.clone().requires_grad_(), *loss.parameters()]
    assert torch.autograd.gradcheck(of, inputs, fast_mode=subject.one_direction)


@every()
def test_value_is_the_same_without_a_gradient(subject):
    given = batch(seed=1)
    with_gradient, _ = value_and_gradient(subject, made(subject), given)
    with torch.no_grad():
        assert subject.call(made(subject), given).item() == with_gradient.item()


@every([subject for subject in SUBJECTS if not subject.order_counts])
def test_order_of_the_batch_does_not_matter(subject):
    given = batch(seed=2)
    order = torch.randperm(len(given.labels), generator=torch.Generator().manual_seed(3))
    if subject.has_anchor:
        order = torch.cat([torch.tensor([0]), order[order != 0]])
    value, gradient = value_and_gradient(subject, made(subject), given)
    shuffled, shuffled_gradient = value_and_gradient(subject, made(subject), given[order])
    # The triplet loss's offset is not symmetric, hence the tolerances.
    assert shuffled.item() == pytest.approx(value.item(), rel=1e-9)
    torch.testing.assert_close(shuffled_gradient, gradient[order], rtol=1e-5, atol=1e-8)


def turn_weights(loss, rotation):
    """Proxies and a head's weights are rows; the library's class weights are columns."""
    for parameter in loss.parameters():
        if hasattr(loss, "proxies") or (hasattr(loss, "head") and parameter.ndim == 2):
            parameter.data @= rotation
        elif parameter.ndim == 2:
            parameter.data = rotation.T @ parameter.data


@every()
def test_rotating_embeddings_and_proxies_together_does_not_matter(subject):
    given = batch(seed=3)
    rotation, _ = torch.linalg.qr(torch.randn(DIMENSIONS, DIMENSIONS, dtype=torch.float64))
    value, gradient = value_and_gradient(subject, made(subject), given)
    loss = made(subject)
    turn_weights(loss, rotation)
    turned = replace(given, embeddings=given.embeddings @ rotation)
    turned_value, turned_gradient = value_and_gradient(subject, loss, turned)
    # The triplet loss's offset points along the axes.
    tolerance = 1e-5 if subject.name.startswith("triplet") else 1e-10
    assert turned_value.item() == pytest.approx(value.item(), rel=tolerance)
    torch.testing.assert_close(turned_gradient, gradient @ rotation, rtol=tolerance, atol=tolerance)


@every()
def test_single_precision_is_close_to_double(subject):
    given = batch(seed=4)
    expected, expected_gradient = value_and_gradient(subject, made(subject), given)
    single = Batch(given.embeddings.float(), given.labels, given.targets.float())
    value, gradient = value_and_gradient(subject, made(subject).float(), single)
    assert value.dtype == torch.float32
    assert value.item() == pytest.approx(expected.item(), rel=1e-5, abs=1e-7)
    largest = expected_gradient.abs().max().item()
    torch.testing.assert_close(gradient.double(), expected_gradient, rtol=0, atol=2e-5 * largest + 1e-12)


@every()
def test_is_computed_in_single_precision_under_autocast(subject):
    """The way back as well: some call `backward` while autocast is on."""
    given = batch(seed=5, dtype=torch.float32)
    expected, expected_gradient = value_and_gradient(subject, made(subject).float(), given)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value, gradient = value_and_gradient(subject, made(subject).float(), given)
    assert value.dtype == torch.float32
    assert value.item() == expected.item()
    if not subject.by_autograd:
        assert torch.equal(gradient, expected_gradient)


@every()
def test_half_precision_embeddings_get_half_precision_gradients(subject):
    given = batch(seed=5, dtype=torch.bfloat16)
    value, gradient = value_and_gradient(subject, made(subject).float(), given)
    expected, _ = value_and_gradient(
        subject, made(subject).float(), replace(given, embeddings=given.embeddings.float())
    )
    assert value.item() == expected.item()
    assert gradient.dtype == torch.bfloat16


EDGES = {
    "one class": (0, 0, 0, 0),
    "no positive": (0, 1, 2, 3),
    "single image": (0,),
    "two images": (1, 1),
    "empty": (),
}


@every()
def test_odd_batches_stay_finite_and_attached(subject):
    for name, labels in EDGES.items():
        loss = made(subject)
        loss.terms = {"of an earlier call": torch.ones(())}
        value, gradient = value_and_gradient(subject, loss, batch(seed=6, labels=labels))
        assert value.isfinite(), name
        assert gradient.isfinite().all(), name
        assert loss.terms, name
        assert "of an earlier call" not in loss.terms, name
        for parameter in loss.parameters():
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
        meets_proxies = hasattr(loss, "proxies") or any(weights.ndim == 2 for weights in loss.parameters())
        if not labels or (not meets_proxies and (subject.needs_pairs or len(labels) < 2)):
            assert value.item() == 0.0 or (hasattr(loss, "separation") and not labels), name
            assert not gradient.any(), name


@every()
def test_coincident_and_zero_embeddings_stay_finite(subject):
    for dtype, row in itertools.product((torch.float32, torch.float64), (1.0, 0.0)):
        given = batch(seed=7, dtype=dtype)
        alike = given.embeddings * 0 + row
        for rows in (alike, torch.cat([given.embeddings[:4], alike[4:]])):
            value, gradient = value_and_gradient(subject, made(subject).to(dtype), replace(given, embeddings=rows))
            assert value.isfinite(), (dtype, row)
            assert gradient.isfinite().all(), (dtype, row)


@every()
def test_embeddings_that_are_not_numbers_are_not_hidden(subject):
    given = batch(seed=8)
    given.embeddings[1] = torch.nan
    value, gradient = value_and_gradient(subject, made(subject), given)
    assert not value.isfinite() or not gradient.isfinite().all()


@every()
def test_terms_are_detached_numbers(subject):
    loss = made(subject)
    subject.call(loss, replace(batch(seed=9), embeddings=batch(seed=9).embeddings.requires_grad_()))
    assert loss.terms
    for term in loss.terms.values():
        assert not term.requires_grad
        assert term.shape == ()


@every()
def test_goes_on_after_saving_as_if_it_had_not_been_saved(subject):
    def learn(loss, optimizer, seeds):
        values = []
        for seed in seeds:
            value = subject.call(loss, batch(seed))
            if optimizer is not None:
                optimizer.zero_grad()
                value.backward()
                optimizer.step()
            values.append(value.item())
        return values

    def optimized(loss):
        parameters = list(loss.parameters())
        return torch.optim.Adam(parameters, lr=0.05) if parameters else None

    torch.manual_seed(11)
    loss = subject.make()
    learn(loss, optimized(loss), range(3))
    file = io.BytesIO()
    torch.save(loss.state_dict(), file)
    file.seek(0)
    restored = subject.make()
    restored.load_state_dict(torch.load(file, weights_only=True))
    assert learn(restored, optimized(restored), range(3, 6)) == learn(loss, optimized(loss), range(3, 6))


def test_the_package_offers_every_loss_without_importing_torch_first():
    import core.losses

    for name in (*core.losses.OTHERS, *(name for _, _, name in core.losses.LOSSES.values())):
        assert getattr(core.losses, name) is not None
    with pytest.raises(AttributeError, match="NoSuchLoss"):
        core.losses.NoSuchLoss  # noqa: B018
