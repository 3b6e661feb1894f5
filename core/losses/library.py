"""The losses of pytorch-metric-learning, as losses of ours."""

from __future__ import annotations

from functools import partial
from typing import Any

from pytorch_metric_learning import losses
from pytorch_metric_learning.distances import DotProductSimilarity
from torch import Tensor, nn
from torch.func import functional_call

from core.losses.library_settings import LibrarySettings, MarginSettings, NPairSettings
from core.losses.loss import Loss
from core.losses.pairs import full_precision, no_loss, pair_masks
from core.losses.proxies import check_fit
from core.losses.triplet import TripletLoss

# What the library calls the parts of its losses -> what the curves call them.
PARTS = {"pos_loss": "positive", "neg_loss": "negative", "margin_loss": "pairs", "beta_reg_loss": "boundaries"}


class LibraryLoss(Loss):
    """A loss of pytorch-metric-learning, computed in float32 (float64 stays) outside autocast.

    Embeddings (B, D) are normalised inside, by the library, except by N-pair without `normalize`. The classes of
    `settings` name the papers. Weights and boundaries of classes are parameters and in the state.

    What the library does otherwise than one may expect, and what becomes of it here:

    - It averages over the terms that are not 0 in the contrastive, circle and SupCon losses, so their values do not
      fall as fewer terms remain. Kept: it is what published figures of the library were made with.
    - A batch without the pairs that a loss needs gives 0 in some of its losses and not in others (generalized lifted
      pushes the negatives of one that has no positives). Here it gives exactly 0 with zero gradients in all.
    - Losses with class weights convert the stored weights to the type of the embeddings, in place, behind the
      optimiser's back. Here they are given weights of that type instead.
    - Distances in float32 come from a matrix product, from 26 images on, which loses the digits of very small ones.

    After a call `terms` holds the library's own parts, or the value as "pairs", as "classes" for class weights.
    """

    def __init__(self, settings: LibrarySettings, num_classes: int = 0, embedding_size: int = 0) -> None:
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
        with full_precision(embeddings) as X:
            self.terms = {name: X.new_zeros(()) for name in self._names.values()}
            if not self._teaches(labels):
                return no_loss(X, *self.parameters())
            triplets = None if self._sampler is None else self._sampler.triplets(X, labels).unbind(dim=1)
            weights = {name: weight.to(X.dtype) for name, weight in self.library.named_parameters()}
            value: Tensor = functional_call(self.library, weights, (X, labels.long(), triplets))
            return value

    def _teaches(self, labels: Tensor) -> bool:
        """Whether the batch has the pairs that the loss needs."""
        if self._settings.needs == "nothing":
            return len(labels) > 0
        positive, negative = (bool(pairs.any()) for pairs in pair_masks(labels))
        return (positive and negative) if self._settings.needs == "both" else (positive or negative)

    def _keep_parts(self) -> None:
        """Have the library's reducers, each of which makes one part of the loss, leave it in `terms`."""
        reducer = self.library.reducer
        reducers = getattr(reducer, "reducers", None) or dict.fromkeys(self._names, reducer)
        for name, part in reducers.items():
            part.register_forward_hook(partial(self._keep, self._names[name]))

    def _keep(self, name: str, _reducer: nn.Module, _inputs: Any, output: Tensor) -> None:
        self.terms[name] = output.detach()


def _built(settings: LibrarySettings, num_classes: int, embedding_size: int) -> Any:
    """The library's loss, of a type that this checkout knows nothing of."""
    arguments = settings.library_arguments()
    if settings.needs == "nothing":
        arguments |= {"num_classes": num_classes, "embedding_size": embedding_size}
    elif isinstance(settings, MarginSettings) and settings.learn_beta:
        arguments |= {"num_classes": num_classes}
    elif isinstance(settings, NPairSettings):
        arguments |= {"distance": DotProductSimilarity(normalize_embeddings=settings.normalize)}
    return getattr(losses, settings.library_class)(**arguments)
