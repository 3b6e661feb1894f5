"""Multi-level Distance Regularization (Kim and Park, AAAI 2021)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core.losses.distances import Distances
from core.losses.pairs import full_precision, no_loss


class MultiLevelDistanceRegularization(nn.Module):
    """Pulls every distance of a batch towards the nearest of a few learnable levels.

    With d the Euclidean distances of the embeddings (B, D), taken as given,

        mu, sd  moving averages of the mean and standard deviation of the batches' d, updated before use
        L = mean over i != j of min_l |(d_ij - mu) / sd - level_l|

    It joins any loss: `loss + lambda * L + nu * sum of level^2`, where `penalty` is that sum. The paper's lambda is
    0.6 for CUB-200-2011, 0.2 for Cars-196, 0.1 for SOP and In-Shop; nu is 0.01 in the authors' code, and the loss is
    quoted without it. Levels (L,) begin at -3, 0, 3, are free to move past each other, and get gradients; mu and sd
    get none. A distance halfway between two levels belongs to the lower one.

    In the paper mu and sd describe the distances of pairs. The authors' code takes them over the whole matrix, its B
    zeros on the diagonal included, which makes sd depend on the batch size (at D = 512: 3.0 for B = 128, 5.6 for
    B = 32, and 1.0 without); it is the default. `zero_diagonal=False` follows the paper's words. Both use the
    unbiased deviation.

    A batch of fewer than two embeddings gives 0 and is not counted. Where distances do not spread at all there is
    nothing to measure them in, and they count as average. After a call `terms` holds the loss, mu, sd and the levels.
    """

    running_mean: Tensor
    running_std: Tensor
    num_updates: Tensor

    def __init__(
        self, levels: Sequence[float] = (-3.0, 0.0, 3.0), momentum: float = 0.9, zero_diagonal: bool = True
    ) -> None:
        super().__init__()
        self.momentum = momentum
        self.zero_diagonal = zero_diagonal
        self.levels = nn.Parameter(torch.tensor([float(level) for level in levels]))
        # Two numbers in double precision, so that float64 embeddings lose nothing.
        self.register_buffer("running_mean", torch.zeros((), dtype=torch.float64))
        self.register_buffer("running_std", torch.zeros((), dtype=torch.float64))
        self.register_buffer("num_updates", torch.zeros((), dtype=torch.int64))
        self.terms: dict[str, Tensor] = {}

    def forward(self, embeddings: Tensor) -> Tensor:
        """The regulariser of a batch: embeddings (B, D)."""
        with full_precision(embeddings) as X:
            if len(X) < 2:
                value = no_loss(X, self.levels)
            else:
                distances = Distances(X)
                distances.d.fill_diagonal_(0)
                with torch.no_grad():
                    mean, residuals = self._update(distances.d)
                    deviations, deviation_grad, level_grad = self._deviations(mean, residuals)
                value = distances.with_gradient(deviations, deviation_grad, symmetric=True)
                # The value itself, with its gradients in the levels as well.
                value = value + (level_grad * (self.levels - self.levels.detach())).sum()
        self.terms = {
            "mdr": value.detach(),
            "mean distance": self.running_mean.clone(),
            "deviation": self.running_std.clone(),
            **{f"level {rank}": level for rank, level in enumerate(self.levels.detach().clone(), start=1)},
        }
        return value

    def penalty(self) -> Tensor:
        """The sum of the squared levels, which the authors' code weighs with nu = 0.01."""
        return self.levels.square().sum()

    def _update(self, d: Tensor) -> tuple[Tensor, Tensor]:
        """Take the batch's distances (B, B), zero on the diagonal, into the moving averages.

        Returns their mean and what each is above it (B, B); the diagonal of that is undefined.
        """
        entries = d.numel() if self.zero_diagonal else d.numel() - len(d)
        mean = d.sum() / entries
        residuals = d - mean
        if not self.zero_diagonal:
            residuals.fill_diagonal_(0)
        deviation = torch.linalg.vector_norm(residuals) / max(1, entries - 1) ** 0.5
        # In double precision like the averages: as float32 a momentum of 0.9 would not be 0.9.
        decay = (self.num_updates > 0).double() * self.momentum
        self.running_mean.mul_(decay).add_((1 - decay) * mean)
        self.running_std.mul_(decay).add_((1 - decay) * deviation)
        self.num_updates += 1
        return mean, residuals

    def _deviations(self, mean: Tensor, residuals: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The loss, its gradients in the distances `mean + residuals` (B, B), and its gradients in the levels (L,).

        `residuals` are overwritten.
        """
        spread = self.running_std > 1e-6 * self.running_mean
        scale = torch.where(spread, 1 / self.running_std, 0.0)
        normalized = residuals.sub_(self.running_mean - mean).mul_(scale)
        levels, order = self.levels.to(residuals.dtype).sort(stable=True)
        beyond = [normalized > bound for bound in (levels[1:] + levels[:-1]) / 2]
        nearest = levels[0]
        for above, level in zip(beyond, levels[1:], strict=True):
            nearest = torch.where(above, level, nearest)
        deviations = normalized.sub_(nearest).fill_diagonal_(0)
        pairs = residuals.numel() - len(residuals)
        value = torch.linalg.vector_norm(deviations, 1) / pairs
        grad = deviations.sign_()
        # The gradients of a level are those of the cells at or beyond it without those of the next.
        sums = torch.stack([grad.sum(), *(_sum_where(grad, above) for above in beyond), grad.new_zeros(())])
        level_grad = torch.empty_like(levels).scatter_(0, order, (sums[1:] - sums[:-1]) / pairs)
        return value, grad.mul_(scale / pairs), level_grad


def normalize_by_mean_distance(embeddings: Tensor) -> Tensor:
    """Embeddings (B, D) divided by the mean distance of their pairs, through which the gradient flows as well.

    What MDR does in training in place of unit length; a model at work leaves its embeddings as they are. Fewer than
    two are returned unchanged. Coincident embeddings count as 1e-6 apart.
    """
    with full_precision(embeddings) as X:
        if len(X) < 2:
            return X
        distances = Distances(X)
        pairs = len(X) * (len(X) - 1)
        with torch.no_grad():
            mean = distances.d.fill_diagonal_(0).sum() / pairs
            grad = torch.full_like(distances.d, 1 / pairs)
        return X / distances.with_gradient(mean, grad)


def _sum_where(values: Tensor, mask: Tensor) -> Tensor:
    """The sum of the values under the mask; as a product it is several times faster than indexing."""
    return torch.dot(values.view(-1), mask.view(-1).to(values.dtype))
