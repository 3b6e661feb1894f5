"""The ways on of a message: the command line offers them by an option, the window by a place of its own."""

from __future__ import annotations

from core.messages import Message, Remedy
from core.messages.message import READING_OPTIONS, START_SCREEN

__all__ = ["READING_OPTIONS", "START_SCREEN", "Remedy", "in_window", "joined", "on_command_line", "remedies_of"]


def remedies_of(sentence: str) -> tuple[Remedy, ...]:
    """The remedies that a text carries."""
    return sentence.remedies if isinstance(sentence, Message) else ()


def on_command_line(sentence: str) -> str:
    """A sentence with the options that are its remedies."""
    ways = [Message("option-and-effect", option=way.option, effect=way.effect) for way in remedies_of(sentence)]
    return str(Message("sentence-with-options", sentence=sentence, ways=ways) if ways else sentence)


def in_window(sentence: str) -> str:
    """A sentence with the places of the window where its remedies are."""
    effects: dict[str, dict[str, None]] = {}
    for remedy in remedies_of(sentence):
        if remedy.place:
            effects.setdefault(remedy.place, {})[remedy.effect] = None
    ways = [Message("place-and-effects", place=place, effects=list(does)) for place, does in effects.items()]
    return str(Message("sentence-with-places", sentence=sentence, ways=ways) if ways else sentence)


def joined(*sentences: str) -> Message:
    """Sentences one after another, the remedies of all of them at the end."""
    return Message("sentences", *(way for each in sentences for way in remedies_of(each)), sentences=list(sentences))
