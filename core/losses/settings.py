"""The losses' settings: a recipe's tables [loss], [regularization] and [memory]. No torch; the window reads this."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

from core.messages import Message
from core.settings import NotNegative, NotNegativeInt, Positive, PositiveInt, SelfChecking, ShareBelowOne, setting

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
OF_MDR = ("lambda_", "nu", "levels", "momentum", "zero_diagonal", "level_lr_mult")


@dataclass(frozen=True)
class LossSettings(SelfChecking):
    """What every loss's settings have in common.

    Attributes:
        name: what a recipe calls the loss.
        supervision: what tells it how images are related: their classes, or continuous targets.
        supports_memory: whether its pairs may reach into a memory of past batches.
        rare: settings of a loss are asked at first, but for those that only its authors' code or a close reader of
            the paper needs.
    """

    table: ClassVar[str] = "loss"
    name: ClassVar[str]
    supervision: ClassVar[Literal["classes", "targets"]] = "classes"
    supports_memory: ClassVar[bool] = False
    rare: ClassVar[bool] = False

    @property
    def proxy_lr_mult(self) -> float:
        """How many times as fast as the network the loss's proxies learn; 0 for a loss without proxies."""
        return 0.0

    def sizes(self, classes: int, embedding_size: int) -> dict[str, int]:
        """What the loss's own parameters, such as proxies, are sized by; nothing for a loss without any."""
        return {"num_classes": classes, "embedding_size": embedding_size} if self.proxy_lr_mult else {}

    def arguments(self) -> dict[str, Any]:
        """What the loss is built with, but for the number of classes and dimensions of its proxies.

        How fast those learn is the trainer's business.
        """
        return {key: value for key, value in asdict(self).items() if key != "proxy_lr_mult"}


