"""Names as searching and filtering compare them."""

from __future__ import annotations

import unicodedata


def folded(text: str) -> str:
    """`text` without case and composed, so that Hangul typed as syllables finds Hangul that a Mac stored as letters."""
    return unicodedata.normalize("NFC", text).casefold().strip()
