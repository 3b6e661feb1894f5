"""The legend: model without a view, then the widget."""

from __future__ import annotations

import unicodedata
from typing import Literal

import numpy as np
import pytest
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLineEdit, QListView
from pytestqt.qtbot import QtBot

from explorer.panels.map.legend import COUNT_ROLE, GROUP_ROLE, HIDDEN_ROLE, Legend, LegendModel

NAMES = ("Dress", "Skirt", "T-Shirt", "Shirt", "Hat")
PALETTE = np.arange(18, dtype=np.uint8).reshape(6, 3) * 10
COUNTS = np.array([412, 0, 30, 8, 1])
KIND = ("class", "classes")


@pytest.fixture
def model() -> LegendModel:
    model = LegendModel()
    model.set_groups(NAMES, PALETTE, COUNTS)
    return model


def shown(model: QAbstractItemModel) -> list[str]:
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_groups_without_points_are_left_out(model: LegendModel) -> None:
    assert shown(model) == ["Dress", "T-Shirt", "Shirt", "Hat"]
    assert model.groups == 4


def test_counts_follow_the_selection(model: LegendModel) -> None:
    assert model.index(0).data(COUNT_ROLE) == "412"
    model.set_selected(np.array([47, 0, 0, 8, 0]))
    assert model.index(0).data(COUNT_ROLE) == "47 / 412"
    model.set_selected(None)
    assert model.index(0).data(COUNT_ROLE) == "412"


def test_the_filter_ignores_case_and_finds_parts(model: LegendModel) -> None:
    model.set_filter(" SHIRT ")
    assert shown(model) == ["T-Shirt", "Shirt"]
    assert [model.index(row).data(GROUP_ROLE) for row in range(2)] == [2, 3]
    model.set_filter("")
    assert model.rowCount() == 4


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_the_filter_finds_hangul_however_it_is_composed(model: LegendModel, form: Literal["NFC", "NFD"]) -> None:
    stored = unicodedata.normalize("NFD", "검은 운동화"), unicodedata.normalize("NFC", "운동복"), "Hat"
    model.set_groups(stored, PALETTE, COUNTS[2:])
    model.set_filter(unicodedata.normalize(form, "운동화"))
    assert shown(model) == [stored[0]]


def test_what_is_dimmed_survives_new_colours_but_not_new_classes(model: LegendModel) -> None:
    model.set_hidden(np.array([False, False, True, False, False]))
    model.set_groups(NAMES, PALETTE[::-1], COUNTS)
    assert model.index(1).data(HIDDEN_ROLE)
    model.set_groups(("right", "wrong"), PALETTE, np.array([1, 2]))
    assert not model.hidden.any()


def test_the_model_keeps_qt_rules(model: LegendModel) -> None:
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_filter("hat")
    model.set_selected(COUNTS)
    model.set_groups(NAMES[:2], PALETTE, COUNTS[:2])
    assert tester.model() is model


@pytest.fixture
def legend(qtbot: QtBot) -> Legend:
    legend = Legend()
    qtbot.addWidget(legend)
    legend.resize(208, 300)
    legend.set_groups(KIND, NAMES, PALETTE, COUNTS)
    legend.show()
    return legend


def rows(legend: Legend) -> QListView:
    return legend.findChild(QListView)


def click(qtbot: QtBot, legend: Legend, row: int, double: bool = False) -> None:
    view = rows(legend)
    spot = view.visualRect(legend.model.index(row)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    if double:
        # QTest's double-click is only its second press.
        qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
        qtbot.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=spot)


def test_a_click_dims_and_another_shows_again(qtbot: QtBot, legend: Legend) -> None:
    with qtbot.waitSignal(legend.hidden_changed):
        click(qtbot, legend, 1)
    assert legend.hidden.tolist() == [False, False, True, False, False]
    click(qtbot, legend, 1)
    assert not legend.hidden.any()


def test_a_double_click_isolates_and_another_shows_all(qtbot: QtBot, legend: Legend) -> None:
    click(qtbot, legend, 3, double=True)
    assert legend.hidden.tolist() == [True, True, True, True, False]
    click(qtbot, legend, 3, double=True)
    assert not legend.hidden.any()


def test_space_on_a_row_dims_it(qtbot: QtBot, legend: Legend) -> None:
    rows(legend).setCurrentIndex(legend.model.index(0))
    qtbot.keyClick(rows(legend), Qt.Key.Key_Space)
    assert legend.hidden[0]


def test_ten_thousand_classes_are_searched(qtbot: QtBot, legend: Legend) -> None:
    names = tuple(f"bird {number}" for number in range(10_000))
    legend.set_groups(KIND, names, np.zeros((10_001, 3), np.uint8), np.ones(10_000, np.int64))
    field = legend.findChild(QLineEdit)
    assert field.isVisible()
    qtbot.keyClicks(field, "bird 99")
    assert legend.model.rowCount() == 111
    qtbot.keyClicks(field, "x")
    assert legend.model.rowCount() == 0


def test_few_outcomes_need_no_search(legend: Legend) -> None:
    legend.set_groups(("outcome", "outcomes"), ("right", "wrong"), PALETTE, np.array([3, 4]))
    assert not legend.findChild(QLineEdit).isVisible()
