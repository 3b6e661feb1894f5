"""What is said to a person: a message is an id and fields, and its words are made here alone.

Words are templates in tables (`core/messages/LANGUAGE/*.toml`, one folder a language), so that another language is
another folder; the window's own are in `explorer/messages`. `message.py` is the value that travels; `wording.py` finds
a template and fills it.
"""

from core.messages.message import Message, Remedy, first_of
from core.messages.wording import LANGUAGE_VARIABLE, add_room, has_words, languages

__all__ = ["LANGUAGE_VARIABLE", "Message", "Remedy", "add_room", "first_of", "has_words", "languages"]
