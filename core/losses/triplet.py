"""Triplet loss (Schroff et al., CVPR 2015) with the sampling of Wu et al. (ICCV 2017), as MDR's baseline uses it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from core.losses.distances import Distances
from core.losses.loss import Loss, one_of
from core.losses.pairs import References, full_precision, no_loss, pair_masks, unit_rows
from core.losses.settings import TripletSampling

# Added to every coordinate of a difference, as torch.nn.functional.triplet_margin_loss does.
DIFFERENCE_OFFSET = 1e-6
# Wu et al.: closer negatives count as this far (their gradient is noise); farther ones have none (loss 0).
NEAREST, FARTHEST = 0.5, 1.4
FROM_DIFFERENCES = "donot_use_mm_for_euclid_dist"


class TripletLoss(Loss):
    """mean over triplets (a, p, n) of max(0, margin + |x_a - x_p| - |x_a - x_n|), zeros included.

    Embeddings (B, D) are taken as given; let the model normalise them if that is wanted. `sampling` decides the
    triplets of every ordered positive pair (a, p):

        all                 every negative
        hard                the nearest negative
        semi-hard           the nearest negative farther than p; where there is none, the farthest
        random              a negative drawn uniformly
        distance-weighted   a negative drawn with 1 / density of distances on the unit sphere, among those nearer
                            than 1.4; where there is none, uniformly

    A batch without triplets gives exactly 0 with zero gradients.

    Departure: published code takes the largest log weight over all columns, positives included, before it
    exponentiates; in float32 at D = 512 every weight then underflows and sampling silently becomes uniform. Here
    negatives are masked first. `legacy_underflow` keeps the old behaviour.

    After a call `terms` holds the share of triplets that still teach something as "active".
    """

    def __init__(
        self,
        margin: float = 0.2,
        sampling: TripletSampling = "distance-weighted",
        legacy_underflow: bool = False,
    ) -> None:
        super().__init__()
        self.margin = margin
        self.sampling = one_of(TripletSampling, sampling, "sampling")
        self.legacy_underflow = legacy_underflow

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        if self.sampling == "all":
            return self._of_all(embeddings, labels)
        return self.of_triplets(embeddings, self.triplets(embeddings, labels))

    def cross_batch_loss(self, embeddings: Tensor, labels: Tensor, references: References) -> Tensor:
        """The loss of anchors (B, D) with labels (B,), positives and negatives being references."""
        with full_precision(embeddings) as X:
            R = references.embeddings.to(X.dtype)
            if self.sampling != "all":
                return self._mean_hinge(X, R, self.triplets_among(X, labels, references))
            positive, negative = pair_masks(labels, references)
            distances = torch.cdist(X + DIFFERENCE_OFFSET, R, compute_mode=FROM_DIFFERENCES)
            with torch.no_grad():
                grad = self._gradient(distances, positive, negative)
            if grad is None:
                return no_loss(X)
            return (grad * distances).sum() + self.margin * self.terms["active"]

    def of_triplets(self, embeddings: Tensor, triplets: Tensor) -> Tensor:
        """The loss of given triplets (M, 3): anchor, positive, negative indices into the batch."""
        with full_precision(embeddings) as X:
            return self._mean_hinge(X, X, triplets)

    @torch.no_grad()
    def triplets(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """(M, 3) triplets: positive pairs row by row, each with its negative (with all of them for "all")."""
        with full_precision(embeddings) as X:
            return self._triplets(X, X, *pair_masks(labels))

    @torch.no_grad()
    def triplets_among(self, embeddings: Tensor, labels: Tensor, references: References) -> Tensor:
        """As `triplets`, the second and third column being indices into the references."""
        with full_precision(embeddings) as X:
            return self._triplets(X, references.embeddings.to(X.dtype), *pair_masks(labels, references))

    @torch.no_grad()
    def negative_probabilities(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """(B, B) probability with which "distance-weighted" draws each negative; rows without negatives are 0."""
        with full_precision(embeddings) as X:
            _, negative = pair_masks(labels)
            return self._distance_weights(X, X, negative)

    def _mean_hinge(self, X: Tensor, R: Tensor, triplets: Tensor) -> Tensor:
        """The mean over triplets (M, 3) of anchors in X with positives and negatives in R."""
        if not len(triplets):
            self.terms = {"active": X.new_zeros(())}
            return no_loss(X)
        a, p, n = triplets.unbind(dim=1)
        to_positive = functional.pairwise_distance(X[a], R[p], eps=DIFFERENCE_OFFSET)
        to_negative = functional.pairwise_distance(X[a], R[n], eps=DIFFERENCE_OFFSET)
        losses = (self.margin + to_positive - to_negative).clamp_min(0)
        self.terms = {"active": (losses.detach() > 0).to(X.dtype).mean()}
        return losses.mean()

    def _triplets(self, X: Tensor, R: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        if self.sampling == "all":
            a, p = positive.nonzero(as_tuple=True)
            pair, n = negative[a].nonzero(as_tuple=True)
            return torch.stack([a[pair], p[pair], n], dim=1)
        a, p = (positive & negative.any(dim=1, keepdim=True)).nonzero(as_tuple=True)
        if not len(a):
            return torch.empty((0, 3), dtype=torch.int64, device=X.device)
        return torch.stack([a, p, self._negatives(X, R, negative, a, p)], dim=1)

    def _negatives(self, X: Tensor, R: Tensor, negative: Tensor, a: Tensor, p: Tensor) -> Tensor:
        """(M,) one negative for each pair (a, p)."""
        if self.sampling == "random":
            return torch.multinomial(negative[a].to(X.dtype), 1).squeeze(1)
        if self.sampling == "distance-weighted":
            return torch.multinomial(self._distance_weights(X, R, negative)[a], 1).squeeze(1)
        distances = _distances(X, R)
        to_negatives = distances.masked_fill(~negative, torch.inf)
        if self.sampling == "hard":
            return to_negatives.argmin(dim=1)[a]
        farther = to_negatives[a].masked_fill(distances[a] <= distances[a, p][:, None], torch.inf)
        farthest = distances.masked_fill(~negative, -torch.inf).argmax(dim=1)[a]
        return torch.where(farther.isfinite().any(dim=1), farther.argmin(dim=1), farthest)

    def _distance_weights(self, X: Tensor, R: Tensor, negative: Tensor) -> Tensor:
        dimensions = X.shape[1]
        distances = _distances(unit_rows(X), unit_rows(R))
        if R is X:
            # Only `legacy_underflow` looks at the diagonal, where published code has a 1.
            distances.diagonal().add_(1)
        eligible = negative & (distances < FARTHEST)
        clamped = distances.clamp_min(NEAREST)
        # Antipodal points (distance 2) would give log 0.
        flatness = (1 - clamped.square() / 4).clamp_min(1e-8)
        log_weights = (2 - dimensions) * clamped.log() - (dimensions - 3) / 2 * flatness.log()
        if not self.legacy_underflow:
            log_weights = log_weights.masked_fill(~eligible, -torch.inf)
        largest = log_weights.amax(dim=1, keepdim=True)
        weights = (log_weights - torch.where(largest.isfinite(), largest, 0)).exp() * eligible
        uniform = negative.to(X.dtype)
        weights = torch.where(weights.sum(dim=1, keepdim=True) > 0, weights, uniform)
        return weights / weights.sum(dim=1, keepdim=True).clamp_min(torch.finfo(X.dtype).tiny)

    def _of_all(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The mean over all triplets without listing them, in memory of the order of B squared.

        A hinge is linear where it is active, so loss and gradient need only how often each distance takes part.
        """
        with full_precision(embeddings) as X:
            if not len(X):
                self.terms = {"active": X.new_zeros(())}
                return no_loss(X)
            distances = Distances(X, offset=DIFFERENCE_OFFSET)
            with torch.no_grad():
                grad = self._gradient(distances.d, *pair_masks(labels))
            if grad is None:
                return no_loss(X)
            value = (grad * distances.d).sum() + self.margin * self.terms["active"]
            return distances.with_gradient(value, grad)

    def _gradient(self, d: Tensor, positive: Tensor, negative: Tensor) -> Tensor | None:
        """The gradients of the mean over all triplets in the distances d, all of shape (B, M); None without triplets.

        `terms` is set on the way.
        """
        count = (positive.sum(dim=1) * negative.sum(dim=1)).sum()
        if not count:
            self.terms = {"active": d.new_zeros(())}
            return None
        anchors, positives = positive.nonzero(as_tuple=True)
        reach = d[anchors, positives] + self.margin
        per_positive, per_negative = _active(anchors, reach, d.masked_fill(~negative, torch.inf))
        grad = per_negative.to(d.dtype).neg_()
        grad[anchors, positives] = per_positive.to(d.dtype)
        self.terms = {"active": per_positive.sum().to(d.dtype) / count}
        return grad.div_(count)


