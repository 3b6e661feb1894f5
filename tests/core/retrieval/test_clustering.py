"""NMI, AMI and silhouette against scikit-learn, and k-means for what it promises."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.catalog import texts
from core.errors import EmbeddingsError
from core.retrieval.clustering import ami, cluster, k_means, nmi, silhouette
from core.retrieval.embeddings import Embeddings


def embeddings_of(vectors, labels):
    names = texts([str(label) for label in labels])
    return Embeddings(np.asarray(vectors, np.float32), np.arange(len(vectors)), names, names)


def clusters_of(seed, noise=0.1):
    generator = np.random.default_rng(seed)
    labels = np.repeat(np.arange(6), 10)
    return 3 * generator.standard_normal((6, 5))[labels] + noise * generator.standard_normal((60, 5)), labels


def entropy(partition):
    shares = [count / len(partition) for count in Counter(partition).values()]
    return -sum(share * math.log(share) for share in shares)


def information(classes, clusters):
    return entropy(classes) + entropy(clusters) - entropy(list(zip(classes, clusters, strict=True)))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3)), min_size=2, max_size=6))
@settings(max_examples=40, deadline=None)
def test_equals_every_partition_of_the_same_sizes_counted(pairs):
    classes, clusters = (list(side) for side in zip(*pairs, strict=True))
    mean = (entropy(classes) + entropy(clusters)) / 2
    found = information(classes, clusters)
    assert nmi(np.array(classes), np.array(clusters)) == pytest.approx(found / mean if mean else 1, abs=1e-9)
    chances = [information(classes, drawn) for drawn in itertools.permutations(clusters)]
    expected = sum(chances) / len(chances)
    if mean - expected > 1e-9:
        adjusted = (found - expected) / (mean - expected)
        assert ami(np.array(classes), np.array(clusters)) == pytest.approx(adjusted, abs=1e-9)


def test_names_of_clusters_do_not_matter():
    classes = np.array([0, 0, 1, 1, 2])
    assert nmi(classes, 7 - classes) == pytest.approx(1)
    assert ami(classes, 7 - classes) == pytest.approx(1)


@pytest.mark.parametrize("parts", [1, 5, 19, 200])
def test_equal_partitions_agree_even_where_chance_would_too(parts):
    single_images, one_part = np.arange(parts), np.zeros(parts, int)
    for partition in (single_images, one_part, np.repeat(single_images, 3)):
        assert (nmi(partition, partition[::-1]), ami(partition, partition)) == (pytest.approx(1), 1)
    if parts > 1:
        assert ami(single_images, one_part) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_clear_classes_are_found_again(distance):
    vectors, labels = clusters_of(1)
    found = cluster(embeddings_of(vectors, labels), distance)
    assert (found.clusters, found.images, found.unlabelled) == (6, 60, 0)
    assert found.nmi > 0.9
    assert found == cluster(embeddings_of(vectors, labels), distance)


def test_k_means_uses_every_cluster_and_the_seed():
    vectors, _ = clusters_of(2, noise=3)
    first, again, other = (k_means(vectors, 12, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert set(first) == set(range(12))
    with pytest.raises(EmbeddingsError, match="61 clusters of 60 images"):
        k_means(vectors, 61)


@pytest.mark.parametrize("scale", [1e-30, 1e-18, 1e18, 1e30])
def test_lengths_whose_squares_float32_cannot_hold_do_not_matter(scale):
    vectors, labels = clusters_of(3)
    scaled = embeddings_of(vectors * scale, labels)
    assert cluster(scaled, "euclidean") == cluster(embeddings_of(vectors, labels), "euclidean")


def test_unlabelled_images_take_no_part():
    vectors, labels = clusters_of(3)
    names = ["" if row < 4 else str(label) for row, label in enumerate(labels)]
    found = cluster(embeddings_of(vectors, names), "cosine")
    assert (found.images, found.unlabelled) == (56, 4)
    assert found.nmi == cluster(embeddings_of(vectors[4:], names[4:]), "cosine").nmi


def test_nothing_is_defined_for_one_class():
    vectors, _ = clusters_of(4)
    found = cluster(embeddings_of(vectors, ["same"] * 60), "cosine")
    assert (found.nmi, found.ami) == (None, None)
    assert silhouette(embeddings_of(vectors, ["same"] * 60), "cosine").value is None
    assert silhouette(embeddings_of(vectors, range(60)), "cosine").value is None


@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
@pytest.mark.parametrize("noise", [0.1, 3])
def test_silhouette_equals_scikit_learn(distance, noise):
    from sklearn.metrics import silhouette_score

    vectors, labels = clusters_of(5, noise)
    labels[3] = 9  # alone in its class
    vectors[[7, 31]] = 0  # without a direction
    found = silhouette(embeddings_of(vectors, labels), distance)
    theirs = silhouette_score(np.float64(np.float32(vectors)), labels, metric=distance)
    assert found.value == pytest.approx(theirs, abs=1e-9)
    assert (found.images, found.measured, found.alone) == (60, 60, 1)


@given(seed=st.integers(0, 2**31), images=st.integers(3, 30), distance=st.sampled_from(["cosine", "euclidean"]))
@settings(max_examples=40, deadline=None)
def test_silhouette_of_duplicates_singletons_and_zeros_equals_scikit_learn(seed, images, distance):
    from sklearn.metrics import silhouette_score

    generator = np.random.default_rng(seed)
    # Half of the images are exact copies, which rounding must not set apart.
    vectors = (10 * generator.standard_normal((images, 9))).astype(np.float32)[generator.integers(0, images, images)]
    vectors[generator.random(images) < 0.1] = 0
    labels = generator.integers(0, generator.integers(2, images), images)
    found = silhouette(embeddings_of(vectors, labels), distance).value
    if 1 < len(set(labels.tolist())) < images:
        assert found == pytest.approx(silhouette_score(np.float64(vectors), labels, metric=distance), abs=1e-9)
    else:
        assert found is None


def test_a_sample_is_measured_against_all_and_counted():
    vectors, labels = clusters_of(6, 1)
    embeddings = embeddings_of(vectors, labels)
    found = silhouette(embeddings, "cosine", sample=50)
    assert (found.images, found.measured) == (60, 50)
    assert found.value == pytest.approx(silhouette(embeddings, "cosine").value, abs=0.1)
    assert found == silhouette(embeddings, "cosine", sample=50)


def test_duplicates_have_no_width():
    assert silhouette(embeddings_of(np.ones((6, 3)), [0, 0, 0, 1, 1, 1]), "cosine").value == 0
