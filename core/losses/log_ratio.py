"""Log-ratio loss (Kim et al., CVPR 2019, "Deep Metric Learning Beyond Binary Supervision")."""

from __future__ import annotations

import torch
from torch import Tensor

from core.losses.distances import Distances
from core.losses.loss import Loss, one_of
from core.losses.pairs import full_precision, no_loss
from core.losses.settings import LogRatioAnchors, LogRatioForm
from core.losses.target_distances import between, to_anchor

# The official code's guards: on the squared embedding distance (divided by D), and inside both logarithms.
RIDGE, LOG_GUARD = 1e-4, 1e-6


class LogRatioLoss(Loss):
    """Distances in the embedding shall be in the ratios of the distances between continuous labels.

    For an anchor a and others i, j with embeddings f, taken as given, and labels y,

        l(a, i, j) = { log D(f_a, f_i) / D(f_a, f_j) - log D(y_a, y_i) / D(y_a, y_j) }^2

    averaged over all triplets of the batch. There is no setting to tune.

        form "official"  the authors' code: D is the plain Euclidean distance, with 1e-4 / D_dims added to its square
                         and 1e-6 inside the logarithms; all pairs i < j count, also those with equal labels
        form "paper"     D is the squared Euclidean distance on both sides, without guards; triplets are those with
                         D(y_a, y_i) < D(y_a, y_j) strictly. Four times the official value, but for the guards

        anchors "first"  row 0 is the anchor, as a dense mini-batch has it
        anchors "all"    every row in turn. Not the authors': it is ours, for batches without a distinguished anchor

    The average over triplets needs no triplets: with u_i = log D(f_a, f_i) - log D(y_a, y_i) the sum of
    (u_i - u_j)^2 over all pairs is m times the squared deviations of u from its mean, and pairs that tie are groups
    from which the same is subtracted. That is O(B) for an anchor, after sorting in the paper's form.

    A logarithm of 0 has no value: in the paper's form others that coincide with the anchor, in label or in embedding,
    are left out. Without a triplet the loss is exactly 0 with zero gradients.
    """

    def __init__(self, form: LogRatioForm = "official", anchors: LogRatioAnchors = "first") -> None:
        super().__init__()
        self.form = one_of(LogRatioForm, form, "form")
        self.anchors = one_of(LogRatioAnchors, anchors, "anchors")

    def forward(
        self, embeddings: Tensor, targets: Tensor | None = None, *, target_distances: Tensor | None = None
    ) -> Tensor:
        """The loss of a batch of embeddings (B, D).

        Args:
            targets: (B, T) or (B,) continuous labels; their Euclidean distance is D(y).
            target_distances: instead, (B - 1,) plain distances of the others to row 0, or (B, B) of all to all.
        """
        with full_precision(embeddings) as X:
            if self.anchors == "all":
                labels_apart = between(len(X), targets, target_distances).to(X)
                value = self._of_all(X, labels_apart) if len(X) > 2 else no_loss(X)
            else:
                labels_apart = to_anchor(len(X), targets, target_distances).to(X)
                value = self._of_first(X, labels_apart) if len(X) > 2 else no_loss(X)
        self.terms = {"log ratio": value.detach()}
        return value

    def _of_first(self, X: Tensor, labels_apart: Tensor) -> Tensor:
        squares = (X[1:] - X[0]).square().sum(dim=1)
        with torch.no_grad():
            d = (squares + self._ridge(X)).sqrt()
            value, grad = self._loss(d[None], labels_apart[None])
            grad = (grad[0] / (2 * d)).masked_fill_(d == 0, 0)
        # The value, with the gradients of its closed form.
        return value + (grad * (squares - squares.detach())).sum()

    def _of_all(self, X: Tensor, labels_apart: Tensor) -> Tensor:
        distances = Distances(X, ridge=self._ridge(X), floor=0.0)
        with torch.no_grad():
            value, grad = self._loss(distances.d, labels_apart)
        return distances.with_gradient(value, grad)

    def _ridge(self, X: Tensor) -> float:
        return RIDGE / X.shape[1] if self.form == "official" else 0.0

    def _loss(self, d: Tensor, labels_apart: Tensor) -> tuple[Tensor, Tensor]:
        """The average over the triplets of A anchors, and its gradients in d, the distances (A, M) to M others.

        Where there are as many as anchors, the others are the anchors, and the diagonal is left out.
        """
        return _official(d, labels_apart) if self.form == "official" else _paper(d, labels_apart)


def _official(d: Tensor, labels_apart: Tensor) -> tuple[Tensor, Tensor]:
    anchors, others = d.shape
    d = d + LOG_GUARD
    u = (d / (labels_apart + LOG_GUARD)).log_()
    if anchors == others:
        others -= 1
        u.fill_diagonal_(0)
        centred = u.sub_(u.sum(dim=1, keepdim=True).div_(others)).fill_diagonal_(0)
    else:
        centred = u.sub_(u.mean(dim=1, keepdim=True))
    # The sum over an anchor's triplets is `others` times the squared deviations; there are others (others - 1) / 2.
    share = 2 / (anchors * (others - 1))
    return share * torch.linalg.vector_norm(centred).square_(), centred.div_(d).mul_(2 * share)


def _paper(d: Tensor, labels_apart: Tensor) -> tuple[Tensor, Tensor]:
    counted = (d > 0) & (labels_apart > 0)
    if d.shape[0] == d.shape[1]:
        counted.fill_diagonal_(False)
    number = counted.sum(dim=1, keepdim=True).to(d.dtype)
    u = (2 * (d.log() - labels_apart.log())).masked_fill_(~counted, 0)
    centred = (u - u.sum(dim=1, keepdim=True) / number.clamp_min(1)).masked_fill_(~counted, 0)
    ties, tied_sum = _ties(labels_apart, counted, centred)
    # What all u_i - u_j add up to over the j that form a triplet with i; and how many there are.
    leads, partners = (number - ties) * centred + tied_sum, (number - ties).masked_fill_(~counted, 0)
    triplets = (partners.sum() / 2).clamp_min(1)
    value = (centred * leads).sum() / triplets
    return value, (4 * leads / (d * triplets)).masked_fill_(~counted, 0)


def _ties(labels_apart: Tensor, counted: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """How many counted others of an anchor have each one's label distance, itself included; and their summed values.

    All are (A, M); `values` are 0 where not counted.
    """
    ordered, order = labels_apart.sort(dim=1)
    steps = torch.zeros_like(order)
    steps[:, 1:] = (ordered[:, 1:] > ordered[:, :-1]).cumsum(dim=1)
    groups = torch.empty_like(order).scatter_(1, order, steps)
    sizes = torch.zeros_like(values).scatter_add_(1, groups, counted.to(values.dtype))
    sums = torch.zeros_like(values).scatter_add_(1, groups, values)
    return sizes.gather(1, groups), sums.gather(1, groups)
