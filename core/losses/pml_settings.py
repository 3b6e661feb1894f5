"""Settings of the losses that pytorch-metric-learning computes: what a recipe's [loss] table may say of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from core.losses.settings import LossSettings
from core.messages import Message
from core.settings import Angle, NotNegative, Positive, PositiveInt, setting

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
    needs: ClassVar[Needs] = "both"

    def arguments(self) -> dict[str, Any]:
        return {"settings": self}

    def pml_arguments(self) -> dict[str, Any]:
        """What the library's class is built with, but for the number of classes and dimensions."""
        return super().arguments()


@dataclass(frozen=True)
class ContrastiveSettings(PMLSettings):
    """The contrastive loss (Hadsell et al., CVPR 2006)."""

    name: ClassVar[str] = "contrastive"
    pml_class: ClassVar[str] = "ContrastiveLoss"
    needs: ClassVar[Needs] = "either"
    supports_memory: ClassVar[bool] = True

    pos_margin: NotNegative = setting(
        0.0, "Positive margin: distance below which positive pairs have zero loss.", "0 (equation 4)"
    )
    neg_margin: Positive = setting(
        1.0, "Negative margin: distance above which negative pairs have zero loss.", "m of equation 4"
    )


@dataclass(frozen=True)
class ContrastiveCosineSettings(PMLSettings):
    """The contrastive loss of cosine similarities, which Wang et al. compare theirs with (CVPR 2019 and 2020)."""

    name: ClassVar[str] = "contrastive-cosine"
    pml_class: ClassVar[str] = "ContrastiveLoss"
    needs: ClassVar[Needs] = "either"
    supports_memory: ClassVar[bool] = True

    base: float = setting(0.5, "Similarity below which negative pairs have zero loss.", "their code: 0.5")

    def pml_arguments(self) -> dict[str, Any]:
        return {"pos_margin": 1.0, "neg_margin": self.base}


@dataclass(frozen=True)
class LiftedStructureSettings(PMLSettings):
    """Lifted structured feature embedding (Song et al., CVPR 2016)."""

    name: ClassVar[str] = "lifted-structure"
    pml_class: ClassVar[str] = "LiftedStructureLoss"

    neg_margin: NotNegative = setting(1.0, "Negative margin: the loss grows as negatives come nearer.", "1")
    pos_margin: NotNegative = setting(0.0, "Positive margin, subtracted from the distance of positive pairs.", "0")


@dataclass(frozen=True)
class GeneralizedLiftedSettings(PMLSettings):
    """The lifted structure loss of all positives of an anchor (Hermans et al., 2017)."""

    name: ClassVar[str] = "generalized-lifted"
    pml_class: ClassVar[str] = "GeneralizedLiftedStructureLoss"
    needs: ClassVar[Needs] = "either"
    supports_memory: ClassVar[bool] = True

    neg_margin: NotNegative = setting(1.0, "Negative margin: the loss grows as negatives come nearer.", "")
    pos_margin: NotNegative = setting(0.0, "Positive margin, subtracted from the distances of positive pairs.", "0")


@dataclass(frozen=True)
class NPairSettings(PMLSettings):
    """The N-pair loss (Sohn, NIPS 2016)."""

    name: ClassVar[str] = "n-pair"
    pml_class: ClassVar[str] = "NPairsLoss"

    normalize: bool = setting(
        True, "L2-normalise embeddings; else compare them by inner products as they are.", "false"
    )

    def pml_arguments(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True)
