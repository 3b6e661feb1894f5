"""The losses of pytorch-metric-learning, as losses of ours."""

from __future__ import annotations

from functools import partial
from typing import Any

from pytorch_metric_learning import losses
from pytorch_metric_learning.distances import CosineSimilarity, DotProductSimilarity
from torch import Tensor, nn
from torch.func import functional_call

from core.losses.loss import Loss
from core.losses.pairs import References, full_precision, no_loss, pair_masks
from core.losses.pml_settings import ContrastiveCosineSettings, MarginSettings, NPairSettings, PMLSettings
from core.losses.proxies import check_fit
from core.losses.triplet import TripletLoss

# What the library calls the parts of its losses -> what the curves call them.
PARTS = {"pos_loss": "positive", "neg_loss": "negative", "margin_loss": "pairs", "beta_reg_loss": "boundaries"}


class PMLLoss(Loss):
    """A loss of pytorch-metric-learning, computed in float32 (float64 stays) outside autocast.

    Embeddings (B, D) are normalised inside, by the library, except by N-pair without `normalize`. The classes of
    `settings` name the papers. Weights and boundaries of classes are parameters and in the state.

    What the library does otherwise than one may expect, and what becomes of it here:

    - It averages over the terms that are not 0 in the contrastive, circle and SupCon losses, so their values do not
      fall as fewer terms remain. Kept: it is what published figures of the library were made with.
    - A batch without the pairs that a loss needs gives exactly 0 with zero gradients. Contrastive and generalized
      lifted learn from pairs of one sign alone, so a batch of one class, or of none twice, is something to them.
    - Losses with class weights convert the stored weights to the type of the embeddings, in place, behind the
      optimiser's back. Here they are given weights of that type instead.
    - Two pairs at least must be in a batch and its memory: of a single one the library makes 0.
    - Distances in float32 come from a matrix product, from 26 images on, which loses the digits of very small ones.

    After a call `terms` holds the library's own parts, or the value as "pairs", as "classes" for class weights.
    """

    def __init__(self, settings: PMLSettings, num_classes: int = 0, embedding_size: int = 0) -> None:
        super().__init__()
        self._settings = settings
        self._weights_shape = (num_classes, embedding_size) if settings.needs == "nothing" else None
        self.library = _built(settings, num_classes, embedding_size)
        whole = "pairs" if self._weights_shape is None else "classes"
        self._names = {name: PARTS.get(name, whole) for name in self.library.sub_loss_names()}
        self._keep_parts()
        sampled = isinstance(settings, MarginSettings) and settings.sampling == "distance-weighted"
        self._sampler = TripletLoss(sampling="distance-weighted") if sampled else None

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of a batch: embeddings (B, D), labels (B,), from 0 to C - 1 where classes have weights."""
        if self._weights_shape is not None:
            check_fit(embeddings, labels, *self._weights_shape)
        return self._of(embeddings, labels, None)

    def cross_batch_loss(self, embeddings: Tensor, labels: Tensor, references: References) -> Tensor:
        """The loss of anchors (B, D) with labels (B,) among references, where the library can compute it."""
        return self._of(embeddings, labels, references)

    def _of(self, embeddings: Tensor, labels: Tensor, references: References | None) -> Tensor:
        with full_precision(embeddings) as X:
            self.terms = {name: X.new_zeros(()) for name in self._names.values()}
            positive, negative = pair_masks(labels, references)
            if not self._teaches(labels, positive, negative):
                return no_loss(X, *self.parameters())
            if references is None:
                triplets = None if self._sampler is None else self._sampler.triplets(X, labels).unbind(dim=1)
                return self._called(X, labels.long(), triplets)
            if self._sampler is None:
                chosen = (*positive.nonzero(as_tuple=True), *negative.nonzero(as_tuple=True))
            else:
                chosen = self._sampler.triplets_among(X, labels, references).unbind(dim=1)
            return self._called(X, labels.long(), chosen, references.embeddings.to(X.dtype), references.labels)

    def _called(self, X: Tensor, *rest: Any) -> Tensor:
        """The library's value, its weights converted to the type of X (B, D)."""
        weights = {name: weight.to(X.dtype) for name, weight in self.library.named_parameters()}
        value: Tensor = functional_call(self.library, weights, (X, *rest))
        return value

    def _teaches(self, labels: Tensor, positive: Tensor, negative: Tensor) -> bool:
        """Whether there are the pairs that the loss needs, of those in the masks (B, B) or (B, M)."""
        if self._settings.needs == "nothing":
            return len(labels) > 0
        some_positive, some_negative = bool(positive.any()), bool(negative.any())
        both = self._settings.needs == "both"
        return (some_positive and some_negative) if both else (some_positive or some_negative)

    def _keep_parts(self) -> None:
        """Have the library's reducers, each of which makes one part of the loss, leave it in `terms`."""
        reducer = self.library.reducer
        reducers = getattr(reducer, "reducers", None) or dict.fromkeys(self._names, reducer)
        for name, part in reducers.items():
            part.register_forward_hook(partial(self._keep, self._names[name]))

    def _keep(self, name: str, _reducer: nn.Module, _inputs: Any, output: Tensor) -> None:
        self.terms[name] = output.detach()


def _built(settings: PMLSettings, num_classes: int, embedding_size: int) -> Any:
    """The library's loss, of a type that this checkout knows nothing of."""
    arguments = settings.pml_arguments()
    if settings.needs == "nothing":
        arguments |= {"num_classes": num_classes, "embedding_size": embedding_size}
    elif isinstance(settings, MarginSettings) and settings.learn_beta:
        arguments |= {"num_classes": num_classes}
    elif isinstance(settings, NPairSettings):
        arguments |= {"distance": DotProductSimilarity(normalize_embeddings=settings.normalize)}
    elif isinstance(settings, ContrastiveCosineSettings):
        arguments |= {"distance": CosineSimilarity()}
    return getattr(losses, settings.pml_class)(**arguments)
