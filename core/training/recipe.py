"""Recipes: everything that defines a training run, as a TOML file. No torch here; the window reads this.

A recipe has the tables [model], [loss], [regularization], [memory], [batch], [augmentation], [optimizer],
[schedule], [training] and [validation]. Unknown keys are refused; settings that exclude each other are refused
naming both.

A recipe file says everything itself: there is none that another one builds on, so that what is read is what is run.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.errors import RecipeError, StorageError
from core.losses import LOSSES
from core.losses.settings import (
    BinaryTripletSettings,
    LossSettings,
    MemorySettings,
    MultiSimilaritySettings,
    RegularizationSettings,
)
from core.messages import Message
from core.models.backbone_table import BACKBONES
from core.models.description import ModelDescription
from core.paths import RESOURCES
from core.settings import SelfChecking, format_value, from_values, require, to_values
from core.storage import read_small
from core.training.renamed_keys import current_keys, with_current_keys
from core.training.settings import (
    AugmentationSettings,
    BatchSettings,
    OptimizerSettings,
    ScheduleSettings,
    TrainingSettings,
    ValidationSettings,
)

LARGEST_RECIPE = 1 << 20
PRESETS = RESOURCES / "recipes"
# What describes a recipe, beside its tables; only the name must be there.
DESCRIPTIVE_KEYS = ("name", "about", "data", "published_result")
# What may differ between a run and its recipe when it is resumed: none of it is trained with.
WITHOUT_EFFECT = ("about", "data", "published_result")
# Data sets with published recipes, in the order in which papers list them.
PUBLISHED_DATA = ("CUB-200-2011", "Cars-196", "Stanford Online Products", "In-Shop Clothes Retrieval")


@dataclass(frozen=True)
class Recipe(SelfChecking):
    """A whole recipe.

    Attributes:
        name: what its runs are called.
        about: a sentence for the list of presets.
        data: the data set it is published for; "" for any.
        published_result: the published figure, and for which backbone it is one; "" where there is none.
    """

    name: str
    about: str = ""
    data: str = ""
    published_result: str = ""
    model: ModelDescription = field(default_factory=ModelDescription)
    loss: LossSettings = field(default_factory=MultiSimilaritySettings)
    regularization: RegularizationSettings = field(default_factory=RegularizationSettings)
    memory: MemorySettings = field(default_factory=MemorySettings)
    batch: BatchSettings = field(default_factory=BatchSettings)
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)
    optimizer: OptimizerSettings = field(default_factory=OptimizerSettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    validation: ValidationSettings = field(default_factory=ValidationSettings)

    def __post_init__(self) -> None:
        epochs, augmentation = self.training.epochs, self.augmentation
        in_time = self.schedule.warmup_epochs < epochs
        self.require(in_time, "warmup-longer-than-training", "schedule.warmup_epochs", epochs=epochs)
        turned_twice = augmentation.rotation_classes and augmentation.rotation >= 45
        self.require(not turned_twice, "rotation-with-rotation-classes", "augmentation.rotation")
        both = self.regularization.mean_distance and self.model.normalize
        self.require(not both, "mean-distance-with-normalize", "regularization.mean_distance")
        self._check_network()
        self._check_parts()
        if self.memory.size:
            self._check_memory()
        if self.loss.supervision == "targets":
            self._check_targets()

    def _check_network(self) -> None:
        backbone = self.model.backbone
        has_norm = self.training.batch_norm == "trained" or BACKBONES[backbone].batch_norm
        self.require(has_norm, "batch-norm-without", "training.batch_norm", backbone=backbone)
        learns = self.training.head_epochs == 0 or self.optimizer.backbone_lr_mult > 0
        self.require(learns, "head-epochs-without-backbone", "training.head_epochs")

    def _check_parts(self) -> None:
        ends = self.batch.sampling != "independent" or self.training.steps_per_epoch > 0
        self.require(ends, "independent-batches-without-end", "training.steps_per_epoch")
        optimizer, loss, regularization = self.optimizer, self.loss, self.regularization.name
        has_proxies = optimizer.proxy_decay_mult == 1 or loss.proxy_lr_mult > 0
        self.require(has_proxies, "proxy-decay-without-proxies", "optimizer.proxy_decay_mult", loss=loss.name)
        has_levels = optimizer.level_decay_mult == 1 or regularization == "mdr"
        key = "optimizer.level_decay_mult"
        self.require(has_levels, "level-decay-without-levels", key, regularization=regularization)

    def _check_memory(self) -> None:
        loss, batch = self.loss, self.batch
        with_memory = [name for name, (kind, _, _) in LOSSES.items() if kind.supports_memory]
        pairs = loss.supports_memory
        self.require(pairs, "memory-without-support", "memory.size", loss=loss.name, losses=with_memory)
        holds_batch = self.memory.size >= batch.size
        self.require(holds_batch, "memory-below-batch", "memory.size", other=batch.size_words, least=batch.size)

    def _check_targets(self) -> None:
        loss, batch, name = self.loss, self.batch, self.loss.name
        self.require(batch.sampling == "covering", "sampling-without-neighbours", "batch.sampling", loss=name)
        holds_out = self.validation.holds_out
        self.require(not holds_out, "split-to-choose-on-without-targets", "validation.split", loss=name)
        turned, key = self.augmentation.rotation_classes, "augmentation.rotation_classes"
        self.require(not turned, "rotation-classes-with-targets", key, loss=name)
        words, size = batch.size_words, batch.size
        fit = batch.nearest < size - 1
        self.require(fit, "nearest-without-room", "batch.nearest", other=words, size=size)
        if isinstance(loss, BinaryTripletSettings):
            fit = loss.positives < size - 1
            self.require(fit, "positives-without-room", "loss.positives", other=words, size=size)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as in the TOML file."""
        tables = {key: to_values(getattr(self, key)) for key in TABLES}
        return {
            **{key: getattr(self, key) for key in DESCRIPTIVE_KEYS},
            "model": self.model.as_dict(),
            "loss": {"name": self.loss.name, **to_values(self.loss)},
            **tables,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], name: str = "") -> Recipe:
        """A recipe from plain values; `name` where they have none. Raises RecipeError naming the key at fault.

        Keys of an earlier version are understood (`core.training.renamed_keys`).
        """
        values = with_current_keys(values)
        top: dict[str, Any] = dict.fromkeys(DESCRIPTIVE_KEYS, "") | {"name": name}
        for key, value in values.items():
            if key in top:
                require(isinstance(value, str), "setting-not-a-text", key, value=format_value(value))
                top[key] = value
            elif key not in ("model", "loss", *TABLES):
                raise RecipeError(Message("recipe-key-unknown", key=key[:80], keys=all_keys()), key)
            elif not isinstance(value, Mapping):
                raise RecipeError(Message("recipe-entry-no-table", key=key, value=format_value(value)), key)
        tables: dict[str, Any] = {key: from_values(kind, values.get(key, {}), key) for key, kind in TABLES.items()}
        model = from_values(ModelDescription, values.get("model", {}), "model")
        return cls(**top, model=model, loss=_loss(values.get("loss", {})), **tables)


