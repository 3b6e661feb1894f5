"""Whether names can be read with the fonts of this machine."""

from __future__ import annotations

import re
from collections.abc import Iterable

from PySide6.QtGui import QFontDatabase

# Syllables, and the letters that a Mac stores them as.
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")


def unreadable(names: Iterable[str]) -> str:
    """What to install for names that would be shown as empty boxes, in one sentence; "" where all can be read.

    Systems in Korean have such fonts, a plain Linux server has not.
    """
    if QFontDatabase.families(QFontDatabase.WritingSystem.Korean) or not any(map(_HANGUL.search, names)):
        return ""
    return (
        "No font here has Hangul, in which names are written; install one, such as: sudo apt-get install fonts-nanum."
    )
