"""Recipes: everything that defines a training run, as a TOML file. No torch here; the window reads this.

A recipe has the tables [model], [loss], [regularization], [batch], [augmentation], [optimizer], [schedule] and
[training]. Unknown keys are refused; settings that exclude each other are refused naming both.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from core.errors import RecipeError
from core.losses import LOSSES
from core.losses.settings import BinaryTripletSettings, LossSettings, MultiSimilaritySettings, RegularizationSettings
from core.models.description import ModelDescription
from core.places import RESOURCES
from core.settings import from_values, require, setting, to_values
from core.storage import write_text

PRESETS = RESOURCES / "recipes"
Range = tuple[float, float]


@dataclass(frozen=True)
class BatchSettings:
    """How batches are put together: `classes` classes with `images` images of each."""

    classes: int = setting(24, "Different classes in a batch.")
    images: int = setting(5, "Images of each class in a batch; for continuous targets only classes x images counts.")
    nearest: int = setting(
        5, "For continuous targets: how many of a batch are those nearest to its anchor; the rest is random.", "5"
    )

    def __post_init__(self) -> None:
        require(self.classes >= 2, f"batch.classes is {self.classes}; a loss needs at least 2.", "batch.classes")
        require(self.images >= 2, f"batch.images is {self.images}; a loss needs at least 2 of a class.", "batch.images")
        require(self.nearest >= 0, f"batch.nearest is {self.nearest}; expected 0 or more.", "batch.nearest")

    @property
    def size(self) -> int:
        """Images in a full batch."""
        return self.classes * self.images


@dataclass(frozen=True)
class AugmentationSettings:
    """Random changes that make every view of a training image a little different."""

    rotation: float = setting(0.0, "Turned by up to this many degrees either way.")
    scale: Range = setting((1.0, 1.0), "Enlarged by a factor drawn between these two; below 1 shrinks.")
    stretch: float = setting(1.0, "Made wider or taller by a factor of up to this.")
    shear: float = setting(0.0, "Slanted by up to this many degrees either way.")
    translation: float = setting(0.0, "Moved by up to this share of the picture's side, either way.")
    flip: bool = setting(False, "Mirrored left to right half of the time.")
    quarter_turns: bool = setting(
        False, "Classes are turned by quarters and then count as other classes: four times as many to tell apart."
    )
    brightness: float = setting(0.0, "Brightened or darkened by a factor of up to this either way.")
    contrast: float = setting(0.0, "Contrast raised or lowered by a factor of up to this either way.")

    def __post_init__(self) -> None:
        low, high = self.scale
        require(
            0 < low <= high, f"augmentation.scale is [{low}, {high}]; expected 0 < low <= high.", "augmentation.scale"
        )
        require(
            self.stretch >= 1, f"augmentation.stretch is {self.stretch}; expected 1 or more.", "augmentation.stretch"
        )
        for key in ("rotation", "shear", "translation", "brightness", "contrast"):
            value = getattr(self, key)
            require(value >= 0, f"augmentation.{key} is {value}; expected 0 or more.", f"augmentation.{key}")
        require(
            self.shear < 80, f"augmentation.shear is {self.shear}; expected less than 80 degrees.", "augmentation.shear"
        )
        for key in ("brightness", "contrast"):
            value = getattr(self, key)
            require(value < 1, f"augmentation.{key} is {value}; expected less than 1.", f"augmentation.{key}")


@dataclass(frozen=True)
class OptimizerSettings:
    """How the weights move."""

    name: Literal["adam", "adamw", "sgd"] = setting("adam", "The rule.")
    learning_rate: float = setting(1e-3, "Step size at the start of the schedule.")
    weight_decay: float = setting(0.0, "Pull of the weights towards zero.")
    momentum: float = setting(0.9, "Memory of SGD; adam and adamw have their own.")
    clip_norm: float = setting(0.0, "Longest gradient that is followed unshortened; 0 means any.")

    def __post_init__(self) -> None:
        rate = self.learning_rate
        require(rate > 0, f"optimizer.learning_rate is {rate}; expected a number above 0.", "optimizer.learning_rate")
        for key in ("weight_decay", "clip_norm"):
            value = getattr(self, key)
            require(value >= 0, f"optimizer.{key} is {value}; expected 0 or more.", f"optimizer.{key}")
        require(0 <= self.momentum < 1, f"optimizer.momentum is {self.momentum}; expected 0..1.", "optimizer.momentum")
        require(
            self.name == "sgd" or self.momentum == 0.9,
            f"optimizer.momentum is {self.momentum}, but optimizer.name is '{self.name}': only 'sgd' has a momentum.",
            "optimizer.momentum",
        )


@dataclass(frozen=True)
class ScheduleSettings:
    """How the learning rate changes during the run."""

    name: Literal["constant", "cosine", "step"] = setting(
        "cosine", "Its course: constant, falling as a cosine, in steps."
    )
    warmup_epochs: float = setting(0.0, "Epochs during which the learning rate rises from 0.")
    step_epochs: int = setting(10, "Epochs between two steps.")
    step_factor: float = setting(0.5, "What a step multiplies the learning rate by.")

    def __post_init__(self) -> None:
        for key, limit in (("warmup_epochs", 0), ("step_epochs", 1)):
            value = getattr(self, key)
            require(value >= limit, f"schedule.{key} is {value}; expected {limit} or more.", f"schedule.{key}")
        require(
            0 < self.step_factor <= 1,
            f"schedule.step_factor is {self.step_factor}; expected above 0 and up to 1.",
            "schedule.step_factor",
        )


@dataclass(frozen=True)
class TrainingSettings:
    """How long, and from which random numbers."""

    epochs: int = setting(20, "How often every training image is seen.")
    steps_per_epoch: int = setting(0, "Batches in an epoch; 0 means as many as it takes to see every image.")
    seed: int = setting(0, "Where all random numbers come from; the same seed gives the same run on the same machine.")

    def __post_init__(self) -> None:
        require(self.epochs >= 1, f"training.epochs is {self.epochs}; expected 1 or more.", "training.epochs")
        require(
            self.steps_per_epoch >= 0,
            f"training.steps_per_epoch is {self.steps_per_epoch}; expected 0 or more.",
            "training.steps_per_epoch",
        )
        require(0 <= self.seed < 2**32, f"training.seed is {self.seed}; expected 0 to 2**32 - 1.", "training.seed")


@dataclass(frozen=True)
class Recipe:
    """A whole recipe. `about` is a sentence for the list of presets."""

    name: str
    about: str = ""
    model: ModelDescription = field(default_factory=ModelDescription)
    loss: LossSettings = field(default_factory=MultiSimilaritySettings)
    regularization: RegularizationSettings = field(default_factory=RegularizationSettings)
    batch: BatchSettings = field(default_factory=BatchSettings)
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)

    def __post_init__(self) -> None:
        require(
            self.schedule.warmup_epochs < self.training.epochs,
            f"schedule.warmup_epochs is {self.schedule.warmup_epochs:g}, but training.epochs is {self.training.epochs}:"
            " the warm-up must end before the run does.",
            "schedule.warmup_epochs",
        )
        require(
            not (self.augmentation.quarter_turns and self.augmentation.rotation >= 45),
            f"augmentation.rotation is {self.augmentation.rotation:g}, but augmentation.quarter_turns is true:"
            " turned by 45 degrees or more, the quarters could not be told apart.",
            "augmentation.rotation",
        )

        require(
            not (self.regularization.mean_distance and self.model.normalize),
            "regularization.mean_distance is true, but model.normalize is true as well: embeddings of unit length are"
            " not divided by their mean distance, so one of the two must be false.",
            "regularization.mean_distance",
        )

        if self.loss.learns_from == "targets":
            self._check_targets()

    def _check_targets(self) -> None:
        """What does not go with continuous targets."""
        require(
            not self.augmentation.quarter_turns,
            f"augmentation.quarter_turns is true, but loss.name is '{self.loss.name}': turned pictures become other"
            " classes, and this loss learns from continuous targets.",
            "augmentation.quarter_turns",
        )
        require(
            self.batch.nearest < self.batch.size - 1,
            f"batch.nearest is {self.batch.nearest}, but batch.classes x batch.images is {self.batch.size}: beside the"
            " anchor and its nearest there must be room for at least one other.",
            "batch.nearest",
        )
        if isinstance(self.loss, BinaryTripletSettings):
            require(
                self.loss.positives < self.batch.size - 1,
                f"loss.positives is {self.loss.positives}, but batch.classes x batch.images is {self.batch.size}:"
                " beside the anchor and its positives there must be at least one negative.",
                "loss.positives",
            )

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as in the TOML file."""
        tables = {key: to_values(getattr(self, key)) for key in TABLES}
        return {
            "name": self.name,
            "about": self.about,
            "model": self.model.as_dict(),
            "loss": {"name": self.loss.name, **to_values(self.loss)},
            **tables,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], name: str = "") -> Recipe:
        """A recipe from plain values; `name` where they have none. Raises RecipeError naming the key at fault."""
        top: dict[str, Any] = {"name": name, "about": ""}
        for key, value in values.items():
            if key in top:
                require(isinstance(value, str), f"{key} is {value!r}; expected a text.", key)
                top[key] = value
            elif key not in ("model", "loss", *TABLES):
                raise RecipeError(f"{key} is not part of a recipe; there are: {', '.join(all_keys())}.", key)
            elif not isinstance(value, Mapping):
                raise RecipeError(f"{key} is {value!r}; expected a table.", key)
        tables: dict[str, Any] = {key: from_values(kind, values.get(key, {}), key) for key, kind in TABLES.items()}
        model = from_values(ModelDescription, values.get("model", {}), "model")
        return cls(**top, model=model, loss=_loss(values.get("loss", {})), **tables)


