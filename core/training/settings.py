"""What the tables of a recipe about training may say, [batch] to [validation]. No torch here; the window reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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

    classes: int = setting(24, "Different classes in a batch.")
    images: int = setting(5, "Images of each class in a batch; for continuous targets only classes x images counts.")
    sampling: Sampling = setting(
        "covering",
        "Which images meet: 'covering' shows every image each epoch; the others repeat published code.",
        "grouped (Multi-Similarity), independent (MDR), random (Proxy-Anchor)",
    )
    total: int = setting(
        0,
        "Images in a batch where that is not classes x images: the last class has fewer; 0 means classes x images.",
        "256 with 3 of a class (MDR)",
    )
    nearest: int = setting(
        5, "For continuous targets: how many of a batch are those nearest to its anchor; the rest is random.", "5"
    )

    def __post_init__(self) -> None:
        require(self.classes >= 2, f"batch.classes is {self.classes}; a loss needs at least 2.", "batch.classes")
        require(self.images >= 2, f"batch.images is {self.images}; a loss needs at least 2 of a class.", "batch.images")
        if self.total:
            self._check_total()
        for key in ("classes", "images", "total", "nearest"):
            value = getattr(self, key)
            require(value <= MOST_IMAGES, f"batch.{key} is {value:,}; expected up to {MOST_IMAGES:,}.", f"batch.{key}")
        require(self.nearest >= 0, f"batch.nearest is {self.nearest}; expected 0 or more.", "batch.nearest")

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
            f"batch.total is {self.total}, but batch.classes is {self.classes} with batch.images {self.images} each;"
            f" {self.total} images make batch.classes {needed}, the last of them with fewer.",
            "batch.total",
        )


@dataclass(frozen=True)
class AugmentationSettings:
    """Random changes that make every view of a training image a little different."""

    crop: Literal["centre", "random resized"] = setting(
        "centre", "Which part is looked at: the middle, or a random part stretched to the network's size.", ""
    )
    crop_area: Range = setting(
        WHOLE, "A random part covers a share of the picture drawn between these two.", "[0.16, 1] (MDR; code of MS)"
    )
    crop_aspect: Range = setting(
        WHOLE, "A random part is as many times as wide as high, drawn between these two.", "[0.75, 1.333]"
    )
    rotation: float = setting(0.0, "Turned by up to this many degrees either way.")
    scale: Range = setting(WHOLE, "Enlarged by a factor drawn between these two; below 1 shrinks.")
    stretch: float = setting(1.0, "Made wider or taller by a factor of up to this.")
    shear: float = setting(0.0, "Slanted by up to this many degrees either way.")
    translation: float = setting(0.0, "Moved by up to this share of the picture's side, either way.")
    flip: bool = setting(False, "Mirrored left to right half of the time.")
    flip_together: bool = setting(
        False, "All pictures of a batch are mirrored together or not at all.", "true (log-ratio)"
    )
    quarter_turns: bool = setting(
        False, "Classes are turned by quarters and then count as other classes: four times as many to tell apart."
    )
    brightness: float = setting(0.0, "Brightened or darkened by a factor of up to this either way.")
    contrast: float = setting(0.0, "Contrast raised or lowered by a factor of up to this either way.")

    def __post_init__(self) -> None:
        for key in ("scale", "crop_area", "crop_aspect"):
            low, high = getattr(self, key)
            require(
                0 < low <= high, f"augmentation.{key} is [{low}, {high}]; expected 0 < low <= high.", _augmentation(key)
            )
        require(
            self.crop_area[1] <= 1,
            f"augmentation.crop_area is {list(self.crop_area)}; expected shares of up to 1.",
            "augmentation.crop_area",
        )
        require(
            self.stretch >= 1, f"augmentation.stretch is {self.stretch}; expected 1 or more.", "augmentation.stretch"
        )
        for key in ("rotation", "shear", "translation", "brightness", "contrast"):
            value = getattr(self, key)
            require(value >= 0, f"augmentation.{key} is {value}; expected 0 or more.", _augmentation(key))
        require(
            self.shear < 80, f"augmentation.shear is {self.shear}; expected less than 80 degrees.", "augmentation.shear"
        )
        for key in ("brightness", "contrast"):
            value = getattr(self, key)
            require(value < 1, f"augmentation.{key} is {value}; expected less than 1.", _augmentation(key))
        self._check_crop()
        require(
            self.flip or not self.flip_together,
            "augmentation.flip_together is true, but augmentation.flip is false: nothing is mirrored.",
            "augmentation.flip_together",
        )

    def _check_crop(self) -> None:
        """A random part has its own size and aspect; the middle has neither."""
        only_random, only_centre = ("crop_area", "crop_aspect"), ("scale", "stretch")
        random = self.crop == "random resized"
        for key in only_centre if random else only_random:
            value = getattr(self, key)
            require(
                value in (WHOLE, 1.0),
                f"augmentation.{key} is {list(value) if isinstance(value, tuple) else value}, but augmentation.crop is"
                f" '{self.crop}': "
                + ("crop_area and crop_aspect say it there." if random else "only 'random resized' has one."),
                _augmentation(key),
            )
        require(
            not random or self.crop_area != WHOLE,
            "augmentation.crop is 'random resized', but augmentation.crop_area is [1, 1]: every part would be the"
            " whole picture.",
            "augmentation.crop_area",
        )


@dataclass(frozen=True)
class OptimizerSettings:
    """How the weights move.

    `learning_rate` and `weight_decay` are those of a factor of 1. Proxies and levels have the factors of their rates
    beside them, in [loss] and [regularization].
    """

    name: Literal["adam", "adamw", "sgd"] = setting("adam", "The rule.")
    learning_rate: float = setting(1e-3, "Step size at the start of the schedule.")
    weight_decay: float = setting(0.0, "Pull of the weights towards zero.")
    momentum: float = setting(0.9, "Memory of SGD; adam and adamw have their own.")
    clip_norm: float = setting(0.0, "Longest gradient that is followed unshortened; 0 means any.")
    clip_value: float = setting(
        0.0, "Largest entry of a gradient that is followed as it is; 0 means any.", "10 (code of Proxy-Anchor)"
    )
    backbone_rate: float = setting(1.0, "How many times as fast the backbone learns; 0 leaves it as it begins.")
    head_rate: float = setting(1.0, "How many times as fast the embedding layer learns.")
    backbone_decay: float = setting(1.0, "How many times as strong the weight decay of the backbone is.")
    head_decay: float = setting(1.0, "How many times as strong the weight decay of the embedding layer is.")
    proxy_decay: float = setting(1.0, "How many times as strong the weight decay of proxies is.")
    level_decay: float = setting(1.0, "How many times as strong the weight decay of MDR's levels is.")

    def __post_init__(self) -> None:
        rate = self.learning_rate
        require(rate > 0, f"optimizer.learning_rate is {rate}; expected a number above 0.", "optimizer.learning_rate")
        decays = ("backbone_decay", "head_decay", "proxy_decay", "level_decay")
        for key in ("weight_decay", "clip_norm", "clip_value", "backbone_rate", "head_rate", *decays):
            value = getattr(self, key)
            require(value >= 0, f"optimizer.{key} is {value}; expected 0 or more.", f"optimizer.{key}")
        if not self.weight_decay:
            require_default(self, "optimizer", decays, "optimizer.weight_decay is 0: there is nothing to multiply")
        require(0 <= self.momentum < 1, f"optimizer.momentum is {self.momentum}; expected 0..1.", "optimizer.momentum")
        if self.name != "sgd":
            why = f"optimizer.name is '{self.name}': only 'sgd' has a momentum"
            require_default(self, "optimizer", ["momentum"], why)


@dataclass(frozen=True)
class ScheduleSettings:
    """How the learning rate changes during the run."""

    name: Literal["constant", "cosine", "step", "milestones", "inverse"] = setting(
        "cosine", "Its course: constant, falling as a cosine, in equal steps, at milestones, or as 1 / (1 + decay t)."
    )
    every: Literal["batch", "epoch"] = setting("batch", "Whether it changes at every batch or stays for an epoch.")
    warmup_epochs: float = setting(0.0, "Epochs during which the learning rate rises from 0.")
    step_epochs: int = setting(10, "Epochs between two steps.")
    step_factor: float = setting(0.5, "What a step or a milestone multiplies the learning rate by.")
    milestones: tuple[float, ...] = setting(
        (), "Epochs after which the learning rate is multiplied by the step factor.", "40, 60, 80 (MDR)"
    )
    decay: float = setting(1e-4, "What 'inverse' multiplies the number of steps so far by.", "0.0001 (log-ratio)")

    def __post_init__(self) -> None:
        for key, limit in (("warmup_epochs", 0), ("step_epochs", 1)):
            value = getattr(self, key)
            require(value >= limit, f"schedule.{key} is {value}; expected {limit} or more.", f"schedule.{key}")
        require(
            0 < self.step_factor <= 1,
            f"schedule.step_factor is {self.step_factor}; expected above 0 and up to 1.",
            "schedule.step_factor",
        )
        require(self.decay > 0, f"schedule.decay is {self.decay}; expected a number above 0.", "schedule.decay")
        self._check_course()
        self._check_milestones()

    def _check_course(self) -> None:
        """What another course would look at."""
        of_courses = {"decay": ("inverse",), "step_epochs": ("step",), "step_factor": ("step", "milestones")}
        for key, courses in of_courses.items():
            if self.name not in courses:
                which = " and ".join(f"'{course}'" for course in courses)
                why = f"schedule.name is '{self.name}': only {which} {'has' if len(courses) == 1 else 'have'} one"
                require_default(self, "schedule", [key], why)

    def _check_milestones(self) -> None:
        require(
            bool(self.milestones) == (self.name == "milestones"),
            f"schedule.milestones is {list(self.milestones)}, but schedule.name is '{self.name}': "
            + ("it needs at least one." if self.name == "milestones" else "only 'milestones' has any."),
            "schedule.milestones",
        )
        require(
            list(self.milestones) == sorted({0.0, *self.milestones} - {0.0}),
            f"schedule.milestones is {list(self.milestones)}; expected ascending numbers above 0.",
            "schedule.milestones",
        )


@dataclass(frozen=True)
class TrainingSettings:
    """How long, from which random numbers, and what stands still meanwhile."""

    epochs: int = setting(20, "Passes over the training set. Checkpoints of the best and the last are kept.")
    steps_per_epoch: int = setting(0, "Batches in an epoch; 0 means as many as it takes to see every image.")
    seed: int = setting(0, "Where all random numbers come from; on a processor the same seed gives the same run.")
    precision: Precision = setting(
        "auto",
        "What the network computes in while it learns: 'auto' is bf16 on a card that has it. Measuring is float32.",
        "float32",
    )
    head_epochs: int = setting(
        0, "Epochs at the start in which the backbone stands still and only what is new learns.", "1 (Proxy-Anchor)"
    )
    batch_norm: BatchNorm = setting(
        "trained",
        "Whether batch norm learns, keeps its mean and variance, or keeps its scale and shift as well.",
        "statistics frozen",
    )

    def __post_init__(self) -> None:
        for key in ("epochs", "steps_per_epoch"):
            value = getattr(self, key)
            require(
                value <= MOST_STEPS, f"training.{key} is {value:,}; expected up to {MOST_STEPS:,}.", f"training.{key}"
            )
        require(self.epochs >= 1, f"training.epochs is {self.epochs}; expected 1 or more.", "training.epochs")
        for key in ("steps_per_epoch", "head_epochs"):
            value = getattr(self, key)
            require(value >= 0, f"training.{key} is {value}; expected 0 or more.", f"training.{key}")
        require(0 <= self.seed < 2**32, f"training.seed is {self.seed}; expected 0 to 2**32 - 1.", "training.seed")
        require(
            self.head_epochs < self.epochs,
            f"training.head_epochs is {self.head_epochs}, but training.epochs is {self.epochs}: the backbone must learn"
            " in at least one.",
            "training.head_epochs",
        )


@dataclass(frozen=True)
class ValidationSettings:
    """What the best checkpoint is chosen on."""

    choose_on: Literal["test", "held-out classes"] = setting(
        "test",
        "The images that decide which checkpoint is best: the test split, or training classes held out. By Recall@1, or"
        " label distance for a loss that learns from targets.",
        "test",
    )
    share: float = setting(0.2, "Share of the training classes that is kept apart.")
    seed: int = setting(0, "Which classes are kept apart.")

    def __post_init__(self) -> None:
        require(0 < self.share < 1, f"validation.share is {self.share}; expected between 0 and 1.", "validation.share")
        require(0 <= self.seed < 2**32, f"validation.seed is {self.seed}; expected 0 to 2**32 - 1.", "validation.seed")
        if not self.holds_out:
            why = f"validation.choose_on is '{self.choose_on}': no classes are kept apart"
            require_default(self, "validation", ("share", "seed"), why)

    @property
    def holds_out(self) -> bool:
        """Whether classes are kept apart from training."""
        return self.choose_on != "test"


def _augmentation(key: str) -> str:
    return f"augmentation.{key}"
