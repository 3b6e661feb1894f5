"""Tables as a terminal, a paper and a spreadsheet read them."""

from __future__ import annotations

import csv
import io

import pytest

from core.report.formats import FORMATS, comma_separated, latex, markdown, plain
from core.report.table import MetricValue, Table

TABLE = Table(
    ("Leave-one-out, 12 queries.", "100 % by hand."),
    ("checkpoint", "images", "Recall@1"),
    (
        ("a_1 | b", 1200, MetricValue(0.5, deviation=0.0125)),
        ("=cmd()", 3, MetricValue(None)),
        ("c", 4, MetricValue(1 / 3, low=0.25, high=0.5)),
    ),
)


def test_plain_aligns_words_left_and_figures_right():
    assert plain(TABLE).splitlines() == [
        "Leave-one-out, 12 queries.",
        "100 % by hand.",
        "",
        "checkpoint  images              Recall@1",
        "a_1 | b      1,200          50.00 ± 1.25",
        "=cmd()           3                   n/a",
        "c                4  33.33 [25.00, 50.00]",
    ]


def test_markdown_escapes_its_pipes():
    lines = markdown(TABLE).splitlines()
    assert lines[3:5] == ["| checkpoint | images | Recall@1 |", "| :--- | ---: | ---: |"]
    assert lines[5] == r"| a\_1 \| b | 1,200 | 50.00 ± 1.25 |"


def test_markdown_shows_names_as_they_are():
    table = Table(("__a__: *.png",), ("class",), (("`b` <i>\n\\",),))
    assert markdown(table).splitlines()[0] == r"\_\_a\_\_: \*.png"
    assert markdown(table).splitlines()[-1] == r"| \`b\` \<i> \\ |"


def test_latex_is_a_booktabs_tabular_with_the_words_as_comments():
    lines = latex(TABLE).splitlines()
    assert lines[0] == "% Leave-one-out, 12 queries."
    assert lines[2:6] == [
        r"% Needs \usepackage{booktabs}.",
        r"\begin{tabular}{lrr}",
        r"\toprule",
        r"checkpoint & images & Recall@1 \\",
    ]
    assert lines[7] == r"a\_1 \textbar{} b & 1,200 & 50.00 $\pm$ 1.25 \\"
    assert lines[-2:] == [r"\bottomrule", r"\end{tabular}"]


def test_latex_has_minus_signs_in_figures_and_hyphens_in_names():
    figure = MetricValue(-0.25, -0.5, 0.125, decimals=3, percent=False)
    line = latex(Table((), ("name", "silhouette"), (("a-b", figure), ("c", MetricValue(None))))).splitlines()[5]
    assert line == r"a-b & $-$0.250 [$-$0.500, 0.125] \\"


def test_latex_says_which_names_need_more_than_pdflatex():
    assert "LuaLaTeX" not in latex(Table(("고양이",), ("name", "é"), (("naïve", 1),)))  # words are comments
    lines = latex(Table((), ("name",), (("고양이",),))).splitlines()
    assert lines[1].startswith("% Some names are not in Latin letters: needs LuaLaTeX")


def test_no_name_continues_the_row_before_it():
    lines = latex(Table((), ("class",), (("[2cm]",), ("* b",)))).splitlines()
    assert lines[5:7] == [r"{}[2cm] \\", r"{}* b \\"]


@pytest.mark.parametrize(("text", "escaped"), [("50 % & #1", r"50 \% \& \#1"), ("\\~^", None), ("{$}", r"\{\$\}")])
def test_latex_escapes_what_it_would_obey(text, escaped):
    line = latex(Table((), ("name",), ((text,),))).splitlines()[5]
    assert line == (escaped or r"\textbackslash{}\textasciitilde{}\textasciicircum{}") + r" \\"


def test_csv_keeps_every_digit_and_gives_bounds_their_columns():
    heading, *rows = csv.reader(io.StringIO(comma_separated(TABLE)))
    assert heading == [
        "checkpoint",
        "images",
        "Recall@1",
        "Recall@1 deviation",
        "Recall@1 low",
        "Recall@1 high",
        "protocol",
    ]
    assert rows[0][:6] == ["a_1 | b", "1200", "0.5", "0.0125", "", ""]
    assert float(rows[2][2]) == 1 / 3
    assert rows[2][6] == "Leave-one-out, 12 queries. 100 % by hand."


@pytest.mark.parametrize("value", [None, 0.0, 1.0, 0.62345, 0.123449999, 2 / 3, 1e-5, 0.99999])
def test_every_format_prints_the_same_digits(value):
    table = Table(
        (), ("of", "share", "silhouette"), (("x", MetricValue(value), MetricValue(value, decimals=4, percent=False)),)
    )
    printed = plain(table).splitlines()[-1].split()[1:]
    assert [cell.strip() for cell in markdown(table).splitlines()[-1].strip("|").split("|")][1:] == printed
    assert latex(table).splitlines()[-3].removesuffix(r" \\").split(" & ")[1:] == printed
    exact = list(csv.reader(io.StringIO(comma_separated(table))))[1][1:3]
    share, silhouette = (float(cell) if cell else None for cell in exact)
    assert [
        MetricValue(None).written(share),
        MetricValue(None, decimals=4, percent=False).written(silhouette),
    ] == printed


def test_csv_holds_no_formula():
    rows = list(csv.reader(io.StringIO(comma_separated(TABLE))))
    assert rows[2][0] == "'=cmd()"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_or_heading_of_csv_begins_as_a_formula_may(start):
    text = f"{start}1+1"
    heading, row = csv.reader(io.StringIO(comma_separated(Table((), (text, "R"), ((text, 1),))), newline=""))
    assert heading[0] == row[0] == f"'{text}"


@pytest.mark.parametrize("name", FORMATS)
def test_a_table_without_rows_or_words_can_be_written(name):
    assert "class" in FORMATS[name](Table((), ("class", "R"), ()))


def test_only_printed_figures_are_said_to_be_in_percent():
    table = Table(("12 queries.",), ("R",), ((MetricValue(0.5),),), "In percent.")
    for write in (plain, markdown, latex):
        assert "12 queries." in write(table) and "In percent." in write(table)
    assert comma_separated(table).splitlines() == ["R,protocol", "0.5,12 queries. Shares from 0 to 1."]
