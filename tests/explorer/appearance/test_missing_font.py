"""Names that no font here can show."""

from __future__ import annotations

import unicodedata

import pytest
from PySide6.QtGui import QFontDatabase

from explorer.appearance.missing_font import unreadable

System = QFontDatabase.WritingSystem
NFD = unicodedata.normalize("NFD", "모자")


@pytest.mark.parametrize(
    ("names", "families", "message"),
    [
        (
            ["hat", "모자"],
            [],
            "in Hangul, for which no font is installed; install one, such as: sudo apt-get install fonts-nanum",
        ),
        (["hat", NFD], [], "Hangul"),
        (["hat", "帽子"], [], "Chinese"),
        (["hat", "帽子"], [System.Japanese], ""),
        (["帽子", "ぼうし"], [System.SimplifiedChinese], "Japanese"),
        (["หมวก"], [], "Thai"),
        (["hat", "café", "шляпа"], [], ""),
        (["hat", "모자"], [System.Korean], ""),
        ([], [], ""),
    ],
)
def test_letters_without_a_font_say_what_to_install(
    qapp: object, monkeypatch: pytest.MonkeyPatch, names: list[str], families: list[System], message: str
) -> None:
    monkeypatch.setattr(QFontDatabase, "families", lambda system: ["A font"] if system in families else [])
    assert message in unreadable(names)
    assert bool(unreadable(names)) == bool(message)
