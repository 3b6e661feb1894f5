"""Every figure against a slow loop that shares no code with it; `test_golden_retrieval.py` has the published ones."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.data.catalog import texts
from core.errors import Cancelled, EmbeddingsError
from core.retrieval.embeddings import Embeddings, Origin
from core.retrieval.evaluation import evaluate
from core.retrieval.index import Index
from core.retrieval.protocol import Protocol
from core.retrieval.protocol_wording import describe_protocol


def embeddings_of(vectors, labels, roles=None, split=""):
    vectors = np.asarray(vectors, np.float32)
    names = texts([str(label) for label in labels])
    paths = texts([f"{row}.png" for row in range(len(vectors))])
    roles = None if roles is None else texts(list(roles))
    return Embeddings(vectors, np.arange(len(vectors)), names, paths, roles, Origin(split=split))


def by_cosine(embeddings, *arguments, **named):
    """Of vectors of any length."""
    return evaluate(embeddings, *arguments, protocol=Protocol.of(embeddings, "cosine"), **named)


def clustered(seed, images=120, classes=12, dimensions=8, noise=0.8):
    """(N, D) gaussian clusters and their labels."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, classes, images)
    centres = generator.standard_normal((classes, dimensions))
    return centres[labels] + noise * generator.standard_normal((images, dimensions)), labels


def slow(vectors, labels, queries, gallery):
    """{query: (rank of the first hit or None, R-precision, AP@R, nearest)} by plain loops in float64."""
    vectors = [np.asarray(vector, np.float64) for vector in vectors]
    found = {}
    for query in queries:
        others = [item for item in gallery if item != query]
        cosine = {}
        for item in others:
            lengths = np.linalg.norm(vectors[query]) * np.linalg.norm(vectors[item])
            cosine[item] = float(vectors[query] @ vectors[item] / lengths) if lengths else 0.0
        ranking = sorted(others, key=lambda item: (-round(cosine[item], 6), item))
        is_hit = [labels[query] != "" and labels[item] == labels[query] for item in ranking]
        positives = sum(is_hit)
        if not positives:
            found[query] = None
            continue
        average, hits = 0.0, 0
        for rank in range(1, positives + 1):
            if is_hit[rank - 1]:
                hits += 1
                average += hits / rank
        found[query] = (is_hit.index(True) + 1, hits / positives, average / positives, ranking[0])
    return found


def assert_equals_slow(embeddings, queries=None, gallery=None, recall_at=(1, 2, 4, 8)):
    everyone = range(len(embeddings))
    queries, gallery = (everyone if side is None else side for side in (queries, gallery))
    expected = slow(embeddings.vectors, list(embeddings.labels), queries, gallery)
    measured = {query: value for query, value in expected.items() if value is not None}
    result = by_cosine(embeddings, recall_at)
    assert result.protocol.queries == len(measured)
    assert result.protocol.not_measured == len(expected) - len(measured)
    assert np.flatnonzero(result.first_hit >= 0).tolist() == sorted(measured)
    for k in recall_at:
        share = np.mean([value[0] <= k for value in measured.values()])
        assert result.recall[k] == pytest.approx(share, abs=1e-12)
    assert result.micro["R-precision"] == pytest.approx(np.mean([value[1] for value in measured.values()]), abs=1e-12)
    assert result.map_at_r == pytest.approx(np.mean([value[2] for value in measured.values()]), abs=1e-12)
    for query, (first_hit, _, average_precision, nearest) in measured.items():
        assert result.first_hit[query] == first_hit
        assert result.of_queries("MAP@R")[query] == pytest.approx(average_precision, abs=1e-12)
        assert result.nearest[query] == nearest
    return result


def by_label(result):
    """{class: its document}."""
    return {entry["label"]: entry for entry in result.as_json()["per_class"]}


def confusions(result):
    """{class: (what it is most confused with, the share of its queries)}."""
    return {label: (entry["confused_with"], entry["confused_share"]) for label, entry in by_label(result).items()}


