"""Finding classes and files by a part of their names."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from core.data.catalog import Catalog, texts
from core.data.source import DataSource
from explorer.class_search import ClassSearch
from explorer.jobs.runner import JobRunner
from explorer.name_index import MOST_CLASSES, MOST_FILES
from explorer.session import Session
from tests.explorer.factories import made_catalog

COAT = "두루마기"
CLASSES = ("Hat", "hatpin", unicodedata.normalize("NFD", COAT), "shoe")


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path) -> Session:
    made = Session(tmp_path)
    made.set_catalog(DataSource("wardrobe"), made_catalog(CLASSES, images=3), "all")
    return made


@pytest.fixture
def search(qtbot: QtBot, session: Session) -> ClassSearch:
    made = ClassSearch(session, JobRunner(synchronous=True, parent=session))
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    made.setFocus()
    return made


def _offered(search: ClassSearch) -> list[str]:
    return search.offered


def _type(search: ClassSearch, text: str) -> None:
    """As an input method does."""
    search.clear()
    search.insert(text)
    search.textEdited.emit(text)


def _enter(qtbot: QtBot, search: ClassSearch) -> None:
    """The list of completions has the keyboard while it is there."""
    popup = search.completer().popup()
    qtbot.keyClick(popup if popup.isVisible() else search, Qt.Key.Key_Return)


def test_enter_takes_the_first_class(qtbot: QtBot, search: ClassSearch, session: Session) -> None:
    qtbot.keyClicks(search, "HAT")
    assert _offered(search)[:2] == ["Hat  (class)", "hatpin  (class)"]
    _enter(qtbot, search)
    assert session.selection.focus == session.catalog.classes.index("Hat")
    assert session.selection.rows.tolist() == [0, 1, 2]
    assert session.selection.query is None


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_hangul_is_found_however_it_is_composed(search: ClassSearch, session: Session, form: str) -> None:
    _type(search, unicodedata.normalize(form, "루마"))
    assert _offered(search)[:1] == [f"{unicodedata.normalize('NFD', COAT)}  (class)"]


def test_a_file_becomes_the_query(qtbot: QtBot, search: ClassSearch, session: Session) -> None:
    qtbot.keyClicks(search, "2.PNG")
    assert _offered(search) == [str(path) for path in session.catalog.paths if path.endswith("2.png")]
    _enter(qtbot, search)
    assert session.selection.query == 2 and session.selection.rows.tolist() == [2]


def test_only_the_completion_chosen_below_is_taken(qtbot: QtBot, search: ClassSearch, session: Session) -> None:
    qtbot.keyClicks(search, "2.png")
    popup = search.completer().popup()
    qtbot.waitUntil(popup.isVisible)
    for _ in range(2):
        qtbot.keyClick(popup, Qt.Key.Key_Down)
    qtbot.keyClick(popup, Qt.Key.Key_Return)
    assert session.selection.query == 5
    assert not session.selection.can_go_back, "the first match was not asked on the way"
    qtbot.waitUntil(lambda: search.text() == "" and not search.hasFocus())


def test_only_what_is_shown_is_found(search: ClassSearch, session: Session) -> None:
    catalog = session.catalog
    splits = texts(["train"] * 3 + ["test"] * 9)
    parted = Catalog("wardrobe", catalog.root, catalog.paths, catalog.labels, splits, catalog.roles, catalog.stamps)
    _type(search, "hat")
    session.set_catalog(DataSource("wardrobe"), parted, "test")
    assert search.text() == "" and _offered(search) == [], "found among other images"
    search.returnPressed.emit()
    assert not session.selection.rows.size
    _type(search, "hat")
    assert _offered(search)[:2] == ["hatpin  (class)", "hatpin/0.png"]
    session.set_split("all")
    _type(search, "hat")
    assert _offered(search)[:2] == ["Hat  (class)", "hatpin  (class)"]


def test_long_lists_are_cut(search: ClassSearch, session: Session) -> None:
    names = tuple(f"class {number}" for number in range(MOST_CLASSES + 20))
    session.set_catalog(DataSource("many"), made_catalog(names, images=5), "all")
    _type(search, "class 1")
    assert len(_offered(search)) == 31 + 31 * 5
    _type(search, "class")
    offered = _offered(search)
    assert len(offered) == MOST_CLASSES + MOST_FILES + 1
    assert offered[-1] == f"{MOST_CLASSES} of 120 classes and {MOST_FILES} of 600 files: type more to narrow"
    model = search.completer().model()
    assert not model.flags(model.index(len(offered) - 1)) & Qt.ItemFlag.ItemIsEnabled


def test_any_part_of_a_path_is_matched(search: ClassSearch, session: Session) -> None:
    name = str(session.catalog.paths[4])
    _type(search, name[-7:].upper())
    assert name in _offered(search)


def test_searching_again_replaces_the_text(qtbot: QtBot, search: ClassSearch) -> None:
    qtbot.keyClicks(search, "hat")
    search.completer().popup().hide()
    search.start()
    qtbot.keyClicks(search, "sh")
    assert search.text() == "sh"


@pytest.mark.parametrize("text", ["", "   ", "nothing like it"])
def test_nothing_found_does_nothing(qtbot: QtBot, search: ClassSearch, session: Session, text: str) -> None:
    _type(search, text)
    assert _offered(search) == (["Nothing found for 'nothing like it'"] if text.strip() else [])
    _enter(qtbot, search)
    assert not session.selection.rows.size and session.selection.focus is None


def test_without_data_nothing_is_found(qtbot: QtBot, tmp_path: Path) -> None:
    session = Session(tmp_path)
    search = ClassSearch(session, JobRunner(synchronous=True, parent=session))
    qtbot.addWidget(search)
    _type(search, "hat")
    assert _offered(search) == []
    assert search.accessibleName() == "Search classes and files"


def test_unlabelled_images_are_no_class(search: ClassSearch, session: Session) -> None:
    nothing = texts([""] * 2)
    paths = texts(["a/one.png", "a/two.png"])
    session.set_catalog(
        DataSource("bare"), Catalog("bare", Path("/"), paths, nothing, nothing, nothing, nothing), "all"
    )
    _type(search, "o")
    assert _offered(search) == ["a/one.png", "a/two.png"]
    assert np.all(session.catalog.codes == -1)


def test_the_list_ends_where_the_field_does(qtbot: QtBot, search: ClassSearch) -> None:
    search.move(900, 30)
    _type(search, "hat")
    popup = search.completer().popup()
    qtbot.waitUntil(popup.isVisible)
    assert popup.width() > search.width()
    right = search.mapToGlobal(search.rect().topRight()).x()
    assert abs(popup.frameGeometry().right() - right) <= 1


def test_escape_takes_back_what_was_typed(qtbot: QtBot, search: ClassSearch) -> None:
    _type(search, "zzz")
    search.completer().popup().hide()
    qtbot.keyClick(search, Qt.Key.Key_Escape)
    assert search.text() == "" and search.offered == []


def test_a_narrow_field_says_less(qtbot: QtBot, search: ClassSearch) -> None:
    search.resize(240, search.height())
    assert search.placeholderText() == "Search classes and files   Ctrl+K"
    search.resize(150, search.height())
    assert search.placeholderText() == "Search   Ctrl+K"
