"""Every icon draws something, in the theme's colour, and follows a change of theme."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QIcon, QImage, QPixmap
from PySide6.QtWidgets import QApplication, QToolButton

from explorer.appearance import icons, theme
from explorer.appearance.theme import DARK, LIGHT


def pixels(pixmap: QPixmap) -> np.ndarray:
    """(H, W, 4) RGBA."""
    image = pixmap.toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    flat = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return flat[:, : image.width() * 4].reshape(image.height(), image.width(), 4).copy()


@pytest.mark.parametrize("name", icons.PATHS)
def test_icon_is_not_empty_and_stays_inside(qapp: QApplication, name: str) -> None:
    alpha = pixels(icons.pixmap(name, 32, "#ff0000"))[..., 3]
    assert (alpha > 128).sum() > 12
    outline = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])
    assert outline.max() == 0, "the icon is cut off"


def test_icon_is_drawn_for_the_screens_density(qapp: QApplication) -> None:
    drawn = icons.pixmap("search", 16, "#ff0000", 2.0)
    assert (drawn.width(), drawn.devicePixelRatio()) == (32, 2.0)


def test_disabled_icon_is_fainter(qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    made = icons.icon("trash")
    enabled = pixels(made.pixmap(16, QIcon.Mode.Normal))[..., :3].max()
    disabled = pixels(made.pixmap(16, QIcon.Mode.Disabled))[..., :3].max()
    assert disabled < enabled


def test_bound_icon_follows_the_theme(qapp: QApplication, qtbot) -> None:
    theme.apply(qapp, "dark")
    target = QToolButton()
    qtbot.addWidget(target)
    icons.bind(target, "stop", "text")
    icons.bind(target, "stop", "wrong")
    for tokens in (DARK, LIGHT):
        theme.apply(qapp, tokens.name)
        drawn = pixels(target.icon().pixmap(16))
        r, g, b, _ = drawn.reshape(-1, 4)[drawn[..., 3].argmax()]
        assert QColor(int(r), int(g), int(b)).name() == tokens.wrong
