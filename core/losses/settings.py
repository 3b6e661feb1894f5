"""The losses' settings: a recipe's tables [loss], [regularization] and [memory]. No torch; the window reads this."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

from core.settings import require, require_default, setting

TripletSampling = Literal["distance-weighted", "all", "hard", "semi-hard", "random"]
LogRatioForm = Literal["official", "paper"]
LogRatioAnchors = Literal["first", "all"]
ProxyNCAForm = Literal["classic", "softmax"]
JointMining = Literal["union", "intersection", "separate", "none", "pooled"]
ProxyTerm = Literal["anchor", "nca"]
SeparationForm = Literal["lse", "mean"]
SeparationOf = Literal["all", "batch"]
MOST_LEVELS = 1000
MOST_REMEMBERED = 10_000_000
# Settings of the regularisation that concern MDR alone; the division by the mean distance does not.
OF_MDR = ("lambda_", "nu", "levels", "momentum", "zero_diagonal", "level_rate")


@dataclass(frozen=True)
class LossSettings:
    """What every loss's settings have in common.

    Attributes:
        name: what a recipe calls the loss.
        supervision: what tells it how images are related: their classes, or continuous targets.
        supports_memory: whether its pairs may reach into a memory of past batches.
    """

    name: ClassVar[str]
    supervision: ClassVar[Literal["classes", "targets"]] = "classes"
    supports_memory: ClassVar[bool] = False

    @property
    def proxy_rate(self) -> float:
        """How many times as fast as the network the loss's proxies learn; 0 for a loss without proxies."""
        return 0.0

    def sizes(self, classes: int, embedding_size: int) -> dict[str, int]:
        """What the loss's own parameters, such as proxies, are sized by; nothing for a loss without any."""
        return {"num_classes": classes, "embedding_size": embedding_size} if self.proxy_rate else {}

    def arguments(self) -> dict[str, Any]:
        """What the loss is built with, but for the number of classes and dimensions of its proxies."""
        return asdict(self)


@dataclass(frozen=True)
class MultiSimilaritySettings(LossSettings):
    """Settings of `MultiSimilarityLoss`."""

    name: ClassVar[str] = "multi-similarity"
    supports_memory: ClassVar[bool] = True

    alpha: float = setting(2.0, "How steeply positives less similar than the base are weighted.", "2 (equation 15)")
    beta: float = setting(
        50.0, "How steeply negatives more similar than the base are weighted.", "50 (equation 15; their code: 40)"
    )
    base: float = setting(0.5, "The similarity around which pairs are weighted.", "1 (equation 15; their code: 0.5)")
    epsilon: float = setting(0.1, "How far a pair may be on the right side and still be mined.", "0.1 (pair mining)")
    legacy_self_pair: bool = setting(
        False, "Leave out exact duplicates of an anchor, as the authors' code does.", "their code: true"
    )
    mining: bool = setting(
        True, "Keep only pairs that are hard beside the others of their anchor.", "true (pair mining)"
    )
    weighting: bool = setting(
        True, "Weigh the kept pairs by their similarities; else all weigh the same.", "true (pair weighting)"
    )

    def __post_init__(self) -> None:
        require_positive(self, "alpha", "beta")
        require_not_negative(self, "epsilon")
        if not self.mining:
            require_default(self, "loss", ["epsilon"], "loss.mining is false: only mining has a tolerance")


@dataclass(frozen=True)
class TripletSettings(LossSettings):
    """Settings of `TripletLoss`."""

    name: ClassVar[str] = "triplet"
    supports_memory: ClassVar[bool] = True

    margin: float = setting(
        0.2,
        "How much farther than a positive a negative must be before it is left alone.",
        "0.2 (Schroff et al., equation 3)",
    )
    sampling: TripletSampling = setting(
        "distance-weighted",
        "How the negative of each (anchor, positive) pair is chosen.",
        "distance-weighted (Wu et al.)",
    )
    legacy_underflow: bool = setting(
        False,
        "Repeat the underflow of published code that turns distance-weighted into uniform sampling.",
        "their code: true",
    )

    def __post_init__(self) -> None:
        require_positive(self, "margin")
        require(
            not self.legacy_underflow or self.sampling == "distance-weighted",
            f"loss.legacy_underflow only concerns loss.sampling = 'distance-weighted', but that is '{self.sampling}'.",
            "loss.legacy_underflow",
        )


