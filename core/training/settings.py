"""What the tables of a recipe about training may say, [batch] to [validation]. No torch here; the window reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.messages import Message
from core.settings import require, require_default, setting

Range = tuple[float, float]
Precision = Literal["auto", "float32", "bf16"]
Sampling = Literal["covering", "grouped", "independent", "random"]
BatchNorm = Literal["trained", "statistics frozen", "frozen"]
WHOLE: Range = (1.0, 1.0)
MOST_IMAGES = 10_000_000
MOST_STEPS = 1_000_000


@dataclass(frozen=True)
class BatchSettings:
    """How batches are put together: `classes` classes with `images` images of each."""

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
    nearest: int = setting(
        5,
        "For continuous targets: how many images of a batch are the anchor's nearest by target; the rest is random.",
        "5",
    )

    def __post_init__(self) -> None:
        require(self.classes >= 2, "batch-classes-too-few", "batch.classes", value=self.classes)
        require(self.images >= 2, "batch-images-too-few", "batch.images", value=self.images)
        if self.total:
            self._check_total()
        for key in ("classes", "images", "total", "nearest"):
            value = getattr(self, key)
            require(value <= MOST_IMAGES, "setting-above-most", f"batch.{key}", value=value, most=MOST_IMAGES)
        require(self.nearest >= 0, "setting-below-zero", "batch.nearest", value=self.nearest)

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
        require(
            needed == self.classes,
            "batch-total-not-of-classes",
            "batch.total",
            value=self.total,
            classes=self.classes,
            images=self.images,
            needed=needed,
        )


@dataclass(frozen=True)
class AugmentationSettings:
    """Random changes that make every view of a training image a little different."""

    crop: Literal["centre", "random resized"] = setting("centre", "Centre crop, or random resized crop.", "")
    crop_area: Range = setting(
        WHOLE, "Range of the random crop's area, as a share of the image.", "[0.16, 1] (MDR; code of MS)"
    )
    crop_aspect: Range = setting(WHOLE, "Range of the random crop's aspect ratio, width / height.", "[0.75, 1.333]")
    rotation: float = setting(0.0, "Maximum rotation, in degrees either way.")
    scale: Range = setting(WHOLE, "Range of the scale factor; below 1 shrinks.")
    stretch: float = setting(1.0, "Maximum change of the aspect ratio, as a factor.")
    shear: float = setting(0.0, "Maximum shear, in degrees either way.")
    translation: float = setting(0.0, "Maximum translation, as a share of the image's side either way.")
    flip: bool = setting(False, "Horizontal flip with probability 0.5.")
    flip_together: bool = setting(False, "Flip all images of a batch together or none.", "true (log-ratio)")
    rotation_classes: bool = setting(
        False,
        "Each class rotated by 90, 180 and 270 degrees counts as three more: four times as many classes.",
        title="Rotation as classes",
    )
    brightness: float = setting(0.0, "Brightness jitter: maximum relative change either way.")
    contrast: float = setting(0.0, "Contrast jitter: maximum relative change either way.")

    def __post_init__(self) -> None:
        for key in ("scale", "crop_area", "crop_aspect"):
            low, high = getattr(self, key)
            require(0 < low <= high, "setting-no-range", _augmentation(key), low=low, high=high)
        require(
            self.crop_area[1] <= 1,
            "setting-not-shares-to-one",
            "augmentation.crop_area",
            value=str(list(self.crop_area)),
        )
        require(self.stretch >= 1, "setting-below-one", "augmentation.stretch", value=self.stretch)
        for key in ("rotation", "shear", "translation", "brightness", "contrast"):
            value = getattr(self, key)
            require(value >= 0, "setting-below-zero", _augmentation(key), value=value)
        require(self.shear < 80, "setting-not-below-80-degrees", "augmentation.shear", value=self.shear)
        for key in ("brightness", "contrast"):
            value = getattr(self, key)
            require(value < 1, "setting-not-below-one", _augmentation(key), value=value)
        self._check_crop()
        require(self.flip or not self.flip_together, "flip-together-without-flip", "augmentation.flip_together")

    def _check_crop(self) -> None:
        """A random part has its own size and aspect; the middle has neither."""
        only_random, only_centre = ("crop_area", "crop_aspect"), ("scale", "stretch")
        random = self.crop == "random resized"
        for key in only_centre if random else only_random:
            value = getattr(self, key)
            require(
                value in (WHOLE, 1.0),
                "crop-said-by-area-and-aspect" if random else "crop-without-area-and-aspect",
                _augmentation(key),
                value=str(list(value) if isinstance(value, tuple) else value),
                crop=self.crop,
            )
        require(not random or self.crop_area != WHOLE, "random-crop-of-everything", "augmentation.crop_area")


@dataclass(frozen=True)
class OptimizerSettings:
    """How the weights move.

    `learning_rate` and `weight_decay` are those of a factor of 1. Proxies and levels have the factors of their rates
    beside them, in [loss] and [regularization].
    """

    name: Literal["adam", "adamw", "sgd"] = setting("adam", "Optimizer.")
    learning_rate: float = setting(1e-3, "Base learning rate, which the schedule multiplies.", rare=False)
    weight_decay: float = setting(0.0, "Weight decay: decoupled with adamw, else an L2 penalty.")
    momentum: float = setting(0.9, "Momentum of sgd; adam and adamw have torch's betas.")
    clip_norm: float = setting(0.0, "Maximum gradient norm, to which longer ones are scaled down; 0 means no clipping.")
    clip_value: float = setting(
        0.0, "Maximum absolute value of a gradient's entries; 0 means no clipping.", "10 (code of Proxy-Anchor)"
    )
    backbone_lr_mult: float = setting(1.0, "Learning rate of the backbone, as a multiple; 0 freezes it.")
    head_lr_mult: float = setting(1.0, "Learning rate of the embedding layer, as a multiple.")
    backbone_decay_mult: float = setting(1.0, "Weight decay of the backbone, as a multiple.")
    head_decay_mult: float = setting(1.0, "Weight decay of the embedding layer, as a multiple.")
    proxy_decay_mult: float = setting(1.0, "Weight decay of proxies, as a multiple.")
    level_decay_mult: float = setting(1.0, "Weight decay of MDR's levels, as a multiple.")

    def __post_init__(self) -> None:
        rate = self.learning_rate
        require(rate > 0, "setting-not-above-zero", "optimizer.learning_rate", value=rate)
        decays = ("backbone_decay_mult", "head_decay_mult", "proxy_decay_mult", "level_decay_mult")
        for key in ("weight_decay", "clip_norm", "clip_value", "backbone_lr_mult", "head_lr_mult", *decays):
            value = getattr(self, key)
            require(value >= 0, "setting-below-zero", f"optimizer.{key}", value=value)
        if not self.weight_decay:
            require_default(self, "optimizer", decays, Message("unused-without-decay"))
        require(0 <= self.momentum < 1, "setting-not-0-to-1", "optimizer.momentum", value=self.momentum)
        if self.name != "sgd":
            why = Message("unused-outside-sgd", optimizer=self.name)
            require_default(self, "optimizer", ["momentum"], why)


@dataclass(frozen=True)
class ScheduleSettings:
    """How the learning rate changes during the run."""

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
    decay: float = setting(1e-4, "Decay of 'inverse', for each training step.", "0.0001 (log-ratio)")

    def __post_init__(self) -> None:
        for key, limit in (("warmup_epochs", 0), ("step_epochs", 1)):
            value = getattr(self, key)
            require(value >= limit, "setting-below-limit", f"schedule.{key}", value=value, limit=limit)
        require(
            0 < self.step_factor <= 1, "setting-not-a-share-above-zero", "schedule.step_factor", value=self.step_factor
        )
        require(self.decay > 0, "setting-not-above-zero", "schedule.decay", value=self.decay)
        self._check_course()
        self._check_milestones()

    def _check_course(self) -> None:
        """What another course would look at."""
        of_courses = {"decay": ("inverse",), "step_epochs": ("step",), "step_factor": ("step", "milestones")}
        for key, courses in of_courses.items():
            if self.name not in courses:
                which = [f"'{course}'" for course in courses]
                why = Message("unused-in-schedule", schedule=self.name, courses=which)
                require_default(self, "schedule", [key], why)

    def _check_milestones(self) -> None:
        require(
            bool(self.milestones) == (self.name == "milestones"),
            "milestones-missing" if self.name == "milestones" else "milestones-of-other-schedule",
            "schedule.milestones",
            value=str(list(self.milestones)),
            schedule=self.name,
        )
        require(
            list(self.milestones) == sorted({0.0, *self.milestones} - {0.0}),
            "setting-not-ascending",
            "schedule.milestones",
            value=str(list(self.milestones)),
        )


@dataclass(frozen=True)
class TrainingSettings:
    """How long, from which random numbers, and what stands still meanwhile."""

    epochs: int = setting(20, "Epochs. The best and the last checkpoint are kept.", rare=False)
    steps_per_epoch: int = setting(0, "Batches in an epoch; 0 means as many as show every image.")
    seed: int = setting(0, "Random seed; on a CPU the same seed gives the same run.", rare=False)
    precision: Precision = setting(
        "auto",
        "Precision of training: 'auto' is bf16 on a GPU that has it, else float32. Evaluation is always float32.",
        "float32",
    )
    head_epochs: int = setting(
        0, "Epochs at the start with the backbone frozen, in which only new layers are trained.", "1 (Proxy-Anchor)"
    )
    batch_norm: BatchNorm = setting(
        "trained",
        "Batch norm: trained, with frozen mean and variance, or frozen with its scale and shift as well.",
        "statistics frozen",
    )

    def __post_init__(self) -> None:
        for key in ("epochs", "steps_per_epoch"):
            value = getattr(self, key)
            require(value <= MOST_STEPS, "setting-above-most", f"training.{key}", value=value, most=MOST_STEPS)
        require(self.epochs >= 1, "setting-below-one", "training.epochs", value=self.epochs)
        for key in ("steps_per_epoch", "head_epochs"):
            value = getattr(self, key)
            require(value >= 0, "setting-below-zero", f"training.{key}", value=value)
        require(0 <= self.seed < 2**32, "setting-seed-out-of-range", "training.seed", value=self.seed)
        require(
            self.head_epochs < self.epochs,
            "head-epochs-too-many",
            "training.head_epochs",
            value=self.head_epochs,
            epochs=self.epochs,
        )


@dataclass(frozen=True)
class ValidationSettings:
    """What the best checkpoint is chosen on."""

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
        require(0 < self.share < 1, "setting-not-between-0-and-1", "validation.share", value=self.share)
        require(0 <= self.seed < 2**32, "setting-seed-out-of-range", "validation.seed", value=self.seed)
        if not self.holds_out:
            why = Message("unused-without-held-out", split=self.split)
            require_default(self, "validation", ("share", "seed"), why)

    @property
    def holds_out(self) -> bool:
        """Whether classes are kept apart from training."""
        return self.split != "test"


def _augmentation(key: str) -> str:
    return f"augmentation.{key}"
