"""The small widgets that several panels share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QKeySequence, QPainter, QPaintEvent, QPen, QShortcutEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QButtonGroup,
    QComboBox,
    QFrame,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from core.messages import Message
from explorer.appearance import icons, theme
from explorer.appearance.layouts import in_column, in_row
from explorer.appearance.plain import Label, literal

# How long a button pressed by its key looks pressed.
PRESSED_MILLISECONDS = 100

ButtonKind = Literal["primary", "normal", "quiet", "danger", "link"]
PillKind = Literal["right", "wrong", "neutral"]


def button(text: str, kind: ButtonKind = "normal", icon: str | None = None) -> QPushButton:
    """A push button in one of the five looks; a panel has at most one "primary"."""
    made = QPushButton(literal(text))
    made.setProperty("kind", kind)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    if icon is not None:
        tokens = {"primary": "on_accent", "danger": "wrong"}
        icons.bind(made, icon, tokens.get(kind, "secondary"))
    return made


def quiet_label(text: str = "", small: bool = False) -> Label:
    """Explaining text in the secondary colour."""
    label = Label(text)
    label.setProperty("quiet", True)
    if small:
        label.setFont(theme.text_font(theme.SMALL_PIXELS))
    return label


def inset(field: QAbstractSpinBox) -> None:
    """Indent a spin box's text; Qt's style sheets ignore its padding at the left."""
    field.lineEdit().setTextMargins(6, 0, 0, 0)


def restyle(widget: QWidget, name: str, value: object) -> None:
    """Set a property that style rules ask for, and apply those rules again."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


SlotColour = Literal["accent", "second"]


class Chip(QToolButton):
    """A choice in the top bar: dim label, value, chevron, for instance "Data clothing".

    A long `value` is cut in its middle only where the bar has no room for it.

    Give it a menu with `setMenu`, which then opens on click. `colour` outlines the chip while `set_outlined`
    is on.
    """

    _EDGE = 10
    _GAP = 6
    _HEIGHT = 28
    _CHEVRON = 12
    _WIDEST_VALUE = 420
    _NARROWEST_VALUE = 44

    def __init__(self, label: str, value: str = "", colour: SlotColour | None = None) -> None:
        super().__init__()
        self._label = label
        self.value = value
        self._colour = colour
        self._outlined = colour == "accent"
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        theme.notifier.changed.connect(self.update)
        self._update_text()

    def set_value(self, value: str) -> None:
        """Change what is shown as chosen."""
        self.value = value
        self._update_text()

    def set_outlined(self, outlined: bool) -> None:
        """Whether the chip has the colour of its slot, say because a checkpoint is chosen."""
        self._outlined = outlined
        self.update()

    def sizeHint(self) -> QSize:
        return self._size(self._WIDEST_VALUE)

    def minimumSizeHint(self) -> QSize:
        return self._size(self._NARROWEST_VALUE)

    def _size(self, widest_value: int) -> QSize:
        fonts = self.fontMetrics()
        words = fonts.horizontalAdvance(self._label) + min(fonts.horizontalAdvance(self.value), widest_value)
        return QSize(words + 2 * self._EDGE + 2 * self._GAP + self._CHEVRON + 2, self._HEIGHT)

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._border(tokens)), 1))
        painter.setBrush(QColor(tokens.hover if self.underMouse() and self.isEnabled() else tokens.raised))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.RADIUS, theme.RADIUS)
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), theme.RADIUS, theme.RADIUS)
        inside = self.rect().adjusted(self._EDGE, 0, -self._EDGE, 0)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setPen(QColor(tokens.secondary))
        painter.drawText(inside, left, self._label)
        inside.setLeft(inside.left() + self.fontMetrics().horizontalAdvance(self._label) + self._GAP)
        painter.setPen(QColor(tokens.text if self.isEnabled() else tokens.secondary))
        room = inside.width() - self._CHEVRON - self._GAP
        painter.drawText(inside, left, self.fontMetrics().elidedText(self.value, Qt.TextElideMode.ElideMiddle, room))
        chevron = QRectF(inside.right() - self._CHEVRON + 2, 0, self._CHEVRON, self._CHEVRON)
        chevron.moveTop((self.height() - self._CHEVRON) / 2)
        icons.paint(painter, "chevron-down", chevron, tokens.secondary)

    def _border(self, tokens: theme.Theme) -> str:
        if self._colour is not None and self._outlined:
            return tokens.accent if self._colour == "accent" else tokens.second
        return tokens.strong_line if self.underMouse() and self.isEnabled() else tokens.line

    def _update_text(self) -> None:
        self.setAccessibleName(f"{self._label}: {self.value}")
        self.updateGeometry()
        self.update()


