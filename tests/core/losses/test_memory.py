"""Pairs that reach into past batches: against a slow version, through saving, and what is not remembered."""

from __future__ import annotations

import io
import math

import pytest
import torch

from core.errors import TrainingError
from core.losses import LOSSES, CrossBatchMemory, build_loss
from core.losses.pairs import References
from core.losses.pml_settings import MarginSettings
from core.losses.settings import MultiSimilaritySettings, TripletSettings

DIMENSIONS = 5
# Distance-weighted negatives are drawn, so these take all of them.
OTHERWISE = {"triplet": TripletSettings(margin=0.5, sampling="all"), "margin": MarginSettings(sampling="all")}
NAMES = [name for name, (settings, _, _) in LOSSES.items() if settings.supports_memory]


def loss_of(name):
    return build_loss(OTHERWISE.get(name, LOSSES[name][0]()), 4, DIMENSIONS).double()


def batch(seed, labels=(0, 0, 1, 2, 3)):
    random = torch.Generator().manual_seed(seed)
    return torch.randn(len(labels), DIMENSIONS, generator=random, dtype=torch.float64), torch.tensor(labels)


def slow_pairs(anchor, label, references):
    """Similarities of one anchor to its positives and to its negatives among (embedding, label, is itself)."""
    similarity = torch.nn.functional.cosine_similarity
    pairs = [(similarity(anchor, other, dim=0), same == label) for other, same, itself in references if not itself]
    return [s for s, own in pairs if own], [s for s, own in pairs if not own]


def slow_multi_similarity(embeddings, labels, references):
    total = 0.0
    for row, (anchor, label) in enumerate(zip(embeddings, labels.tolist(), strict=True)):
        own, other = slow_pairs(anchor, label, [(x, y, place == row) for x, y, place in references])
        if not own or not other:
            continue
        own_kept = [s for s in own if s - 0.1 < max(other)]
        other_kept = [s for s in other if s + 0.1 > min(own)]
        total = total + (1 + sum((-2 * (s - 0.5)).exp() for s in own_kept) - 0 * anchor.sum()).log() / 2
        total = total + (1 + sum((50 * (s - 0.5)).exp() for s in other_kept) - 0 * anchor.sum()).log() / 50
    return total / len(labels)


def slow_contrastive(embeddings, labels, references):
    positive_terms, negative_terms = [], []
    for row, (anchor, label) in enumerate(zip(embeddings, labels.tolist(), strict=True)):
        unit = anchor / anchor.norm()
        for other, same, place in references:
            distance = (unit - other / other.norm()).norm()
            if same == label and place != row:
                positive_terms.append(distance)
            elif same != label and distance < 1:
                negative_terms.append(1 - distance)
    return sum(positive_terms) / len(positive_terms) + (
        sum(negative_terms) / len(negative_terms) if negative_terms else 0
    )


def slow_triplet(embeddings, labels, references):
    hinges = []
    for row, (anchor, label) in enumerate(zip(embeddings, labels.tolist(), strict=True)):
        for positive, own, place in references:
            for negative, other, _ in references:
                if own == label and place != row and other != label:
                    to_positive, to_negative = (anchor - positive + 1e-6).norm(), (anchor - negative + 1e-6).norm()
                    hinges.append((0.5 + to_positive - to_negative).clamp_min(0))
    return sum(hinges) / len(hinges)


def slow_binomial(embeddings, labels, references):
    total = 0.0
    for row, (anchor, label) in enumerate(zip(embeddings, labels.tolist(), strict=True)):
        own, other = slow_pairs(anchor, label, [(x, y, place == row) for x, y, place in references])
        total = total + sum((1 + (2 * (0.5 - s)).exp()).log() for s in own) / max(1, len(own))
        total = total + sum((1 + (40 * (s - 0.5)).exp()).log() for s in other) / max(1, len(other))
    return total / len(labels)


SLOW = {
    "multi-similarity": slow_multi_similarity,
    "contrastive": slow_contrastive,
    "triplet": slow_triplet,
    "binomial-deviance": slow_binomial,
}


