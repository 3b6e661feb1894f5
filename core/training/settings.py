"""What the tables of a recipe about training may say, [batch] to [validation]. No torch here; the window reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from core.messages import Message
from core.settings import NotNegative, NotNegativeInt, Positive, SelfChecking, setting

Range = tuple[float, float]
Precision = Literal["auto", "float32", "bf16"]
Sampling = Literal["covering", "grouped", "independent", "random"]
BatchNorm = Literal["trained", "statistics frozen", "frozen"]
WHOLE: Range = (1.0, 1.0)
MOST_IMAGES = 10_000_000
MOST_STEPS = 1_000_000


@dataclass(frozen=True)
class BatchSettings(SelfChecking):
    """How batches are put together: `classes` classes with `images` images of each."""

    table: ClassVar[str] = "batch"
    classes: int = setting(24, "Classes in a batch.", title="Classes per batch", rare=False)
    images: int = setting(
        5,
        "Images of each class in a batch; for continuous targets only the product, the batch size, counts.",
        title="Images per class",
        rare=False,
    )
    sampling: Sampling = setting(
        "covering",
        "How batches are sampled: 'covering' shows every image each epoch; the others repeat published code.",
        "grouped (Multi-Similarity), independent (MDR), random (Proxy-Anchor)",
    )
    total: int = setting(
        0,
        "Batch size where it is not classes x images: the last class has fewer; 0 means classes x images.",
        "256 with 3 of a class (MDR)",
    )
    nearest: NotNegativeInt = setting(
        5,
        "For continuous targets: how many images of a batch are the anchor's nearest by target; the rest is random.",
        "5",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(self.classes >= 2, "batch-classes-too-few", "classes")
        self.require(self.images >= 2, "batch-images-too-few", "images")
        if self.total:
            self._check_total()
        self.require_at_most(MOST_IMAGES, "classes", "images", "total", "nearest")

    @property
    def size(self) -> int:
        """Images in a full batch."""
        return self.total or self.classes * self.images

    @property
    def size_words(self) -> str:
        """What says how many that are: "batch.total", or the product."""
        return "batch.total" if self.total else "batch.classes x batch.images"

    def _check_total(self) -> None:
        """All classes but the last are whole, and the last has an image."""
        needed = -(-self.total // self.images)
        whole, classes, images = needed == self.classes, self.classes, self.images
        self.require(whole, "batch-total-not-of-classes", "total", classes=classes, images=images, needed=needed)


@dataclass(frozen=True)
class AugmentationSettings(SelfChecking):
    """Random changes that make every view of a training image a little different."""

    table: ClassVar[str] = "augmentation"
    crop: Literal["centre", "random resized"] = setting("centre", "Centre crop, or random resized crop.", "")
    crop_area: Range = setting(
        WHOLE, "Range of the random crop's area, as a share of the image.", "[0.16, 1] (MDR; code of MS)"
    )
    crop_aspect: Range = setting(WHOLE, "Range of the random crop's aspect ratio, width / height.", "[0.75, 1.333]")
    rotation: NotNegative = setting(0.0, "Maximum rotation, in degrees either way.")
    scale: Range = setting(WHOLE, "Range of the scale factor; below 1 shrinks.")
    stretch: float = setting(1.0, "Maximum change of the aspect ratio, as a factor.")
    shear: NotNegative = setting(0.0, "Maximum shear, in degrees either way.")
    translation: NotNegative = setting(0.0, "Maximum translation, as a share of the image's side either way.")
    flip: bool = setting(False, "Horizontal flip with probability 0.5.")
    flip_together: bool = setting(False, "Flip all images of a batch together or none.", "true (log-ratio)")
    rotation_classes: bool = setting(
        False,
        "Each class rotated by 90, 180 and 270 degrees counts as three more: four times as many classes.",
        title="Rotation as classes",
    )
    brightness: NotNegative = setting(0.0, "Brightness jitter: maximum relative change either way.")
    contrast: NotNegative = setting(0.0, "Contrast jitter: maximum relative change either way.")

    def __post_init__(self) -> None:
        super().__post_init__()
        for key in ("scale", "crop_area", "crop_aspect"):
            low, high = getattr(self, key)
            self.require(0 < low <= high, "setting-no-range", key, low=low, high=high)
        self.require(self.crop_area[1] <= 1, "setting-not-shares-to-one", "crop_area")
        self.require(self.stretch >= 1, "setting-below-one", "stretch")
        self.require(self.shear < 80, "setting-not-below-80-degrees", "shear")
        for key in ("brightness", "contrast"):
            self.require(getattr(self, key) < 1, "setting-not-below-one", key)
        self._check_crop()
        self.require(self.flip or not self.flip_together, "flip-together-without-flip", "flip_together")

    def _check_crop(self) -> None:
        """A random part has its own size and aspect; the middle has neither."""
        random = self.crop == "random resized"
        for key in ("scale", "stretch") if random else ("crop_area", "crop_aspect"):
            self.require(
                getattr(self, key) in (WHOLE, 1.0),
                "crop-said-by-area-and-aspect" if random else "crop-without-area-and-aspect",
                key,
                crop=self.crop,
            )
        self.require(not random or self.crop_area != WHOLE, "random-crop-of-everything", "crop_area")


@dataclass(frozen=True)
class OptimizerSettings(SelfChecking):
    """How the weights move.

    `learning_rate` and `weight_decay` are those of a factor of 1. Proxies and levels have the factors of their rates
    beside them, in [loss] and [regularization].
    """

    table: ClassVar[str] = "optimizer"
    name: Literal["adam", "adamw", "sgd"] = setting("adam", "Optimizer.")
    learning_rate: Positive = setting(1e-3, "Base learning rate, which the schedule multiplies.", rare=False)
    weight_decay: NotNegative = setting(0.0, "Weight decay: decoupled with adamw, else an L2 penalty.")
    momentum: float = setting(0.9, "Momentum of sgd; adam and adamw have torch's betas.")
    clip_norm: NotNegative = setting(
        0.0, "Maximum gradient norm, to which longer ones are scaled down; 0 means no clipping."
    )
    clip_value: NotNegative = setting(
        0.0, "Maximum absolute value of a gradient's entries; 0 means no clipping.", "10 (code of Proxy-Anchor)"
    )
    backbone_lr_mult: NotNegative = setting(1.0, "Learning rate of the backbone, as a multiple; 0 freezes it.")
    head_lr_mult: NotNegative = setting(1.0, "Learning rate of the embedding layer, as a multiple.")
    backbone_decay_mult: NotNegative = setting(1.0, "Weight decay of the backbone, as a multiple.")
    head_decay_mult: NotNegative = setting(1.0, "Weight decay of the embedding layer, as a multiple.")
    proxy_decay_mult: NotNegative = setting(1.0, "Weight decay of proxies, as a multiple.")
    level_decay_mult: NotNegative = setting(1.0, "Weight decay of MDR's levels, as a multiple.")

    def __post_init__(self) -> None:
        super().__post_init__()
        decays = ("backbone_decay_mult", "head_decay_mult", "proxy_decay_mult", "level_decay_mult")
        if not self.weight_decay:
            self.require_default(decays, Message("unused-without-decay"))
        self.require(0 <= self.momentum < 1, "setting-not-0-to-1", "momentum")
        if self.name != "sgd":
            self.require_default(["momentum"], Message("unused-outside-sgd", optimizer=self.name))


@dataclass(frozen=True)
class ScheduleSettings(SelfChecking):
    """How the learning rate changes during the run."""

    table: ClassVar[str] = "schedule"
    name: Literal["constant", "cosine", "step", "milestones", "inverse"] = setting(
        "cosine", "Constant, cosine annealing, equal steps, milestones, or 'inverse': 1 / (1 + decay t) after t steps."
    )
    every: Literal["batch", "epoch"] = setting(
        "batch", "Whether the learning rate changes at every batch or every epoch."
    )
    warmup_epochs: float = setting(0.0, "Linear warm-up from 0, in epochs.")
    step_epochs: int = setting(10, "Epochs from one step to the next.")
    step_factor: float = setting(0.5, "Factor of the learning rate at each step or milestone.")
    milestones: tuple[float, ...] = setting(
        (), "Epochs after which the learning rate is multiplied by the step factor.", "40, 60, 80 (MDR)"
    )
    decay: Positive = setting(1e-4, "Decay of 'inverse', for each training step.", "0.0001 (log-ratio)")

    def __post_init__(self) -> None:
        super().__post_init__()
        for key, limit in (("warmup_epochs", 0), ("step_epochs", 1)):
            self.require(getattr(self, key) >= limit, "setting-below-limit", key, limit=limit)
        self.require(0 < self.step_factor <= 1, "setting-not-a-share-above-zero", "step_factor")
        self._check_course()
        self._check_milestones()

    def _check_course(self) -> None:
        """What another course would look at."""
        of_courses = {"decay": ("inverse",), "step_epochs": ("step",), "step_factor": ("step", "milestones")}
        for key, courses in of_courses.items():
            if self.name not in courses:
                which = [f"'{course}'" for course in courses]
                why = Message("unused-in-schedule", schedule=self.name, courses=which)
                self.require_default([key], why)

    def _check_milestones(self) -> None:
        self.require(
            bool(self.milestones) == (self.name == "milestones"),
            "milestones-missing" if self.name == "milestones" else "milestones-of-other-schedule",
            "milestones",
            schedule=self.name,
        )
        ascending = sorted({0.0, *self.milestones} - {0.0})
        self.require(list(self.milestones) == ascending, "setting-not-ascending", "milestones")


@dataclass(frozen=True)
class TrainingSettings(SelfChecking):
    """How long, from which random numbers, and what stands still meanwhile."""

    table: ClassVar[str] = "training"
    epochs: int = setting(20, "Epochs. The best and the last checkpoint are kept.", rare=False)
    steps_per_epoch: NotNegativeInt = setting(0, "Batches in an epoch; 0 means as many as show every image.")
    seed: int = setting(0, "Random seed; on a CPU the same seed gives the same run.", rare=False)
    precision: Precision = setting(
        "auto",
        "Precision of training: 'auto' is bf16 on a GPU that has it, else float32. Evaluation is always float32.",
        "float32",
    )
    head_epochs: NotNegativeInt = setting(
        0, "Epochs at the start with the backbone frozen, in which only new layers are trained.", "1 (Proxy-Anchor)"
    )
    batch_norm: BatchNorm = setting(
        "trained",
        "Batch norm: trained, with frozen mean and variance, or frozen with its scale and shift as well.",
        "statistics frozen",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_at_most(MOST_STEPS, "epochs", "steps_per_epoch")
        self.require(self.epochs >= 1, "setting-below-one", "epochs")
        self.require(0 <= self.seed < 2**32, "setting-seed-out-of-range", "seed")
        self.require(self.head_epochs < self.epochs, "head-epochs-too-many", "head_epochs", epochs=self.epochs)


@dataclass(frozen=True)
class ValidationSettings(SelfChecking):
    """What the best checkpoint is chosen on."""

    table: ClassVar[str] = "validation"
    split: Literal["test", "held-out classes"] = setting(
        "test",
        "Images that decide which checkpoint is best: the test split, or held-out training classes. By Recall@1, or by"
        " label distance for a loss of continuous targets.",
        "test",
        title="Select best on",
        rare=False,
    )
    share: float = setting(0.2, "Share of the training classes that is held out.")
    seed: int = setting(0, "Random seed that draws the held-out classes.")

    def __post_init__(self) -> None:
        self.require(0 < self.share < 1, "setting-not-between-0-and-1", "share")
        self.require(0 <= self.seed < 2**32, "setting-seed-out-of-range", "seed")
        if not self.holds_out:
            self.require_default(("share", "seed"), Message("unused-without-held-out", split=self.split))

    @property
    def holds_out(self) -> bool:
        """Whether classes are kept apart from training."""
        return self.split != "test"
