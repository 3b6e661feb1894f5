"""Fixed, broken and the overlap of neighbours, against plain loops; nothing is searched twice."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from core.comparison import Comparison, compare, compare_once, on_common_rows
from core.data.catalog import texts
from core.errors import EmbeddingsError
from core.retrieval import evaluation
from core.retrieval.embeddings import Embeddings, Origin, save_folder
from core.retrieval.evaluation import evaluate
from core.retrieval.protocol import Protocol


def embeddings_of(vectors, labels, rows=None, paths=None):
    rows = np.arange(len(vectors)) if rows is None else np.asarray(rows)
    paths = [f"{row}.png" for row in rows] if paths is None else paths
    return Embeddings(
        np.asarray(vectors, np.float32), rows, texts([str(label) for label in labels]), texts(list(paths))
    )


@pytest.fixture
def pair():
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 8, 90)
    a = generator.standard_normal((8, 6))[labels] + 1.2 * generator.standard_normal((90, 6))
    b = generator.standard_normal((8, 10))[labels] + 1.2 * generator.standard_normal((90, 10))
    return embeddings_of(a, labels), embeddings_of(b, labels)


def ranking(embeddings, position):
    vectors = embeddings.vectors / np.linalg.norm(embeddings.vectors, axis=1, keepdims=True)
    cosine = vectors @ vectors[position]
    return [int(item) for item in np.argsort(-cosine, kind="stable") if item != position]


def test_lists_equal_plain_loops(pair):
    a, b = pair
    comparison = compare(a, b, (Protocol.of(a, "cosine"), Protocol.of(b, "cosine")))
    fixed, broken, overlap = [], [], []
    for position in range(90):
        in_a, in_b = ranking(a, position), ranking(b, position)
        right_a, right_b = (a.labels[order[0]] == a.labels[position] for order in (in_a, in_b))
        if right_b and not right_a:
            fixed.append(position)
        if right_a and not right_b:
            broken.append(position)
        overlap.append(len(set(in_a[:10]) & set(in_b[:10])) / 10)
    assert fixed and broken
    assert comparison.fixed.tolist() == fixed
    assert comparison.broken.tolist() == broken
    np.testing.assert_allclose(comparison.overlap, overlap)
    assert comparison.neighbour_overlap == pytest.approx(np.mean(overlap))


def test_class_differences_are_b_minus_a(pair):
    comparison = compare(*pair)
    a, b = comparison.evaluation_a.by_class, comparison.evaluation_b.by_class
    assert comparison.by_class.labels == a.labels == b.labels
    difference = b.means["Recall@1"] - a.means["Recall@1"]
    np.testing.assert_array_equal(comparison.by_class.difference, difference)
    assert np.ptp(difference) > 0


def test_an_embedding_against_itself_changes_nothing(pair):
    comparison = compare(pair[0], pair[0])
    assert not len(comparison.fixed) and not len(comparison.broken)
    assert comparison.neighbour_overlap == 1.0
    assert not comparison.by_class.difference.any()


def test_only_common_rows_are_compared(pair):
    a, b = pair
    a, b = a.part(np.arange(60)), b.part(np.arange(89, 19, -1))  # b also stands in another order
    comparison = compare(a, b)
    assert comparison.rows.tolist() == list(range(20, 60))
    assert comparison.evaluation_a.protocol.gallery == comparison.evaluation_b.protocol.gallery == 40
    assert set(comparison.fixed) | set(comparison.broken) <= set(range(20, 60))


def test_a_class_of_one_image_has_no_difference():
    vectors = np.random.default_rng(1).standard_normal((5, 3))
    comparison = compare(*(embeddings_of(vectors, ["a", "a", "b", "b", "c"]) for _ in range(2)))
    alone = comparison.by_class.as_json()[2]
    assert (alone["recall_a"], alone["recall_b"], alone["difference"], alone["interval"]) == (None,) * 4


def test_without_a_measured_query_there_is_no_test():
    alone = embeddings_of(np.eye(3), "abc")
    assert compare(alone, alone).mcnemar_p is None


def test_nothing_in_common_is_said(pair):
    a, b = pair
    with pytest.raises(EmbeddingsError, match="0 rows in common"):
        on_common_rows(a.part(np.arange(10)), b.part(np.arange(50, 60)))


def test_different_data_are_refused_naming_the_row():
    vectors = np.eye(3)
    a = embeddings_of(vectors, "xyz")
    with pytest.raises(EmbeddingsError, match=r"row 1 has path '1.png' in A and 'other.png' in B"):
        compare(a, embeddings_of(vectors, "xyz", paths=["0.png", "other.png", "2.png"]))
    with pytest.raises(EmbeddingsError, match="row 2 has class 'z' in A and 'w' in B"):
        compare(a, embeddings_of(vectors, "xyw"))


def test_the_json_document_has_the_promised_fields(pair):
    document = json.loads(json.dumps(compare(*pair).as_json(), allow_nan=False))
    fields = {"a", "b", "per_class", "fixed", "broken", "mcnemar_p", "neighbours_kept", "k", "intervals"}
    assert set(document) == fields
    exact = stats.binomtest(len(document["fixed"]), len(document["fixed"]) + len(document["broken"]))
    assert document["mcnemar_p"] == pytest.approx(exact.pvalue, rel=1e-12)
    assert document["k"] == 10
    assert {"label", "recall_a", "recall_b", "difference"} <= set(document["per_class"][0])


@pytest.fixture
def passes(monkeypatch):
    """Grows with every pass over all pairs."""
    made = []
    blocks = evaluation.blocks
    monkeypatch.setattr(evaluation, "blocks", lambda *arguments: made.append(1) or blocks(*arguments))
    return made


def compared(a, b, tmp_path) -> Comparison:
    for name, embeddings in zip("ab", (a, b), strict=True):
        if not (tmp_path / name).exists():
            save_folder(tmp_path / name, embeddings.vectors, embeddings.rows, Origin())
    evaluations = tuple(evaluate(embeddings, precision_at=(1,)) for embeddings in (a, b))
    return compare_once(a, b, evaluations, (tmp_path / "a", tmp_path / "b"), tmp_path / "comparison.npz")


def test_two_evaluations_of_the_same_rows_are_compared_without_a_search(pair, passes, tmp_path):
    found = compared(*pair, tmp_path)
    assert len(passes) == 2  # the two evaluations
    assert found.as_json() == compare(*pair, [Protocol.of(one, "euclidean") for one in pair]).as_json() | {
        side: evaluation.as_json() for side, evaluation in (("a", found.evaluation_a), ("b", found.evaluation_b))
    }


def test_of_common_rows_both_are_measured_once(pair, passes, tmp_path):
    a, b = pair[0].part(np.arange(60)), pair[1].part(np.arange(20, 90))
    first = compared(a, b, tmp_path)
    assert len(passes) == 4  # and of the common rows
    assert first.as_json() == compare(a, b, (Protocol.of(a, "euclidean"), Protocol.of(b, "euclidean"))).as_json()
    passes.clear()
    assert compared(a, b, tmp_path).as_json() == first.as_json()
    assert len(passes) == 2
    passes.clear()
    assert compared(a, b.part(np.arange(30)), tmp_path).as_json() != first.as_json()
    assert len(passes) == 4  # other rows in common
