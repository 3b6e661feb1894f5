"""What a table or a folder leaves open, as errors that a window can ask about: each carries what the question needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from core.errors import DataError


class OutsideError(DataError):
    """Images lie outside of the folder that a manifest's images are looked for in; `subject` is the manifest.

    Attributes:
        example: one name as the table has it.
        foreign: the beginning of the names that is of another folder or machine; "" where none is told.
        proposed: a folder that the images may lie in, for `DataSource.base`; None where there is none.
    """

    def __init__(
        self, sentence: str, manifest: Path, example: str = "", foreign: str = "", proposed: Path | None = None
    ) -> None:
        super().__init__(sentence, manifest)
        self.example, self.foreign, self.proposed = example, foreign, proposed


class MissingColumnError(DataError):
    """A table has no column for the image or the class; `subject` is its path.

    Attributes:
        meaning: "image" or "label", for `DataSource.image_column` or `label_column`.
        columns: names of the table's columns.
    """

    def __init__(self, sentence: str, manifest: Path, meaning: str = "", columns: Sequence[str] = ()) -> None:
        super().__init__(sentence, manifest)
        self.meaning, self.columns = meaning, tuple(columns)


class ColumnMeaningError(DataError):
    """A column is called like a split, a role, ... but its values are none; `subject` is the number of the row.

    It can be set aside with `DataSource.ignore_columns`, or explained with `DataSource.split_values`.

    Attributes:
        meaning: "split", "role" or "target".
        column: its name.
        values: the different values in it and how many rows have each, in natural order.
    """

    def __init__(self, sentence: str, subject: object, meaning: str, column: str, values: Mapping[str, int]) -> None:
        super().__init__(sentence, subject)
        self.meaning, self.column, self.values = meaning, column, dict(values)


class EncodingError(DataError):
    """Text that several encodings read, or none; `subject` is the file.

    Attributes:
        candidates: (encoding, what a name of the file is in it), the likeliest first, for `DataSource.encoding`.
    """

    def __init__(self, sentence: str, path: Path, candidates: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(sentence, path)
        self.candidates = tuple(candidates)


class FolderMeaningError(DataError):
    """Folders that may be splits, classes or neither; `subject` is the data's folder.

    Attributes:
        guesses: name of a folder -> what it may be, one of `source.FOLDER_MEANINGS`, for `DataSource.folders`.
    """

    def __init__(self, sentence: str, root: Path, guesses: Mapping[str, str]) -> None:
        super().__init__(sentence, root)
        self.guesses = dict(guesses)


# What a person can answer.
QUESTIONS = (OutsideError, MissingColumnError, ColumnMeaningError, EncodingError, FolderMeaningError)