TABLES: dict[str, type] = {
    "batch": BatchSettings,
    "regularization": RegularizationSettings,
    "memory": MemorySettings,
    "augmentation": AugmentationSettings,
    "optimizer": OptimizerSettings,
    "schedule": ScheduleSettings,
    "training": TrainingSettings,
    "validation": ValidationSettings,
}

# Settings after which the others of their table, but for the division by the mean distance, belong to nothing.
LEAVING = (("regularization.name", "none"), ("memory.size", 0))


def all_keys() -> tuple[str, ...]:
    """The keys and tables at the top of a recipe."""
    return (*DESCRIPTIVE_KEYS, "model", "loss", *TABLES)


def read_recipe(path: Path) -> Recipe:
    """The recipe in a TOML file; RecipeError says where it is at fault."""
    path = Path(path)
    values = read_toml(path, "recipe")
    try:
        return Recipe.from_dict(values, name=path.stem)
    except RecipeError as error:
        raise RecipeError(Message("file-fault", path=path.name, reason=error), error.subject) from error


def read_toml(path: Path, kind: str) -> dict[str, Any]:
    """The values in the file of a `kind` such as "recipe"; RecipeError where they cannot be read."""
    try:
        return tomllib.loads(read_small(path, LARGEST_RECIPE).decode("utf-8-sig"))
    except StorageError as error:
        raise RecipeError(
            Message("toml-not-opened", kind=kind, path=path, reason=error.message.fields["reason"]), path
        ) from error
    except RecursionError as error:
        raise RecipeError(Message("toml-too-deep", path=path, kind=kind), path) from error
    except ValueError as error:  # also letters that are not UTF-8, and numbers of too many digits
        raise RecipeError(Message("toml-not-readable", path=path, reason=str(error)[:200]), path) from error


