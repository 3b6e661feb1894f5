"""Settings of the losses that pytorch-metric-learning computes: what a recipe's [loss] table may say of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

from core.losses.settings import LossSettings, require_not_negative, require_positive, without_rate
from core.settings import require, require_default, setting

Needs = Literal["either", "both", "nothing"]
MarginSampling = Literal["distance-weighted", "all"]


@dataclass(frozen=True)
class PMLSettings(LossSettings):
    """What the settings of every loss of the library have in common.

    Attributes:
        pml_class: its class in `pytorch_metric_learning.losses`.
        needs: which pairs a batch must have for there to be something to learn: a positive or a negative one
            ("either"), one of each ("both"), or none, because embeddings meet the weights of classes ("nothing").
    """

    pml_class: ClassVar[str]
    needs: ClassVar[Needs]

    def arguments(self) -> dict[str, Any]:
        return {"settings": self}

    def pml_arguments(self) -> dict[str, Any]:
        """What the library's class is built with, but for the number of classes and dimensions."""
        return asdict(self)


@dataclass(frozen=True)
class ContrastiveSettings(PMLSettings):
    """The contrastive loss (Hadsell et al., CVPR 2006)."""

    name: ClassVar[str] = "contrastive"
    pml_class: ClassVar[str] = "ContrastiveLoss"
    needs: ClassVar[Needs] = "either"
    supports_memory: ClassVar[bool] = True

    pos_margin: float = setting(0.0, "The distance within which a positive pair is left alone.", "0 (equation 4)")
    neg_margin: float = setting(1.0, "The distance beyond which a negative pair is left alone.", "m of equation 4")

    def __post_init__(self) -> None:
        require_not_negative(self, "pos_margin")
        require_positive(self, "neg_margin")


@dataclass(frozen=True)
class ContrastiveCosineSettings(PMLSettings):
    """The contrastive loss of cosine similarities, which Wang et al. compare theirs with (CVPR 2019 and 2020)."""

    name: ClassVar[str] = "contrastive-cosine"
    pml_class: ClassVar[str] = "ContrastiveLoss"
    needs: ClassVar[Needs] = "either"
    supports_memory: ClassVar[bool] = True

    base: float = setting(0.5, "The similarity below which a negative pair is left alone.", "their code: 0.5")

    def pml_arguments(self) -> dict[str, Any]:
        return {"pos_margin": 1.0, "neg_margin": self.base}


@dataclass(frozen=True)
class LiftedStructureSettings(PMLSettings):
    """Lifted structured feature embedding (Song et al., CVPR 2016)."""

    name: ClassVar[str] = "lifted-structure"
    pml_class: ClassVar[str] = "LiftedStructureLoss"
    needs: ClassVar[Needs] = "both"

    neg_margin: float = setting(1.0, "How far negatives are pushed: the loss grows as they come nearer.", "1")
    pos_margin: float = setting(0.0, "What is taken off the distance of a positive pair.", "0")

    def __post_init__(self) -> None:
        require_not_negative(self, "neg_margin", "pos_margin")


@dataclass(frozen=True)
class GeneralizedLiftedSettings(PMLSettings):
    """The lifted structure loss of all positives of an anchor (Hermans et al., 2017)."""

    name: ClassVar[str] = "generalized-lifted"
    pml_class: ClassVar[str] = "GeneralizedLiftedStructureLoss"
    needs: ClassVar[Needs] = "either"
    supports_memory: ClassVar[bool] = True

    neg_margin: float = setting(1.0, "How far negatives are pushed: the loss grows as they come nearer.", "")
    pos_margin: float = setting(0.0, "What is taken off the distances of positive pairs.", "0")

    def __post_init__(self) -> None:
        require_not_negative(self, "neg_margin", "pos_margin")


@dataclass(frozen=True)
class NPairSettings(PMLSettings):
    """The N-pair loss (Sohn, NIPS 2016)."""

    name: ClassVar[str] = "n-pair"
    pml_class: ClassVar[str] = "NPairsLoss"
    needs: ClassVar[Needs] = "both"

    normalize: bool = setting(
        True, "Compare embeddings at unit length; else by their inner products as given.", "false"
    )

    def pml_arguments(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True)