@dataclass(frozen=True)
class ProxyAnchorSettings(LossSettings):
    """Settings of `ProxyAnchorLoss`."""

    name: ClassVar[str] = "proxy-anchor"

    margin: float = setting(0.1, "How far beyond equal similarity a proxy pulls and pushes.", "0.1 (equation 4)")
    alpha: float = setting(
        32.0, "How much more the hardest images of a proxy weigh than the others.", "32 (equation 4)"
    )
    proxy_rate: float = setting(
        100.0, "How many times as fast as the network the proxies learn.", "100 (implementation details)"
    )

    def __post_init__(self) -> None:
        require_positive(self, "alpha", "proxy_rate")

    def arguments(self) -> dict[str, Any]:
        return without_rate(self)


@dataclass(frozen=True)
class ProxyNCASettings(LossSettings):
    """Settings of `ProxyNCALoss`."""

    name: ClassVar[str] = "proxy-nca"

    scale: float = setting(
        3.0, "The length that embeddings and proxies are given before they are compared.", "public code: 3"
    )
    form: ProxyNCAForm = setting(
        "classic", "Whether the own proxy is left out of the sum ('classic') or in it ('softmax').", "classic"
    )
    smoothing: float = setting(0.0, "Share of the expectation that goes to the other classes.", "public code: 0.1")
    proxy_rate: float = setting(100.0, "How many times as fast as the network the proxies learn.", "")

    def __post_init__(self) -> None:
        require_positive(self, "scale", "proxy_rate")
        require(
            0 <= self.smoothing < 1,
            f"loss.smoothing is {self.smoothing}; expected 0 or more and less than 1.",
            "loss.smoothing",
        )

    def arguments(self) -> dict[str, Any]:
        return without_rate(self)


@dataclass(frozen=True)
class MultiObjectiveSettings(LossSettings):
    """Settings of `MultiObjectiveLoss`; the paper names no values, so none is shown as its own."""

    name: ClassVar[str] = "multi-objective"

    alpha: float = setting(2.0, "How steeply positive samples less similar than the base are weighted.")
    beta: float = setting(40.0, "How steeply negative samples more similar than the base are weighted.")
    base: float = setting(0.5, "The similarity around which pairs of samples are weighted.")
    epsilon: float = setting(0.1, "How far a relation may be on the right side and still be mined.")
    mining: JointMining = setting(
        "union", "How the views of the sample and of its proxy are combined to keep a relation.", "two views at once"
    )
    proxy_alpha: float = setting(32.0, "How much more the hardest images of a proxy weigh when it pulls.")
    proxy_beta: float = setting(32.0, "How much more the hardest images of a proxy weigh when it pushes.")
    proxy_margin: float = setting(0.1, "How far beyond equal similarity a proxy pulls and pushes.")
    proxy_term: ProxyTerm = setting("anchor", "Whether proxies choose among images or images among proxies ('nca').")
    separation: SeparationForm = setting(
        "lse", "Whether close proxies are parted first ('lse') or all alike ('mean').", "unsaid; literally the mean"
    )
    separation_gamma: float = setting(32.0, "How much more the closest proxies weigh when they are parted.")
    separation_base: float = setting(0.0, "The similarity of proxies above which they are parted.")
    separation_of: SeparationOf = setting("all", "Whether all proxies are parted or those of the batch's classes.")
    balanced: bool = setting(False, "Let the three terms pull equally hard, by their contributions so far.")
    pair_weight: float = setting(1.0, "What the term of samples and samples is multiplied by.")
    proxy_weight: float = setting(1.0, "What the term of proxies and samples is multiplied by.")
    separation_weight: float = setting(1.0, "What the term of proxies and proxies is multiplied by.")
    proxy_rate: float = setting(100.0, "How many times as fast as the network the proxies learn.")

    def __post_init__(self) -> None:
        require_positive(self, "alpha", "beta", "proxy_alpha", "proxy_beta", "separation_gamma", "proxy_rate")
        require_not_negative(self, "epsilon", "pair_weight", "proxy_weight", "separation_weight")
        if self.balanced:
            why = "loss.balanced is true: weights are fixed or balanced"
            require_default(self, "loss", ("pair_weight", "proxy_weight", "separation_weight"), why)
        require(
            any(self._weights),
            "loss.pair_weight, loss.proxy_weight and loss.separation_weight are all 0; expected one above 0.",
            "loss.pair_weight",
        )
        if self.separation != "lse":
            why = f"loss.separation is '{self.separation}': only 'lse' has one"
            require_default(self, "loss", ("separation_gamma", "separation_base"), why)

    @property
    def _weights(self) -> tuple[float, float, float]:
        return self.pair_weight, self.proxy_weight, self.separation_weight

    def arguments(self) -> dict[str, Any]:
        arguments = without_rate(self)
        for key in ("pair_weight", "proxy_weight", "separation_weight", "balanced"):
            del arguments[key]
        return arguments | {"weights": "balanced" if self.balanced else self._weights}


