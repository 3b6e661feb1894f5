"""What of a model does not move in a step: the backbone while the head warms up, batch norm's statistics."""

from __future__ import annotations

from torch import nn

from core.models.batch_norm import batch_norms, freeze_statistics
from core.models.embedder import Embedder
from core.training.recipe import Recipe


class FreezeSchedule:
    """Puts an embedder into training mode, less what the recipe keeps as it is.

    A parameter that stands still has no gradient at all, so that neither weight decay nor momentum moves it, and the
    optimiser has not even begun to average for it when it is let go.
    """

    def __init__(self, recipe: Recipe, embedder: Embedder) -> None:
        self._embedder = embedder
        self._norm = recipe.training.batch_norm
        self._head_epochs = recipe.training.head_epochs
        self._backbone_learns = recipe.optimizer.backbone_lr_mult > 0
        norms = batch_norms(embedder.backbone) if self._norm == "frozen" else []
        # Scale and shift of batch norm that is frozen wholly never learn, whatever the rest does.
        self._never = {id(parameter) for layer in norms for parameter in layer.parameters()}

    def begin_step(self, epoch: int) -> None:
        """Training mode for a step of `epoch` (from 1)."""
        self._embedder.train()
        if self._norm != "trained":
            freeze_statistics(self._embedder.backbone)
        learns = self._backbone_learns and epoch > self._head_epochs
        for parameter in self._embedder.backbone.parameters():
            _let_learn(parameter, learns and id(parameter) not in self._never)


def _let_learn(parameter: nn.Parameter, learns: bool) -> None:
    if parameter.requires_grad != learns:
        parameter.requires_grad_(learns)
        parameter.grad = None
