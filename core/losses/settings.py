"""The losses' settings: what a recipe's [loss] table may say. No torch here; the window reads this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from core.settings import require, setting

TripletSampling = Literal["distance-weighted", "all", "hard", "semi-hard", "random"]
LogRatioForm = Literal["official", "paper"]
LogRatioAnchors = Literal["first", "all"]
ProxyNCAForm = Literal["classic", "softmax"]
JointMining = Literal["union", "intersection", "separate", "none", "pooled"]
ProxyTerm = Literal["anchor", "nca"]
SeparationForm = Literal["lse", "mean"]
SeparationOf = Literal["all", "batch"]


@dataclass(frozen=True)
class MultiSimilaritySettings:
    """Settings of `MultiSimilarityLoss`."""

    name: ClassVar[str] = "multi-similarity"

    alpha: float = setting(2.0, "How steeply positives less similar than the base are weighted.", "2")
    beta: float = setting(50.0, "How steeply negatives more similar than the base are weighted.", "50 (their code: 40)")
    base: float = setting(0.5, "The similarity around which pairs are weighted.", "1 (their code: 0.5)")
    epsilon: float = setting(0.1, "How far a pair may be on the right side and still be mined.", "0.1")
    legacy_self_pair: bool = setting(
        False, "Leave out exact duplicates of an anchor, as the authors' code does.", "their code: true"
    )

    def __post_init__(self) -> None:
        require(self.alpha > 0, f"loss.alpha is {self.alpha}; expected a number above 0.", "loss.alpha")
        require(self.beta > 0, f"loss.beta is {self.beta}; expected a number above 0.", "loss.beta")


@dataclass(frozen=True)
class TripletSettings:
    """Settings of `TripletLoss`."""

    name: ClassVar[str] = "triplet"

    margin: float = setting(0.2, "How much farther than a positive a negative must be before it is left alone.", "0.2")
    sampling: TripletSampling = setting(
        "distance-weighted", "How the negative of each (anchor, positive) pair is chosen.", "distance-weighted"
    )
    legacy_underflow: bool = setting(
        False, "Repeat the underflow of published code that turns distance-weighted into uniform sampling.", ""
    )

    def __post_init__(self) -> None:
        require(self.margin > 0, f"loss.margin is {self.margin}; expected a number above 0.", "loss.margin")
        require(
            not self.legacy_underflow or self.sampling == "distance-weighted",
            f"loss.legacy_underflow only concerns loss.sampling = 'distance-weighted', but that is '{self.sampling}'.",
            "loss.legacy_underflow",
        )


LossSettings = MultiSimilaritySettings | TripletSettings