@pytest.mark.parametrize("seed", range(4))
def test_equals_a_slow_loop_on_random_clusters(seed):
    assert_equals_slow(embeddings_of(*clustered(seed)))


def test_equals_a_slow_loop_with_many_duplicates():
    vectors, labels = clustered(5, images=90)
    vectors[30:60] = vectors[:30]  # the same picture under another class: rank 1 is not the query itself
    result = assert_equals_slow(embeddings_of(vectors, labels))
    assert not np.any(result.nearest == np.arange(90))


def test_equals_a_slow_loop_with_ties_on_a_grid():
    generator = np.random.default_rng(6)
    signs = generator.choice([-1.0, 1.0], (80, 4))  # equal lengths, five possible similarities
    assert_equals_slow(embeddings_of(signs, generator.integers(0, 6, 80)))


def test_equals_a_slow_loop_from_query_to_gallery():
    vectors, labels = clustered(7)
    roles = np.where(np.arange(120) % 3 == 0, "query", "gallery")
    embeddings = embeddings_of(vectors, labels, roles)
    queries, gallery = np.flatnonzero(roles == "query"), np.flatnonzero(roles == "gallery")
    result = assert_equals_slow(embeddings, queries, gallery)
    assert result.protocol.gallery == 80
    assert set(np.flatnonzero(result.nearest < 0)) == set(gallery)
    assert np.isnan(result.of_queries("MAP@R")[gallery]).all()


def test_queries_without_a_positive_are_not_measured_but_counted():
    vectors, labels = clustered(8)
    names = [str(label) for label in labels]
    names[3] = "alone"
    names[10] = names[11] = ""
    result = assert_equals_slow(embeddings_of(vectors, names))
    assert result.protocol.not_measured == 3
    assert result.protocol.gallery == 120
    assert "3 queries without another image" in describe_protocol(result.protocol)
    assert "2 unlabelled images in the gallery" in describe_protocol(result.protocol)
    alone = by_label(result)["alone"]
    assert (alone["images"], alone["queries"], alone["recall"]["1"], alone["map_at_r"]) == (1, 0, None, None)
    assert "" not in by_label(result)


def test_nothing_measured_gives_none_instead_of_a_number():
    result = by_cosine(embeddings_of(np.eye(3), ["a", "b", "c"]))
    assert (result.protocol.queries, result.recall[1], result.map_at_r, result.micro["R-precision"]) == (
        0,
        None,
        None,
        None,
    )
    json.dumps(result.as_json(), allow_nan=False)


def test_one_class_is_always_right():
    result = by_cosine(embeddings_of(np.random.default_rng(9).standard_normal((40, 5)), ["same"] * 40))
    assert (result.recall[1], result.map_at_r, result.micro["R-precision"]) == (1.0, 1.0, 1.0)


def test_k_larger_than_the_gallery():
    vectors, labels = clustered(10, images=6, classes=2)
    assert_equals_slow(embeddings_of(vectors, labels), recall_at=(1, 5, 100))


@pytest.mark.parametrize("constant", [0.0, 1.0])
def test_a_collapsed_network_scores_as_chance(constant):
    labels = np.random.default_rng(11).permutation(np.repeat(np.arange(50), 4))
    result = by_cosine(embeddings_of(np.full((200, 16), constant), labels))
    assert result.recall[1] < 0.1
    assert result.nearest[0] == 1
    assert np.all(result.nearest[1:] == 0)


def test_a_perfect_embedding_scores_one():
    labels = np.repeat(np.arange(8), 5)
    result = by_cosine(embeddings_of(np.eye(8)[labels], labels))
    assert (result.recall[1], result.map_at_r, result.micro["R-precision"]) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("block_bytes", [1, 100_000, 700_000])
