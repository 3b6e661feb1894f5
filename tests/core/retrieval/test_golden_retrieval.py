"""Leave-one-out and query-to-gallery figures against those of four published evaluations."""

from __future__ import annotations

import numpy as np
import pytest

from core.data.catalog import texts
from core.retrieval.clustering import ami, nmi
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import evaluate
from core.retrieval.protocol import Protocol
from tests.core.losses.golden_cases import Case, cases

GOLDEN = list(cases("retrieval"))
# Raw embeddings are ranked by their distance (MDR's evaluation), unit ones by their product, which is the cosine.
DISTANCES = {"raw": "euclidean", "norm": "cosine"}


def given(prefix):
    chosen = [case for case in GOLDEN if case.name.startswith(prefix)]
    assert chosen
    return pytest.mark.parametrize("case", chosen, ids=lambda case: case.name)


def embeddings_of(vectors, labels, roles=None):
    classes = texts([str(label) for label in labels])
    paths = texts([f"{row}.png" for row in range(len(vectors))])
    parts = None if roles is None else texts(roles)
    return Embeddings(np.asarray(vectors, np.float32), np.arange(len(vectors)), classes, paths, parts)


def shares(result, ks):
    """Recall@K with queries that have no positive as misses, as two of the evaluations count them."""
    measured = result.protocol.queries / (result.protocol.queries + result.protocol.not_measured)
    return [result.recall[k] * measured for k in ks]


@given("ret_")
def test_equals_published_leave_one_out_figures(case: Case) -> None:
    ks = case.hyper["K"]
    distance = DISTANCES[case.hyper["embeddings"]]
    embeddings = embeddings_of(case["X"], case["labels"])
    result = evaluate(embeddings, ks, protocol=Protocol.of(embeddings, distance))
    np.testing.assert_allclose(shares(result, ks), case["mdr_recall"] / 100, rtol=1e-6)
    for key in ("ms_recall", "pa_recall"):
        if key in case:
            np.testing.assert_allclose(shares(result, ks), case[key], rtol=1e-9)
    precision_at_1, r_precision, map_at_r, *_ = case["pml_all"]
    assert result.recall[1] == pytest.approx(precision_at_1, rel=1e-9)
    assert result.micro["R-precision"] == pytest.approx(r_precision, rel=1e-9)
    assert result.map_at_r == pytest.approx(map_at_r, rel=1e-9)
    np.testing.assert_array_equal(result.first_hit, case["first_hit"])
    assert result.micro["MRR"] == pytest.approx(case["pml_all"][4], rel=1e-6)  # theirs is made in float32
    by_class = [result.by_class.means[title] for title in ("Recall@1", "R-precision", "MAP@R", "MRR")]
    by_class = [values[result.by_class.queries > 0] for values in by_class]
    # Theirs has also the mean average precision over the whole gallery, a measure that is not MAP@R.
    np.testing.assert_allclose(by_class[:3], case["pml_per_class"][:3], rtol=1e-9)
    np.testing.assert_allclose(by_class[3], case["pml_per_class"][4], rtol=1e-6)
    macro = [result.macro["Recall@1"], result.macro["R-precision"], result.macro["MAP@R"]]
    np.testing.assert_allclose(macro, case["pml_avg_of_avgs"][:3], rtol=1e-9)
    assert result.macro["MRR"] == pytest.approx(case["pml_avg_of_avgs"][4], rel=1e-6)


@given("ret_")
def test_clusters_agree_with_classes_as_published(case: Case) -> None:
    ours = (nmi(case["labels"], case["clusters"]), ami(case["labels"], case["clusters"]))
    np.testing.assert_allclose(ours, case["nmi_ami"], rtol=1e-9)


@given("inshop_")
def test_equals_published_query_to_gallery_figures(case: Case) -> None:
    vectors = np.concatenate([case["query"], case["gallery"]])
    labels = np.concatenate([case["query_labels"], case["gallery_labels"]])
    roles = ["query"] * len(case["query"]) + ["gallery"] * len(case["gallery"])
    ks = (1, 10, 20, 30, 40, 50)
    for kind, distance in DISTANCES.items():
        embeddings = embeddings_of(vectors, labels, roles)
        result = evaluate(embeddings, ks, protocol=Protocol.of(embeddings, distance))
        if kind == "raw":
            published = case["mdr_inshop"] / 100
            np.testing.assert_allclose(shares(result, ks[: len(published)]), published, rtol=1e-6)
        else:
            for key in ("pa_inshop", "ms_inshop", "dm_inshop"):
                np.testing.assert_allclose(shares(result, ks), case[key], rtol=1e-9)
            ours = [result.recall[1], result.micro["R-precision"], result.map_at_r]
            np.testing.assert_allclose(ours, case["pml_all"][:3], rtol=1e-9)
            assert result.micro["MRR"] == pytest.approx(case["pml_all"][4], rel=1e-6)
        np.testing.assert_array_equal(result.first_hit[: len(case["query"])], case[f"first_hit_{kind}"])
