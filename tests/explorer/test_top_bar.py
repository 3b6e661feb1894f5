"""The bar on top: what its chips say, and what their menus do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit, QMenu, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from core.data.catalog import Catalog, OpeningReport, texts
from core.data.source import DEMO, DataSource
from core.training.run_directory import RunSummary
from explorer.appearance.widgets import Chip, IconButton
from explorer.commands import COMMANDS, Commands
from explorer.jobs.runner import JobRunner
from explorer.session import Session
from explorer.top_bar import ALL_IMAGES, TopBar
from tests.explorer.factories import made_catalog, made_checkpoint

SHAPES, AND = DataSource("/data/shapes"), DataSource("/data/salt & pepper")
FIRST, SECOND = made_checkpoint("first", recall=0.7), replace(made_checkpoint("second"), name="salt & pepper / 2")
SHIPPED = made_checkpoint("shipped", recall=0.5)
OPEN = COMMANDS["data.open"].menu


@pytest.fixture
def bar(qtbot: QtBot, session: Session) -> Iterator[TopBar]:
    menu, window = QMenu(), QWidget()
    opening = Commands(session, window).action("data.open")
    made = TopBar(session, JobRunner(synchronous=True, parent=session), [SHIPPED], menu, opening)
    for widget in (made, window):
        qtbot.addWidget(widget)
    made.show()
    yield made


@pytest.fixture
def opened(bar: TopBar, session: Session) -> TopBar:
    session.library.set_data_sets([SHAPES, AND, DataSource(DEMO)])
    catalog = made_catalog()
    splits = texts(["train"] * 5 + ["test"] * 10)
    report = OpeningReport(17, 15, {"missing": 2}, {"missing": ("a.png", "b.png")})
    parted = Catalog(
        "shapes", catalog.root, catalog.paths, catalog.labels, splits, catalog.roles, catalog.stamps, report=report
    )
    session.set_catalog(SHAPES, parted, "test")
    session.runs.set_all([_run("run one")])
    return bar


def _run(name: str) -> RunSummary:
    return RunSummary(
        Path(name), name, "finished", "", 1, 1, 1, None, None, None, "", None, None, checkpoints=(FIRST, SECOND)
    )


def _all_images(bar: TopBar) -> QPushButton:
    return next(each for each in bar.findChildren(QPushButton) if each.text() == ALL_IMAGES)


def _chip(bar: TopBar, label: str) -> Chip:
    return next(chip for chip in bar.findChildren(Chip) if chip.accessibleName().startswith(f"{label}:"))


def _actions(bar: TopBar, label: str) -> dict[str, QAction]:
    """What the menu of a chip offers."""
    menu = _chip(bar, label).menu()
    menu.aboutToShow.emit()
    return {action.text(): action for action in menu.actions() if action.text()}


def _checked(actions: dict[str, QAction]) -> list[str]:
    return [text for text, action in actions.items() if action.isChecked()]


def test_without_data_only_data_can_be_chosen(bar: TopBar) -> None:
    values = {chip.accessibleName(): chip.isEnabled() for chip in bar.findChildren(Chip)}
    assert values == {
        "Data: none": True,
        "A: none": False,
        "B: none": False,
        "Split: all": False,
        "Colour: class": True,
    }
    assert all(chip.toolTip() for chip in bar.findChildren(Chip))


def test_data_are_chosen_from_what_was_opened(qtbot: QtBot, opened: TopBar, session: Session) -> None:
    wanted: list[DataSource] = []
    session.data_requested.connect(wanted.append)
    actions = _actions(opened, "Data")
    assert list(actions) == ["shapes", "salt && pepper", "demo wardrobe", OPEN]
    assert _checked(actions) == ["shapes"]
    assert actions["shapes"].toolTip() == "/data/shapes"
    actions["salt && pepper"].trigger()
    assert wanted == [AND]
    assert list(_actions(opened, "Data"))[-1] == OPEN, "each time the menu opens"
    assert _chip(opened, "Data").value == "shapes"
    assert "2 have no image file (first: a.png, b.png)." in _chip(opened, "Data").toolTip()


def test_checkpoints_are_chosen_by_run(qtbot: QtBot, opened: TopBar, session: Session) -> None:
    assert not _chip(opened, "B").isEnabled(), "there is nothing to compare to"
    actions = _actions(opened, "A")
    names = ["salt && pepper / 2", "first   R@1 70.0", "shipped   R@1 50.0 on demo wardrobe"]
    names += ["Open checkpoint…", "Open embeddings…"]
    assert list(actions) == names
    lines = [action.isSeparator() for action in _chip(opened, "A").menu().actions()]
    assert lines == [False, False, True, False, True, False, False], "between the groups, and none above the first"
    actions["first   R@1 70.0"].trigger()
    assert session.checkpoint["A"] == FIRST
    assert _chip(opened, "A").value == "first"
    assert _chip(opened, "A").toolTip() == str(FIRST.path)
    assert _checked(_actions(opened, "A")) == ["first   R@1 70.0"]

    actions = _actions(opened, "B")
    assert "Clear B" not in actions
    actions["shipped   R@1 50.0 on demo wardrobe"].trigger()
    assert session.checkpoint["B"] == SHIPPED
    _actions(opened, "B")["Clear B"].trigger()
    assert not session.comparing and _chip(opened, "B").value == "none"
    for slot in ("A", "B"):
        with qtbot.waitSignal(opened.open_checkpoint_requested) as wanted:
            _actions(opened, slot)["Open checkpoint…"].trigger()
        assert wanted.args == [slot]
        with qtbot.waitSignal(opened.open_embeddings_requested) as wanted:
            _actions(opened, slot)["Open embeddings…"].trigger()
        assert wanted.args == [slot]


def test_the_quick_look_is_called_as_its_button(opened: TopBar, session: Session) -> None:
    session.library.set_quick_look(replace(FIRST, name="histograms, no training"))
    assert "Quick look" in " ".join(_actions(opened, "A")) and "histograms" not in " ".join(_actions(opened, "A"))
    session.use("A", session.library.quick_look)
    assert _chip(opened, "A").value == "Quick look" and _chip(opened, "A").toolTip() == "histograms, no training"


def test_splits_are_chosen_with_their_sizes(opened: TopBar, session: Session) -> None:
    actions = _actions(opened, "Split")
    assert list(actions) == ["train  (5)", "test  (10)", "all  (15)"]
    assert _checked(actions) == ["test  (10)"]
    actions["train  (5)"].trigger()
    assert session.split == "train" and _chip(opened, "Split").value == "train"


def test_all_images_are_one_click_away(qtbot: QtBot, opened: TopBar, session: Session) -> None:
    everything = _all_images(opened)
    assert everything.isVisible() and "the 5 images of other splits" in everything.toolTip()
    qtbot.mouseClick(everything, Qt.MouseButton.LeftButton)
    assert session.split == "all" and not everything.isVisible()
    session.set_split("train")
    assert everything.isVisible()


def test_the_colouring_is_chosen(opened: TopBar, session: Session) -> None:
    actions = _actions(opened, "Colour")
    assert _checked(actions) == ["By class"]
    actions["By correctness"].trigger()
    assert session.colouring == "correctness" and _chip(opened, "Colour").value == "correctness"


def test_every_column_can_be_the_colour_and_is_found_among_many(qtbot: QtBot, opened: TopBar, session: Session) -> None:
    assert "Find a column" not in [each.placeholderText() for each in opened.findChildren(QLineEdit)]
    attributes = {f"attribute {number}": texts(["x"] * len(session.catalog)) for number in range(12)}
    session.set_catalog(session.source, replace(session.catalog, attributes=attributes), "all")
    actions = _actions(opened, "Colour")
    assert list(actions)[-1] == "By attribute 11"
    (field,) = (each for each in opened.findChildren(QLineEdit) if each.placeholderText() == "Find a column")
    qtbot.keyClicks(field, "TE 7")
    assert [words for words, action in actions.items() if action.isVisible() and words] == ["By attribute 7"]
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert session.colouring == "attribute 7" and _chip(opened, "Colour").value == "attribute 7"


def test_tab_goes_from_left_to_right(qtbot: QtBot, opened: TopBar, session: Session) -> None:
    session.choose_checkpoint("A", FIRST)
    opened.activateWindow()
    _chip(opened, "Data").setFocus()
    order = [opened.focusWidget()]
    for _ in range(6):
        opened.focusNextPrevChild(True)
        order.append(opened.focusWidget())
    assert order[:4] == [_chip(opened, label) for label in ("Data", "A", "B", "Split")]
    assert order[4:] == [_all_images(opened), _chip(opened, "Colour"), opened.search]


def test_the_menu_button_has_a_name(bar: TopBar) -> None:
    (button,) = (part for part in bar.findChildren(IconButton) if part.menu() is not None)
    assert button.accessibleName() == "Menu" and button.toolTip().startswith("Menu")


def test_long_names_give_way_where_the_bar_is_narrow_and_are_whole_where_it_is_wide(
    opened: TopBar, session: Session
) -> None:
    long = replace(made_checkpoint("long"), name="a run with a name of fifty letters, or even more of them / epoch 10")
    for slot in ("A", "B"):
        session.choose_checkpoint(slot, long)
    assert opened.minimumSizeHint().width() < 1000, "the window may be as narrow as it says"
    chip = _chip(opened, "A")
    opened.resize(2200, opened.height())
    opened.layout().activate()
    assert chip.width() == chip.sizeHint().width()
    opened.resize(1100, opened.height())
    opened.layout().activate()
    assert chip.width() < chip.sizeHint().width() and opened.search.geometry().right() < 1100