def test_the_block_size_changes_no_figure(block_bytes):
    vectors, labels = clustered(12, images=700, classes=90, dimensions=24)
    labels[:200] = 0  # one class is much larger: its queries are ranked deeper
    vectors[650:] = vectors[:50]
    embeddings = embeddings_of(vectors, labels)
    whole, blocked = by_cosine(embeddings), by_cosine(embeddings, block_bytes=block_bytes)
    assert blocked.as_json() == whole.as_json()
    for name in ("first_hit", "precision_sum", "neighbours", "nearest_similarity"):
        np.testing.assert_array_equal(getattr(blocked.found, name), getattr(whole.found, name))


def test_per_class_figures_and_confusion():
    angle = np.deg2rad([0, 1, 20, 21, 22, 90, 91])
    labels = ["a", "b", "a", "b", "b", "c10", "c9"]
    result = by_cosine(embeddings_of(np.stack([np.cos(angle), np.sin(angle)], 1), labels))
    assert list(by_label(result)) == ["a", "b", "c9", "c10"]
    assert confusions(result)["a"] == ("b", 1.0)
    assert confusions(result)["b"] == ("a", pytest.approx(2 / 3))
    a, b = by_label(result)["a"], by_label(result)["b"]
    assert (a["recall"]["1"], b["recall"]["1"]) == (0.0, pytest.approx(1 / 3))
    assert b["map_at_r"] == pytest.approx(np.mean(result.of_queries("MAP@R")[[1, 3, 4]]))


def test_a_class_is_confused_with_the_first_of_two_and_with_no_unlabelled_image():
    angle = np.deg2rad([0, 1, 40, 41, 80, 81, 100, 150])
    labels = ["b", "c", "b", "a", "b", "", "d", "d"]
    result = by_cosine(embeddings_of(np.stack([np.cos(angle), np.sin(angle)], 1), labels))
    assert confusions(result) == {"a": ("", None), "b": ("a", pytest.approx(1 / 3)), "c": ("", None), "d": ("", 0.0)}


def test_a_class_without_queries_is_confused_with_none_and_in_no_share():
    result = by_cosine(embeddings_of(np.eye(5, dtype=np.float32)[[0, 0, 1, 1, 2]], ["a", "a", "b", "b", "alone"]))
    assert confusions(result) == {"a": ("", 0.0), "b": ("", 0.0), "alone": ("", None)}


def test_neighbours_come_from_the_same_search():
    embeddings = embeddings_of(*clustered(13, images=30))
    result = by_cosine(embeddings, listed=40)
    near = result.neighbours
    assert near.shape == (30, 40)
    assert np.all(near[:, 29:] == -1)
    np.testing.assert_array_equal(near[:, 0], result.nearest)
    index = Index(embeddings, Protocol.of(embeddings, "cosine"))
    assert [row[:29].tolist() for row in near] == [index.neighbours(row, 29).positions.tolist() for row in range(30)]


def test_the_protocol_is_said_in_words():
    vectors, labels = clustered(14)
    fields = by_cosine(embeddings_of(vectors, labels, split="test")).protocol
    assert (
        describe_protocol(fields) == "leave-one-out on split test, cosine similarity, 120 queries, self excluded by row"
    )


def test_the_json_document_has_the_promised_fields():
    document = by_cosine(embeddings_of(*clustered(15))).as_json()
    assert {"protocol", "queries", "gallery", "recall", "map_at_r", "r_precision", "per_class"} <= set(document)
    assert list(document["recall"]) == ["1", "2", "4", "8"]
    assert {"label", "images", "recall"} <= set(document["per_class"][0])


def test_a_k_below_one_is_refused():
    with pytest.raises(EmbeddingsError, match="at least 1"):
        by_cosine(embeddings_of(*clustered(16)), recall_at=(0, 1))


def test_a_single_image_is_refused():
    with pytest.raises(EmbeddingsError, match="at least two"):
        by_cosine(embeddings_of([[1.0, 2.0]], ["a"]))


def test_stops_when_asked():
    with pytest.raises(Cancelled):
        by_cosine(embeddings_of(*clustered(17)), should_stop=lambda: True)
