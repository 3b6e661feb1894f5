from __future__ import annotations

import numpy as np
import pytest
import torch

from core.losses import TripletLoss
from tests.core.losses.golden_cases import assert_matches, cases

GOLDEN = list(cases("triplet_mdr"))
SAMPLINGS = {
    "AllPairs": "all",
    "HardNegative": "hard",
    "SemiHardNegative": "semi-hard",
    "DistanceWeighted": "distance-weighted",
    "RandomNegative": "random",
}
EVERY = sorted(SAMPLINGS.values())


def prepared(case):
    embeddings = torch.tensor(case["X"], dtype=torch.float64)
    if case.hyper.get("l2norm"):
        embeddings = torch.nn.functional.normalize(embeddings)
    return embeddings, torch.tensor(case["labels"])


def batch(seed=0, labels=(0, 0, 0, 1, 1, 2, 2, 2, 3), dimensions=4):
    random = torch.Generator().manual_seed(seed)
    return torch.randn(len(labels), dimensions, generator=random, dtype=torch.float64), torch.tensor(labels)


def slow_loss(embeddings, triplets, margin):
    rows = embeddings.detach().numpy()
    losses = [
        max(0.0, margin + np.linalg.norm(rows[a] - rows[p] + 1e-6) - np.linalg.norm(rows[a] - rows[n] + 1e-6))
        for a, p, n in triplets
    ]
    return float(np.mean(losses))


def slow_triplets(embeddings, labels, sampling):
    rows, names = embeddings.numpy(), labels.tolist()
    count = len(names)
    distances = [[float(np.linalg.norm(rows[i] - rows[j])) for j in range(count)] for i in range(count)]
    found = []
    for a in range(count):
        negatives = [n for n in range(count) if names[n] != names[a]]
        for p in range(count):
            if p == a or names[p] != names[a]:
                continue
            if sampling == "all":
                found += [[a, p, n] for n in negatives]
                continue
            farther = [n for n in negatives if distances[a][n] > distances[a][p]]
            if sampling == "hard":
                chosen = min(negatives, key=lambda n: distances[a][n])
            elif farther:
                chosen = min(farther, key=lambda n: distances[a][n])
            else:
                chosen = max(negatives, key=lambda n: distances[a][n])
            found.append([a, p, chosen])
    return found


@pytest.mark.parametrize("sampling", ["all", "hard", "semi-hard"])
@pytest.mark.parametrize("seed", range(3))
def test_equals_a_slow_loop(sampling, seed):
    embeddings, labels = batch(seed)
    loss = TripletLoss(margin=0.5, sampling=sampling)
    expected = slow_triplets(embeddings, labels, sampling)
    assert loss.triplets(embeddings, labels).tolist() == expected
    assert loss(embeddings, labels).item() == pytest.approx(slow_loss(embeddings, expected, 0.5), rel=1e-12)


def is_defined(case):
    """Whether the official code computes a loss there; elsewhere it takes the own class for negatives, or gives NaN."""
    return "loss" in case and "bogus" not in case.note and not np.isnan(case["loss"])


@pytest.mark.parametrize("case", list(filter(is_defined, GOLDEN)), ids=lambda case: case.name)
def test_equals_the_official_code_on_its_triplets(case):
    embeddings, labels = prepared(case)
    loss = TripletLoss(margin=case.hyper["margin"], sampling=SAMPLINGS[case.hyper["sampler"]])
    raw = torch.tensor(case["X"], dtype=torch.float64, requires_grad=True)
    taken = torch.nn.functional.normalize(raw) if case.hyper["l2norm"] else raw
    value = loss.of_triplets(taken, torch.tensor(case["triplets"], dtype=torch.int64))
    value.backward()
    assert value.item() == pytest.approx(float(case["loss"]), rel=1e-9)
    assert_matches(case, "grad_X", raw.grad.numpy())
    if "DistanceWeighted" in case.name or "RandomNegative" in case.name or "dup" in case.name:
        return  # which negatives were drawn, or which of two equal ones was taken, is chance
    assert loss.triplets(embeddings, labels).tolist() == case["triplets"].tolist()


