"""One step of learning: the model, its loss and its optimiser."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from core.data.catalog import Rows
from core.errors import CheckpointError
from core.messages import Message
from core.models.device import Device
from core.models.embedder import Embedder, on_device
from core.models.inference import Pixels, standardise, to_float
from core.models.pretrained import load_initial_weights
from core.sampling.dense_batches import Targets
from core.training.augmentation import augment, with_rotation_classes
from core.training.freezing import FreezeSchedule
from core.training.objective import Objective
from core.training.optimizer import (
    build_optimizer,
    clip_gradients,
    parameter_group,
    restore_state,
    set_learning_rate,
    state_tensors,
)
from core.training.recipe import Recipe

# A prime far above any number of steps, so that no two seeds share the numbers of a step.
STEPS_APART = 1_000_000_007
# Before the names of the objective's tensors in a saved state.
OBJECTIVE = "objective."


@dataclass(frozen=True)
class StepResult:
    """What a step did; when `gradient_norm` or `loss` is not finite, it did nothing."""

    loss: float
    gradient_norm: float
    terms: Mapping[str, float]

    @property
    def finite(self) -> bool:
        """Whether both figures are; a NaN row can leave the loss finite and only show in the gradient."""
        return math.isfinite(self.loss) and math.isfinite(self.gradient_norm)


class TrainingStep:
    """Builds what `recipe` describes on `device` and moves its weights, a batch at a time.

    `codes` are the class codes of the training images. `about_weights` says what of a file of weights was
    taken, "" where there is nothing to say.

    All random numbers of a step depend on the recipe's seed and the step's number alone.
    """

    def __init__(self, recipe: Recipe, device: Device, codes: Rows) -> None:
        self._recipe = recipe
        self._device = device
        torch.manual_seed(recipe.training.seed)
        self.embedder = Embedder(recipe.model)
        self.about_weights = load_initial_weights(self.embedder)
        on_device(self.embedder, device.torch)
        self.objective = Objective(recipe, codes).to(device.torch)
        self._parameters = [*self.embedder.parameters(), *self.objective.parameters()]
        self._freezing = FreezeSchedule(recipe, self.embedder)
        settings, backbone, head = recipe.optimizer, self.embedder.backbone, self.embedder.head
        groups = [
            parameter_group(backbone.parameters(), settings.backbone_lr_mult, settings.backbone_decay_mult),
            parameter_group(head.parameters(), settings.head_lr_mult, settings.head_decay_mult),
            *self.objective.parameter_groups(),
        ]
        self._optimizer = build_optimizer(settings, groups)

    def run(
        self,
        images: Pixels,
        codes: Rows,
        step: int,
        learning_rate: float,
        targets: Targets | None = None,
        epoch: int = 1,
    ) -> StepResult:
        """Learn from one batch: images (B, P, P, 3) uint8 with class codes (B,) and, where needed, targets (B, T)."""
        torch.manual_seed(self._recipe.training.seed * STEPS_APART + step)
        set_learning_rate(self._optimizer, learning_rate)
        self._freezing.begin_step(epoch)
        inputs, labels = self._inputs(images, torch.from_numpy(codes))
        with self._device.autocast(self._recipe.training.precision):
            embeddings: Tensor = self.embedder(inputs)
        given = None if targets is None else torch.from_numpy(targets).to(self._device.torch)
        loss: Tensor = self.objective(embeddings, labels, given)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = clip_gradients(self._parameters, self._recipe.optimizer)
        result = _fetched(loss.detach(), norm, self.objective.logged())
        if result.finite:
            self._optimizer.step()
        return result

    def weights_are_finite(self) -> bool:
        """Whether the model can be saved as a good one."""
        states = (*self.embedder.state_dict().values(), *self.objective.state_dict().values())
        return all(bool(tensor.isfinite().all()) for tensor in states)

    def tensors(self) -> dict[str, Tensor]:
        """What resuming needs beside the embedder's weights."""
        moments = {f"optimizer.{name}": tensor for name, tensor in state_tensors(self._optimizer).items()}
        return moments | {f"{OBJECTIVE}{name}": tensor for name, tensor in self.objective.state_dict().items()}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Inverse of `tensors`; CheckpointError when they are of another number of classes."""
        saved = _below(OBJECTIVE, tensors)
        for name, tensor in self.objective.state_dict().items():
            if name not in saved or saved[name].shape != tensor.shape:
                found = str(tuple(saved[name].shape)) if name in saved else Message("not-there")
                raise CheckpointError(
                    Message("saved-state-of-other-classes", name=name, found=found, shape=str(tuple(tensor.shape))),
                    name,
                )
        self.objective.load_state_dict(saved)
        restore_state(self._optimizer, _below("optimizer.", tensors))

    def _inputs(self, images: Pixels, codes: Tensor) -> tuple[Tensor, Tensor]:
        labels, quarters = with_rotation_classes(codes) if self._recipe.augmentation.rotation_classes else (codes, None)
        model = self._recipe.model
        views = augment(to_float(images, self._device), self._recipe.augmentation, model.input_size, quarters)
        return standardise(views, model), labels.to(self._device.torch)


def _fetched(loss: Tensor, norm: Tensor, terms: Mapping[str, Tensor]) -> StepResult:
    """The numbers of a step, fetched together: the device is waited for once."""
    together = torch.stack([value.to(loss.device, torch.float64) for value in (loss, norm, *terms.values())])
    numbers: list[float] = together.tolist()
    return StepResult(numbers[0], numbers[1], dict(zip(terms, numbers[2:], strict=True)))


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
