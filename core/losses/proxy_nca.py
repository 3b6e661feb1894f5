"""Proxy-NCA loss (Movshovitz-Attias et al., ICCV 2017) and the softmax that most code calls so."""

from __future__ import annotations

import torch
from torch import Tensor

from core.losses.loss import one_of
from core.losses.pairs import full_precision, no_loss
from core.losses.proxies import ProxyCosines, ProxyLoss
from core.losses.settings import ProxyNCAForm


class ProxyNCALoss(ProxyLoss):
    """An embedding shall be nearer to its class's proxy than to all others.

    With x and p at unit length times `scale` and d their squared Euclidean distance,

        form "classic"  L = mean of d(x, p_y) + log sum over c != y of e^{-d(x, p_c)}     (the paper; may be negative)
        form "softmax"  L = mean of d(x, p_y) + log sum over all c  of e^{-d(x, p_c)}     (cross-entropy)

    The paper leaves the own proxy out of the sum; the code that is commonly used, ProxyNCA++ and others, takes it in.
    Embeddings (B, D) are normalised inside. Public code has a scale of 3 for CUB-200-2011 and Cars-196. With different
    scales for embeddings and proxies only their product matters to the softmax: take its root. `smoothing` softens its
    labels: the own class is expected with 1 - smoothing, the others share the rest.

    With a single class there is nothing to tell apart and the loss is exactly 0, as for an empty batch.
    """

    def __init__(
        self,
        num_classes: int,
        embedding_size: int,
        scale: float = 3.0,
        form: ProxyNCAForm = "classic",
        smoothing: float = 0.0,
    ) -> None:
        super().__init__(num_classes, embedding_size, deviation=1 / 8)
        self.scale = scale
        self.form = one_of(ProxyNCAForm, form, "form")
        self.smoothing = smoothing

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of a batch: embeddings (B, D), labels (B,) from 0 to C - 1."""
        embeddings, labels = self.checked(embeddings, labels)
        with full_precision(embeddings) as X:
            classes = len(self.proxies)
            if not len(X) or classes == 1:
                self.terms = {"proxy": X.new_zeros(())}
                return no_loss(X, self.proxies)
            cosines = ProxyCosines(X, self.proxies)
            with torch.no_grad():
                samples = torch.arange(len(X), device=X.device)
                # d = 2 scale^2 (1 - cosine); its constant drops out of the difference of the two terms.
                logits = cosines.S * (2 * self.scale**2)
                own = logits[labels, samples]
                mean = logits.sum(dim=0).sub_(own).div_(classes - 1)
                if self.form == "classic":
                    logits[labels, samples] = -torch.inf
                losses = logits.logsumexp(dim=0) - (1 - self.smoothing) * own - self.smoothing * mean
                grad = logits.softmax(dim=0)
                grad -= self.smoothing / (classes - 1)
                grad[labels, samples] += self.smoothing / (classes - 1) - (1 - self.smoothing)
                grad *= 2 * self.scale**2 / len(X)
                self.terms = {"proxy": losses.mean()}
            return cosines.with_gradient(self.terms["proxy"], grad)