class MarginSettings(PMLSettings):
    """The margin loss (Wu et al., ICCV 2017)."""

    name: ClassVar[str] = "margin"
    pml_class: ClassVar[str] = "MarginLoss"
    needs: ClassVar[Needs] = "both"
    supports_memory: ClassVar[bool] = True

    margin: float = setting(0.2, "How far on its side of the boundary a pair must be to be left alone.", "0.2")
    beta: float = setting(1.2, "The distance that parts positives from negatives, or where it begins.", "1.2")
    sampling: MarginSampling = setting(
        "distance-weighted", "Which negatives are compared with each positive pair.", "distance-weighted"
    )
    learn_beta: bool = setting(False, "Learn a boundary for each class.", "true")
    nu: float = setting(0.0, "Pull of learned boundaries towards zero.", "")
    beta_rate: float = setting(
        50.0, "How many times as fast as the network learned boundaries learn.", "their code: 1000"
    )

    def __post_init__(self) -> None:
        require_positive(self, "margin", "beta", "beta_rate")
        require_not_negative(self, "nu")
        if not self.learn_beta:
            why = "loss.learn_beta is false: only learned boundaries have one"
            require_default(self, "loss", ("nu", "beta_rate"), why)

    @property
    def proxy_rate(self) -> float:
        return self.beta_rate if self.learn_beta else 0.0

    def pml_arguments(self) -> dict[str, Any]:
        return {"margin": self.margin, "beta": self.beta, "nu": self.nu, "learn_beta": self.learn_beta}


@dataclass(frozen=True)
class SupConSettings(PMLSettings):
    """The supervised contrastive loss (Khosla et al., NeurIPS 2020)."""

    name: ClassVar[str] = "supcon"
    pml_class: ClassVar[str] = "SupConLoss"
    needs: ClassVar[Needs] = "both"
    supports_memory: ClassVar[bool] = True

    temperature: float = setting(
        0.1, "What similarities are divided by; smaller looks at harder pairs.", "0.1 (equation 2)"
    )

    def __post_init__(self) -> None:
        require_positive(self, "temperature")


@dataclass(frozen=True)
class NTXentSettings(PMLSettings):
    """The normalised, temperature-scaled cross-entropy of pairs (Chen et al., ICML 2020), with classes."""

    name: ClassVar[str] = "nt-xent"
    pml_class: ClassVar[str] = "NTXentLoss"
    needs: ClassVar[Needs] = "both"

    temperature: float = setting(
        0.1, "What similarities are divided by; smaller looks at harder pairs.", "0.1 (equation 1)"
    )

    def __post_init__(self) -> None:
        require_positive(self, "temperature")


@dataclass(frozen=True)
class CircleSettings(PMLSettings):
    """The circle loss of pairs (Sun et al., CVPR 2020)."""

    name: ClassVar[str] = "circle"
    pml_class: ClassVar[str] = "CircleLoss"
    needs: ClassVar[Needs] = "both"
    supports_memory: ClassVar[bool] = True

    m: float = setting(0.4, "How far similarities may stay from 1 and 0; each pair is weighed by how far it is.", "0.4")
    gamma: float = setting(80.0, "How much more the hardest pairs weigh than the others.", "80")

    def __post_init__(self) -> None:
        require_positive(self, "gamma")


@dataclass(frozen=True)
class FastAPSettings(PMLSettings):
    """FastAP, average precision by histograms of distances (Cakir et al., CVPR 2019)."""

    name: ClassVar[str] = "fast-ap"
    pml_class: ClassVar[str] = "FastAPLoss"
    needs: ClassVar[Needs] = "both"

    num_bins: int = setting(10, "In how many steps distances are counted.", "10")

    def __post_init__(self) -> None:
        require_positive(self, "num_bins")


@dataclass(frozen=True)
class ClassWeightsSettings(PMLSettings):
    """A loss that compares embeddings with learned weights of classes; these are its proxies."""

    needs: ClassVar[Needs] = "nothing"

    def pml_arguments(self) -> dict[str, Any]:
        return without_rate(self)


