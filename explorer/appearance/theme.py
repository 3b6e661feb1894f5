"""The colours of the window, as two themes, and how they are put on.

`apply` sets Qt's palette, the font and the style sheet (`resources/themes/window.qss`). Widgets that paint themselves
ask `current()` in their paint event; whoever caches something painted listens to ``notifier.changed``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from string import Template
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from core.paths import RESOURCES

ThemeName = Literal["dark", "light", "system"]
TEXT_PIXELS = 13
SMALL_PIXELS = 11
RADIUS = 6
THEMES = RESOURCES / "themes"


@dataclass(frozen=True)
class Theme:
    """Colours by their purpose, as "#rrggbb".

    Attributes:
        background: behind everything, and of the map.
        panel, raised: a dock; a field, chip or card on it.
        line: one-pixel separators and borders.
        text, secondary: what is read; what explains it.
        accent, on_accent: the one accent, also checkpoint A; text on a filled accent.
        second: checkpoint B.
        right, wrong: retrieval verdicts, never without a tick or a cross.
        hover, selection: a row under the pointer; a chosen row.
    """

    name: str
    background: str
    panel: str
    raised: str
    line: str
    text: str
    secondary: str
    accent: str
    on_accent: str
    second: str
    right: str
    wrong: str
    hover: str
    selection: str

    def tint(self, colour: str) -> str:
        """Behind text in one of the colours."""
        return mix(self.panel, colour, 0.14 if self.name == "dark" else 0.1)

    def on_tint(self, colour: str) -> str:
        """Text on its tint: a little nearer to plain text, or its contrast would be too low."""
        return mix(colour, self.text, 0.2)

    @property
    def strong_line(self) -> str:
        """The border of a control under the pointer."""
        return mix(self.line, self.secondary, 0.4)

    @property
    def faint(self) -> str:
        """Words of what cannot be used at present."""
        return mix(self.panel, self.secondary, 0.5)

    def of_slot(self, is_reference: bool) -> str:
        """The colour of a slot: the accent, or the second one for what is compared with the reference."""
        return self.accent if is_reference else self.second


DARK = Theme(
    name="dark",
    background="#15171b",
    panel="#1c1f25",
    raised="#171a1f",
    line="#2a2e36",
    text="#e6e8ec",
    secondary="#9aa3af",
    accent="#4c8dff",
    on_accent="#081226",  # white on this accent would reach a contrast of 3.2 only
    second="#d0913a",
    right="#3fb27f",
    wrong="#e5645f",
    hover="#21252c",
    selection="#262d39",
)
LIGHT = Theme(
    name="light",
    background="#f6f7f9",
    panel="#ffffff",
    raised="#f6f7f9",
    line="#dfe3e8",
    text="#1b1f24",
    secondary="#5b6470",
    accent="#1a64d8",
    on_accent="#ffffff",
    second="#a05f00",
    right="#1a7f4e",
    wrong="#c93c37",
    hover="#f3f5f8",
    selection="#e8eef8",
)


class Notifier(QObject):
    """Says that another theme was applied: ``changed``."""

    changed = Signal()


notifier = Notifier()
_current = DARK


def current() -> Theme:
    """The theme last applied; dark before that."""
    return _current


def apply(application: QApplication, name: ThemeName = "system") -> None:
    """Put a theme on the whole application, at start or while it runs."""
    global _current
    _current = LIGHT if resolved(application, name) == "light" else DARK
    application.setStyle("Fusion")
    application.setPalette(palette(_current))
    application.setFont(text_font())
    application.setStyleSheet(style_sheet(_current))
    notifier.changed.emit()


def resolved(application: QApplication, name: ThemeName) -> Literal["dark", "light"]:
    """The theme that a setting means; "system" follows the desktop, dark where it has no opinion."""
    if name == "system":
        return "light" if application.styleHints().colorScheme() == Qt.ColorScheme.Light else "dark"
    return name


def style_sheet(theme: Theme) -> str:
    """The whole style sheet with this theme's colours and glyphs."""
    template = Template((THEMES / "window.qss").read_text(encoding="utf-8"))
    glyphs = (THEMES / theme.name).as_posix()
    tokens = asdict(theme) | {
        "strong_line": theme.strong_line,
        "faint": theme.faint,
        "wrong_tint": theme.tint(theme.wrong),
    }
    return template.substitute(tokens, glyphs=glyphs)


def palette(theme: Theme) -> QPalette:
    """What Qt uses where no style rule reaches, placeholders and links for instance."""
    colours = QPalette()
    role = QPalette.ColorRole
    for where, token in {
        role.Window: theme.panel,
        role.WindowText: theme.text,
        role.Base: theme.panel,
        role.AlternateBase: theme.background,
        role.Text: theme.text,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.wrong,
        role.PlaceholderText: theme.secondary,
        role.Highlight: theme.selection,
        role.HighlightedText: theme.text,
        role.Accent: theme.accent,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.Light: theme.hover,
        role.Midlight: theme.line,
        role.Mid: theme.line,
        role.Dark: theme.line,
        role.Shadow: theme.background,
    }.items():
        colours.setColor(where, QColor(token))
    faint = QColor(theme.faint)
    for where in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        colours.setColor(QPalette.ColorGroup.Disabled, where, faint)
    return colours


def text_font(pixels: int = TEXT_PIXELS, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The system's font at one of our sizes."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    font.setPixelSize(pixels)
    font.setWeight(weight)
    return font


def number_font(pixels: int = TEXT_PIXELS, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """As `text_font`, with figures of equal width so that columns of numbers line up."""
    font = text_font(pixels, weight)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def mix(first: str, second: str, share: float) -> str:
    """`first` with `share` (0..1) of `second` in it, both "#rrggbb"."""
    pairs = zip(bytes.fromhex(first[1:]), bytes.fromhex(second[1:]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
