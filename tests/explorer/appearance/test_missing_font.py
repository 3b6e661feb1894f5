"""Names that no font here can show."""

from __future__ import annotations

import unicodedata

import pytest
from PySide6.QtGui import QFontDatabase

from explorer.appearance.missing_font import unreadable

NFD = unicodedata.normalize("NFD", "모자")


@pytest.mark.parametrize(
    ("names", "families", "told"),
    [
        (["hat", "모자"], [], True),
        (["hat", NFD], [], True),
        (["hat", "café", "帽子"], [], False),
        (["hat", "모자"], ["NanumGothic"], False),
        ([], [], False),
    ],
)
def test_hangul_without_a_font_says_what_to_install(
    qapp: object, monkeypatch: pytest.MonkeyPatch, names: list[str], families: list[str], told: bool
) -> None:
    monkeypatch.setattr(QFontDatabase, "families", lambda _system: families)
    assert ("fonts-nanum" in unreadable(names)) == told
    assert bool(unreadable(names)) == told
