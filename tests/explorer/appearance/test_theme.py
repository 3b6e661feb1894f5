"""Contrast, completeness of the style sheet, and change of theme while the window runs."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QLineEdit

from explorer.appearance import theme
from explorer.appearance.theme import DARK, LIGHT, THEMES, Theme, mix
from tests.explorer.appearance.contrast import contrast

BOTH = pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=lambda tokens: tokens.name)


def test_contrast_follows_the_formula() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=1e-3)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")


def test_mix_goes_from_the_first_to_the_second() -> None:
    assert mix("#000000", "#ff8000", 0.0) == "#000000"
    assert mix("#000000", "#ff8000", 0.5) == "#804000"
    assert mix("#000000", "#ff8000", 1.0) == "#ff8000"


@BOTH
@pytest.mark.parametrize("foreground", ["text", "secondary"])
@pytest.mark.parametrize("background", ["background", "panel", "raised", "hover", "selection"])
def test_text_is_readable_everywhere(tokens: Theme, foreground: str, background: str) -> None:
    assert contrast(getattr(tokens, foreground), getattr(tokens, background)) >= 4.5


@BOTH
@pytest.mark.parametrize("foreground", ["accent", "second", "right", "wrong"])
@pytest.mark.parametrize("background", ["background", "panel"])
def test_coloured_words_are_readable_on_panels_and_maps(tokens: Theme, foreground: str, background: str) -> None:
    assert contrast(getattr(tokens, foreground), getattr(tokens, background)) >= 4.5


@BOTH
def test_filled_controls_are_readable(tokens: Theme) -> None:
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5
    for colour in (tokens.right, tokens.wrong):
        assert contrast(tokens.on_tint(colour), tokens.tint(colour)) >= 4.5
    assert contrast(tokens.text, tokens.tint(tokens.wrong)) >= 4.5


@BOTH
def test_every_glyph_of_the_style_sheet_is_there_in_the_themes_colours(tokens: Theme) -> None:
    sheet = theme.style_sheet(tokens)
    assert "$" not in sheet
    used = {part.split('"')[0] for part in sheet.split('url("')[1:]}
    assert {path.rsplit("/", 1)[1] for path in used} == {path.name for path in (THEMES / tokens.name).glob("*.svg")}
    for path in (THEMES / tokens.name).glob("*.svg"):
        stroke = path.read_text(encoding="utf-8").split('stroke="')[1][:7]
        assert stroke in asdict(tokens).values(), path.name


def test_another_theme_restyles_what_is_already_shown(qapp: QApplication, qtbot) -> None:
    theme.apply(qapp, "dark")
    field = QLineEdit("hello")
    qtbot.addWidget(field)
    field.show()
    assert field.grab().toImage().pixelColor(60, 8) == QColor(DARK.raised)
    with qtbot.waitSignal(theme.notifier.changed):
        theme.apply(qapp, "light")
    assert theme.current() is LIGHT
    assert field.grab().toImage().pixelColor(60, 8) == QColor(LIGHT.raised)
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(LIGHT.panel)


def test_no_text_is_smaller_than_eleven_pixels(qapp: QApplication) -> None:
    assert theme.text_font().pixelSize() == 13
    assert theme.SMALL_PIXELS >= 11
    assert theme.number_font().featureValue(theme.QFont.Tag("tnum")) == 1