TABLES: dict[str, type] = {
    "batch": BatchSettings,
    "regularization": RegularizationSettings,
    "augmentation": AugmentationSettings,
    "optimizer": OptimizerSettings,
    "schedule": ScheduleSettings,
    "training": TrainingSettings,
}


def all_keys() -> tuple[str, ...]:
    """The keys and tables at the top of a recipe."""
    return ("name", "about", "model", "loss", *TABLES)


def read_recipe(path: Path) -> Recipe:
    """The recipe in a TOML file; RecipeError says where it is at fault."""
    path = Path(path)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise RecipeError(f"Could not read the recipe {path}: {error.strerror or error}.", path) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} is not readable TOML ({error}).", path) from error
    try:
        return Recipe.from_dict(values, name=path.stem)
    except RecipeError as error:
        raise RecipeError(f"{path.name}: {error}", error.subject) from error


def load_recipe(name_or_path: str | Path) -> Recipe:
    """The recipe of a file, or the preset of that name."""
    path = Path(name_or_path)
    if path.suffix == ".toml" or path.is_file():
        return read_recipe(path)
    preset = PRESETS / f"{name_or_path}.toml"
    if preset.is_file() and preset.parent == PRESETS:
        return read_recipe(preset)
    names = ", ".join(sorted(item.stem for item in PRESETS.glob("*.toml")))
    raise RecipeError(
        f"There is no recipe '{name_or_path}'; expected a .toml file or one of: {names}.", str(name_or_path)
    )


