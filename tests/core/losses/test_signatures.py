"""The names, arguments and defaults that other programs rely on, word by word."""

from __future__ import annotations

import inspect
import re

import pytest
import torch

import core.losses
from core.errors import TrainingError
from core.losses.pair_weighting import pair_weights, weighted_surrogate

PROMISED = {
    "MultiSimilarityLoss": "alpha=2.0, beta=50.0, base=0.5, epsilon=0.1",
    "MultiLevelDistanceRegularization": "levels=(-3.0, 0.0, 3.0), momentum=0.9",
    "TripletLoss": "margin=0.2, sampling='distance-weighted', legacy_underflow=False",
    "LogRatioLoss": "form='official', anchors='first'",
    "DenseTripletLoss": "margin=0.03",
    "MultiObjectiveLoss": "num_classes, embedding_size, alpha=2.0, beta=40.0, base=0.5, epsilon=0.1, proxy_alpha=32.0,"
    " proxy_beta=32.0, proxy_margin=0.1, separation_gamma=32.0, separation_base=0.0, separation='lse', mining='union',"
    " weights=(1.0, 1.0, 1.0)",
    "ProxyAnchorLoss": "num_classes, embedding_size, margin=0.1, alpha=32.0",
    "ProxyNCALoss": "num_classes, embedding_size, scale=3.0, form='classic'",
}


def words(function) -> list[str]:
    parameters = [item for item in inspect.signature(function).parameters.values() if item.name != "self"]
    return [str(item.replace(annotation=inspect.Parameter.empty)) for item in parameters]


@pytest.mark.parametrize("name", PROMISED)
def test_a_loss_is_made_as_promised(name):
    assert ", ".join(words(getattr(core.losses, name).__init__)).startswith(PROMISED[name])


@pytest.mark.parametrize("name", ["LogRatioLoss", "DenseTripletLoss"])
def test_a_loss_of_targets_is_called_as_promised(name):
    signature = inspect.signature(getattr(core.losses, name).forward).parameters
    assert list(signature) == ["self", "embeddings", "targets", "target_distances"]
    assert signature["targets"].default is None
    assert signature["target_distances"].kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize(
    ("name", "method", "arguments"),
    [
        ("MultiSimilarityLoss", "forward", ["embeddings", "labels"]),
        ("MultiSimilarityLoss", "mine", ["embeddings", "labels"]),
        ("TripletLoss", "triplets", ["embeddings", "labels"]),
        ("MultiObjectiveLoss", "mined_pairs", ["embeddings", "labels"]),
        ("MultiLevelDistanceRegularization", "forward", ["embeddings"]),
    ],
)
def test_a_method_takes_what_is_promised(name, method, arguments):
    assert words(getattr(getattr(core.losses, name), method)) == arguments


def test_what_a_loss_holds_is_called_as_promised():
    mdr = core.losses.MultiLevelDistanceRegularization()
    assert {"levels", "running_mean", "running_std", "num_updates"} <= set(mdr.state_dict())
    loss = core.losses.MultiObjectiveLoss(4, 6)
    assert loss.proxies.shape == (4, 6)
    loss(torch.randn(5, 6), torch.tensor([0, 0, 1, 1, 3]))
    assert set(loss.terms) == {"pair", "proxy", "separation"}


def test_options_have_the_promised_words():
    labels, embeddings = torch.tensor([0, 0, 1, 1]), torch.randn(4, 6)
    for mining in ("union", "intersection", "separate", "none"):
        for separation in ("lse", "mean"):
            loss = core.losses.MultiObjectiveLoss(2, 6, separation=separation, mining=mining, weights="balanced")
            assert loss(embeddings, labels).isfinite()
    for sampling in ("distance-weighted", "all", "hard", "semi-hard", "random"):
        assert core.losses.TripletLoss(sampling=sampling)(embeddings, labels).isfinite()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("TripletLoss", {"sampling": "semihard"}),
        ("LogRatioLoss", {"form": "offical"}),
        ("LogRatioLoss", {"anchors": "each"}),
        ("ProxyNCALoss", {"form": "plain"}),
        ("MultiObjectiveLoss", {"separation": "max"}),
        ("MultiObjectiveLoss", {"mining": "both"}),
        ("MultiObjectiveLoss", {"weights": (1.0, 1.0)}),
        ("MultiObjectiveLoss", {"weights": "equal"}),
    ],
)
def test_other_words_are_refused_and_not_taken_for_another_loss(name, options):
    sizes = {"num_classes": 3, "embedding_size": 4} if name in ("ProxyNCALoss", "MultiObjectiveLoss") else {}
    ((option, value),) = options.items()
    with pytest.raises(TrainingError, match=f"{option} (is|are) {re.escape(repr(value))}; expected"):
        getattr(core.losses, name)(**sizes, **options)


def test_pair_weights_take_the_promised_names():
    labels = torch.tensor([0, 0, 1, 1])
    unit = torch.nn.functional.normalize(torch.randn(4, 6))
    for name in ("contrastive", "triplet", "lifted", "npair", "binomial", "multi-similarity"):
        weights = pair_weights(name, unit @ unit.T, labels)
        assert weights.shape == (4, 4)
        assert weighted_surrogate(unit @ unit.T, labels, weights).shape == ()