def load_recipe(name_or_path: str | Path) -> Recipe:
    """The recipe of a file, or the preset of that name."""
    path = Path(name_or_path)
    if path.suffix == ".toml" or path.is_file():
        return read_recipe(path)
    preset = PRESETS / f"{name_or_path}.toml"
    if preset.is_file() and preset.parent == PRESETS:
        return read_recipe(preset)
    names = ", ".join(sorted(item.stem for item in PRESETS.glob("*.toml")))
    raise RecipeError(Message("recipe-unknown", name=name_or_path, names=names), str(name_or_path))


def presets() -> list[Recipe]:
    """The shipped recipes: the small ones first, then the published ones by data set, each in the order of names."""
    return sorted(map(read_recipe, PRESETS.glob("*.toml")), key=lambda recipe: (_shelf(recipe.data), recipe.name))


def _shelf(data: str) -> int:
    """Where recipes for this data set stand in the list."""
    known = ("", *PUBLISHED_DATA)
    return known.index(data) if data in known else len(known)


def override(recipe: Recipe, *assignments: str) -> Recipe:
    """The recipe with settings such as "optimizer.learning_rate=0.01" put in place, in their order.

    Changing `loss.name` drops the other loss settings: they belong to the old loss. So does leaving MDR, or a memory,
    with theirs.
    """
    pairs = [assignment.partition("=") for assignment in assignments]
    for key, separator, _ in pairs:
        require(bool(separator), "assignment-invalid", key, assignment=key)
    values = recipe.as_dict()
    for key, (_, _, text) in zip(current_keys(key.strip() for key, _, _ in pairs), pairs, strict=True):
        _put(values, key, _plain(text.strip()))
    return Recipe.from_dict(values)


def with_training(recipe: Recipe, epochs: int | None = None, seed: int | None = None) -> Recipe:
    """The recipe with another number of epochs or another seed, where given."""
    changed: dict[str, Any] = {key: value for key, value in (("epochs", epochs), ("seed", seed)) if value is not None}
    return replace(recipe, training=replace(recipe.training, **changed))


def first_difference(one: Recipe, other: Recipe, ignoring: Sequence[str] = ()) -> str | None:
    """The first dotted key in which two recipes differ, or None."""
    ours, theirs = flat(one.as_dict()), flat(other.as_dict())
    keys = [key for key in ours | theirs if key not in ignoring]
    return next((key for key in keys if ours.get(key) != theirs.get(key)), None)


def to_toml(recipe: Recipe) -> str:
    """The recipe as the text of a TOML file that `read_recipe` reads back."""
    values = recipe.as_dict()
    texts = {key: values.pop(key) for key in DESCRIPTIVE_KEYS}
    optional = ("data", "published_result")
    lines = [f"{key} = {_toml(text)}" for key, text in texts.items() if text or key not in optional]
    for table, entries in values.items():
        lines += ["", f"[{table}]", *(f"{key} = {_toml(value)}" for key, value in entries.items())]
    return "\n".join(lines) + "\n"


def flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as dotted keys, which is how a recipe's settings are named."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return found


def _loss(values: Mapping[str, Any]) -> LossSettings:
    name = values.get("name", MultiSimilaritySettings.name)
    if not isinstance(name, str) or name not in LOSSES:
        raise RecipeError(Message("loss-unknown", name=format_value(name), losses=LOSSES), "loss.name")
    settings, _, _ = LOSSES[name]
    return from_values(settings, {key: value for key, value in values.items() if key != "name"}, "loss")


def _put(values: dict[str, Any], key: str, value: Any) -> None:
    table, separator, name = key.partition(".")
    if not separator:
        values[key] = value
    elif not isinstance(values.get(table), dict):
        raise RecipeError(Message("recipe-setting-unknown", key=key, tables=TABLES), key)
    elif key == "loss.name" and value != values["loss"]["name"]:
        values["loss"] = {"name": value}
    else:
        values[table][name] = value
        if (key, value) in LEAVING:
            values[table] = {
                setting_name: entry
                for setting_name, entry in values[table].items()
                if setting_name in (name, "mean_distance")
            }


def _plain(text: str) -> Any:
    """A TOML value, or the text itself where it is not one: names need no quotes on the command line."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_toml(entry) for entry in value)}]"
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for the delete character.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return repr(value) if isinstance(value, float) else json.dumps(value)
