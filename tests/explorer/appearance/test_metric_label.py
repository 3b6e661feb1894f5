from __future__ import annotations

from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from explorer.appearance import theme
from explorer.appearance.metric_label import MetricLabel


def test_says_its_number_and_caption(qtbot: QtBot) -> None:
    figure = MetricLabel("R@1", "Recall at 1")
    qtbot.addWidget(figure)
    figure.show_number("71.8")
    assert (figure.number, figure.accessibleName(), figure.toolTip()) == ("71.8", "R@1 71.8", "Recall at 1")


def test_beside_is_lower_and_wider(qtbot: QtBot) -> None:
    under, beside = MetricLabel("neighbours kept"), MetricLabel("neighbours kept", beside=True)
    for figure in (under, beside):
        qtbot.addWidget(figure)
        figure.show_number("64 %")
    assert beside.sizeHint().height() < under.sizeHint().height()
    assert beside.sizeHint().width() > under.sizeHint().width()


def test_is_drawn_in_the_named_colour(qtbot: QtBot) -> None:
    figure = MetricLabel("R@1 B", token="second")
    qtbot.addWidget(figure)
    figure.show_number("66.2")
    figure.resize(figure.sizeHint())
    assert theme.current().second in _colours(figure.grab().toImage())
    figure.show_number("66.2", "wrong")
    assert theme.current().wrong in _colours(figure.grab().toImage())


def _colours(image: QImage) -> set[str]:
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