class SectionHeader(QWidget):
    """A small upper-case heading; widgets given to `add` stand at its right end."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._title = quiet_label()
        font = theme.text_font(theme.SMALL_PIXELS, QFont.Weight.DemiBold)
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.8)
        font.setCapitalization(QFont.Capitalization.AllUppercase)
        self._title.setFont(font)
        self._row = in_row(self._title, 1, on=self, margins=(14, 10, 10, 6), spacing=4)
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Change the heading."""
        self._title.setText(text)

    def add(self, widget: QWidget) -> None:
        """Append a widget at the right end."""
        self._row.addWidget(widget)


class Segmented(QFrame):
    """A few options side by side, exactly one chosen.

    ``chosen(str)``: the user chose another option (its key). `options` are words, or keys with their words.
    """

    chosen = Signal(str)

    def __init__(self, options: Sequence[str] | Mapping[str, str], name: str = "") -> None:
        super().__init__()
        self.setProperty("segmented", True)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row = in_row(on=self, margins=(1, 1, 1, 1), spacing=0)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        words = options if isinstance(options, Mapping) else {option: option for option in options}
        for key, text in words.items():
            part = QPushButton(literal(text))
            part.setCheckable(True)
            part.setAccessibleName(f"{name}: {text}" if name else text)
            self._group.addButton(part)
            self._buttons[key] = part
            row.addWidget(part)
        next(iter(self._buttons.values())).setChecked(True)
        self._group.buttonClicked.connect(self._on_clicked)

    @property
    def value(self) -> str:
        """The chosen key."""
        return next(key for key, part in self._buttons.items() if part.isChecked())

    def choose(self, key: str) -> None:
        """Choose an option without telling."""
        self._buttons[key].setChecked(True)

    def _on_clicked(self) -> None:
        self.chosen.emit(self.value)


class Pill(QWidget):
    """A verdict in a word, with a tick or a cross so that it does not rest on colour alone."""

    _MARKS: ClassVar = {"right": "check", "wrong": "cross"}
    _MARK = 11
    _HEIGHT = 20

    def __init__(self, text: str = "", kind: PillKind = "neutral") -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFont(theme.text_font(12, QFont.Weight.DemiBold))
        theme.notifier.changed.connect(self.update)
        self.set(text, kind)

    def set(self, text: str, kind: PillKind) -> None:
        """Show another verdict."""
        self._text = text
        self._kind = kind
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        mark = self._MARK + 4 if self._kind in self._MARKS else 0
        return QSize(self.fontMetrics().horizontalAdvance(self._text) + mark + 16, self._HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme.current()
        background, foreground = {
            "right": (tokens.tint(tokens.right), tokens.on_tint(tokens.right)),
            "wrong": (tokens.tint(tokens.wrong), tokens.on_tint(tokens.wrong)),
            "neutral": (tokens.selection, tokens.text),
        }[self._kind]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(background))
        painter.drawRoundedRect(self.rect(), 4, 4)
        inside = self.rect().adjusted(8, 0, -8, 0)
        if self._kind in self._MARKS:
            where = QRectF(inside.left(), (self.height() - self._MARK) / 2, self._MARK, self._MARK)
            icons.paint(painter, self._MARKS[self._kind], where, foreground)
            inside.setLeft(inside.left() + self._MARK + 4)
        painter.setPen(QColor(foreground))
        painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self._text)


class EmptyState(QWidget):
    """What a panel shows when it has nothing yet: what is missing, what to do, and the button that does it.

    ``clicked()``: the button was pressed. ``command_wished(str)``: so it was, and stands for this command.
    """

    clicked = Signal()
    command_wished = Signal(str)

    def __init__(self, title: str = "", text: str = "") -> None:
        super().__init__()
        self._command = ""
        self._title = Label()
        self._title.setFont(theme.text_font(15, QFont.Weight.DemiBold))
        self._text = quiet_label()
        self._text.setWordWrap(True)
        self._button = button("")
        self._button.clicked.connect(self._on_clicked)
        column = in_column(1, on=self, margins=(24, 16, 24, 16), spacing=8)
        for label in (self._title, self._text):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addSpacing(4)
        column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.set(title, text)

    def set(
        self,
        title: str,
        text: str = "",
        button_text: str | None = None,
        button_kind: ButtonKind = "primary",
        command: str = "",
    ) -> None:
        """Say something else; the button stands for `command`, where one is named."""
        self._command = command
        self._title.setText(title)
        self._text.setText(text)
        self._button.setText(literal(button_text or ""))
        self._button.setVisible(button_text is not None)
        restyle(self._button, "kind", button_kind)

    def _on_clicked(self) -> None:
        self.clicked.emit()
        if self._command:
            self.command_wished.emit(self._command)

    @property
    def sentence(self) -> str:
        """What is shown, for tests and for reading aloud."""
        return f"{self._title.text()} {self._text.text()}".strip()


