"""The tables, with the statistics worked out by hand."""

from __future__ import annotations

import pytest

from core.errors import InputError, StorageError
from core.storage import read_json
from core.study.document import insert_table, marks
from core.study.one_run import StudyResult
from core.study.report import RESULTS, as_markdown, contrast_table, main_table, tuning_table, write_results
from core.study.runner import Choice, StudyOutcome
from tests.core.study.tiny_study import tiny_study

# The 97.5 % point of Student's t with two degrees of freedom, as the books print it.
T_OF_THREE_RUNS = 4.302653
PLAIN, TRIPLET = (0.50, 0.52, 0.54), (0.60, 0.64, 0.65)


@pytest.fixture
def outcome(tmp_path) -> StudyOutcome:
    study = tiny_study(tmp_path, "[0, 1]", "[0, 1, 2]")
    rates = ({"optimizer.learning_rate": 0.01}, {"optimizer.learning_rate": 0.001})
    return StudyOutcome(
        study,
        {"rate": Choice("rate", "map@r", rates[0], ((rates[0], 0.5), (rates[1], None)))},
        {
            name: {
                seed: StudyResult({"recall@1": figure, "map@r": figure / 2}, "", 3.0, 2.0, "CPU", "abc1234")
                for seed, figure in enumerate(figures)
            }
            for name, figures in (("plain", PLAIN), ("triplet", TRIPLET))
        },
    )


def by_hand(figures: tuple[float, ...]) -> tuple[float, float, float]:
    """Mean, deviation and half the interval."""
    mean = sum(figures) / 3
    deviation = (sum((figure - mean) ** 2 for figure in figures) / 2) ** 0.5
    return mean, deviation, T_OF_THREE_RUNS * deviation / 3**0.5


def test_a_row_has_mean_deviation_and_interval(outcome):
    headers, lines = main_table(outcome)
    assert headers[:5] == ["", "runs", "R@1, %", "deviation", "95 % interval"]
    mean, deviation, half = (100 * number for number in by_hand(PLAIN))
    interval = f"{mean - half:.2f} .. {mean + half:.2f}"
    assert lines[0][:5] == ["plain", "3", f"{mean:.2f}", f"{deviation:.2f}", interval]
    assert lines[0][-1] == "2"


def test_differences_are_taken_seed_by_seed(outcome):
    _, (line,) = contrast_table(outcome)
    apart = tuple(ours - theirs for ours, theirs in zip(TRIPLET, PLAIN, strict=True))
    mean, deviation, half = (100 * number for number in by_hand(apart))
    interval = f"{mean - half:+.2f} .. {mean + half:+.2f}"
    assert line[:6] == ["triplet - plain", "3", f"{mean:+.2f}", f"{deviation:.2f}", interval, "yes"]


def test_an_interval_that_holds_zero_is_within_chance(outcome):
    outcome.results["triplet"] = {seed: outcome.results["plain"][2 - seed] for seed in range(3)}
    _, (line,) = contrast_table(outcome)
    assert (line[2], line[5]) == ("+0.00", "no")


def test_missing_and_failed_runs_leave_their_cells(outcome):
    outcome.results["triplet"] = {1: StudyResult({}, failure="it went wrong"), 2: outcome.results["triplet"][2]}
    _, lines = main_table(outcome)
    assert lines[1][:5] == ["triplet", "1", "65.00", "n/a", "n/a"]
    _, (line,) = contrast_table(outcome)
    assert line[:6] == ["triplet - plain", "1", "+11.00", "n/a", "n/a", "n/a"]
    del outcome.results["triplet"]
    assert main_table(outcome)[1][1][1:5] == ["0", "n/a", "n/a", "n/a"]
    assert contrast_table(outcome)[1][0][1:6] == ["0", "n/a", "n/a", "n/a", "n/a"]


def test_tunings_show_what_was_tried_and_taken(outcome):
    _, lines = tuning_table(outcome)
    assert lines == [
        ["rate", "optimizer.learning_rate = 0.01", "50.00", "taken"],
        ["rate", "optimizer.learning_rate = 0.001", "n/a", ""],
    ]


def test_results_hold_every_run_and_where_they_come_from(outcome, tmp_path):
    write_results(tmp_path, outcome)
    document = read_json(tmp_path / RESULTS)
    assert document["rows"]["plain"]["runs"]["1"]["measures"]["recall@1"] == 0.52
    assert document["rows"]["plain"]["statistics"]["recall@1"]["mean"] == pytest.approx(0.52)
    assert document["contrasts"][0]["recall@1"]["mean"] == pytest.approx(0.11)
    assert (document["machine"]["devices"], document["machine"]["commits"]) == (["CPU"], ["abc1234"])
    assert (document["machine"]["runs"], document["machine"]["processor_seconds"]) == (6, 12.0)


def test_markdown_has_a_line_for_each_row():
    assert as_markdown((["", "a"], [["x", "1"]])) == "|  | a |\n| --- | ---: |\n| x | 1 |"


def test_tables_go_between_their_marks(outcome, tmp_path):
    path = tmp_path / "results.md"
    begin, end = marks("tiny")
    path.write_text(f"# Before\n{begin}\nold\n{end}\nafter\n")
    insert_table(path, outcome)
    insert_table(path, outcome)
    text = path.read_text()
    assert "trained at commit abc1234." in text
    assert text.startswith(f"# Before\n{begin}\n\n6 runs on CPU (")
    assert text.endswith(f"| taken |\n| rate | optimizer.learning_rate = 0.001 | n/a |  |\n\n{end}\nafter\n")
    assert text.count("| triplet - plain |") == 1
    assert "old" not in text


@pytest.mark.parametrize("text", ["", "<!-- study tiny -->", "<!-- end of study tiny -->\n<!-- study tiny -->"])
def test_a_document_without_the_marks_is_refused(outcome, tmp_path, text):
    path = tmp_path / "results.md"
    path.write_text(text)
    with pytest.raises(InputError, match="expected the lines '<!-- study tiny -->'"):
        insert_table(path, outcome)
    assert path.read_text() == text
    with pytest.raises(StorageError, match="Could not read"):
        insert_table(tmp_path / "missing.md", outcome)
