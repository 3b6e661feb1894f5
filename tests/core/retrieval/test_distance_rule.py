"""One rule says what near is, wherever nobody chose."""

from __future__ import annotations

import numpy as np
import pytest

from core.comparison import compare
from core.data.catalog import texts
from core.errors import EmbeddingsError
from core.retrieval.distance_rule import distance_of
from core.retrieval.embeddings import Embeddings, save_folder
from core.retrieval.evaluation import evaluate
from core.retrieval.evaluation_file import evaluate_once
from core.retrieval.index import Index
from core.retrieval.similarity import unit
from core.training.validation import by_classes

RNG = np.random.default_rng(0)
# Length tells the classes apart, direction does not: by Euclidean distance all are right.
LENGTHS = np.repeat([1.0, 3.0, 9.0], 10)
DIRECTIONS = unit(np.abs(RNG.normal(size=(30, 2))) + 4)
VECTORS = (LENGTHS[:, None] * DIRECTIONS).astype(np.float32)


def embeddings_of(vectors):
    labels = texts([str(length) for length in LENGTHS])
    return Embeddings(vectors, np.arange(30), labels, texts([f"{row}.png" for row in range(30)]))


@pytest.mark.parametrize(
    ("vectors", "expected"),
    [
        (VECTORS, "euclidean"),
        (DIRECTIONS, "cosine"),
        (DIRECTIONS.astype(np.float16), "cosine"),
        (DIRECTIONS * 2, "euclidean"),
        (np.concatenate([DIRECTIONS, np.zeros((1, 2), np.float32)]), "cosine"),
        (np.zeros((3, 2), np.float32), "euclidean"),
    ],
)
def test_unit_vectors_are_compared_by_cosine_and_others_as_they_are(vectors, expected):
    assert distance_of(vectors) == expected


def test_every_figure_is_by_the_same_distance(tmp_path):
    embeddings = embeddings_of(VECTORS)
    save_folder(tmp_path / "e", VECTORS, embeddings.rows, embeddings.origin)
    assert evaluate(embeddings, distance="cosine").recall[1] < 0.7
    assert by_classes(embeddings, lambda: False)["recall"]["1"] == 1.0
    kept = evaluate_once(embeddings, tmp_path / "e", tmp_path / "kept.npz")
    assert kept.recall[1] == 1.0 and "Euclidean distance" in kept.protocol
    both = compare(embeddings, embeddings_of(DIRECTIONS))
    assert (both.evaluation_a.distance, both.evaluation_b.distance) == ("euclidean", "cosine")
    assert both.evaluation_a.recall[1] == 1.0
    assert compare(embeddings, embeddings, distance="cosine").evaluation_a.distance == "cosine"


def test_a_click_finds_what_is_measured():
    embeddings = embeddings_of(VECTORS)
    index, evaluation = Index(embeddings, "euclidean"), evaluate(embeddings, distance="euclidean")
    for position in range(30):
        found = index.neighbours(position, 29)
        assert found.positions[0] == evaluation.nearest[position]
        assert found.similarities[0] == pytest.approx(evaluation.found.nearest_similarity[position], rel=1e-5)
        distances = np.linalg.norm(VECTORS - VECTORS[position], axis=1)
        np.testing.assert_allclose(-found.similarities, np.sort(distances)[1:], rtol=1e-4, atol=1e-5)
        assert position not in found.positions
    again = index.neighbours_of_vector(VECTORS[3], 1)
    assert again.positions[0] == 3 and again.similarities[0] == 0
    with pytest.raises(EmbeddingsError):
        index.neighbours_of_vector(VECTORS[3, :1], 1)