UNDEFINED = [case for case in GOLDEN if not is_defined(case) and not case.name.startswith("underflow")]


@pytest.mark.parametrize("case", UNDEFINED, ids=lambda case: case.name)
def test_where_the_official_code_fails_there_is_nothing_to_learn(case):
    """It raises, gives NaN, or takes image 0 of the only class for a negative."""
    embeddings, labels = prepared(case)
    assert len(set(labels.tolist())) in (1, len(labels))
    loss = TripletLoss(margin=case.hyper["margin"], sampling=SAMPLINGS[case.hyper["sampler"]])
    embeddings.requires_grad_()
    value = loss(embeddings, labels)
    value.backward()
    assert value.item() == 0.0
    assert not embeddings.grad.any()
    assert len(loss.triplets(embeddings, labels)) == 0


@pytest.mark.parametrize("case", [case for case in GOLDEN if "prob" in case], ids=lambda case: case.name)
def test_negatives_are_drawn_with_the_official_probabilities(case):
    embeddings, labels = prepared(case)
    probabilities = TripletLoss().negative_probabilities(embeddings, labels).numpy()
    with_positive = [(labels == label).sum() > 1 for label in labels]
    probabilities[~np.array(with_positive)] = 0  # the official code leaves out anchors that it never uses
    np.testing.assert_allclose(probabilities, case["prob"], rtol=2e-6, atol=1e-9)


def test_float32_does_not_fall_back_to_uniform_sampling():
    """At D = 512 every weight underflows in the official code's float32; see `legacy_underflow`."""
    case = next(case for case in GOLDEN if case.name.startswith("underflow"))
    embeddings, labels = torch.tensor(case["X"], dtype=torch.float32), torch.tensor(case["labels"])
    ours = TripletLoss().negative_probabilities(embeddings, labels).numpy()
    theirs = TripletLoss(legacy_underflow=True).negative_probabilities(embeddings, labels).numpy()
    np.testing.assert_allclose(ours, case["prob"], rtol=5e-3, atol=1e-5)
    np.testing.assert_allclose(theirs, case["prob_f32"], rtol=1e-4, atol=1e-6)
    assert np.abs(ours - theirs).max() > 0.05


@pytest.mark.parametrize("sampling", EVERY)
def test_every_positive_pair_gets_a_negative_of_another_class(sampling):
    embeddings, labels = batch(seed=3)
    anchors, positives, negatives = TripletLoss(sampling=sampling).triplets(embeddings, labels).unbind(dim=1)
    assert torch.equal(labels[anchors], labels[positives])
    assert (anchors != positives).all()
    assert (labels[anchors] != labels[negatives]).all()
    pairs = {(a, p) for a, p in zip(anchors.tolist(), positives.tolist(), strict=True)}
    assert len(pairs) == 3 * 2 + 2 * 1 + 3 * 2


@pytest.mark.parametrize("sampling", EVERY)
@pytest.mark.parametrize(
    "labels", [[0, 0, 0, 0], [0, 1, 2, 3], [0], []], ids=["one class", "no positive", "single image", "empty"]
)
def test_nothing_to_learn_from_is_zero_and_stays_attached(labels, sampling):
    embeddings = torch.randn(len(labels), 5, requires_grad=True)
    value = TripletLoss(sampling=sampling)(embeddings, torch.tensor(labels, dtype=torch.int64))
    value.backward()
    assert value.item() == 0.0
    assert torch.equal(embeddings.grad, torch.zeros_like(embeddings))


@pytest.mark.parametrize("sampling", EVERY)
def test_identical_and_opposite_embeddings_give_finite_gradients(sampling):
    labels = torch.tensor([0, 0, 1, 1])
    for embeddings in (torch.ones(4, 5), torch.tensor([[1.0] * 5, [1.0] * 5, [-1.0] * 5, [-1.0] * 5])):
        embeddings.requires_grad_()
        value = TripletLoss(sampling=sampling)(embeddings, labels)
        value.backward()
        assert value.isfinite()
        assert embeddings.grad.isfinite().all()


