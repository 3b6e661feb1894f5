from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from core.comparison import Comparison
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import Evaluation, evaluate
from core.retrieval.measures import at_ranks
from explorer.appearance.metric_label import UNDER_PIXELS, MetricLabel
from explorer.panels.recall.overall import BETWEEN_FIGURES, FigureLine, Overall
from explorer.panels.recall.overall_measures import USUAL
from explorer.panels.recall.panel import MARGIN, NARROWEST_SIDE
from tests.explorer.panels.recall.conftest import words


def test_one_checkpoint(qtbot: QtBot, evaluation: Evaluation) -> None:
    overall = Overall()
    qtbot.addWidget(overall)
    overall.show_evaluation(evaluation)
    assert words(overall).startswith("Leave-one-out · cosine similarity · 10 queries")
    assert "R@1 70.0; R@4" in words(overall)
    assert "MAP@R" in words(overall)
    assert "R-precision" in words(overall)
    assert "R@2" not in words(overall)


def test_two_checkpoints(qtbot: QtBot, comparison: Comparison) -> None:
    overall = Overall()
    qtbot.addWidget(overall)
    overall.show_comparison(comparison)
    assert "R@1 A 70.0; R@1 B 60.0; B − A [−54.5, +27.3] −10.0" in words(overall)
    assert "B fixes 1, breaks 2 · McNemar p = 1.000" in words(overall)
    assert "Overlap of the 10 nearest, A and B: 100 %" in words(overall)


def test_what_changed_is_whole_where_the_panel_is_narrow(qtbot: QtBot, comparison: Comparison) -> None:
    """Its p is what a reader must not miss."""
    overall = Overall()
    qtbot.addWidget(overall)
    many = np.arange(10_346)
    overall.show_comparison(replace(comparison, fixed=many, broken=many[:-1]))
    line = next(label for label in overall.findChildren(FigureLine) if "McNemar" in label.text())
    assert line.fontMetrics().horizontalAdvance(line.text()) <= NARROWEST_SIDE - 2 * MARGIN


@pytest.mark.parametrize("names", [USUAL, ("R@8", "P@8", "MAP@R", "R-precision", "MRR")])
def test_figures_are_whole_where_the_panel_is_narrow(
    qtbot: QtBot, evaluation: Evaluation, names: tuple[str, ...]
) -> None:
    overall = Overall()
    qtbot.addWidget(overall)
    overall.menu.choose(names, macro=False)
    measures = at_ranks((1, 2, 4, 8), (1, 2, 4, 8))
    overall.show_evaluation(replace(evaluation, measures=measures, micro={one.title: 1.0 for one in measures}))
    overall.resize(NARROWEST_SIDE - 2 * MARGIN, 100)
    overall.show()
    figures = [figure for figure in overall.findChildren(MetricLabel) if figure.isVisible()]
    assert len(figures) == len(names)
    for figure, after in pairwise(figures):
        assert figure.geometry().right() < after.geometry().left()
    for figure in figures:
        assert QFontMetrics(figure.number_font_here()).horizontalAdvance("100.0") <= figure.width()
        assert figure.geometry().right() < overall.width()


def test_figures_stand_apart_where_there_is_room(qtbot: QtBot, evaluation: Evaluation) -> None:
    overall = Overall()
    qtbot.addWidget(overall)
    overall.show_evaluation(evaluation)
    overall.resize(800, 100)
    overall.show()
    first, second = [figure for figure in overall.findChildren(MetricLabel) if figure.isVisible()][:2]
    assert second.x() - (first.x() + first.width()) == BETWEEN_FIGURES
    assert first.number_font_here().pixelSize() == UNDER_PIXELS


def test_strong_evidence_is_written_as_below_a_thousandth(qtbot: QtBot, comparison: Comparison) -> None:
    overall = Overall()
    qtbot.addWidget(overall)
    overall.show_comparison(replace(comparison, mcnemar_p=0.0009))
    assert "McNemar p < 0.001" in words(overall)


def test_nothing_measured_is_said(qtbot: QtBot, evaluation: Evaluation, comparison: Comparison) -> None:
    overall = Overall()
    qtbot.addWidget(overall)
    none = replace(evaluation, micro=dict.fromkeys(evaluation.micro))
    overall.show_evaluation(none)
    assert "R@1 n/a; R@4 n/a; MAP@R n/a; R-precision n/a" in words(overall)
    overall.show_comparison(replace(comparison, evaluation_a=none, neighbour_overlap=None))
    assert "R@1 A n/a" in words(overall)
    assert "B − A n/a" in words(overall)


def test_other_measures_are_chosen_in_the_menu(qtbot: QtBot, embeddings: Embeddings) -> None:
    overall = Overall()
    qtbot.addWidget(overall)
    evaluation = evaluate(embeddings, precision_at=(2, 4))
    overall.show_evaluation(evaluation)
    actions = {action.text(): action for action in overall.menu.actions()}
    actions["R@4"].trigger()
    actions["P@2"].trigger()
    assert f"R@1 70.0; P@2 {100 * evaluation.micro['Precision@2']:.1f}; MAP@R" in words(overall)
    assert "R@4" not in words(overall)
    actions["MRR"].trigger()
    assert not actions["R@8"].isEnabled(), "five fit beside the table"
    for name in ("MRR", "P@2", "MAP@R", "R-precision"):
        actions[name].trigger()
    assert not actions["R@1"].isEnabled(), "one stays"


def test_the_mean_over_classes_says_so(qtbot: QtBot, evaluation: Evaluation) -> None:
    overall = Overall()
    qtbot.addWidget(overall)
    overall.show_evaluation(evaluation)
    next(action for action in overall.menu.actions() if "macro" in action.text()).trigger()
    assert f"R@1 {100 * evaluation.macro['Recall@1']:.1f}" in words(overall)
    assert "mean over 4 classes" in words(overall)
    assert evaluation.macro["Recall@1"] != evaluation.recall[1]
