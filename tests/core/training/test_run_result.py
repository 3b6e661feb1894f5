from __future__ import annotations

from core.models.measure import LABEL_DISTANCE_AT_10
from core.training.run_result import HELD_OUT, RunResult, by_what


def test_a_best_that_was_chosen_on_the_test_split_says_so():
    result = RunResult("test", "epoch_007", "epoch_010", 0.75, 0.5)
    assert result.sentence == (
        "Recall@1 on the test split: best 75.00 % (epoch_007), last 50.00 %; the best was chosen on that split"
    )


def test_a_best_that_was_chosen_elsewhere_says_what_it_reaches_on_the_test_split():
    result = RunResult(HELD_OUT, "epoch_007", "epoch_010", 0.75, 0.5)
    assert result.sentence.endswith("the best was chosen there")
    tested = result.tested("epoch_007", 0.625).tested("epoch_010", 0.25)
    assert tested.sentence == (
        "Recall@1 on held-out classes: best 75.00 % (epoch_007), last 50.00 %;"
        " the best was chosen there and reaches 62.50 % on the test split, the last 25.00 %"
    )


def test_the_best_may_be_the_last():
    result = RunResult(HELD_OUT, "epoch_010", "epoch_010", 0.75, 0.75).tested("epoch_010", 0.5)
    assert (result.best_on_test, result.last_on_test) == (0.5, 0.5)


def test_a_label_distance_says_which_way_is_better():
    result = RunResult("test", "epoch_007", "epoch_010", 0.25, 0.5, measure=LABEL_DISTANCE_AT_10)
    assert result.sentence == (
        "label distance@10 on the test split: best 0.2500 (epoch_007), last 0.5000; lower is better;"
        " the best was chosen on that split"
    )
    assert result.as_dict()["measure"] == "label distance@10"


def test_nothing_measured_says_nothing():
    assert RunResult().sentence == ""


def test_the_distance_that_chose_is_named():
    words = {"cosine": "Recall@1 by cosine similarity on", "euclidean": "Recall@1 by Euclidean distance on"}
    for distance, description in words.items():
        assert RunResult("test", "a", "b", 0.75, 0.5, distance=distance).sentence.startswith(
            f"{description} the test split: "
        )
    assert by_what(LABEL_DISTANCE_AT_10, "cosine") == "", "which goes by Euclidean distance always"
