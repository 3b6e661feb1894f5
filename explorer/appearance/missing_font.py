"""Whether names can be read with the fonts of this machine."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtGui import QFontDatabase

from core.messages import Message

System = QFontDatabase.WritingSystem


@dataclass(frozen=True)
class Script:
    """Letters that the fonts of a plain Linux server lack, which systems in a language of theirs have.

    Attributes:
        name: of the script.
        letters: finds one of them.
        systems: a font for any of these has them.
        package: Debian's, with such a font.
    """

    name: str
    letters: re.Pattern[str]
    systems: tuple[System, ...]
    package: str


_CHINESE = (System.SimplifiedChinese, System.TraditionalChinese, System.Japanese)
SCRIPTS = (
    # Syllables, and the letters that a Mac stores them as.
    Script(
        Message("script-hangul"),
        re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]"),
        (System.Korean,),
        "fonts-nanum",
    ),
    Script(Message("script-japanese"), re.compile("[\u3040-\u30ff]"), (System.Japanese,), "fonts-noto-cjk"),
    Script(
        Message("script-chinese"), re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"), _CHINESE, "fonts-noto-cjk"
    ),
    Script(Message("script-thai"), re.compile("[\u0e00-\u0e7f]"), (System.Thai,), "fonts-noto-core"),
    Script(Message("script-devanagari"), re.compile("[\u0900-\u097f]"), (System.Devanagari,), "fonts-noto-core"),
)


def unreadable(names: Iterable[str]) -> str:
    """What to install for names that would be shown as empty boxes, in one sentence; "" where all can be read."""
    listed = list(names)
    for script in SCRIPTS:
        if any(map(script.letters.search, listed)) and not any(map(QFontDatabase.families, script.systems)):
            return Message("font-missing", script=script.name, package=script.package)
    return ""