@pytest.mark.parametrize("name", SLOW)
def test_equals_a_slow_loop_over_a_list_of_past_embeddings(name):
    memory = CrossBatchMemory(loss_of(name), DIMENSIONS, size=12, start=2, weight=0.5).double()
    queue = []
    for step in range(6):
        embeddings, labels = batch(step)
        ours, theirs = embeddings.clone().requires_grad_(), embeddings.clone().requires_grad_()
        value = memory(ours, labels)
        expected = loss_of(name)(theirs, labels)
        if step >= 2:
            queue = [(x, y, None) for x, y, _ in queue]
            queue += [(x, y, row) for row, (x, y) in enumerate(zip(embeddings, labels.tolist(), strict=True))]
            queue = queue[-12:]
            expected = expected + 0.5 * SLOW[name](theirs, labels, queue)
        value.backward()
        expected.backward()
        assert value.item() == pytest.approx(expected.item(), rel=1e-10)
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", NAMES)
def test_among_copies_of_the_batch_a_loss_has_its_own_value(name):
    embeddings, labels = batch(0, labels=(0, 0, 1, 1, 1, 2, 3))
    loss = loss_of(name)
    alone = loss(embeddings, labels)
    copies = References(embeddings.clone(), labels, torch.arange(7))
    assert loss.cross_batch_loss(embeddings, labels, copies).item() == pytest.approx(alone.item(), rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_the_memory_does_not_matter(name):
    embeddings, labels = batch(1)
    past, classes = batch(2, labels=(0, 1, 1, 2, 3, 3))
    order = torch.randperm(11, generator=torch.Generator().manual_seed(0))
    places = torch.empty(11, dtype=torch.int64)
    places[order] = torch.arange(11)
    memory, kinds = torch.cat([embeddings, past]), torch.cat([labels, classes])
    loss = loss_of(name)
    expected = loss.cross_batch_loss(embeddings, labels, References(memory, kinds, torch.arange(5)))
    shuffled = loss.cross_batch_loss(embeddings, labels, References(memory[order], kinds[order], places[:5]))
    assert shuffled.item() == pytest.approx(expected.item(), rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_to_learn_from_in_the_memory_is_zero(name):
    embeddings, _ = batch(3)
    labels = torch.zeros(5, dtype=torch.int64)
    references = References(embeddings[:1].clone(), labels[:1], torch.tensor([0, 0, 0, 0, 0]))
    embeddings.requires_grad_()
    value = loss_of(name).cross_batch_loss(embeddings, labels, references)
    value.backward()
    assert value.item() == 0.0
    assert not embeddings.grad.any()


@pytest.mark.parametrize("sampling", ["hard", "semi-hard", "random", "distance-weighted"])
def test_sampled_negatives_come_from_the_memory(sampling):
    embeddings, labels = batch(4)
    past, classes = batch(5, labels=(0, 1, 1, 2, 3, 3))
    references = References(torch.cat([embeddings, past]), torch.cat([labels, classes]), torch.arange(5))
    loss = build_loss(TripletSettings(sampling=sampling))
    a, p, n = loss.triplets_among(embeddings, labels, references).unbind(dim=1)
    # Each image meets its class in the batch and in the memory, but not its own copy.
    assert len(a) == 2 * 1 + (1 + 1 + 2 + 1 + 2)
    assert (a != p).all()
    assert (references.labels[p] == labels[a]).all()
    assert (references.labels[n] != labels[a]).all()
    assert math.isfinite(loss.cross_batch_loss(embeddings, labels, references).item())


def test_it_holds_the_newest_and_no_more():
    memory = CrossBatchMemory(build_loss(MultiSimilaritySettings()), DIMENSIONS, size=7, start=0)
    batches = [batch(seed) for seed in range(4)]
    for embeddings, labels in batches:
        memory(embeddings, labels)
    newest = torch.cat([embeddings for embeddings, _ in batches])[-7:].float()
    held = {tuple(row) for row in memory.embeddings.tolist()}
    assert held == {tuple(row) for row in newest.tolist()}
    assert int(memory.remembered) == 20
    assert set(memory.terms) == {"positive", "negative", "batch", "memory"}


def test_it_begins_when_it_is_told_to():
    embeddings, labels = batch(0)
    memory = CrossBatchMemory(build_loss(MultiSimilaritySettings()), DIMENSIONS, size=8, start=3)
    for _ in range(3):
        assert memory(embeddings, labels).item() == memory.loss(embeddings, labels).item()
    assert int(memory.remembered) == 0
    memory(embeddings, labels)
    assert int(memory.remembered) == 5


def test_a_batch_that_does_not_fit_is_refused():
    memory = CrossBatchMemory(build_loss(MultiSimilaritySettings()), DIMENSIONS, size=4, start=0)
    with pytest.raises(TrainingError, match=r"memory\.size is 4, but a batch has 5 images"):
        memory(*batch(0))


def test_what_is_not_finite_or_not_training_is_not_remembered():
    embeddings, labels = batch(0)
    memory = CrossBatchMemory(build_loss(MultiSimilaritySettings()), DIMENSIONS, size=8, start=0)
    broken = embeddings.clone()
    broken[0, 0] = torch.nan
    memory(broken, labels)
    memory.eval()(embeddings, labels)
    memory.train()(embeddings[:0], labels[:0])
    assert int(memory.remembered) == 0
    assert memory.embeddings.isfinite().all()


def test_goes_on_after_saving_as_if_it_had_not_been_saved():
    def values(memory, seeds):
        return [memory(*batch(seed)).item() for seed in seeds]

    def fresh():
        return CrossBatchMemory(build_loss(MultiSimilaritySettings()), DIMENSIONS, size=12, start=1)

    memory = fresh()
    values(memory, range(4))
    file = io.BytesIO()
    torch.save(memory.state_dict(), file)
    file.seek(0)
    restored = fresh()
    restored.load_state_dict(torch.load(file, weights_only=True))
    assert values(restored, range(4, 8)) == values(memory, range(4, 8))