@dataclass(frozen=True)
class LogRatioSettings(LossSettings):
    """Settings of `LogRatioLoss`."""

    name: ClassVar[str] = "log-ratio"
    supervision: ClassVar[Literal["classes", "targets"]] = "targets"

    form: LogRatioForm = setting(
        "official", "Whether distances are plain and guarded, as in the authors' code, or squared and bare.", "paper"
    )
    anchors: LogRatioAnchors = setting(
        "first", "Whether the first image of a batch is its anchor, or every image in turn.", "first"
    )


@dataclass(frozen=True)
class DenseTripletSettings(LossSettings):
    """Settings of `DenseTripletLoss`."""

    name: ClassVar[str] = "dense-triplet"
    supervision: ClassVar[Literal["classes", "targets"]] = "targets"

    margin: float = setting(
        0.03, "How much farther the farther of two by target must be before it is left alone.", "their code: 0.03"
    )

    def __post_init__(self) -> None:
        require_positive(self, "margin")


@dataclass(frozen=True)
class BinaryTripletSettings(LossSettings):
    """Settings of `BinaryTripletLoss`."""

    name: ClassVar[str] = "binary-triplet"
    supervision: ClassVar[Literal["classes", "targets"]] = "targets"

    margin: float = setting(
        0.2, "How much farther than a near image a far one must be before it is left alone.", "their code: 0.2"
    )
    positives: int = setting(5, "How many of a batch's images, the nearest by target, count as near.", "their code: 5")

    def __post_init__(self) -> None:
        require_positive(self, "margin", "positives")


@dataclass(frozen=True)
class RegressionSettings(LossSettings):
    """Settings of `RegressionLoss`."""

    name: ClassVar[str] = "regression"
    supervision: ClassVar[Literal["classes", "targets"]] = "targets"

    targets: int = setting(1, "How many continuous targets an image has.")
    proxy_rate: float = setting(1.0, "How many times as fast as the network the linear head learns.")

    def __post_init__(self) -> None:
        require_positive(self, "targets", "proxy_rate")

    def sizes(self, classes: int, embedding_size: int) -> dict[str, int]:  # noqa: ARG002 - a head knows no classes
        return {"embedding_size": embedding_size}

    def arguments(self) -> dict[str, Any]:
        return without_rate(self)


@dataclass(frozen=True)
class BinomialDevianceSettings(LossSettings):
    """Settings of `BinomialDevianceLoss`."""

    name: ClassVar[str] = "binomial-deviance"
    supports_memory: ClassVar[bool] = True

    alpha: float = setting(2.0, "How steeply positives less similar than the base are weighted.", "2 (Yi et al.)")
    beta: float = setting(40.0, "How steeply negatives more similar than the base are weighted.", "their code: 40")
    base: float = setting(0.5, "The similarity around which pairs are weighted.", "0.5 (Yi et al.)")

    def __post_init__(self) -> None:
        require_positive(self, "alpha", "beta")