def presets() -> list[Recipe]:
    """The shipped recipes in the order of their names."""
    return [read_recipe(path) for path in sorted(PRESETS.glob("*.toml"))]


def override(recipe: Recipe, *assignments: str) -> Recipe:
    """The recipe with settings such as "optimizer.learning_rate=0.01" put in place, in their order.

    Changing `loss.name` drops the other loss settings: they belong to the old loss.
    """
    values = recipe.as_dict()
    for assignment in assignments:
        key, separator, text = assignment.partition("=")
        require(bool(separator), f"'{assignment}' is not a setting; expected KEY=VALUE such as loss.name=triplet.", key)
        _put(values, key.strip(), _plain(text.strip()))
    return Recipe.from_dict(values)


def with_training(recipe: Recipe, epochs: int | None = None, seed: int | None = None) -> Recipe:
    """The recipe with another number of epochs or another seed, where given."""
    changed = {key: value for key, value in (("epochs", epochs), ("seed", seed)) if value is not None}
    return replace(recipe, training=replace(recipe.training, **changed))


def first_difference(one: Recipe, other: Recipe, ignoring: Sequence[str] = ()) -> str | None:
    """The first dotted key in which two recipes differ, or None."""
    ours, theirs = _flat(one.as_dict()), _flat(other.as_dict())
    keys = [key for key in ours | theirs if key not in ignoring]
    return next((key for key in keys if ours.get(key) != theirs.get(key)), None)


def to_toml(recipe: Recipe) -> str:
    """The recipe as the text of a TOML file that `read_recipe` reads back."""
    values = recipe.as_dict()
    lines = [f"{key} = {_toml(values.pop(key))}" for key in ("name", "about")]
    for table, entries in values.items():
        lines += ["", f"[{table}]", *(f"{key} = {_toml(value)}" for key, value in entries.items())]
    return "\n".join(lines) + "\n"


def write_recipe(path: Path, recipe: Recipe) -> None:
    """Write a recipe as TOML."""
    write_text(path, to_toml(recipe))


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            flat |= {f"{key}.{name}": entry for name, entry in value.items()}
        else:
            flat[key] = value
    return flat


def _loss(values: Mapping[str, Any]) -> LossSettings:
    name = values.get("name", MultiSimilaritySettings.name)
    if not isinstance(name, str) or name not in LOSSES:
        raise RecipeError(f"loss.name is {name!r}; expected one of: {', '.join(LOSSES)}.", "loss.name")
    settings, _, _ = LOSSES[name]
    return from_values(settings, {key: value for key, value in values.items() if key != "name"}, "loss")


def _put(values: dict[str, Any], key: str, value: Any) -> None:
    table, separator, name = key.partition(".")
    if not separator:
        values[key] = value
    elif not isinstance(values.get(table), dict):
        raise RecipeError(f"{key} is not a setting; the tables are: model, loss, {', '.join(TABLES)}.", key)
    elif key == "loss.name" and value != values["loss"]["name"]:
        values["loss"] = {"name": value}
    else:
        values[table][name] = value


def _plain(text: str) -> Any:
    """A TOML value, or the text itself where it is not one: names need no quotes on the command line."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_toml(entry) for entry in value)}]"
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for the delete character.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value) if isinstance(value, float) else json.dumps(value)
