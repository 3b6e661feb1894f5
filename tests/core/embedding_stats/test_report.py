"""All measures together: fitting rows, missing parts, plain values."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest

from core.data.catalog import texts
from core.embedding_stats.hubs import nearest_others
from core.embedding_stats.map_quality import map_quality
from core.embedding_stats.report import agree, describe, judge_map
from core.errors import Cancelled, EmbeddingsError
from core.progress import Reporter, StoppableReporter
from core.projection.projection import Projection
from core.retrieval.embeddings import Embeddings


def embeddings_of(seed: int, rows: np.ndarray, dimensions: int = 6) -> Embeddings:
    everyone = np.random.default_rng(seed).standard_normal((60, dimensions)).astype(np.float32)
    labels, paths = texts([f"class {row % 5}" for row in rows]), texts([f"{row}.png" for row in rows])
    return Embeddings(everyone[rows], rows, labels, paths)


WHOLE = np.arange(60)


def test_everything_at_once() -> None:
    a, b = embeddings_of(0, WHOLE), embeddings_of(1, WHOLE, dimensions=4)
    projection = Projection(a.vectors[:, :2], "pca", rows=WHOLE)
    report = describe(a, b, projection, k=5)
    assert (report.images, report.dimensions, report.classes, report.unlabelled) == (60, 6, 5, 0)
    assert report.hubs.k == report.agreement.k == report.map.k == 5
    values = json.loads(json.dumps(asdict(report)))
    assert values["agreement"]["cka"] == report.agreement.cka
    assert values["pairs"]["asked"] == 60


def test_parts_that_were_not_asked_for_are_none() -> None:
    report = describe(embeddings_of(0, WHOLE))
    assert (report.agreement, report.map) == (None, None)


def test_agreement_is_on_common_rows() -> None:
    a, b = embeddings_of(0, np.arange(40)), embeddings_of(1, np.arange(20, 60))
    expected = agree(embeddings_of(0, np.arange(20, 40)), embeddings_of(1, np.arange(20, 40)))
    assert agree(a, b, near_a=nearest_others(a)) == expected
    assert expected.images == 20


def test_a_space_agrees_with_itself() -> None:
    a = embeddings_of(0, WHOLE)
    found = agree(a, a)
    assert found.cka == pytest.approx(1, abs=1e-12)
    assert found.overlap == 1


def test_few_queries_estimate_the_neighbours_kept() -> None:
    a, b = embeddings_of(0, WHOLE), embeddings_of(1, WHOLE)
    whole, part = describe(a, b), describe(a, b, queries=40, seed=2)
    assert (whole.agreement.asked, part.agreement.asked, part.hubs.asked, part.seed) == (60, 40, 40, 2)
    assert part.agreement.overlap == pytest.approx(whole.agreement.overlap, abs=0.05)
    assert part.agreement == agree(a, b, queries=40, seed=2)
    assert part.agreement.cka == whole.agreement.cka


def test_a_map_is_judged_on_the_rows_it_has() -> None:
    a = embeddings_of(0, WHOLE)
    part = np.arange(10, 50)
    points = np.random.default_rng(2).standard_normal((40, 2)).astype(np.float32)
    found = judge_map(a, Projection(points[::-1], "umap", rows=part[::-1].copy()), 5)
    assert found == map_quality(a.vectors[part], points, 5, distance="euclidean")
    assert found.images == 40


def test_what_does_not_fit_is_refused() -> None:
    a = embeddings_of(0, np.arange(30))
    points = np.zeros((30, 2), np.float32)
    with pytest.raises(EmbeddingsError, match="none of the 30 images"):
        describe(a, projection=Projection(points, "pca", rows=np.arange(30, 60)))
    with pytest.raises(EmbeddingsError, match="29 images was held against 30"):
        describe(a, projection=Projection(points[1:], "pca"))
    with pytest.raises(EmbeddingsError, match="neighbours is 0"):
        describe(a, k=0)
    with pytest.raises(EmbeddingsError, match="sample is 0"):
        describe(a, sample=0)
    with pytest.raises(EmbeddingsError, match="in common"):
        describe(a, embeddings_of(1, np.arange(30, 60)))


def test_one_image_has_no_figures() -> None:
    report = describe(embeddings_of(0, WHOLE[:1]))
    assert report.hubs is None
    assert report.pairs.uniformity is None


def test_it_can_be_stopped() -> None:
    with pytest.raises(Cancelled):
        describe(embeddings_of(0, WHOLE), reporter=StoppableReporter(Reporter(), lambda: True))
