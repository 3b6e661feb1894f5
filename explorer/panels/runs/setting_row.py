"""One setting of a recipe as a row of a form: label, editor, and its sentence, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from core.messages import Message
from core.settings import Setting
from explorer.appearance import theme
from explorer.appearance.plain import Label
from explorer.appearance.widgets import inset, quiet_label, restyle

MOST = 10**9
NONE: Mapping[str, str] = MappingProxyType({})
EDITOR_WIDTH = 196
PAPER_WIDTH = 190


class SettingRow(QObject):
    """Edits one value; ``changed()`` when the user or `write` changed it.

    `suggestions` are offered for a text that may also be another one; `cautions` warn of values.
    """

    changed = Signal()

    def __init__(
        self,
        setting: Setting,
        suggestions: Sequence[str] = (),
        cautions: Mapping[str, str] = NONE,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.setting = setting
        self._cautions = cautions
        words = setting.title or _words_of(setting.name)
        self.label = Label(words)
        self.editor = _editor(setting, suggestions)
        self.editor.setAccessibleName(words)
        published = Message("paper-value", paper=setting.paper) if setting.paper else ""
        self.editor.setAccessibleDescription(f"{setting.help} {published}".strip())
        self.editor.setFixedWidth(EDITOR_WIDTH)
        self.editor.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.editor.installEventFilter(self)
        self.label.setBuddy(self.editor)
        self.note = _note(setting.help)
        self.paper = _note(published)
        self.paper.setFixedWidth(PAPER_WIDTH)
        self.paper.setToolTip(Message("value-of-paper") if setting.paper else "")
        # What an editor is there for, which Qt knows of each: checked, currentText, value or text.
        self._value = self.editor.metaObject().userProperty()
        getattr(self.editor, self._value.notifySignal().name().toStdString()).connect(self.changed)

    def place(self, grid: QGridLayout, row: int) -> None:
        """Put the four widgets into a row of a grid."""
        top = Qt.AlignmentFlag.AlignVCenter
        grid.addWidget(self.label, row, 0, top)
        grid.addWidget(self.editor, row, 1, top)
        grid.addWidget(self.note, row, 2, top)
        grid.addWidget(self.paper, row, 3, top)

    def set_visible(self, visible: bool) -> None:
        """Show or hide the whole row."""
        for widget in (self.label, self.editor, self.note, self.paper):
            widget.setVisible(visible)

    def read(self) -> Any:
        """The value as a recipe's table has it; text where it is not of the setting's kind, for the core to judge."""
        value = self._value.read(self.editor)
        return _parsed(value.strip(), self.setting.kind) if isinstance(self.editor, QLineEdit) else value

    @property
    def default(self) -> Any:
        """The setting's default, as `read` has values."""
        default = self.setting.default
        return list(default) if isinstance(default, tuple) else default

    def write(self, value: Any) -> None:
        """Show another value."""
        self._value.write(self.editor, _shown(value) if isinstance(self.editor, QLineEdit) else value)

    def complain(self, sentence: str) -> None:
        """Say at the field what is wrong with it; "" explains it again."""
        restyle(self.note, "wrong", bool(sentence))
        restyle(self.editor, "wrong", bool(sentence))
        caution = self._cautions.get(str(self.read()), "")
        self.note.setText(sentence or f"{caution} {self.setting.help}".lstrip())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Scrolling the form must not change the values it passes over."""
        if event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def _words_of(key: str) -> str:
    """What a field says where the setting has no title: "proxy_lr_mult" is "Proxy LR ×"."""
    words = key.replace("_lr_mult", " LR ×").replace("_mult", " ×").replace("_", " ")
    return words[0].upper() + words[1:]


def _note(text: str) -> Label:
    note = quiet_label(text)
    # Sentences about "x < y" are no markup.
    note.setFont(theme.text_font(12))
    note.setWordWrap(True)
    note.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return note


def _editor(setting: Setting, suggestions: Sequence[str]) -> QCheckBox | QComboBox | QSpinBox | QLineEdit:
    if setting.kind is bool:
        return QCheckBox()
    if setting.choices or suggestions:
        box = QComboBox()
        box.addItems(list(setting.choices or suggestions))
        box.setEditable(not setting.choices)
        return box
    if setting.kind is int:
        number = QSpinBox()
        number.setRange(-1, MOST)
        number.setGroupSeparatorShown(True)
        inset(number)
        return number
    return QLineEdit()


def _parsed(text: str, kind: type) -> Any:
    try:
        if kind is float:
            return float(text)
        if kind is tuple:
            return [float(part) for part in text.split(",") if text]
    except ValueError:
        return text
    return text


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_shown(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
