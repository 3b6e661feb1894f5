"""Every retrieval measure, overall, by class and by query, against plain loops on embeddings made to be awkward.

Vectors have few directions and values, so that ties and exact duplicates are everywhere and every similarity is exact
in floating point; some are zero. Classes may be single images, missing on one side, all the same, or none at all, and
K reaches beyond the gallery. The loops share no code with the measures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.data.catalog import texts
from core.errors import EmbeddingsError
from core.retrieval.class_figures import known
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import evaluate
from core.retrieval.protocol import Protocol

RECALL_AT, PRECISION_AT = (1, 2, 5, 40), (1, 3, 40)


@dataclass(frozen=True)
class Answer:
    """What one query found; None in `hit` where it has no positive."""

    hit: int | None
    precision: dict[int, float]
    at_r: float
    average: float
    nearest: int


def cosine(left, right):
    lengths = np.sqrt(left @ left) * np.sqrt(right @ right)
    return left @ right / lengths if lengths else 0.0


def nearness(left, right):
    difference = left - right
    return -(difference @ difference)


def asked_and_found(embeddings):
    roles = [] if embeddings.roles is None else embeddings.roles.tolist()
    if "query" in roles and "gallery" in roles:
        return ([row for row, role in enumerate(roles) if role == side] for side in ("query", "gallery"))
    everyone = list(range(len(embeddings)))
    return everyone, everyone


def answers(embeddings, near):
    vectors, labels = embeddings.vectors.astype(np.float64), embeddings.labels.tolist()
    queries, gallery = asked_and_found(embeddings)
    found = {}
    for query in queries:
        others = [row for row in gallery if row != query]
        ranking = sorted(others, key=lambda row: (-near(vectors[query], vectors[row]), row))
        right = [bool(labels[query]) and labels[row] == labels[query] for row in ranking]
        positives = sum(right)
        average = sum(sum(right[: rank + 1]) / (rank + 1) for rank in range(positives) if right[rank])
        found[query] = Answer(
            hit=right.index(True) + 1 if positives else None,
            precision={k: sum(right[:k]) / k for k in PRECISION_AT},
            at_r=sum(right[:positives]) / max(positives, 1),
            average=average / max(positives, 1),
            nearest=ranking[0],
        )
    return found


def means(some):
    """The figures of some answers in the order of the table of measures, None without any."""

    def mean(values):
        return float(np.mean(values)) if values else None

    return [
        *(mean([answer.hit <= k for answer in some]) for k in RECALL_AT),
        *(mean([answer.precision[k] for answer in some]) for k in PRECISION_AT),
        mean([answer.average for answer in some]),
        mean([answer.at_r for answer in some]),
        mean([1 / answer.hit for answer in some]),
    ]


def assert_equal(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        assert one == (None if other is None else pytest.approx(other, abs=1e-9))


@st.composite
def awkward(draw):
    """Embeddings of 2 to 30 images."""
    count = draw(st.integers(2, 30))
    generator = np.random.default_rng(draw(st.integers(0, 2**31)))
    # Corners of a cube in four dimensions have length 2: their cosines are exact, at any power of two.
    vectors = generator.choice([-1.0, 1.0], (count, 4)) * 2.0 ** generator.integers(-3, 4, (count, 1))
    vectors[generator.random(count) < draw(st.sampled_from([0.0, 0.2, 1.0]))] = 0
    singles = np.array([f"single {row}" for row in range(count)])
    several = generator.choice(["", "a", "b", "c"][draw(st.integers(0, 1)) : draw(st.integers(2, 4))], count)
    labels = np.where(generator.random(count) < draw(st.sampled_from([0.0, 0.3, 1.0])), singles, several)
    roles = (
        texts(generator.choice(["query", "gallery", "gallery", ""], count).tolist()) if draw(st.booleans()) else None
    )
    names = texts([f"{row}.png" for row in range(count)])
    return Embeddings(vectors.astype(np.float32), np.arange(count), texts(labels.tolist()), names, roles)


@given(awkward(), st.sampled_from([("cosine", cosine), ("euclidean", nearness)]))
@settings(max_examples=150, deadline=None)
def test_every_figure_equals_a_loop(embeddings, how):
    distance, near = how
    found = answers(embeddings, near)
    measured = {query: answer for query, answer in found.items() if answer.hit is not None}
    result = evaluate(embeddings, RECALL_AT, protocol=Protocol.of(embeddings, distance), precision_at=PRECISION_AT)
    assert (result.protocol.queries, result.protocol.not_measured) == (len(measured), len(found) - len(measured))
    assert_equal(result.micro.values(), means(list(measured.values())))
    by_class = {}
    for query, answer in measured.items():
        by_class.setdefault(str(embeddings.labels[query]), []).append(answer)
    assert set(result.by_class.labels) == set(embeddings.labels.tolist()) - {""}
    for code, label in enumerate(result.by_class.labels):
        own = by_class.get(label, [])
        assert result.by_class.queries[code] == len(own)
        assert_equal([known(values)[code] for values in result.by_class.means.values()], means(own))
    classes = [means(own) for own in by_class.values()]
    assert_equal(result.macro.values(), np.mean(classes, axis=0).tolist() if classes else [None] * len(result.macro))
    assert_equal(
        result.cmc(12).tolist() if measured else [],
        [np.mean([answer.hit <= rank for answer in measured.values()]) for rank in range(1, 13)] if measured else [],
    )
    for row in range(len(embeddings)):
        answer = found.get(row)
        assert result.nearest[row] == (-1 if answer is None else answer.nearest)
        if answer is None or answer.hit is None:
            assert result.first_hit[row] == -1
            assert np.isnan([result.of_queries("MAP@R")[row], result.of_queries("R-precision")[row]]).all()
            continue
        assert result.first_hit[row] == answer.hit
        ours = [
            result.of_queries("MAP@R")[row],
            result.of_queries("R-precision")[row],
            *(result.of_queries(f"Precision@{k}")[row] for k in PRECISION_AT),
        ]
        assert_equal(ours, [answer.average, answer.at_r, *answer.precision.values()])


@given(awkward(), st.sampled_from([np.nan, np.inf, -np.inf]), st.data())
@settings(max_examples=20, deadline=None)
def test_what_is_not_finite_never_becomes_a_figure(embeddings, value, data):
    vectors = embeddings.vectors.copy()
    row = data.draw(st.integers(0, len(vectors) - 1))
    vectors[row, 2] = value
    with pytest.raises(EmbeddingsError, match=f"row {row}"):
        Embeddings(vectors, embeddings.rows, embeddings.labels, embeddings.paths, embeddings.roles)
