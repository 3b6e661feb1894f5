"""Multi-objective loss, our reading of Lee and Roh (CVFAD 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from core.errors import TrainingError
from core.losses.cosines import Cosines
from core.losses.joint_mining import jointly_mined
from core.losses.loss import one_of
from core.losses.multi_similarity import MinedPairs, weigh
from core.losses.pairs import full_precision, no_loss, unit_rows
from core.losses.proxies import ProxyCosines, ProxyLoss
from core.losses.proxy_anchor import negative_term, positive_term
from core.losses.separation import separation
from core.losses.settings import JointMining, ProxyTerm, SeparationForm, SeparationOf
from core.messages import Message

Weights = Sequence[float] | Literal["balanced"]
TERMS = ("pair", "proxy", "separation")
# Balanced weights: memory of the contributions, and how far a weight may go.
MEMORY, LEAST, MOST = 0.9, 0.1, 10.0


class MultiObjectiveLoss(ProxyLoss):
    """Similarities of samples to samples, of proxies to samples and of proxies to proxies, learnt together.

    The paper's: that there are these three objectives, trained at the same time with one proxy for each class; that
    their contributions are analysed and then combined; and that pairs are sampled by looking at the relations of an
    anchor and of a proxy at once. It publishes no formula, weight, mining rule or code. Ours, line by line, with A
    the cosine similarities of samples to samples, S of proxies to samples, Q of proxies to proxies, and kept pairs as
    `joint_mining` says:

        pair        1/B sum_i  [ log(1 + sum kept own e^{-alpha (A_ij - base)}) / alpha
                               + log(1 + sum kept other e^{beta (A_ik - base)}) / beta ]      Multi-Similarity's
        proxy       mean over classes in the batch of log(1 + sum kept own e^{-proxy_alpha (S_cj - proxy_margin)})
                    / proxy_alpha + mean over all classes of
                    log(1 + sum kept other e^{proxy_beta (S_ck + proxy_margin)}) / proxy_beta  Proxy-Anchor's, / alpha
        separation  mean_c log(1 + sum over d != c e^{separation_gamma (Q_cd - separation_base)}) / separation_gamma
        loss        w_1 pair + w_2 proxy + w_3 separation

    `weights` are fixed, or "balanced": a term's contribution is its mass, the sum of |d term / d similarity|; with
    G_k its moving average (0.9), w_1 = 1 and w_k = G_1 / G_k within 0.1 to 10, so that all terms pull equally hard.

    Alternatives to our reading: `mining` by other combinations of the two views (see `joint_mining`), `separation`
    by the plain mean of Q, which is the literal one, `proxy_term` "nca", mean over samples of
    log(1 + sum kept c != y e^{proxy_alpha (S_ci - S_yi)}) / proxy_alpha, and `separation_of` the classes in the
    batch alone. Checks: mined separately, pair is the Multi-Similarity loss; without mining, proxy_alpha * proxy is
    Proxy-Anchor.

    Embeddings (B, D) are normalised inside. Proxies begin as Proxy-Anchor's. After a call `terms` holds the three
    terms unweighted, `gradient_masses` their contributions (3,) and `applied_weights` (3,) what they were multiplied
    by."""

    average_masses: Tensor
    num_updates: Tensor

    def __init__(
        self,
        num_classes: int,
        embedding_size: int,
        alpha: float = 2.0,
        beta: float = 40.0,
        base: float = 0.5,
        epsilon: float = 0.1,
        proxy_alpha: float = 32.0,
        proxy_beta: float = 32.0,
        proxy_margin: float = 0.1,
        separation_gamma: float = 32.0,
        separation_base: float = 0.0,
        separation: SeparationForm = "lse",
        mining: JointMining = "union",
        weights: Weights = (1.0, 1.0, 1.0),
        proxy_term: ProxyTerm = "anchor",
        separation_of: SeparationOf = "all",
    ) -> None:
        super().__init__(num_classes, embedding_size, deviation=(2 / num_classes) ** 0.5)
        self.alpha = alpha
        self.beta = beta
        self.base = base
        self.epsilon = epsilon
        self.proxy_alpha = proxy_alpha
        self.proxy_beta = proxy_beta
        self.proxy_margin = proxy_margin
        self.separation_gamma = separation_gamma
        self.separation_base = separation_base
        self.separation = one_of(SeparationForm, separation, "separation")
        self.mining = one_of(JointMining, mining, "mining")
        self.weights = checked_weights(weights)
        self.proxy_term = one_of(ProxyTerm, proxy_term, "proxy_term")
        self.separation_of = one_of(SeparationOf, separation_of, "separation_of")
        self.gradient_masses = torch.zeros(3)
        self.applied_weights = torch.ones(3)
        self.register_buffer("average_masses", torch.zeros(3, dtype=torch.float64))
        self.register_buffer("num_updates", torch.zeros((), dtype=torch.int64))

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of a batch: embeddings (B, D), labels (B,) from 0 to C - 1."""
        embeddings, labels = self.checked(embeddings, labels)
        with full_precision(embeddings) as X:
            proxies = self.proxies.to(X.dtype)
            if len(X):
                pair, proxy, pair_mass, proxy_mass = self._of_samples(X, proxies, labels)
            else:
                pair = proxy = no_loss(X, proxies)
                pair_mass = proxy_mass = X.new_zeros(())
            apart = proxies[torch.unique(labels)] if self.separation_of == "batch" else proxies
            separated, separation_mass = separation(apart, self.separation_gamma, self.separation_base, self.separation)
            self.gradient_masses = torch.stack([pair_mass, proxy_mass, separation_mass])
            self.applied_weights = self._weights(self.gradient_masses)
            terms = (pair, proxy, separated)
            self.terms = {name: term.detach() for name, term in zip(TERMS, terms, strict=True)}
            return torch.stack(terms) @ self.applied_weights

    def logged(self) -> dict[str, Tensor]:
        """The terms, what each contributes and what it is multiplied by."""
        gradient_masses = {f"{name} mass": mass for name, mass in zip(TERMS, self.gradient_masses, strict=True)}
        weights = {f"{name} weight": weight for name, weight in zip(TERMS, self.applied_weights, strict=True)}
        return self.terms | gradient_masses | weights

    @torch.no_grad()
    def mined_pairs(self, embeddings: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The kept pairs as (P, 2) samples (anchor, other) and (Q, 2) (proxy, sample) indices, row by row."""
        embeddings, labels = self.checked(embeddings, labels)
        with full_precision(embeddings) as X:
            unit = unit_rows(X)
            S = ProxyCosines(X, self.proxies).S
            mined = jointly_mined(unit @ unit.T, S, labels, self.epsilon, self.mining)
            to_proxies = torch.ones_like(S, dtype=torch.bool)
            to_proxies[mined.rows] = mined.proxies
        return mined.samples.nonzero(), to_proxies.nonzero()

    def _of_samples(self, X: Tensor, proxies: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The terms "pair" and "proxy", and their masses."""
        samples, to_proxies = Cosines(X), ProxyCosines(X, proxies)
        with torch.no_grad():
            mined = jointly_mined(samples.S, to_proxies.S, labels, self.epsilon, self.mining)
            pair, pair_gradients = self._pair(samples.S, labels, mined.samples)
            others = to_proxies.S.clone()
            others[mined.rows] = others[mined.rows].masked_fill_(~mined.proxies, -torch.inf)
            term = self._proxy_nca if self.proxy_term == "nca" else self._proxy_anchor
            proxy, proxy_grad = term(to_proxies.S[labels, torch.arange(len(X), device=X.device)], others, labels)
            gradient_masses = torch.linalg.vector_norm(pair_gradients, 1), torch.linalg.vector_norm(proxy_grad, 1)
        return (
            samples.with_gradient(pair, pair_gradients),
            to_proxies.with_gradient(proxy, proxy_grad),
            *gradient_masses,
        )

    def _pair(self, A: Tensor, labels: Tensor, mined: Tensor) -> tuple[Tensor, Tensor]:
        same = labels[:, None] == labels
        anchors, others = (mined & same).nonzero(as_tuple=True)
        negatives = A.masked_fill(same | ~mined, -torch.inf)
        pairs = MinedPairs(anchors, others, A[anchors, others], negatives)
        positive_terms, negative_terms, grad = weigh(pairs, negatives.amax(dim=1), self.alpha, self.beta, self.base)
        return (positive_terms + negative_terms).mean(), grad.div_(len(A))

    def _proxy_anchor(self, own: Tensor, mined: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """The term and its gradients (C, B), given similarities to the own proxy (B,) and the kept ones, else -inf."""
        samples, classes = torch.arange(len(labels), device=mined.device), len(mined)
        # A dropped one is set where its exponential is 0.
        own = own.masked_fill(mined[labels, samples] == -torch.inf, torch.inf)
        mined[labels, samples] = -torch.inf
        positive_terms, present, own_grad = positive_term(own, labels, classes, self.proxy_alpha, self.proxy_margin)
        negative_terms, grad = negative_term(mined, self.proxy_beta, self.proxy_margin, 1 / (self.proxy_beta * classes))
        grad[labels, samples] = own_grad / (self.proxy_alpha * present.sum())
        return positive_terms.sum() / (self.proxy_alpha * present.sum()) + negative_terms.mean() / self.proxy_beta, grad

    def _proxy_nca(self, own: Tensor, mined: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        samples = torch.arange(len(labels), device=mined.device)
        leads = mined.sub_(own).mul_(self.proxy_alpha)
        # The own proxy, leading by 0, is the 1 of log(1 + ...).
        leads[labels, samples] = 0
        grad = leads.softmax(dim=0)
        grad[labels, samples] -= 1
        return leads.logsumexp(dim=0).mean() / self.proxy_alpha, grad.div_(len(labels))

    def _weights(self, gradient_masses: Tensor) -> Tensor:
        """What the terms are multiplied by (3,)."""
        if self.weights != "balanced":
            return gradient_masses.new_tensor(self.weights)
        with torch.no_grad():
            decay = (self.num_updates > 0).double() * MEMORY
            self.average_masses.mul_(decay).add_((1 - decay) * gradient_masses)
            self.num_updates += 1
            balanced = self.average_masses[0] / self.average_masses.clamp_min(1e-12)
            balanced = balanced.clamp(LEAST, MOST)
            balanced[0] = 1
            return balanced.to(gradient_masses.dtype)


def checked_weights(weights: Weights) -> Weights:
    """`weights`, if they are "balanced" or one for each term; else TrainingError."""
    if weights != "balanced" and (isinstance(weights, str) or len(weights) != len(TERMS)):
        raise TrainingError(Message("loss-weights-invalid", weights=repr(weights)), "weights")
    return weights
