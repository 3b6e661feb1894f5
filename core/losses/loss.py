"""What all losses have in common."""

from __future__ import annotations

from typing import Any, TypeVar, get_args

from torch import Tensor, nn

from core.errors import TrainingError
from core.losses.pairs import References
from core.messages import Message

T = TypeVar("T")


class Loss(nn.Module):
    """A loss of raw embeddings (B, D) and class codes (B,): a scalar that stays attached to the graph.

    A batch with nothing to learn from gives exactly 0 with zero gradients. After a call `terms` holds its detached
    named parts, for the curves. Parameters and running statistics live in `state_dict`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.terms: dict[str, Tensor] = {}

    def logged(self) -> dict[str, Tensor]:
        """What a run keeps a curve of: `terms`, and what else a loss may want to show of its last call."""
        return self.terms

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of a batch."""
        raise NotImplementedError

    def cross_batch_loss(self, embeddings: Tensor, labels: Tensor, references: References) -> Tensor:
        """The loss of a batch's anchors, paired with `references` in place of one another.

        Only losses of pairs have it, those whose settings say `supports_memory`. The gradient goes to the anchors.
        """
        raise NotImplementedError


def one_of(words: Any, value: T, name: str) -> T:
    """`value`, if it is one of the `words` of a Literal; else TrainingError, so that no slip becomes another loss."""
    if value not in get_args(words):
        raise TrainingError(Message("setting-not-a-choice", key=name, value=repr(value), choices=get_args(words)), name)
    return value