@dataclass(frozen=True)
class RegularizationSettings:
    """What joins the loss: nothing, or Multi-level Distance Regularization."""

    name: Literal["none", "mdr"] = setting("none", "What is added to the loss; 'mdr' pulls distances to a few levels.")
    lambda_: float = setting(
        0.1, "How much it weighs beside the loss.", "0.6 for CUB-200-2011, 0.2 for Cars-196, 0.1 for SOP and In-Shop"
    )
    nu: float = setting(0.01, "Pull of the levels towards zero.", "their code: 0.01")
    levels: tuple[float, ...] = setting(
        (-3.0, 0.0, 3.0), "Where the levels begin, as many as there are.", "-3, 0, 3 (level assignment)"
    )
    momentum: float = setting(0.9, "Memory of the mean distance and its deviation.", "0.9 (distance normalisation)")
    zero_diagonal: bool = setting(
        True, "Take the zeros on the diagonal for distances, as the authors' code does.", "false (their code: true)"
    )
    level_rate: float = setting(1.0, "How many times as fast as the network the levels learn.", "their code: 1")
    mean_distance: bool = setting(
        False, "In training, divide embeddings by their mean distance, in place of unit length.", "true"
    )

    def __post_init__(self) -> None:
        for key in ("lambda_", "nu", "level_rate"):
            value, name = getattr(self, key), f"regularization.{key.rstrip('_')}"
            require(value >= 0, f"{name} is {value}; expected 0 or more.", name)
        require(
            0 <= self.momentum < 1,
            f"regularization.momentum is {self.momentum}; expected 0 or more and less than 1.",
            "regularization.momentum",
        )
        require(
            0 < len(self.levels) <= MOST_LEVELS,
            f"regularization.levels has {len(self.levels)} values; expected 1 to {MOST_LEVELS}.",
            "regularization.levels",
        )
        if self.name == "none":
            why = "regularization.name is 'none': only 'mdr' has one"
            require_default(self, "regularization", OF_MDR, why)


@dataclass(frozen=True)
class MemorySettings:
    """The cross-batch memory that joins a loss of pairs (Wang et al., CVPR 2020)."""

    size: int = setting(
        0,
        "How many past embeddings the images of a batch are paired with as well; 0 means none.",
        "from a fraction of the training set to all of it (their code: 8192)",
    )
    start: int = setting(1000, "Steps before it begins, by when embeddings drift slowly.", "1000 (their code: 2000)")
    weight: float = setting(1.0, "What the loss with the memory is multiplied by, beside that within the batch.", "1")

    def __post_init__(self) -> None:
        for key in ("size", "start", "weight"):
            value = getattr(self, key)
            require(value >= 0, f"memory.{key} is {value}; expected 0 or more.", f"memory.{key}")
        require(
            self.size <= MOST_REMEMBERED,
            f"memory.size is {self.size:,}; expected up to {MOST_REMEMBERED:,}.",
            "memory.size",
        )
        if not self.size:
            require_default(self, "memory", ("start", "weight"), "memory.size is 0: there is no memory")


def require_positive(settings: LossSettings, *keys: str) -> None:
    """RecipeError naming the first of `keys` that is not above 0."""
    for key in keys:
        value = getattr(settings, key)
        require(value > 0, f"loss.{key} is {value}; expected a number above 0.", f"loss.{key}")


def require_not_negative(settings: LossSettings, *keys: str) -> None:
    """RecipeError naming the first of `keys` that is below 0."""
    for key in keys:
        value = getattr(settings, key)
        require(value >= 0, f"loss.{key} is {value}; expected 0 or more.", f"loss.{key}")


def without_rate(settings: LossSettings) -> dict[str, Any]:
    """The learning rate of proxies is the trainer's business."""
    arguments = asdict(settings)
    del arguments["proxy_rate"]
    return arguments
