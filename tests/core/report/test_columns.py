"""Tables line up and say n/a where there is nothing."""

from __future__ import annotations

from core.report.columns import aligned, percent


def test_words_are_flush_left_and_figures_flush_right():
    table = aligned(["class", "R@1", "note"], [["a", "5.00", "x"], ["long name", "100.00", ""]], words=(0, 2))
    assert table.splitlines() == [
        "class         R@1  note",
        "a            5.00  x",
        "long name  100.00",
    ]


def test_a_table_without_rows_is_its_header():
    assert aligned(["class", "R@1"], []) == "class  R@1"


def test_wide_letters_and_accents_line_up_and_line_breaks_break_no_row():
    table = aligned(["class", "R@1"], [["바지", "5.00"], ["e\u0301te", "6.00"], ["a\nb", "7.00"]])
    assert table.splitlines() == ["class   R@1", "바지   5.00", "e\u0301te    6.00", "a b    7.00"]


def test_percent():
    assert percent(0.8125) == "81.25"
    assert percent(None) == "n/a"
    assert (percent(0.05, signed=True), percent(-0.05, signed=True)) == ("+5.00", "-5.00")
