"""One rule says what near is, wherever nobody chose."""

from __future__ import annotations

import json

import numpy as np
import pytest

from core.__main__ import main
from core.comparison import compare
from core.data.catalog import texts
from core.embedding_stats.hubs import nearest_others
from core.embedding_stats.report import agree, describe, judge_map
from core.errors import EmbeddingsError
from core.projection.mapping import project
from core.projection.projection import Projection, pca_map
from core.retrieval.continuous import evaluate_continuous
from core.retrieval.distance_rule import distance_of
from core.retrieval.embeddings import Embeddings, save_file, save_folder
from core.retrieval.evaluation import evaluate
from core.retrieval.evaluation_file import evaluate_once
from core.retrieval.index import Index
from core.retrieval.per_query import columns
from core.retrieval.protocol import Protocol
from core.retrieval.similarity import unit
from core.study.measures import measure
from core.training.validation import by_classes, by_targets

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


def at_1(embeddings, near):
    """The share of (N,) neighbours that are of the image's class."""
    return np.mean(embeddings.labels[near] == embeddings.labels)


def printed(embeddings, folder, measures):
    save_file(folder / "e.npz", embeddings)
    assert main(["evaluate", str(folder / "e.npz"), "--measures", measures, "--json", str(folder / "f.json")]) == 0
    return json.loads((folder / "f.json").read_text())


def kept(embeddings, folder):
    save_folder(folder / "e", embeddings.vectors, embeddings.rows, embeddings.origin)
    return evaluate_once(embeddings, folder / "e", folder / "kept.npz").recall[1]


def on_the_map(embeddings, xy):
    apart = np.linalg.norm(xy[:, None] - xy[None], axis=2) + np.diag(np.full(len(xy), np.inf))
    return at_1(embeddings, apart.argmin(axis=1))


def by_click(embeddings):
    index = Index(embeddings)
    return at_1(embeddings, [index.neighbours(position, 1).positions[0] for position in range(30)])


def per_query(embeddings, protocol=None):
    protocol = protocol or Protocol.of(embeddings)
    found = columns("", embeddings, protocol, evaluate(embeddings, protocol=protocol))
    return np.mean(np.array(found["class"]) == np.array(found["nearest class"]))


# Consumer -> a share that is 1 where its neighbours, clusters or positions are those of the classes.
CONSUMERS = {
    "validation": lambda e, _: by_classes(e, lambda: False)["recall"]["1"],
    "validation by targets": lambda e, _: by_targets(e, LENGTHS[:, None], lambda: False)["ndcg"]["10"],
    "evaluate": lambda e, folder: printed(e, folder, "recall")["recall"]["1"],
    "clusters": lambda e, folder: printed(e, folder, "nmi")["clustering"]["nmi"],
    "silhouette": lambda e, folder: printed(e, folder, "silhouette")["silhouette"]["value"] > 0.3,
    "evaluation of the window": kept,
    "continuous labels": lambda e, _: evaluate_continuous(e, LENGTHS[:, None]).ndcg[10],
    "file of queries": lambda e, _: per_query(e),
    "comparison": lambda e, _: compare(e, embeddings_of(DIRECTIONS)).evaluation_a.recall[1],
    "click": lambda e, _: by_click(e),
    "study": lambda e, _: measure(["recall@1"], e, None)["recall@1"],
    "study by targets": lambda e, _: measure(["ndcg@9"], e, LENGTHS[:, None])["ndcg@9"],
    "hubs": lambda e, _: at_1(e, nearest_others(e, 1)[:, 0]),
    "agreement": lambda e, _: agree(e, embeddings_of(VECTORS[:, ::-1]), 9).overlap,
    "trust in a map": lambda e, _: judge_map(e, Projection(VECTORS, "pca"), 9).trustworthiness,
    "PCA map": lambda e, _: on_the_map(e, pca_map(e).xy),
    "PCA map of a child": lambda e, _: on_the_map(e, project(e.vectors, "pca").xy),
}


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_embeddings_of_any_length_are_judged_by_one_distance(consumer, tmp_path):
    assert CONSUMERS[consumer](embeddings_of(VECTORS), tmp_path) == pytest.approx(1, abs=1e-3)
    assert CONSUMERS[consumer](embeddings_of(DIRECTIONS), tmp_path) < 0.9


# Consumer of a protocol -> a share that is 1 by Euclidean distance alone.
CHOOSERS = {
    "evaluate": lambda e, by: evaluate(e, protocol=by).recall[1],
    "file of queries": per_query,
    "comparison": lambda e, by: compare(e, e, (by, by)).evaluation_b.recall[1],
    "continuous labels": lambda e, by: evaluate_continuous(e, LENGTHS[:, None], protocol=by).ndcg[10],
    "hubs": lambda e, by: at_1(e, nearest_others(e, 1, protocol=by)[:, 0]),
    "agreement": lambda e, by: agree(e, embeddings_of(VECTORS[:, ::-1]), 9, protocols=(by, Protocol.of(e))).overlap,
    "trust in a map": lambda e, by: judge_map(e, Projection(VECTORS, "pca"), 9, protocol=by).trustworthiness,
    "space": lambda e, by: describe(e, projection=Projection(VECTORS, "pca"), k=9, protocol=by).map.trustworthiness,
    "PCA map": lambda e, by: on_the_map(e, pca_map(e, protocol=by).xy),
    "PCA map of a child": lambda e, by: on_the_map(e, project(e.vectors, "pca", protocol=by).xy),
}


@pytest.mark.parametrize("chooser", CHOOSERS)
def test_who_chooses_a_distance_gets_it(chooser):
    embeddings = embeddings_of(VECTORS)
    by_length, by_direction = (
        CHOOSERS[chooser](embeddings, Protocol.of(embeddings, distance)) for distance in ("euclidean", "cosine")
    )
    assert by_length == pytest.approx(1, abs=1e-3) and by_direction < 0.9


def test_each_of_two_is_compared_by_its_own_distance():
    embeddings = embeddings_of(VECTORS)
    both = compare(embeddings, embeddings_of(DIRECTIONS))
    assert (both.evaluation_a.protocol.distance, both.evaluation_b.protocol.distance) == ("euclidean", "cosine")


def test_a_click_finds_what_is_measured():
    embeddings = embeddings_of(VECTORS)
    index, evaluation = Index(embeddings), evaluate(embeddings)
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
