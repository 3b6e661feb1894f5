"""Every error the core raises on purpose.

    CoreError                  one clear sentence: what was received, what was expected, where
    +-- InputError             the user's input is at fault (exit status 2)
    |   +-- DataError          a folder, a manifest or a catalog
    |   |   +-- ImageError     one image file
    |   +-- RecipeError        a recipe or a setting in it
    |   +-- CheckpointError    a checkpoint or a run directory
    |   +-- EmbeddingsError    an embeddings file, or two that do not fit together
    |   +-- NewerVersionError  a file that a newer version wrote; it is never written to
    +-- StorageError           a file could not be written or read back (exit status 1)
    +-- DeviceError            the asked-for device is missing or out of memory (exit status 1)
    +-- TrainingError          training cannot go on (exit status 1)
    +-- Cancelled              somebody asked for an end (exit status 130)

``error.message`` is what it says, as an id with fields (`core.messages`), and ``str(error)`` its sentence for a person;
where it carries remedies, the command line shows it with the options and the window with its own places for them
(`core.remedies`). ``subject`` is the path, row or field concerned, where there is one.
"""

from __future__ import annotations

from core.messages import Message
from core.remedies import in_window, on_command_line

# Exit status of a command that Ctrl+C, or somebody asking, has ended.
INTERRUPTED = 130


class CoreError(Exception):
    """Base of every deliberate error; its text is one sentence for a person."""

    exit_status = 1

    def __init__(self, message: str, subject: object = None) -> None:
        super().__init__(message)
        self.message, self.subject = Message.of_text(message), subject

    @property
    def sentence(self) -> str:
        """The message in words."""
        return self.message

    @property
    def on_command_line(self) -> str:
        """The sentence with the options that help."""
        return on_command_line(self.message)

    @property
    def in_window(self) -> str:
        """The sentence with the places of the window that help."""
        return in_window(self.message)


class InputError(CoreError):
    """The user's input is at fault."""

    exit_status = 2


class DataError(InputError):
    """A folder, manifest or catalog cannot be used as asked."""


class ImageError(DataError):
    """One image file cannot be decoded; ``subject`` is its path."""


class RecipeError(InputError):
    """A recipe, or one of its settings, cannot be used; ``subject`` is the dotted key."""


class CheckpointError(InputError):
    """A checkpoint or run directory cannot be used; ``subject`` is its path."""


class EmbeddingsError(InputError):
    """Embeddings are damaged or do not fit what they are used with."""


class NewerVersionError(InputError):
    """A file was written by a newer version of the program; ``subject`` is its path."""


class StorageError(CoreError):
    """A file could not be written, or not be read back; ``subject`` is its path."""


class DeviceError(CoreError):
    """The asked-for device does not exist or ran out of memory."""


class TrainingError(CoreError):
    """Training cannot go on; the last good checkpoint stays as it is."""


class Cancelled(CoreError):  # noqa: N818 - an ending, not a mistake
    """Work ended early because somebody asked for it."""

    exit_status = INTERRUPTED