class MarginSettings(PMLSettings):
    """The margin loss (Wu et al., ICCV 2017)."""

    name: ClassVar[str] = "margin"
    pml_class: ClassVar[str] = "MarginLoss"
    supports_memory: ClassVar[bool] = True

    margin: Positive = setting(0.2, "Margin on either side of the boundary, beyond which pairs have zero loss.", "0.2")
    beta: Positive = setting(1.2, "Boundary between distances of positives and negatives, or its initial value.", "1.2")
    sampling: MarginSampling = setting(
        "distance-weighted", "How the negative of each positive pair is sampled.", "distance-weighted"
    )
    learn_beta: bool = setting(False, "Learn the boundary of each class.", "true")
    nu: NotNegative = setting(0.0, "Regularization weight of learned boundaries.", "")
    beta_lr_mult: Positive = setting(
        50.0, "Learning rate of learned boundaries, as a multiple of the network's.", "their code: 1000"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.learn_beta:
            self.require_default(("nu", "beta_lr_mult"), Message("unused-without-boundaries"))

    @property
    def proxy_lr_mult(self) -> float:
        return self.beta_lr_mult if self.learn_beta else 0.0

    def pml_arguments(self) -> dict[str, Any]:
        return {"margin": self.margin, "beta": self.beta, "nu": self.nu, "learn_beta": self.learn_beta}


@dataclass(frozen=True)
class SupConSettings(PMLSettings):
    """The supervised contrastive loss (Khosla et al., NeurIPS 2020)."""

    name: ClassVar[str] = "supcon"
    pml_class: ClassVar[str] = "SupConLoss"
    supports_memory: ClassVar[bool] = True

    temperature: Positive = setting(
        0.1, "Temperature that similarities are divided by; smaller weighs hard pairs more.", "0.1 (equation 2)"
    )


@dataclass(frozen=True)
class NTXentSettings(PMLSettings):
    """The normalised, temperature-scaled cross-entropy of pairs (Chen et al., ICML 2020), with classes."""

    name: ClassVar[str] = "nt-xent"
    pml_class: ClassVar[str] = "NTXentLoss"

    temperature: Positive = setting(
        0.1, "Temperature that similarities are divided by; smaller weighs hard pairs more.", "0.1 (equation 1)"
    )


@dataclass(frozen=True)
class CircleSettings(PMLSettings):
    """The circle loss of pairs (Sun et al., CVPR 2020)."""

    name: ClassVar[str] = "circle"
    pml_class: ClassVar[str] = "CircleLoss"
    supports_memory: ClassVar[bool] = True

    m: float = setting(0.4, "Relaxation: how far similarities may stay from 1 and 0.", "0.4")
    gamma: Positive = setting(80.0, "Scale: how much more hard pairs weigh.", "80")


@dataclass(frozen=True)
class FastAPSettings(PMLSettings):
    """FastAP, average precision by histograms of distances (Cakir et al., CVPR 2019)."""

    name: ClassVar[str] = "fast-ap"
    pml_class: ClassVar[str] = "FastAPLoss"

    num_bins: PositiveInt = setting(10, "Bins of the histograms of distances.", "10")


@dataclass(frozen=True)
class ClassWeightsSettings(PMLSettings):
    """A loss that compares embeddings with learned weights of classes; these are its proxies."""

    needs: ClassVar[Needs] = "nothing"


@dataclass(frozen=True)
class ArcFaceSettings(ClassWeightsSettings):
    """ArcFace (Deng et al., CVPR 2019)."""

    name: ClassVar[str] = "arcface"
    pml_class: ClassVar[str] = "ArcFaceLoss"

    margin: Angle = setting(
        28.6, "Angular margin in degrees, added to the angle to the own class.", "28.6, 0.5 in radians (equation 3)"
    )
    scale: Positive = setting(64.0, "Scale of cosines in the softmax.", "64 (equation 3)")
    proxy_lr_mult: Positive = setting(10.0, "Learning rate of the class weights, as a multiple of the network's.")


@dataclass(frozen=True)
class SubCenterArcFaceSettings(ClassWeightsSettings):
    """Sub-center ArcFace (Deng et al., ECCV 2020)."""

    name: ClassVar[str] = "sub-center-arcface"
    pml_class: ClassVar[str] = "SubCenterArcFaceLoss"

    margin: Angle = setting(
        28.6, "Angular margin in degrees, added to the angle to the own class.", "28.6, 0.5 in radians"
    )
    scale: Positive = setting(64.0, "Scale of cosines in the softmax.", "64")
    sub_centers: PositiveInt = setting(3, "Sub-centres of each class, of which the nearest counts.", "3")
    proxy_lr_mult: Positive = setting(10.0, "Learning rate of the class weights, as a multiple of the network's.")


@dataclass(frozen=True)
class CosFaceSettings(ClassWeightsSettings):
    """CosFace (Wang et al., CVPR 2018)."""

    name: ClassVar[str] = "cosface"
    pml_class: ClassVar[str] = "CosFaceLoss"

    margin: NotNegative = setting(0.35, "Margin, subtracted from the cosine to the own class.", "0.35")
    scale: Positive = setting(64.0, "Scale of cosines in the softmax.", "64")
    proxy_lr_mult: Positive = setting(10.0, "Learning rate of the class weights, as a multiple of the network's.")


@dataclass(frozen=True)
class NormalizedSoftmaxSettings(ClassWeightsSettings):
    """The normalised softmax loss (Zhai and Wu, BMVC 2019)."""

    name: ClassVar[str] = "normalized-softmax"
    pml_class: ClassVar[str] = "NormalizedSoftmaxLoss"

    temperature: Positive = setting(0.05, "Temperature of cosines in the softmax.", "0.05")
    proxy_lr_mult: Positive = setting(10.0, "Learning rate of the class weights, as a multiple of the network's.")


@dataclass(frozen=True)
class SoftTripleSettings(ClassWeightsSettings):
    """SoftTriple (Qian et al., ICCV 2019), without the regulariser that merges centres."""

    name: ClassVar[str] = "soft-triple"
    pml_class: ClassVar[str] = "SoftTripleLoss"

    centers_per_class: PositiveInt = setting(10, "Centres of each class.", "10")
    la: Positive = setting(20.0, "Scale of similarities in the softmax.", "20")
    gamma: Positive = setting(0.1, "Smoothing: how evenly an image is assigned to the centres of its class.", "0.1")
    margin: NotNegative = setting(0.01, "Margin, subtracted from the similarity to the own class.", "0.01")
    proxy_lr_mult: Positive = setting(
        100.0, "Learning rate of the class weights, as a multiple of the network's.", "100"
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
