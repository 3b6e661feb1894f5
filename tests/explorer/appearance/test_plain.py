"""Text from outside is shown letter by letter, by one way, everywhere in the window."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from core.data.source import DataSource
from core.paths import PROJECT
from explorer.appearance import theme
from explorer.appearance.plain import Label, literal, question
from explorer.appearance.widgets import Segmented, button
from explorer.application import Explorer
from explorer.results.measures import EVALUATION
from explorer.results.neighbours import NEIGHBOURS
from explorer.state.subject import DATA

BOLD = "<b>bold</b>"
# What understands HTML, and what makes HTML of what it is given.
UNDERSTAND_HTML = {
    "QLabel", "QErrorMessage", "QInputDialog", "QProgressDialog", "QSplashScreen", "QTextBrowser",
    "QTextDocument", "QTextEdit", "QWhatsThis", "QGraphicsTextItem", "QStaticText", "LabelItem", "LegendItem",
}  # fmt: skip
MAKE_HTML = {"setHtml", "setMarkdown", "setWhatsThis", "setTextFormat", "addLegend", "setTitle", "insertHtml"}
TAKE_MNEMONICS = {"addAction", "addMenu", "addSection", "addTab", "setTabText", "QCheckBox", "QGroupBox",
                  "QPushButton", "QRadioButton", "QAction"}  # fmt: skip
SOURCES = sorted(path for path in (PROJECT / "explorer").rglob("*.py") if path.name != "plain.py")


@pytest.fixture
def themed(qapp: QApplication) -> Iterator[None]:
    """As the window is: with its style sheet."""
    before = qapp.styleSheet()
    theme.apply(qapp, "dark")
    yield
    QToolTip.hideText()
    qapp.setStyleSheet(before)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_nothing_else_shows_text_that_may_be_html(path: Path) -> None:
    assert list(_ways_to_html(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "source",
    [
        "from PySide6.QtWidgets import QFrame, QLabel",
        "label.setHtml(name)",
        "pg.LabelItem(name)",
        "pg.TextItem(html=name)",
        "menu.addAction(name)",
        "menu.addAction(Message('open', name=name))",
        "QPushButton(f'Open {name}')",
        "axis.setLabel(name)",
        "QMessageBox(self)",
        "QMessageBox.warning(self, title, name)",
    ],
)
def test_the_search_finds(source: str) -> None:
    assert list(_ways_to_html(ast.parse(source)))


def test_a_label_shows_tags(qtbot: QtBot) -> None:
    label = Label(BOLD)
    qtbot.addWidget(label)
    plain = Label("-b-bold-/b-")
    qtbot.addWidget(plain)
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.sizeHint().width() > plain.sizeHint().width()


def test_a_question_shows_tags(qtbot: QtBot) -> None:
    box = question(BOLD, BOLD, BOLD)
    qtbot.addWidget(box)
    assert [box.textFormat(), box.text(), box.informativeText()] == [Qt.TextFormat.PlainText, BOLD, BOLD]


@pytest.mark.usefixtures("themed")
def test_a_tooltip_shows_tags(qtbot: QtBot) -> None:
    over = QWidget()
    qtbot.addWidget(over)
    QToolTip.showText(QPoint(3, 3), f"<img src='{__file__}'>{BOLD}", over)
    tips = [tip for tip in QApplication.topLevelWidgets() if isinstance(tip, QLabel) and tip.isVisible()]
    assert [tip.textFormat() for tip in tips] == [Qt.TextFormat.PlainText]


def test_ampersands_of_buttons_are_letters(qtbot: QtBot) -> None:
    pressed = button("salt & pepper")
    parts = Segmented(["A&B"])
    for widget in (pressed, parts):
        qtbot.addWidget(widget)
    assert pressed.text() == literal("salt & pepper") == "salt && pepper"
    assert pressed.shortcut().isEmpty()


@pytest.mark.usefixtures("themed")
def test_names_that_look_like_html_are_shown_as_they_are(
    qtbot: QtBot, open_explorer: Callable[..., Explorer], tmp_path: Path
) -> None:
    # A slash cannot be in a name: the file that it asks for lies where the program was started.
    names = ["<img src=pipe>", BOLD.replace("/", ""), "a & b"]
    folder = tmp_path / "<img src=pipe> & data"
    files = [f"{names[number % 3]}/<img src=pipe>{number}.png" for number in range(8)]
    for number, file in enumerate(files):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8, 3), 30 * number, np.uint8)).save(folder / file)
    vectors = tmp_path / "<img src=pipe>.npz"
    rng = np.random.default_rng(0)
    labels = [names[number % 3] for number in range(8)]
    np.savez(vectors, embeddings=rng.normal(size=(8, 4)).astype(np.float32), labels=labels, paths=files)
    explorer = open_explorer(DataSource(str(folder)))
    session, window = explorer.session, explorer.window
    session.set_split("all")
    explorer.session.open_file("A", vectors)
    qtbot.waitUntil(lambda: session.results[EVALUATION]["A"] is not None, timeout=20_000)
    session.selection.select([0], query=0)
    qtbot.waitUntil(lambda: session.results[NEIGHBOURS]["A"] is not None, timeout=20_000)
    session.problems.set(DATA, f"{names[0]} cannot be read.")
    for widget in window.findChildren(QWidget):
        if isinstance(widget, QLabel):
            assert widget.textFormat() == Qt.TextFormat.PlainText, (widget, widget.text())
        if tip := widget.toolTip():
            QToolTip.showText(QPoint(3, 3), tip, widget)
            _tips_are_plain()
    assert window.findChildren(QMessageBox) == []


def _tips_are_plain() -> None:
    for tip in QApplication.topLevelWidgets():
        if isinstance(tip, QLabel):
            assert tip.textFormat() == Qt.TextFormat.PlainText, tip.text()


def _ways_to_html(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from (name.name for name in node.names if name.name in UNDERSTAND_HTML)
        if isinstance(node, ast.Attribute) and node.attr in UNDERSTAND_HTML | {"RichText", "AutoText", "MarkdownText"}:
            yield node.attr
        if isinstance(node, ast.Call):
            yield from _html_of(node)


def _html_of(call: ast.Call) -> Iterator[str]:
    if ast.unparse(call.func).startswith("QMessageBox") and "Role" not in ast.unparse(call.func):
        yield f"line {call.lineno}: a question that is not question()"
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in MAKE_HTML or any(keyword.arg == "html" for keyword in call.keywords):
        yield f"line {call.lineno}: {name}"
    if name in TAKE_MNEMONICS and call.args and not _without_mnemonic(call.args[0]):
        yield f"line {call.lineno}: {name} takes text that is not literal()"
    # pyqtgraph's axes are the only ones that have it.
    if name == "setLabel" and "html.escape" not in ast.unparse(call.args[0]):
        yield f"line {call.lineno}: {name}"


def _without_mnemonic(text: ast.expr) -> bool:
    """Whether it is a constant or a message without fields, goes through `literal`, or is an action and no text."""
    if isinstance(text, ast.Call):
        if ast.unparse(text.func) == "Message":
            return len(text.args) == 1 and not text.keywords
        return ast.unparse(text.func) in ("literal", "QAction") or "ction" in ast.unparse(text.func)
    return isinstance(text, ast.Constant) or "action" in ast.unparse(text).lower()