class IconButton(QToolButton):
    """A square button with an icon; its tooltip names the action and the shortcut, and is its accessible name."""

    def __init__(
        self, icon: str, tooltip: str, shortcut: str | QKeySequence.StandardKey = "", checkable: bool = False
    ) -> None:
        super().__init__()
        icons.bind(self, icon, "secondary")
        self.setIconSize(QSize(16, 16))
        self.setFixedSize(28, 28)
        self.setCheckable(checkable)
        self.setAccessibleName(tooltip)
        keys = QKeySequence(shortcut)
        if not keys.isEmpty():
            self.setShortcut(keys)
            tooltip = f"{tooltip} ({keys.toString(QKeySequence.SequenceFormat.NativeText)})"
        self.setToolTip(tooltip)
        self._release = QTimer(self, singleShot=True, interval=PRESSED_MILLISECONDS)
        self._release.timeout.connect(self._on_release)

    def event(self, event: QEvent) -> bool:
        """Act at once on the button's key; Qt would act when the button has looked pressed for a while."""
        if isinstance(event, QShortcutEvent) and not event.isAmbiguous():
            self.click()
            self.setDown(self.menu() is None)
            self._release.start()
            return True
        return super().event(event)

    def _on_release(self) -> None:
        self.setDown(False)


class ProblemStrip(QFrame):
    """One sentence about what went wrong, or what one should know, in the panel concerned; hidden until there is one.

    ``closed()``: the user put it away. ``retry_requested()``: the user asks for another try.
    """

    closed = Signal()
    retry_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._grave = True
        self.setProperty("problem", "grave")
        self._mark = Label()
        self._sentence = Label()
        self._sentence.setWordWrap(True)
        self._sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._more = button(Message("details"), "quiet")
        self._more.setCheckable(True)
        self._retry = button(Message("retry"))
        self._retry.clicked.connect(self.retry_requested)
        close = IconButton("close", Message("close-this-message"))
        close.clicked.connect(self._on_close)
        self._details = QPlainTextEdit()
        self._details.setReadOnly(True)
        self._details.setMaximumHeight(140)
        self._details.setAccessibleName(Message("details"))
        self._more.toggled.connect(self._details.setVisible)
        row = in_row(self._mark, (self._sentence, 1), self._more, self._retry, close, spacing=8)
        in_column(row, self._details, on=self, margins=(10, 4, 6, 4))
        theme.notifier.changed.connect(self._on_theme_changed)
        self._on_theme_changed()
        self._details.hide()
        self.hide()

    def show_problem(self, sentence: str, details: str = "", grave: bool = True, retry: bool = False) -> None:
        """Show one sentence; Details appears when there is more to say, Retry when it can be tried again.

        What is not `grave` is no failure.
        """
        self._grave = grave
        restyle(self, "problem", "grave" if grave else "notice")
        self._on_theme_changed()
        self._sentence.setText(sentence)
        self._details.setPlainText(details)
        self._more.setChecked(False)
        self._more.setVisible(bool(details))
        self._retry.setVisible(retry)
        self.setAccessibleName(sentence)
        self.show()

    def clear(self) -> None:
        """Hide it: the problem is over."""
        self._sentence.clear()
        self.hide()

    @property
    def sentence(self) -> str:
        """What it says now, "" when hidden."""
        return self._sentence.text()

    def _on_close(self) -> None:
        self.clear()
        self.closed.emit()

    def _on_theme_changed(self) -> None:
        tokens = theme.current()
        name, colour = ("warning", tokens.wrong) if self._grave else ("info", tokens.secondary)
        self._mark.setPixmap(icons.pixmap(name, 16, colour, self.devicePixelRatioF()))


def choice(name: str) -> QComboBox:
    """A list of choices in a form, called `name` for who cannot see where it stands."""
    box = QComboBox()
    box.setAccessibleName(name)
    # As wide as the form, not as its longest entry.
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(24)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return box
