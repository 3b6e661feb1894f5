"""Hubs: images that are near neighbours of far too many others, and those that are nobody's.

N_k(x) is how many other images have x among their k nearest, by cosine similarity; its mean is k. Hubness is the
skewness of N_k over the images (Radovanovic et al. 2010): 0 for a space without hubs, above 1 is much.
Anti-hubs have N_k = 0: no query ever finds them. Equal similarities are ordered by position, self excluded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.catalog import Rows
from core.retrieval.embeddings import Embeddings
from core.retrieval.protocol import Protocol
from core.retrieval.search import search

NEIGHBOURS = 10


@dataclass(frozen=True)
class Hubness:
    """See above.

    Attributes:
        skewness: None where every image is found equally often.
        antihubs: share of images with N_k = 0.
        largest: the largest N_k.
        k: how many neighbours; fewer than asked for where there are fewer other images.
    """

    skewness: float | None
    antihubs: float
    largest: int
    k: int


def hubness(occurrences: Rows, k: int) -> Hubness | None:
    """Sum up the (N,) k-occurrences; None without any neighbour."""
    if not k or not len(occurrences):
        return None
    away = occurrences - occurrences.mean()
    spread = float(np.mean(away**2))
    return Hubness(
        skewness=float(np.mean(away**3)) / spread**1.5 if spread else None,
        antihubs=float(np.mean(occurrences == 0)),
        largest=int(occurrences.max()),
        k=k,
    )


def occurrences(near: Rows, count: int) -> Rows:
    """(N,) how often each of `count` positions stands in the (N, k) lists of neighbours; -1 is nobody."""
    return np.bincount(near[near >= 0], minlength=count)


def nearest_others(embeddings: Embeddings, k: int = NEIGHBOURS) -> Rows:
    """(N, min(k, N - 1)) positions of the most similar other images of every image, whatever its role."""
    everyone = np.arange(len(embeddings))
    width = max(min(k, len(embeddings) - 1), 0)
    near = np.empty((len(embeddings), width), np.int64)
    if width:
        for ranked in search(embeddings, Protocol(everyone, everyone, True), np.full(len(embeddings), width)):
            near[ranked.places] = ranked.nearest[:, :width]
    return near
