"""The language that is asked for."""

from __future__ import annotations

import os

from core.errors import InputError
from core.messages import LANGUAGE_VARIABLE, Message, has_words, languages


def require_language() -> None:
    """Raise InputError where a language is asked for that cannot be had: its words would be English in silence."""
    language = os.environ.get(LANGUAGE_VARIABLE)
    try:
        if not language or has_words(language):
            return
    except (OSError, ValueError) as error:
        message = Message("language-not-readable", variable=LANGUAGE_VARIABLE, language=language, reason=error)
        raise InputError(message, language) from error
    message = Message("language-unknown", variable=LANGUAGE_VARIABLE, language=language, languages=languages())
    raise InputError(message, language)
