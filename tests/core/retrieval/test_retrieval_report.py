"""Tables of evaluations: which columns, which words, which bounds."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from core.data.catalog import texts
from core.errors import InputError
from core.report.formats import comma_separated
from core.retrieval.clustering import Clustering, Silhouette
from core.retrieval.continuous import evaluate_continuous
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import evaluate
from core.retrieval.protocol_wording import describe_protocol
from core.retrieval.report import EvaluatedModel, curve, overall, per_class, usual_measures, with_mean_of_runs
from core.retrieval.significance import mean_interval


def measured(name, seed, **others):
    generator = np.random.default_rng(seed)
    labels = np.repeat(np.arange(8), 6)
    vectors = generator.standard_normal((8, 5))[labels] + generator.standard_normal((48, 5))
    names = texts([f"class {label}" for label in labels])
    embeddings = Embeddings(vectors.astype(np.float32), np.arange(48), names, names)
    return EvaluatedModel(name, evaluate(embeddings, (1, 4), precision_at=(3,)), **others), embeddings


def test_a_row_for_each_checkpoint_and_the_protocol_once():
    table = overall([measured("a", 0)[0], measured("b", 1)[0]], words=["Data: demo."])
    assert table.headings == ("checkpoint", "Recall@1", "Recall@4", "Precision@3", "MAP@R", "R-precision")
    assert [row[0] for row in table.rows] == ["a", "b"]
    assert table.words == (
        "Data: demo.",
        "Leave-one-out, Euclidean distance of the embeddings as they are, 48 queries, self excluded by row.",
    )
    assert table.printed == "Retrieval measures in percent."


def test_different_protocols_are_all_said():
    one, embeddings = measured("a", 0)
    other = EvaluatedModel("b", evaluate(embeddings.part(np.arange(40)), (1, 4), precision_at=(3,)))
    words = overall([one, other]).words
    # Names stand as their rows have them, whatever letter they begin with.
    assert words[0].startswith("a: leave-one-out") and "48 queries" in words[0]
    assert words[1].startswith("b: leave-one-out") and "40 queries" in words[1]


def test_no_words_of_one_embedding_are_said_of_another():
    one, embeddings = measured("a", 0, clustering=Clustering(0.5, 0.25, 8, 48, 0, 0))
    few = embeddings.part(np.arange(6))
    other = EvaluatedModel("b", evaluate(few, (1, 4)), Clustering(None, None, 1, 6, 0, 0), Silhouette(None, 6, 0, 0))
    words = overall([one, other], ("nmi", "silhouette"), average="macro").words
    assert words[2:] == (
        "a: means over 8 classes of the means within them (macro).",
        "b: means over 1 class of the means within them (macro).",
        "a: NMI (arithmetic) and AMI of 8 k-means clusters of 48 images, faiss, 20 iterations, seed 0.",
        "b: NMI (arithmetic) and AMI of 1 k-means cluster of 6 images, faiss, 20 iterations, seed 0.",
        "b: silhouette of 0 of 6 labelled images.",
    )


def test_macro_means_come_from_the_classes():
    one, _ = measured("a", 0)
    table = overall([one], ("map@r", "mrr"), average="macro")
    assert [figure.value for figure in table.rows[0][1:]] == [
        one.evaluation.macro["MAP@R"],
        one.evaluation.macro["MRR"],
    ]
    assert "8 classes" in " ".join(table.words)


@pytest.mark.parametrize("unit", ["queries", "classes"])
def test_intervals_lie_around_every_retrieval_figure(unit):
    one, _ = measured("a", 0)
    table = overall([one], ("recall", "precision", "map@r", "r-precision", "mrr"), intervals=unit)
    for figure in table.rows[0][1:]:
        assert figure.low <= figure.value <= figure.high
        assert figure.low < figure.high
    assert f"resamples of {unit}" in " ".join(table.words)


def test_other_measures_have_their_columns_and_their_settings():
    one, embeddings = measured(
        "a",
        0,
        clustering=Clustering(0.5, 0.25, 8, 48, 0, seed=3),
        silhouette=Silhouette(-0.125, 48, 20, 0),
    )
    targets = np.random.default_rng(0).random((48, 2))
    continuous = evaluate_continuous(embeddings, targets, (1,), (10,))
    one = EvaluatedModel(one.name, one.evaluation, one.clustering, one.silhouette, continuous)
    table = overall([one], ("nmi", "ami", "silhouette", "continuous"))
    assert table.headings == ("checkpoint", "NMI", "AMI", "silhouette", "label distance@1", "nDCG@10")
    nmi, ami, silhouette, distance, ndcg = table.rows[0][1:]
    assert (nmi.value, ami.value, silhouette.value) == (0.5, 0.25, -0.125)
    assert silhouette.written(silhouette.value) == "-0.1250"
    assert (distance.value, ndcg.value) == (continuous.mean_distance[1], continuous.ndcg[10])
    words = " ".join(table.words)
    assert "seed 3" in words and "20 of 48 labelled images" in words and "Continuous labels" in words
    assert set(one.as_json()) >= {"recall", "clustering", "silhouette", "continuous"}


@pytest.mark.parametrize(("average", "unit"), [("micro", "queries"), ("micro", "classes"), ("macro", "queries")])
def test_continuous_measures_are_means_over_queries_and_have_intervals(average, unit):
    one, embeddings = measured("a", 0)
    targets = np.random.default_rng(0).random((48, 2))
    targets[3] = np.nan
    found = evaluate_continuous(embeddings, targets, (1, 60), (10,))
    table = overall([replace(one, continuous=found)], ("continuous",), average, unit)
    distance, undefined, ndcg = table.rows[0][1:]
    classes = None if (average, unit) == ("micro", "queries") else embeddings.labels[found.measured]
    for figure, values in ((distance, found.per_query_distance[1]), (ndcg, found.per_query_ndcg[10])):
        interval = mean_interval(values, classes)
        assert (figure.value, figure.low, figure.high) == pytest.approx((interval.value, interval.low, interval.high))
    assert (undefined.value, undefined.low) == (None, None)
    assert "means over queries" in table.words[-1]


@pytest.mark.parametrize(
    ("measures", "columns"),
    [
        (usual_measures(), ["label distance@10", "nDCG@100"]),
        (("ndcg",), ["nDCG@100"]),
        (("continuous",), ["label distance@1", "label distance@10", "nDCG@10", "nDCG@100"]),
        (("recall",), []),
    ],
)
def test_a_page_holds_the_ranks_of_the_paper_and_all_come_on_request(measures, columns):
    one, embeddings = measured("a", 0)
    found = evaluate_continuous(embeddings, np.random.default_rng(0).random((48, 2)), (1, 10), (10, 100))
    table = overall([replace(one, continuous=found)], measures, intervals="queries")
    assert [heading for heading in table.headings if "@1" in heading and heading[0] in "ln"] == columns
    figures = {"label distance@10": found.mean_distance[10], "nDCG@100": found.ndcg[100]}
    for heading, cell in zip(table.headings, table.rows[0], strict=True):
        assert heading not in figures or (cell.value == figures[heading] and cell.low <= cell.value <= cell.high)
    assert replace(one, continuous=found).as_json()["continuous"]["ndcg"].keys() == {"10", "100"}


def test_images_without_a_class_are_in_none_that_is_drawn():
    one, embeddings = measured("a", 0)
    found = evaluate_continuous(embeddings, np.random.default_rng(0).random((48, 2)), (1,), (10,))
    labels = embeddings.labels.copy()
    labels[5] = ""
    one = EvaluatedModel("a", evaluate(replace(embeddings, labels=labels)), continuous=found)
    row = overall([one], ("continuous",), intervals="classes").rows[0]
    assert [figure.low for figure in row[1:]] == [None, None]


def test_runs_are_summed_up_in_a_last_row():
    rows = [measured(name, seed)[0] for seed, name in enumerate("abc")]
    table = with_mean_of_runs(overall(rows))
    values = [one.evaluation.map_at_r for one in rows]
    mean = table.rows[-1][list(table.headings).index("MAP@R")]
    assert table.rows[-1][0] == "mean of the runs (3)"
    assert mean.value == pytest.approx(np.mean(values))
    assert mean.deviation == pytest.approx(np.std(values, ddof=1))
    assert mean.low < mean.value < mean.high


def test_a_mean_needs_two_runs_and_every_figure():
    one, _ = measured("a", 0)
    with pytest.raises(InputError, match="at least two runs; received 1"):
        with_mean_of_runs(overall([one]))
    other = EvaluatedModel("b", one.evaluation, clustering=Clustering(0.5, 0.5, 8, 48, 0, 0))
    assert with_mean_of_runs(overall([one, other], ("nmi",))).rows[-1][1].value is None


def test_classes_are_listed_in_order_or_worst_first():
    one, _ = measured("a", 0)
    everything, worst = per_class(one), per_class(one, worst=3)
    assert [row[0] for row in everything.rows] == [f"class {number}" for number in range(8)]
    recalls = [row[3].value for row in worst.rows]
    assert recalls == sorted(row[3].value for row in everything.rows)[:3]
    assert "3 of 8 classes" in worst.words[0]


def test_a_class_without_a_figure_is_the_last_of_the_worst():
    names = texts(["alone", "a", "b", "c", "b", "c"])
    vectors = np.eye(6, dtype=np.float32)[[0, 1, 1, 2, 2, 2]]
    one = EvaluatedModel("x", evaluate(Embeddings(vectors, np.arange(6), names, names)))
    assert [(row[0], row[3].value) for row in per_class(one, worst=4).rows] == [
        ("b", 0.0),
        ("c", 0.5),
        ("a", None),
        ("alone", None),
    ]


def test_tables_by_class_and_by_rank_state_the_protocol_where_they_are_pasted_alone():
    one, _ = measured("a", 0)
    for table in (per_class(one), curve([one], 3)):
        assert table.words[1] == f"L{describe_protocol(one.evaluation.protocol)[1:]}."


def test_what_a_class_is_confused_with_is_a_share_of_its_queries_or_not_available():
    names = texts(["a", "a", "b", "b", "b", "alone"])
    angles = np.deg2rad([0, 21, 1, 10, 22, 90])
    vectors = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)
    table = per_class(EvaluatedModel("x", evaluate(Embeddings(vectors, np.arange(6), names, names))))
    assert table.headings[-2:] == ("most confused with", "confused")
    confused = {row[0]: (row[-2], row[-1].written(row[-1].value)) for row in table.rows}
    assert confused == {"a": ("b", "100.00"), "b": ("a", "66.67"), "alone": ("", "n/a")}
    written = {line.split(",")[0]: line for line in comma_separated(table).splitlines()}
    assert ",a,0.6666666666666666," in written["b"]  # a share like all others there
    assert ",,," in written["alone"]


def test_tables_need_no_torch():
    import subprocess

    code = "import sys, core.retrieval.report, core.report.formats; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_curve_is_recall_at_every_rank_of_each_checkpoint():
    one, embeddings = measured("a", 0)
    other, _ = measured("b", 1)
    table = curve([one, other], 6)
    assert table.headings == ("rank", "a", "b")
    assert [row[0] for row in table.rows] == [1, 2, 3, 4, 5, 6]
    recall = evaluate(embeddings, range(1, 7)).recall
    assert [row[1].value for row in table.rows] == pytest.approx(list(recall.values()))
    with pytest.raises(InputError, match="--cmc is 49; expected no more than the 48 images of the gallery"):
        curve([one], 49)


def test_a_curve_of_what_has_no_second_image_is_not_available():
    names = texts(["a", "b", "c"])
    alone = Embeddings(np.eye(3, dtype=np.float32), np.arange(3), names, names)
    assert [row[1].value for row in curve([EvaluatedModel("a", evaluate(alone))], 2).rows] == [None, None]
