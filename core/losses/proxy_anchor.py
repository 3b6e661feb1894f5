"""Proxy-Anchor loss (Kim et al., CVPR 2020)."""

from __future__ import annotations

import torch
from torch import Tensor

from core.losses.pairs import full_precision, no_loss
from core.losses.proxies import ProxyCosines, ProxyLoss


class ProxyAnchorLoss(ProxyLoss):
    """Every class's proxy is an anchor: it pulls its own class and pushes all others, the hardest most.

    With s the cosine similarity of proxy c and embedding x, P all C proxies and P+ those with an image in the batch,

        L = 1/|P+| sum over P+ of log(1 + sum over own x of e^{-alpha (s - margin)})
          + 1/C    sum over P  of log(1 + sum over other x of e^{alpha (s + margin)})

    Embeddings (B, D) are normalised inside. The paper's values are alpha 32 and margin 0.1, and proxies that learn 100
    times as fast as the network. They begin as the authors' do, normally distributed with variance 2 / C.

    The authors' code computes something else for exactly two classes, where a library's labels lose a column; here
    two classes are no exception. An empty batch gives 0. After a call `terms` holds "positive" and "negative".
    """

    def __init__(self, num_classes: int, embedding_size: int, margin: float = 0.1, alpha: float = 32.0) -> None:
        super().__init__(num_classes, embedding_size, deviation=(2 / num_classes) ** 0.5)
        self.margin = margin
        self.alpha = alpha

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of a batch: embeddings (B, D), labels (B,) from 0 to C - 1."""
        embeddings, labels = self.checked(embeddings, labels)
        with full_precision(embeddings) as X:
            if not len(X):
                self.terms = {"positive": X.new_zeros(()), "negative": X.new_zeros(())}
                return no_loss(X, self.proxies)
            cosines = ProxyCosines(X, self.proxies)
            with torch.no_grad():
                samples = torch.arange(len(X), device=X.device)
                own = cosines.S[labels, samples]
                others = cosines.S.clone()
                others[labels, samples] = -torch.inf
                positive_terms, present, own_grad = positive_term(own, labels, len(others), self.alpha, self.margin)
                negative_terms, grad = negative_term(others, self.alpha, self.margin, 1 / len(others))
                grad[labels, samples] = own_grad / present.sum()
                self.terms = {"positive": positive_terms.sum() / present.sum(), "negative": negative_terms.mean()}
                value = self.terms["positive"] + self.terms["negative"]
            return cosines.with_gradient(value, grad)


def positive_term(
    own: Tensor, labels: Tensor, classes: int, alpha: float, margin: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Each class's log(1 + sum over its own of e^{-alpha (s - margin)}) (C,), whether it has any, and d/ds (B,).

    `own` (B,) are the similarities to the own class's proxy, `labels` (B,) the classes.
    """
    exponents = -alpha * (own - margin)
    # Shifted by each class's largest, or by the 0 of log(1 + ...), so that no exponential overflows.
    shift = exponents.new_zeros(classes).scatter_reduce_(0, labels, exponents, "amax")
    pulled = (exponents - shift[labels]).exp_()
    sums = (-shift).exp_().index_add_(0, labels, pulled)
    present = torch.zeros(classes, dtype=torch.bool, device=own.device)
    present[labels] = True
    return sums.log() + shift, present, -alpha * pulled / sums[labels]


def negative_term(others: Tensor, alpha: float, margin: float, share: float) -> tuple[Tensor, Tensor]:
    """Each row's log(1 + sum of e^{alpha (s + margin)}) (C,) over the similarities (C, B), and `share` d/ds (C, B).

    Similarities that do not count are -inf. The gradients overwrite them.
    """
    shift = (alpha * (others.amax(dim=1, keepdim=True) + margin)).clamp_min_(0)
    pushed = others.mul_(alpha).add_(alpha * margin - shift).exp_()
    sums = (-shift).exp_() + pushed.sum(dim=1, keepdim=True)
    return (sums.log() + shift).squeeze(1), pushed.mul_(share * alpha / sums)
