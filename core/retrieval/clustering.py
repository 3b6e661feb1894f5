"""How well classes agree with clusters of the embeddings (NMI, AMI), and how well they are set apart (silhouette).

With U the classes, V the clusters that k-means makes of the embeddings (as many as there are classes), H entropy and
MI mutual information in nats:

    NMI          MI(U, V) / ((H(U) + H(V)) / 2)                                        arithmetic normalisation
    AMI          (MI - E[MI]) / ((H(U) + H(V)) / 2 - E[MI])                            Vinh, Epps and Bailey 2010
                 E[MI] over all pairs of partitions with the same sizes
    silhouette   mean of (b - a) / max(a, b), a the mean distance to the others of the own class and b the smallest
                 mean distance to another class; 0 for a class of one image            Rousseeuw 1987

k-means is faiss's: 20 iterations from a seeded random start, on unit vectors for the cosine distance and on the
embeddings as they are for the Euclidean. Its figures depend on the seed and on the library; they compare embeddings
measured the same way, not papers. NMI grows with the number of clusters, which AMI corrects for.

Corner cases: unlabelled images take no part and are counted. With fewer than two classes nothing is defined (None);
so it is for the silhouette when every image is a class of its own. NaN cannot occur: `Embeddings` refuses it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.data.catalog import Rows
from core.errors import EmbeddingsError
from core.messages import Message
from core.retrieval.distances import DistanceTable, rows_at_once
from core.retrieval.embeddings import Embeddings
from core.retrieval.protocol import class_codes
from core.retrieval.similarity import unit, within_squares

ITERATIONS = 20
SAMPLE = 10_000

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Clustering:
    """Agreement of classes and k-means clusters.

    Attributes:
        nmi, ami: None where there are fewer than two classes.
        clusters: how many were made: the number of classes.
        images: the labelled images, which were clustered.
        unlabelled: the others.
        seed, iterations: of k-means.
    """

    nmi: float | None
    ami: float | None
    clusters: int
    images: int
    unlabelled: int
    seed: int
    iterations: int = ITERATIONS


@dataclass(frozen=True)
class Silhouette:
    """How well classes are set apart, from -1 to 1.

    Attributes:
        value: the mean; None where it is not defined.
        images: the labelled images.
        measured: of how many of them the mean is taken; each is measured against all.
        alone: images measured that are the only one of their class, and count as 0.
    """

    value: float | None
    images: int
    measured: int
    alone: int


def cluster(embeddings: Embeddings, distance: str, seed: int = 0) -> Clustering:
    """Cluster the labelled images by k-means, by the `distance` of a protocol, and compare with their classes."""
    vectors, codes, classes = _labelled(embeddings)
    unlabelled = len(embeddings) - len(codes)
    if classes < 2:
        return Clustering(None, None, classes, len(codes), unlabelled, seed)
    clusters = k_means(unit(vectors) if distance == "cosine" else vectors, classes, seed)
    return Clustering(nmi(codes, clusters), ami(codes, clusters), classes, len(codes), unlabelled, seed)


def k_means(vectors: npt.NDArray[np.float32], clusters: int, seed: int = 0, iterations: int = ITERATIONS) -> Rows:
    """(N,) int64 cluster of each of (N, D) vectors; Euclidean, all vectors used.

    Raises EmbeddingsError unless there are 1 to N clusters.
    """
    if not 1 <= clusters <= len(vectors):
        raise EmbeddingsError(Message("clusters-out-of-range", clusters=clusters, count=len(vectors)), "clusters")
    import faiss  # half a second, and only who asks for clusters waits for it

    vectors = within_squares(np.ascontiguousarray(vectors, dtype=np.float32))
    # Left to itself faiss draws a sample of 256 images a cluster, and warns on standard error below 39.
    trained = faiss.Kmeans(
        vectors.shape[1],
        clusters,
        niter=iterations,
        seed=seed,
        min_points_per_centroid=1,
        max_points_per_centroid=len(vectors),
    )
    trained.train(vectors)
    found: Rows = trained.index.search(vectors, 1)[1][:, 0].astype(np.int64)
    return found


def nmi(classes: Rows, clusters: Rows) -> float:
    """Normalised mutual information of two (N,) partitions; 0 when one of them has a single part and the other not."""
    # Half a second of imports, and only who asks for clusters waits for it.
    from sklearn.metrics import normalized_mutual_info_score

    return float(normalized_mutual_info_score(classes, clusters))


def ami(classes: Rows, clusters: Rows) -> float:
    """Adjusted mutual information of two (N,) partitions: 1 for equal ones, about 0 for independent ones."""
    from sklearn.metrics import adjusted_mutual_info_score

    return float(adjusted_mutual_info_score(classes, clusters))


def silhouette(embeddings: Embeddings, distance: str, sample: int = SAMPLE, seed: int = 0) -> Silhouette:
    """The mean silhouette of the labelled images by cosine distance (1 - cosine) or Euclidean distance.

    Beyond `sample` images, the mean is that of a seeded sample of so many, each still measured against all.
    """
    vectors, codes, classes = _labelled(embeddings)
    count = len(codes)
    if classes < 2 or classes == count:
        return Silhouette(None, count, 0, 0)
    measured = np.arange(count)
    if count > sample:
        measured = np.sort(np.random.default_rng(seed).choice(count, sample, replace=False))
    order = np.argsort(codes, kind="stable")
    indices = _ranks_of(order)
    # The cosine with a vector of length zero is 0, its distance to unit vectors 1.
    beside = np.where(vectors.any(axis=1), 0.0, 0.5) if distance == "cosine" else np.zeros(count)
    sizes = np.bincount(codes, minlength=classes)
    starts = np.cumsum(sizes) - sizes
    table = DistanceTable(vectors[order], directions=distance == "cosine")
    widths = np.zeros(len(measured))
    step = rows_at_once(count)
    for start in range(0, len(measured), step):
        rows = measured[start : start + step]
        distances = table.of(vectors[rows])
        # Between unit vectors the squared distance is 2 - 2 cos.
        distances = distances / 2 if distance == "cosine" else np.sqrt(distances)
        if beside.any():
            distances += beside[rows, None] + beside[order]
        distances[np.arange(len(rows)), indices[rows]] = 0
        widths[start : start + step] = _widths(np.add.reduceat(distances, starts, axis=1), codes[rows], sizes)
    return Silhouette(float(widths.mean()), count, len(measured), int(np.sum(sizes[codes[measured]] == 1)))


def _widths(sums: npt.NDArray[np.float64], own: Rows, sizes: Counts) -> npt.NDArray[np.float64]:
    """(B,) silhouettes from the (B, C) sums of distances to each class; `own` are the (B,) classes."""
    rows = np.arange(len(own))
    inside = sums[rows, own] / np.maximum(sizes[own] - 1, 1)
    means = sums / sizes
    means[rows, own] = np.inf
    outside = means.min(axis=1)
    larger = np.maximum(inside, outside)
    defined = (sizes[own] > 1) & (larger > 0)
    return np.where(defined, (outside - inside) / np.where(larger > 0, larger, 1), 0.0)


def _ranks_of(order: Rows) -> Rows:
    indices = np.empty_like(order)
    indices[order] = np.arange(len(order))
    return indices


def _labelled(embeddings: Embeddings) -> tuple[npt.NDArray[np.float32], Rows, int]:
    """(vectors, class codes, number of classes) of the labelled images."""
    classes, codes = class_codes(embeddings)
    there = codes >= 0
    return embeddings.vectors[there], codes[there], len(classes)