def _active(anchors: Tensor, reach: Tensor, to_negatives: Tensor) -> tuple[Tensor, Tensor]:
    """How many negatives of its anchor are within each positive pair's `reach` (P,), and the other way round (B, B).

    `anchors` (P,) are in ascending order; `to_negatives` (B, B) is inf where there is no negative. The few positives
    of an anchor are sorted, in a row of M columns filled up with -inf, and each negative finds its place there: it is
    within reach of those behind it, and a histogram of the places gives the counts of the positives.
    """
    rows = len(to_negatives)
    sizes = torch.bincount(anchors, minlength=rows)
    columns = torch.arange(len(anchors), device=reach.device) - (sizes.cumsum(0) - sizes)[anchors]
    widest = int(sizes.max())
    table = reach.new_full((rows, widest), -torch.inf)
    table[anchors, columns] = reach
    ordered, order = table.sort(dim=1)
    bins = torch.searchsorted(ordered, to_negatives, right=True)
    histogram = torch.zeros(rows, widest + 1, dtype=torch.int64, device=reach.device)
    histogram.scatter_add_(1, bins, torch.ones_like(bins))
    in_order = histogram[:, :widest].cumsum(dim=1)
    per_positive = torch.empty_like(in_order).scatter_(1, order, in_order)
    return per_positive[anchors, columns], widest - bins


def _distances(X: Tensor, R: Tensor) -> Tensor:
    """(B, M) |x_i - r_j|, from the differences themselves: a matrix product would lose small ones."""
    return torch.cdist(X, R, compute_mode=FROM_DIFFERENCES)
