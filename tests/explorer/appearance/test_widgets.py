"""The shared widgets do what their panels rely on."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QStandardItemModel
from PySide6.QtWidgets import QApplication, QPushButton, QTableView

from explorer.appearance import theme
from explorer.appearance.tables import flatten
from explorer.appearance.widgets import Chip, EmptyState, IconButton, Pill, ProblemStrip, SectionHeader, Segmented


def test_chip_says_what_is_chosen_and_keeps_room_for_it(qtbot) -> None:
    chip = Chip("Data", "clothing")
    qtbot.addWidget(chip)
    narrow = chip.sizeHint().width()
    chip.set_value("a data set with a longer name")
    assert chip.accessibleName() == "Data: a data set with a longer name"
    assert chip.sizeHint().width() > narrow


def test_chip_of_b_is_outlined_once_b_is_chosen(qapp: QApplication, qtbot) -> None:
    theme.apply(qapp, "dark")
    chip = Chip("B", "none", colour="second")
    qtbot.addWidget(chip)
    border = (chip.sizeHint().width() // 2, 0)
    chip.resize(chip.sizeHint())
    assert chip.grab().toImage().pixelColor(*border) == QColor(theme.DARK.line)
    chip.set_outlined(True)
    assert chip.grab().toImage().pixelColor(*border) == QColor(theme.DARK.second)


def test_segmented_reports_the_users_choice_only(qtbot) -> None:
    choice = Segmented({"all": "All", "wrong": "Wrong only"}, "Filter")
    qtbot.addWidget(choice)
    heard: list[str] = []
    choice.chosen.connect(heard.append)
    assert choice.value == "all"
    assert heard == []
    for button in reversed(choice.findChildren(QPushButton)):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert (choice.value, heard) == ("all", ["wrong", "all"])


def test_pill_differs_by_mark_not_only_by_colour(qtbot) -> None:
    right, plain = Pill("same", "right"), Pill("same", "neutral")
    for pill in (right, plain):
        qtbot.addWidget(pill)
    assert right.sizeHint().width() > plain.sizeHint().width()
    assert right.accessibleName() == "same"


def test_empty_state_offers_its_button(qtbot) -> None:
    empty = EmptyState()
    qtbot.addWidget(empty)
    empty.set("No runs yet", "Train one.", "New run")
    with qtbot.waitSignal(empty.clicked):
        qtbot.mouseClick(empty.findChild(QPushButton), Qt.MouseButton.LeftButton)
    empty.set("No data")
    assert empty.sentence == "No data"
    assert empty.findChild(QPushButton).isHidden()


def test_icon_button_has_a_name_and_tells_its_shortcut(qtbot) -> None:
    made = IconButton("fit", "Fit the map", "F")
    qtbot.addWidget(made)
    assert made.accessibleName() == "Fit the map"
    assert made.toolTip() == "Fit the map (F)"


def test_a_buttons_key_acts_at_once_and_lets_it_look_pressed(qtbot) -> None:
    made = IconButton("fit", "Fit the map", "F")
    qtbot.addWidget(made)
    clicks: list[str] = []
    made.clicked.connect(lambda: clicks.append("clicked"))
    made.show()
    qtbot.waitUntil(made.isActiveWindow)
    qtbot.keyClick(made, Qt.Key.Key_F)
    assert clicks == ["clicked"] and made.isDown()
    qtbot.waitUntil(lambda: not made.isDown())
    assert clicks == ["clicked"]


def test_problem_strip_shows_details_on_demand_and_can_be_closed(qtbot) -> None:
    strip = ProblemStrip()
    qtbot.addWidget(strip)
    assert strip.isHidden()
    strip.show_problem("It broke.", "trace")
    more = next(part for part in strip.findChildren(QPushButton) if part.text() == "Details")
    assert not more.isHidden() and strip.sentence == "It broke."
    more.click()
    assert not strip._details.isHidden()
    with qtbot.waitSignal(strip.closed):
        strip.findChild(IconButton).click()
    assert strip.isHidden() and strip.sentence == ""


def test_section_header_takes_buttons(qtbot) -> None:
    header = SectionHeader("Runs")
    qtbot.addWidget(header)
    inside = IconButton("play", "New run")
    header.add(inside)
    assert inside.parent() is header


def test_flat_table_marks_the_sorted_column(qapp: QApplication, qtbot) -> None:
    theme.apply(qapp, "dark")
    view = QTableView()
    qtbot.addWidget(view)
    model = QStandardItemModel(1, 2, view)
    model.setHorizontalHeaderLabels(["Class", "Images"])
    view.setModel(model)
    flatten(view)
    view.resize(400, 100)
    header = view.horizontalHeader()
    header.setSortIndicator(0, Qt.SortOrder.AscendingOrder)
    first = header.grab().toImage()
    header.setSortIndicator(1, Qt.SortOrder.AscendingOrder)
    assert header.grab().toImage() != first
