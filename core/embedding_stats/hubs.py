"""Hubs: images that are near neighbours of far too many others, and those that are nobody's.

N_k(x) is how many other images have x among their k nearest, by the distance of all measures; its mean is k. Hubness is
the skewness of N_k over the images (Radovanovic et al. 2010): 0 for a space without hubs, above 1 is much.
Anti-hubs have N_k = 0: no query ever finds them. Equal similarities are ordered by position, self excluded.

Where not all N images search but m of them, drawn by chance, an image is found n(x) <= N_k(x) times. Any r different
searches are all among those drawn with the chance m(m-1)..(m-r+1) / N(N-1)..(N-r+1), so the mean of
n(n-1)..(n-r+1), divided by it, estimates that of N_k without bias; the skewness follows from r = 1, 2, 3, and its
standard error from leaving out each tenth of the searches. What would need every search, anti-hubs and the largest
hub, is then None.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.data.catalog import Rows
from core.retrieval.embeddings import Embeddings
from core.retrieval.protocol import Protocol
from core.retrieval.search import search

NEIGHBOURS = 10
# How many images search: all of SOP's test images, in a minute. A million would take hours to search each other.
SEARCHING = 100_000
_TENTHS = 10


@dataclass(frozen=True)
class Hubness:
    """See above.

    Attributes:
        skewness: None where every image is found equally often.
        error: the standard error of the skewness where not all search; else None.
        antihubs: share of images with N_k = 0; None where not all search.
        largest: the largest N_k; None where not all search.
        k: how many neighbours; fewer than asked for where there are fewer other images.
        asked: how many images searched, among all.
    """

    skewness: float | None
    error: float | None
    antihubs: float | None
    largest: int | None
    k: int
    asked: int


def hubness(near: Rows, count: int) -> Hubness | None:
    """Sum up the (Q, k) neighbours that all of `count` images have, or Q drawn ones; None without any neighbour."""
    searches, k = near.shape
    if not searches or not k:
        return None
    found = occurrences(near, count)
    if searches < count:
        skewness = _skewness(*thinned_moments(found, searches))
        return Hubness(skewness, _standard_error(near, count), None, None, k, searches)
    away = found - found.mean()
    skewness = _skewness(float(np.mean(away**2)), float(np.mean(away**3)))
    return Hubness(skewness, None, float(np.mean(found == 0)), int(found.max()), k, searches)


def _skewness(spread: float, lean: float) -> float | None:
    return lean / spread**1.5 if spread > 0 else None


def _standard_error(near: Rows, count: int) -> float | None:
    """By the jackknife over tenths of the searches, dealt out in turn; rather too large than too small."""
    searches, found = len(near), occurrences(near, count)
    without = []
    for tenth in range(_TENTHS):
        left = near[tenth::_TENTHS]
        skewness = _skewness(*thinned_moments(found - occurrences(left, count), searches - len(left)))
        if skewness is None:
            return None
        without.append(skewness)
    variance = (_TENTHS - 1) * float(np.var(without))
    return float(np.sqrt(variance * (1 - searches / count)))


def thinned_moments(found: Rows, searches: int) -> tuple[float, float]:
    """Second and third central moment of N_k, from (N,) how often `searches` of N images found each; see above.

    Exact in the mean over all draws of factorial moments; (0, 0) for fewer than three searches.
    """
    if searches < 3:
        return 0.0, 0.0
    counts, number = found.astype(np.float64), len(found)
    factorial = [float(np.mean(counts)), float(np.mean(counts * (counts - 1)))]
    factorial.append(float(np.mean(counts * (counts - 1) * (counts - 2))))
    chance = 1.0
    for order in range(3):
        chance *= (searches - order) / (number - order)
        factorial[order] /= chance
    mean, second, third = factorial
    square, cube = second + mean, third + 3 * second + mean
    return square - mean**2, cube - 3 * mean * square + 2 * mean**3


def occurrences(near: Rows, count: int) -> Rows:
    """(N,) how often each of `count` positions stands in the (Q, k) lists of neighbours; -1 is nobody."""
    return np.bincount(near[near >= 0], minlength=count)


def nearest_others(
    embeddings: Embeddings, k: int = NEIGHBOURS, queries: Rows | None = None, protocol: Protocol | None = None
) -> Rows:
    """(Q, min(k, N - 1)) positions of the nearest other images of everyone, or of (Q,) `queries`.

    By the distance and by what `protocol` hides; all images can be found, whatever their roles.
    """
    everyone = np.arange(len(embeddings))
    queries = everyone if queries is None else queries
    protocol = protocol or Protocol.everyone(embeddings.vectors)
    protocol = replace(protocol, queries=queries, gallery=everyone, leave_one_out=True)
    width = max(min(k, len(embeddings) - 1), 0)
    return search(embeddings, protocol, width) if width else np.empty((len(queries), 0), np.int64)
