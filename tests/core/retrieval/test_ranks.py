"""Ranks, and the measures made of them, against full sorting, whatever the similarities, classes and blocks are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.catalog import texts
from core.errors import EmbeddingsError
from core.retrieval import similarity
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import evaluate
from core.retrieval.protocol import Protocol
from core.retrieval.protocol_wording import describe_protocol
from core.retrieval.ranks import Positives, rank_positives

FOUND = ("first_hit", "precision_sum", "hits_at_r", "neighbours")


def embeddings_of(vectors, labels, roles=None):
    names = texts([str(label) for label in labels])
    parts = None if roles is None else texts(roles)
    return Embeddings(np.asarray(vectors, np.float32), np.arange(len(vectors)), names, names, parts)


def by(embeddings, distance, **named):
    return evaluate(embeddings, protocol=Protocol.of(embeddings, distance), **named)


def by_sorting(similarities, own, codes, at):
    """The same figures as `rank_positives`, from a full stable sort of each row."""
    found = []
    for row, code in zip(similarities, own, strict=True):
        order = [column for column in np.argsort(-row, kind="stable") if row[column] > -np.inf]
        is_hit = np.array([code >= 0 and codes[column] == code for column in order], bool)
        count = int(is_hit.sum())
        places = np.flatnonzero(is_hit) + 1
        inside = places[places <= count]
        precision_sum = float(sum((number + 1) / place for number, place in enumerate(inside)))
        hits_at = [int(np.sum(places <= k)) for k in at]
        first = int(places[0]) if count else -1
        found.append((first, len(inside), precision_sum, hits_at, order, count))
    return found


@st.composite
def questions(draw):
    """(similarities, own, codes): few different values, so that ties are everywhere; any classes, any images hidden."""
    columns = draw(st.integers(1, 200))
    seed = draw(st.integers(0, 2**31))
    generator = np.random.default_rng(seed)
    values = draw(st.integers(1, 6))
    classes = draw(st.integers(1, 8))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    rows = draw(st.integers(1, 6))
    similarities = (generator.integers(0, values, (rows, columns)) / 4 - 0.5).astype(dtype)
    codes = generator.integers(-1, classes, columns)
    own = generator.integers(-1, classes, rows)
    if draw(st.booleans()):
        selves = generator.choice(columns, rows)
        own = codes[selves]
        similarities[np.arange(rows), selves] = -np.inf
    similarities[generator.random((rows, columns)) < draw(st.sampled_from([0.0, 0.2, 1.0]))] = -np.inf
    return similarities, own, codes, classes


@given(questions(), st.sets(st.integers(1, 250), max_size=3), st.integers(1, 30))
@settings(max_examples=100, deadline=None)
def test_equals_a_full_sort(question, at, listed):
    similarities, own, codes, classes = question
    at = tuple(sorted(at))
    expected = by_sorting(similarities, own, codes, at)
    found = rank_positives(similarities.copy(), own, Positives.of(codes, classes), at, listed)
    assert found.positives.tolist() == [row[5] for row in expected]
    assert found.first_hit.tolist() == [row[0] for row in expected]
    assert found.hits.tolist() == [row[1] for row in expected]
    assert found.precision_sum.tolist() == [row[2] for row in expected]
    assert found.hits_at.tolist() == [row[3] for row in expected]
    assert found.nearest.tolist() == [(row[4] + [-1] * listed)[:listed] for row in expected]
    greatest = [line[row[4][0]] if row[4] else -np.inf for line, row in zip(similarities, expected, strict=True)]
    assert found.nearest_similarity.tolist() == greatest


def test_lists_are_whole_whatever_the_query_before_found():
    """A query far from everything comes after one that has everything near."""
    generator = np.random.default_rng(1)
    near, far = generator.random((2, 700)) + np.array([[5.0], [-5.0]])
    similarities = np.stack([near, far, near, far, far - 100]).astype(np.float32)
    codes = np.arange(700) % 300
    own = np.zeros(5, np.int64)
    found = rank_positives(similarities.copy(), own, Positives.of(codes, 300), (), 20)
    assert found.nearest.tolist() == np.argsort(-similarities, axis=1, kind="stable")[:, :20].tolist()


def test_large_classes_are_sorted_too():
    generator = np.random.default_rng(0)
    similarities = generator.integers(0, 50, (4, 3000)).astype(np.float32)
    codes = generator.integers(0, 2, 3000)
    own = np.array([0, 1, 0, 1])
    expected = by_sorting(similarities, own, codes, (1500,))
    found = rank_positives(similarities.copy(), own, Positives.of(codes, 2), (1500,))
    assert found.precision_sum.tolist() == [row[2] for row in expected]
    assert found.hits_at.tolist() == [row[3] for row in expected]


def clustered(seed, count=150, classes=20, dimensions=12, scaled=True):
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, classes, count)
    vectors = generator.standard_normal((classes, dimensions))[codes] + generator.standard_normal((count, dimensions))
    vectors[count // 2 : count // 2 + 10] = vectors[:10]
    return embeddings_of(vectors if not scaled else similarity.unit(vectors), codes)


@given(st.integers(0, 100), st.integers(1, 400_000), st.sampled_from(["cosine", "euclidean"]), st.booleans())
@settings(max_examples=12, deadline=None)
def test_no_block_size_changes_a_figure(seed, block_bytes, distance, scaled):
    embeddings = clustered(seed, scaled=scaled)
    whole = by(embeddings, distance, precision_at=(3,))
    blocked = by(embeddings, distance, block_bytes=block_bytes, precision_at=(3,))
    assert blocked.as_json() == whole.as_json()
    for name in (*FOUND, "nearest_similarity"):
        np.testing.assert_array_equal(getattr(blocked.found, name), getattr(whole.found, name))


@given(st.integers(0, 100), st.sampled_from(["cosine", "euclidean"]))
@settings(max_examples=10, deadline=None)
def test_the_order_of_the_images_changes_no_figure_without_ties(seed, distance):
    generator = np.random.default_rng(seed)
    vectors, labels = generator.standard_normal((90, 6)), generator.integers(0, 9, 90)
    order = generator.permutation(90)
    straight = by(embeddings_of(vectors, labels), distance)
    mixed = by(embeddings_of(vectors[order], labels[order]), distance)
    for name in FOUND[:3]:
        np.testing.assert_array_equal(getattr(mixed.found, name), getattr(straight.found, name)[order])


@given(st.integers(2, 40), st.integers(0, 50))
@settings(max_examples=10, deadline=None)
def test_one_class_is_right_at_every_rank(count, seed):
    vectors = np.random.default_rng(seed).standard_normal((count, 3))
    result = evaluate(embeddings_of(vectors, ["same"] * count), (1, 100), precision_at=(1, 100))
    assert (result.recall[1], result.recall[100], result.map_at_r, result.micro["MRR"]) == (1, 1, 1, 1)
    assert result.micro["Precision@100"] == pytest.approx((count - 1) / 100)  # the gallery has no more


@given(st.sets(st.integers(0, 29), min_size=1), st.sampled_from([np.nan, np.inf, -np.inf]))
@settings(max_examples=10, deadline=None)
def test_what_is_not_finite_is_refused_with_its_rows(rows, value):
    vectors = np.random.default_rng(0).standard_normal((30, 4)).astype(np.float32)
    vectors[sorted(rows), 1] = value
    with pytest.raises(EmbeddingsError, match=rf"row {min(rows)}\b.*not finite") as refused:
        embeddings_of(vectors, range(30))
    named = ", ".join(str(row) for row in sorted(rows)[:10])
    assert len(rows) == 1 or f"rows {named}" in str(refused.value)


def test_a_gallery_too_large_to_copy_gives_the_same_figures(monkeypatch):
    generator = np.random.default_rng(3)
    vectors, labels = 7 * generator.standard_normal((300, 9)), generator.integers(0, 12, 300)
    roles = ["query" if row % 4 == 0 else "gallery" for row in range(300)]
    for given_roles in (None, roles):
        kept = evaluate(embeddings_of(vectors, labels, given_roles))
        monkeypatch.setattr(similarity, "KEPT_BYTES", 0)
        monkeypatch.setattr(similarity, "_SCALED_AT_ONCE", 128)
        scaled = evaluate(embeddings_of(vectors, labels, given_roles))
        monkeypatch.undo()
        assert scaled.as_json() == kept.as_json()


def test_unit_vectors_are_read_where_they_lie():
    vectors = similarity.unit(np.random.default_rng(4).standard_normal((200, 8)))
    gallery = similarity.Gallery.of(vectors)
    assert gallery.normalised
    assert np.shares_memory(gallery._whole, vectors)
    assert not similarity.Gallery.of(vectors * 1.001).normalised


def test_cmc_mrr_and_macro_means_follow_from_the_ranks():
    result = evaluate(clustered(5), (1, 4), precision_at=(1,))
    first_hit = result.first_hit[result.first_hit > 0]
    np.testing.assert_allclose(result.cmc(9), [np.mean(first_hit <= k) for k in range(1, 10)])
    assert result.cmc(9)[0] == result.recall[1] == result.micro["Precision@1"]
    assert result.micro["MRR"] == pytest.approx(np.mean(1 / first_hit))
    for title, mean in result.macro.items():
        assert mean == pytest.approx(np.nanmean(result.by_class.means[title]))
    assert result.by_class.measured == np.count_nonzero(np.isfinite(result.by_class.means["MRR"]))


def test_nothing_measured_has_no_cmc_and_no_means():
    result = evaluate(embeddings_of(np.eye(3), "abc"), precision_at=(2,))
    assert np.isnan(result.cmc(4)).all()
    assert (result.micro["MRR"], result.micro["Precision@2"], result.macro["MAP@R"]) == (None, None, None)


def test_euclidean_distance_is_reported_as_it_is():
    result = by(embeddings_of([[0, 0], [3, 4], [30, 40]], "aab"), "euclidean")
    np.testing.assert_allclose(result.found.nearest_similarity, [-5, -5, -45])
    assert "Euclidean distance" in describe_protocol(result.protocol)


def test_an_unknown_distance_is_refused():
    with pytest.raises(EmbeddingsError, match="'manhattan'; expected cosine or euclidean"):
        by(embeddings_of(np.eye(3), "aab"), "manhattan")


@pytest.mark.parametrize("roles", [None, ["query"] * 60 + ["gallery"] * 90])
def test_equals_pytorch_metric_learning(roles):
    accuracy_calculator = pytest.importorskip("pytorch_metric_learning.utils.accuracy_calculator")
    import torch

    embeddings = clustered(6, scaled=False)
    embeddings = embeddings_of(embeddings.vectors, embeddings.labels, roles)
    vectors = torch.from_numpy(np.ascontiguousarray(embeddings.vectors))
    labels = torch.from_numpy(embeddings.labels.astype(np.int64))
    # k = max_bin_count truncates the search, and with it the rank that MRR is made of; None searches everything.
    calculator = accuracy_calculator.AccuracyCalculator(
        include=("precision_at_1", "r_precision", "mean_average_precision_at_r", "mean_reciprocal_rank"), k=None
    )
    given_sets = (vectors, labels) if roles is None else (vectors[:60], labels[:60], vectors[60:], labels[60:])
    theirs = calculator.get_accuracy(*given_sets)
    ours = by(embeddings, "euclidean")
    assert ours.recall[1] == pytest.approx(theirs["precision_at_1"], rel=1e-9)
    assert ours.micro["R-precision"] == pytest.approx(theirs["r_precision"], rel=1e-9)
    assert ours.map_at_r == pytest.approx(theirs["mean_average_precision_at_r"], rel=1e-9)
    assert ours.micro["MRR"] == pytest.approx(theirs["mean_reciprocal_rank"], rel=1e-6)  # theirs is made in float32
    calculator = accuracy_calculator.AccuracyCalculator(include=("mean_average_precision_at_r",), k="max_bin_count")
    theirs = calculator.get_accuracy(*given_sets)
    assert ours.map_at_r == pytest.approx(theirs["mean_average_precision_at_r"], rel=1e-9)