def published_all():
    chosen = [case for case in cases("pml_pairs") if case.name.endswith("__triplet_all")]
    assert chosen
    return pytest.mark.parametrize("case", chosen, ids=lambda case: case.name)


@published_all()
def test_all_triplets_are_those_of_another_library(case):
    """It divides by the triplets that are active, with a margin of 0.1, and offsets no difference."""
    embeddings = torch.nn.functional.normalize(torch.tensor(case["X"], dtype=torch.float64))
    loss = TripletLoss(margin=0.1, sampling="all")
    value = loss(embeddings, torch.tensor(case["labels"]))
    if float(case["loss"]) == 0:
        assert value.item() == 0.0
    else:
        assert value.item() / loss.terms["active"].item() == pytest.approx(float(case["loss"]), rel=1e-5)


MINED = [case for case in cases("pml_pairs") if case.hyper.get("miner") in ("semihard", "hard", "batchhard")]


@pytest.mark.parametrize("case", MINED, ids=lambda case: case.name)
def test_all_triplets_hold_what_another_library_mines(case):
    """Semi-hard: the negative farther than the positive, by less than the margin. Hard: nearer than it.

    Batch-hard: the farthest positive and the nearest negative of each anchor that has both.
    """
    embeddings = torch.nn.functional.normalize(torch.tensor(case["X"], dtype=torch.float64))
    labels = torch.tensor(case["labels"])
    expected = sorted(zip(case["i0"].tolist(), case["i1"].tolist(), case["i2"].tolist(), strict=True))
    every = TripletLoss(sampling="all").triplets(embeddings, labels)
    distances = torch.cdist(embeddings, embeddings, compute_mode="donot_use_mm_for_euclid_dist")
    a, p, n = every.unbind(dim=1)
    lead = distances[a, n] - distances[a, p]
    if case.hyper["miner"] == "batchhard":
        hardest = TripletLoss(sampling="hard").triplets(embeddings, labels).tolist()
        found = {}
        for anchor, positive, negative in hardest:
            kept = found.get(anchor)
            if kept is None or distances[anchor, positive] > distances[anchor, kept[1]]:
                found[anchor] = (anchor, positive, negative)
        chosen = sorted(found.values())
    elif case.hyper["miner"] == "semihard":
        chosen = sorted(map(tuple, every[(lead > 0) & (lead <= case.hyper["epsilon_or_margin"])].tolist()))
    else:
        chosen = sorted(map(tuple, every[lead <= 0].tolist()))
    assert chosen == expected


def test_all_triplets_never_take_a_cube_of_memory():
    """Neither to compute nor to list: 400 images of 100 classes are 64 million cells, but 475,200 triplets."""
    embeddings, labels = torch.randn(400, 3), torch.arange(400) // 4
    largest = 0

    class Watch(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, function, types, arguments=(), options=None):
            nonlocal largest
            result = function(*arguments, **(options or {}))
            if isinstance(result, torch.Tensor):
                largest = max(largest, result.numel())
            return result

    loss = TripletLoss(sampling="all")
    with Watch():
        value = loss(embeddings.requires_grad_(), labels)
        value.backward()
    assert 0 < largest <= 400 * 400
    with Watch():
        triplets = loss.triplets(embeddings, labels)
    assert triplets.shape == (400 * 3 * 396, 3)
    assert largest <= triplets.numel()


def test_all_triplets_report_how_many_are_active():
    embeddings, labels = batch(seed=6)
    loss = TripletLoss(margin=0.3, sampling="all")
    loss(embeddings, labels)
    share = loss.terms["active"].item()
    loss.of_triplets(embeddings, loss.triplets(embeddings, labels))
    assert 0 < share < 1
    assert share == pytest.approx(loss.terms["active"].item())


def test_random_negatives_are_drawn_from_all_of_them():
    embeddings, labels = batch(seed=7)
    torch.manual_seed(0)
    drawn = {n for _ in range(200) for n in TripletLoss(sampling="random").triplets(embeddings, labels)[:1, 2].tolist()}
    assert drawn == {3, 4, 5, 6, 7, 8}
