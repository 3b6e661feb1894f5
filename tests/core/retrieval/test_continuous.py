"""Retrieval with continuous labels: the paper's own code (golden vectors), a slow loop, odd cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.data.catalog import texts
from core.errors import Cancelled, EmbeddingsError
from core.retrieval.continuous import ContinuousEvaluation, evaluate_continuous, label_distance, measure
from core.retrieval.embeddings import Embeddings
from core.retrieval.protocol import Protocol
from core.retrieval.protocol_wording import describe_protocol
from tests.core.losses.golden_cases import Case, assert_matches, cases

GOLDEN = list(cases("eval_continuous"))
PIXELS = 224 / 288


def embeddings_of(vectors, roles=None):
    names = texts([str(row) for row in range(len(vectors))])
    return Embeddings(
        np.asarray(vectors, np.float32), np.arange(len(vectors)), names, names, None if roles is None else texts(roles)
    )


def random_data(seed=0, images=60, dimensions=5, targets=2):
    generator = np.random.default_rng(seed)
    return generator.standard_normal((images, dimensions)), generator.uniform(0, 3, (images, targets))


def slow(vectors, targets, queries, gallery, k):
    """{query: (mean label distance at k, nDCG at k)} by loops."""
    figures = {}
    for query in queries:
        others = [item for item in gallery if item != query]
        apart = {item: float(np.linalg.norm(targets[query] - targets[item])) for item in others}
        far = {item: round(float(np.sum((vectors[query] - vectors[item]) ** 2)), 9) for item in others}
        ranked = sorted(others, key=lambda item: (far[item], item))[:k]
        best = sorted(apart.values())[:k]
        gains = [2 ** -np.log2(apart[item] + 1) / np.log2(rank + 1) for rank, item in enumerate(ranked, 1)]
        ideal = [2 ** -np.log2(distance + 1) / np.log2(rank + 1) for rank, distance in enumerate(best, 1)]
        figures[query] = (sum(apart[item] for item in ranked) / k, sum(gains) / sum(ideal))
    return figures


def assert_equals_slow(result: ContinuousEvaluation, expected, k):
    assert result.measured.tolist() == sorted(expected)
    ordered = [expected[query] for query in result.measured]
    np.testing.assert_allclose(result.per_query_distance[k], [pair[0] for pair in ordered], rtol=1e-12)
    np.testing.assert_allclose(result.per_query_ndcg[k], [pair[1] for pair in ordered], rtol=1e-12)
    assert result.mean_distance[k] == pytest.approx(np.mean([pair[0] for pair in ordered]), rel=1e-12)
    assert result.ndcg[k] == pytest.approx(np.mean([pair[1] for pair in ordered]), rel=1e-12)


@pytest.mark.parametrize("case", GOLDEN, ids=[case.name for case in GOLDEN])
@pytest.mark.parametrize("block_bytes", [1, 64 << 20])
def test_equals_the_papers_own_code(case: Case, block_bytes: int) -> None:
    count, asked = case.hyper["N"], case.hyper["num_query"]
    apart = case["qdist"].astype(float)
    result = measure(
        case["X"],
        Protocol(np.arange(asked), np.arange(asked, count), leave_one_out=False, distance="euclidean"),
        lambda queries, gallery: apart[np.ix_(queries, gallery - asked)],
        case.hyper["K_mean"],
        case.hyper["K_ndcg"],
        block_bytes,
    )
    np.testing.assert_allclose(PIXELS * np.array([*result.mean_distance.values()]), case["mean_distance"], rtol=1e-9)
    np.testing.assert_allclose(list(result.ndcg.values()), case["ndcg"], rtol=1e-9)
    assert_matches(case, "per_query_mean", PIXELS * np.stack(list(result.per_query_distance.values()), axis=1))
    assert_matches(case, "per_query_ndcg", np.stack(list(result.per_query_ndcg.values()), axis=1))


def test_golden_vectors_are_there() -> None:
    assert len(GOLDEN) == 2


@pytest.mark.parametrize("k", [1, 4, 20])
def test_leave_one_out_equals_a_slow_loop(k: int) -> None:
    vectors, targets = random_data()
    embeddings = embeddings_of(vectors)
    result = evaluate_continuous(embeddings, targets, [k], [k])
    everyone = range(len(vectors))
    assert_equals_slow(result, slow(embeddings.vectors.astype(float), targets, everyone, everyone, k), k)
    words = "leave-one-out, Euclidean distance of the embeddings as they are, 60 queries, self excluded by row"
    assert describe_protocol(result.protocol) == words


def test_query_to_gallery_equals_a_slow_loop() -> None:
    vectors, targets = random_data(1)
    embeddings = embeddings_of(vectors, ["query" if row % 4 == 0 else "gallery" for row in range(60)])
    result = evaluate_continuous(embeddings, targets, [3], [3])
    queries, gallery = range(0, 60, 4), [row for row in range(60) if row % 4]
    assert_equals_slow(result, slow(embeddings.vectors.astype(float), targets, queries, gallery, 3), 3)
    assert (result.protocol.queries, result.protocol.gallery) == (15, 45)


def test_duplicates_keep_their_ranks_and_ties_go_by_position() -> None:
    vectors, targets = random_data(2)
    vectors[20:50] = vectors[5]  # a collapsed part: all of it equally far from any query
    embeddings = embeddings_of(vectors)
    result = evaluate_continuous(embeddings, targets, [4], [4])
    everyone = range(60)
    assert_equals_slow(result, slow(embeddings.vectors.astype(float), targets, everyone, everyone, 4), 4)


def test_block_size_changes_no_figure() -> None:
    vectors, targets = random_data(3, images=200)
    one, many = (evaluate_continuous(embeddings_of(vectors), targets, block_bytes=size) for size in (1, 1 << 30))
    assert one.mean_distance == many.mean_distance
    assert one.ndcg == many.ndcg


def test_perfect_embeddings_reach_one() -> None:
    _, targets = random_data(4)
    result = evaluate_continuous(embeddings_of(targets), targets.astype(np.float32))
    assert list(result.ndcg.values()) == pytest.approx([1.0] * 10, rel=1e-12)


def test_more_neighbours_than_there_are() -> None:
    vectors, targets = random_data(5, images=6)
    result = evaluate_continuous(embeddings_of(vectors), targets, [5, 6], [5, 100])
    assert result.mean_distance[5] is not None
    assert result.mean_distance[6] is None
    assert result.per_query_distance[6] is None
    assert result.ndcg[100] == result.ndcg[5]


def test_images_without_targets_are_left_out_and_counted() -> None:
    vectors, targets = random_data(6)
    targets[[3, 17], [0, 1]] = np.nan
    result = evaluate_continuous(embeddings_of(vectors), targets, [2], [2])
    kept = np.delete(np.arange(60), [3, 17])
    alone = evaluate_continuous(embeddings_of(vectors[kept]), targets[kept], [2], [2])
    assert result.protocol.without_target == 2
    assert result.measured.tolist() == kept.tolist()
    assert result.mean_distance == alone.mean_distance
    assert result.ndcg == alone.ndcg
    assert "2 images without targets left out" in describe_protocol(result.protocol)


def test_label_distances() -> None:
    between = label_distance(np.array([[0.0, 0.0], [3.0, 4.0]], np.float32))
    assert between(np.array([0]), np.array([0, 1])).tolist() == [[0.0, 5.0]]


def test_targets_too_far_apart_for_a_mean_are_refused() -> None:
    targets = np.array([[-1e308], [1e308], [0.0], [np.nan]])
    with pytest.raises(EmbeddingsError, match=r"euclidean distance of targets from -1e\+308 to 1e\+308 is too large"):
        evaluate_continuous(embeddings_of(np.eye(4)), targets, (1,), (1,))
    shifted = evaluate_continuous(embeddings_of(np.eye(4)), np.full((4, 1), 1e308), (1,), (1,))
    assert (shifted.mean_distance, shifted.ndcg) == ({1: 0.0}, {1: 1.0})


def test_what_cannot_be_measured_is_refused() -> None:
    vectors, targets = random_data(8)
    embeddings = embeddings_of(vectors)
    with pytest.raises(EmbeddingsError, match="59 images for 60"):
        evaluate_continuous(embeddings, targets[:-1])
    with pytest.raises(EmbeddingsError, match="at least 1"):
        evaluate_continuous(embeddings, targets, [0])
    with pytest.raises(EmbeddingsError, match="at least two images with targets"):
        evaluate_continuous(embeddings, np.full_like(targets, np.nan))
    with pytest.raises(EmbeddingsError, match="shape"):
        label_distance(targets[:, 0])
    with pytest.raises(Cancelled):
        evaluate_continuous(embeddings, targets, should_stop=lambda: True)


def test_plain_values_for_a_file() -> None:
    vectors, targets = random_data(9)
    values = evaluate_continuous(embeddings_of(vectors), targets, [1], [10]).as_json()
    assert values["queries"] == 60
    assert set(values["mean_label_distance"]) == {"1"}
    assert 0 < values["ndcg"]["10"] <= 1


@given(
    grid=hnp.arrays(np.int8, st.tuples(st.integers(2, 14), st.integers(2, 4)), elements=st.integers(-2, 2)),
    k=st.integers(1, 20),
)
def test_ties_duplicates_and_small_galleries_equal_a_slow_loop(grid: np.ndarray, k: int) -> None:
    vectors, targets = grid.astype(float), grid[:, :1].astype(float)[::-1]
    everyone, found = range(len(grid)), len(grid) - 1
    result = evaluate_continuous(embeddings_of(vectors), targets, [k], [k])
    expected = slow(vectors, targets, everyone, everyone, min(k, found))
    np.testing.assert_allclose(result.per_query_ndcg[k], [expected[query][1] for query in everyone], rtol=1e-12)
    assert (result.mean_distance[k] is None) == (k > found)
    if k <= found:
        assert_equals_slow(result, expected, k)
    assert np.all((result.per_query_ndcg[k] > 0) & (result.per_query_ndcg[k] <= 1 + 1e-12))


@given(seed=st.integers(0, 1000), scale=st.floats(0.1, 10))
def test_rotation_and_scale_of_the_vectors_change_nothing(seed: int, scale: float) -> None:
    vectors, targets = random_data(seed, images=15)
    rotation = np.linalg.qr(np.random.default_rng(seed).standard_normal((5, 5)))[0]
    everyone = Protocol(np.arange(15), np.arange(15), leave_one_out=True, distance="euclidean")
    plain, turned = (
        measure(there, everyone, label_distance(targets), [3], [5])
        for there in (vectors, scale * vectors @ rotation + 1)
    )
    assert turned.mean_distance == pytest.approx(plain.mean_distance, rel=1e-12)
    assert turned.ndcg == pytest.approx(plain.ndcg, rel=1e-12)