@dataclass(frozen=True)
class ArcFaceSettings(ClassWeightsSettings):
    """ArcFace (Deng et al., CVPR 2019)."""

    name: ClassVar[str] = "arcface"
    pml_class: ClassVar[str] = "ArcFaceLoss"

    margin: float = setting(
        28.6, "Degrees that are added to the angle to the own class.", "28.6, 0.5 in radians (equation 3)"
    )
    scale: float = setting(64.0, "What cosines are multiplied by before they compete.", "64 (equation 3)")
    proxy_rate: float = setting(10.0, "How many times as fast as the network the class weights learn.")

    def __post_init__(self) -> None:
        require_positive(self, "scale", "proxy_rate")
        _require_angle(self)


@dataclass(frozen=True)
class SubCenterArcFaceSettings(ClassWeightsSettings):
    """Sub-center ArcFace (Deng et al., ECCV 2020)."""

    name: ClassVar[str] = "sub-center-arcface"
    pml_class: ClassVar[str] = "SubCenterArcFaceLoss"

    margin: float = setting(28.6, "Degrees that are added to the angle to the own class.", "28.6, 0.5 in radians")
    scale: float = setting(64.0, "What cosines are multiplied by before they compete.", "64")
    sub_centers: int = setting(3, "Weights of each class, of which the nearest counts.", "3")
    proxy_rate: float = setting(10.0, "How many times as fast as the network the class weights learn.")

    def __post_init__(self) -> None:
        require_positive(self, "scale", "sub_centers", "proxy_rate")
        _require_angle(self)


@dataclass(frozen=True)
class CosFaceSettings(ClassWeightsSettings):
    """CosFace (Wang et al., CVPR 2018)."""

    name: ClassVar[str] = "cosface"
    pml_class: ClassVar[str] = "CosFaceLoss"

    margin: float = setting(0.35, "What is taken off the cosine to the own class.", "0.35")
    scale: float = setting(64.0, "What cosines are multiplied by before they compete.", "64")
    proxy_rate: float = setting(10.0, "How many times as fast as the network the class weights learn.")

    def __post_init__(self) -> None:
        require_positive(self, "scale", "proxy_rate")
        require_not_negative(self, "margin")


@dataclass(frozen=True)
class NormalizedSoftmaxSettings(ClassWeightsSettings):
    """The normalised softmax loss (Zhai and Wu, BMVC 2019)."""

    name: ClassVar[str] = "normalized-softmax"
    pml_class: ClassVar[str] = "NormalizedSoftmaxLoss"

    temperature: float = setting(0.05, "What cosines are divided by before they compete.", "0.05")
    proxy_rate: float = setting(10.0, "How many times as fast as the network the class weights learn.")

    def __post_init__(self) -> None:
        require_positive(self, "temperature", "proxy_rate")


@dataclass(frozen=True)
class SoftTripleSettings(ClassWeightsSettings):
    """SoftTriple (Qian et al., ICCV 2019), without the regulariser that merges centres."""

    name: ClassVar[str] = "soft-triple"
    pml_class: ClassVar[str] = "SoftTripleLoss"

    centers_per_class: int = setting(10, "Weights of each class, which share its images.", "10")
    la: float = setting(20.0, "What similarities are multiplied by before they compete.", "20")
    gamma: float = setting(0.1, "How evenly an image is shared among the weights of a class.", "0.1")
    margin: float = setting(0.01, "What is taken off the similarity to the own class.", "0.01")
    proxy_rate: float = setting(100.0, "How many times as fast as the network the class weights learn.", "100")

    def __post_init__(self) -> None:
        require_positive(self, "centers_per_class", "la", "gamma", "proxy_rate")
        require_not_negative(self, "margin")


def _require_angle(settings: ArcFaceSettings | SubCenterArcFaceSettings) -> None:
    require(
        0 <= settings.margin < 180,
        f"loss.margin is {settings.margin}; expected 0 or more and less than 180 degrees.",
        "loss.margin",
    )


LIBRARY: tuple[type[PMLSettings], ...] = (
    ContrastiveSettings,
    ContrastiveCosineSettings,
    LiftedStructureSettings,
    GeneralizedLiftedSettings,
    NPairSettings,
    MarginSettings,
    SupConSettings,
    NTXentSettings,
    CircleSettings,
    FastAPSettings,
    ArcFaceSettings,
    SubCenterArcFaceSettings,
    CosFaceSettings,
    NormalizedSoftmaxSettings,
    SoftTripleSettings,
)