@dataclass(frozen=True)
class MultiSimilaritySettings(LossSettings):
    name: ClassVar[str] = "multi-similarity"
    supports_memory: ClassVar[bool] = True

    alpha: Positive = setting(
        2.0, "Scale of positive pairs: how steeply those less similar than the base are weighted.", "2 (equation 15)"
    )
    beta: Positive = setting(
        50.0,
        "Scale of negative pairs: how steeply those more similar than the base are weighted.",
        "50 (equation 15; their code: 40)",
    )
    base: float = setting(0.5, "The similarity around which pairs are weighted.", "1 (equation 15; their code: 0.5)")
    epsilon: NotNegative = setting(0.1, "Margin of pair mining.", "0.1 (pair mining)")
    legacy_self_pair: bool = setting(
        False, "Leave out exact duplicates of an anchor, as the authors' code does.", "their code: true", rare=True
    )
    mining: bool = setting(
        True,
        "Mine pairs that are hard relative to the others of their anchor; else all are used.",
        "true (pair mining)",
    )
    weighting: bool = setting(
        True, "Weight pairs by their similarities; else all equally.", "true (pair weighting)", rare=True
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.mining:
            self.require_default(["epsilon"], Message("unused-tolerance"))


@dataclass(frozen=True)
class TripletSettings(LossSettings):
    name: ClassVar[str] = "triplet"
    supports_memory: ClassVar[bool] = True

    margin: Positive = setting(
        0.2,
        "Margin: how much farther than a positive a negative must be for a zero loss.",
        "0.2 (Schroff et al., equation 3)",
    )
    sampling: TripletSampling = setting(
        "distance-weighted",
        "How the negative of each (anchor, positive) pair is sampled.",
        "distance-weighted (Wu et al.)",
    )
    legacy_underflow: bool = setting(
        False,
        "Repeat the underflow of published code that turns distance-weighted into uniform sampling.",
        "their code: true",
        rare=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        used = not self.legacy_underflow or self.sampling == "distance-weighted"
        self.require(used, "legacy-underflow-unused", "legacy_underflow", sampling=self.sampling)


@dataclass(frozen=True)
class ProxyAnchorSettings(LossSettings):
    name: ClassVar[str] = "proxy-anchor"

    margin: float = setting(0.1, "Margin of the similarities between images and proxies.", "0.1 (equation 4)")
    alpha: Positive = setting(32.0, "Scale: how much more hard images of a proxy weigh.", "32 (equation 4)")
    proxy_lr_mult: Positive = setting(
        100.0, "Learning rate of the proxies, as a multiple of the network's.", "100 (implementation details)"
    )


@dataclass(frozen=True)
class ProxyNCASettings(LossSettings):
    name: ClassVar[str] = "proxy-nca"

    scale: Positive = setting(
        3.0, "Norm to which embeddings and proxies are scaled before their distances are taken.", "public code: 3"
    )
    form: ProxyNCAForm = setting(
        "classic", "Denominator without the positive proxy ('classic') or with it ('softmax').", "classic"
    )
    smoothing: ShareBelowOne = setting(
        0.0,
        "Label smoothing: share of the target distribution that goes to other classes.",
        "public code: 0.1",
        rare=True,
    )
    proxy_lr_mult: Positive = setting(100.0, "Learning rate of the proxies, as a multiple of the network's.", "")


@dataclass(frozen=True)
class MultiObjectiveSettings(LossSettings):
    """Settings of `MultiObjectiveLoss`; the paper names no values, so none is shown as its own."""

    name: ClassVar[str] = "multi-objective"

    alpha: Positive = setting(
        2.0, "Scale of positive pairs: how steeply those less similar than the base are weighted."
    )
    beta: Positive = setting(
        40.0, "Scale of negative pairs: how steeply those more similar than the base are weighted."
    )
    base: float = setting(0.5, "The similarity around which pairs of samples are weighted.")
    epsilon: NotNegative = setting(0.1, "Margin of mining.")
    mining: JointMining = setting(
        "union", "How mining among samples and mining by proxies are combined.", "two views at once"
    )
    proxy_alpha: Positive = setting(
        32.0, "Scale of positive images of a proxy: how much more hard ones weigh.", rare=True
    )
    proxy_beta: Positive = setting(
        32.0, "Scale of negative images of a proxy: how much more hard ones weigh.", rare=True
    )
    proxy_margin: float = setting(0.1, "Margin of the similarities between images and proxies.", rare=True)
    proxy_term: ProxyTerm = setting(
        "anchor", "Term of proxies and samples: as in Proxy-Anchor ('anchor') or Proxy-NCA ('nca').", rare=True
    )
    separation: SeparationForm = setting(
        "lse",
        "Term of proxies: log-sum-exp, which weighs close ones more ('lse'), or mean similarity ('mean').",
        "unsaid; literally the mean",
    )
    separation_gamma: Positive = setting(
        32.0, "Scale of the log-sum-exp: how much more close proxies weigh.", rare=True
    )
    separation_base: float = setting(0.0, "Similarity of two proxies above which they weigh most.", rare=True)
    separation_of: SeparationOf = setting("all", "Separate all proxies, or those of the batch's classes.", rare=True)
    balanced: bool = setting(False, "Balance the three terms by running means of their gradients' magnitudes.")
    pair_weight: NotNegative = setting(1.0, "Weight of the term of samples with samples.")
    proxy_weight: NotNegative = setting(1.0, "Weight of the term of proxies with samples.")
    separation_weight: NotNegative = setting(1.0, "Weight of the term of proxies with proxies.")
    proxy_lr_mult: Positive = setting(100.0, "Learning rate of the proxies, as a multiple of the network's.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.balanced:
            why = Message("unused-weights")
            self.require_default(("pair_weight", "proxy_weight", "separation_weight"), why)
        self.require(any(self._weights), "loss-weights-all-zero", "pair_weight")
        if self.separation != "lse":
            why = Message("unused-outside-lse", separation=self.separation)
            self.require_default(("separation_gamma", "separation_base"), why)

    @property
    def _weights(self) -> tuple[float, float, float]:
        return self.pair_weight, self.proxy_weight, self.separation_weight

    def arguments(self) -> dict[str, Any]:
        arguments = super().arguments()
        for key in ("pair_weight", "proxy_weight", "separation_weight", "balanced"):
            del arguments[key]
        return arguments | {"weights": "balanced" if self.balanced else self._weights}


@dataclass(frozen=True)
class LogRatioSettings(LossSettings):
    name: ClassVar[str] = "log-ratio"
    supervision: ClassVar[Literal["classes", "targets"]] = "targets"

    form: LogRatioForm = setting(
        "official",
        "Plain distances with small constants added ('official', the authors' code), or squared ones ('paper').",
        "paper",
    )
    anchors: LogRatioAnchors = setting("first", "Anchors: the first image of a batch, or every image in turn.", "first")


@dataclass(frozen=True)
class DenseTripletSettings(LossSettings):
    name: ClassVar[str] = "dense-triplet"
    supervision: ClassVar[Literal["classes", "targets"]] = "targets"

    margin: Positive = setting(
        0.03,
        "Margin: how much farther the farther of two images by target must be for a zero loss.",
        "their code: 0.03",
    )


@dataclass(frozen=True)
class BinaryTripletSettings(LossSettings):
    name: ClassVar[str] = "binary-triplet"
    supervision: ClassVar[Literal["classes", "targets"]] = "targets"

    margin: Positive = setting(
        0.2, "Margin: how much farther than a positive a negative must be for a zero loss.", "their code: 0.2"
    )
    positives: PositiveInt = setting(
        5, "Positives of an anchor: so many images of the batch, the nearest by target.", "their code: 5"
    )


@dataclass(frozen=True)
class RegressionSettings(LossSettings):
    name: ClassVar[str] = "regression"
    supervision: ClassVar[Literal["classes", "targets"]] = "targets"

    targets: PositiveInt = setting(1, "Number of continuous targets of an image.")
    proxy_lr_mult: Positive = setting(1.0, "Learning rate of the linear head, as a multiple of the network's.")

    def sizes(self, classes: int, embedding_size: int) -> dict[str, int]:  # noqa: ARG002 - a head knows no classes
        return {"embedding_size": embedding_size}


@dataclass(frozen=True)
class BinomialDevianceSettings(LossSettings):
    name: ClassVar[str] = "binomial-deviance"
    supports_memory: ClassVar[bool] = True

    alpha: Positive = setting(
        2.0, "Scale of positive pairs: how steeply those less similar than the base are weighted.", "2 (Yi et al.)"
    )
    beta: Positive = setting(
        40.0, "Scale of negative pairs: how steeply those more similar than the base are weighted.", "their code: 40"
    )
    base: float = setting(0.5, "The similarity around which pairs are weighted.", "0.5 (Yi et al.)")


@dataclass(frozen=True)
class RegularizationSettings(SelfChecking):
    """What joins the loss: nothing, or Multi-level Distance Regularization."""

    table: ClassVar[str] = "regularization"
    name: Literal["none", "mdr"] = setting(
        "none",
        "Regularizer added to the loss; 'mdr' pulls pairwise distances to a few levels.",
        title="Regularizer",
        rare=False,
    )
    lambda_: NotNegative = setting(
        0.1, "Weight of the regularizer.", "0.6 for CUB-200-2011, 0.2 for Cars-196, 0.1 for SOP and In-Shop", rare=False
    )
    nu: NotNegative = setting(0.01, "Weight of the L2 penalty on the levels.", "their code: 0.01")
    levels: tuple[float, ...] = setting((-3.0, 0.0, 3.0), "Initial levels.", "-3, 0, 3 (level assignment)")
    momentum: ShareBelowOne = setting(
        0.9, "Momentum of the running mean and standard deviation of distances.", "0.9 (distance normalisation)"
    )
    zero_diagonal: bool = setting(
        True, "Count the zeros on the diagonal as distances, as the authors' code does.", "false (their code: true)"
    )
    level_lr_mult: NotNegative = setting(
        1.0, "Learning rate of the levels, as a multiple of the network's.", "their code: 1"
    )
    mean_distance: bool = setting(
        False, "In training, divide embeddings by their mean distance instead of L2-normalising them.", "true"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        count = len(self.levels)
        self.require(0 < count <= MOST_LEVELS, "levels-miscounted", "levels", count=count, most=MOST_LEVELS)
        if self.name == "none":
            self.require_default(OF_MDR, Message("unused-outside-mdr"))


@dataclass(frozen=True)
class MemorySettings(SelfChecking):
    """The cross-batch memory that joins a loss of pairs (Wang et al., CVPR 2020)."""

    table: ClassVar[str] = "memory"
    size: NotNegativeInt = setting(
        0,
        "Size of the memory of past embeddings, with which batches are paired as well; 0 means none.",
        "from a fraction of the training set to all of it (their code: 8192)",
        title="Memory size",
        rare=False,
    )
    start: NotNegativeInt = setting(
        1000,
        "Training steps before it is used, after which embeddings drift slowly.",
        "1000 (their code: 2000)",
        title="Start step",
    )
    weight: NotNegative = setting(1.0, "Weight of the loss with the memory, beside that within the batch.", "1")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_at_most(MOST_REMEMBERED, "size")
        if not self.size:
            self.require_default(("start", "weight"), Message("unused-without-memory"))
