"""How an opened data set was understood: what says the classes, and what divides the images."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

ClassesBy = Literal["column", "folders", "names", "lists"]
SplitsBy = Literal["column", "folders", "tables", "lists", "halves", "parts", "share", "nothing"]


@dataclass(frozen=True)
class Reading:
    """What classes and splits were read from.

    Attributes:
        classes_by: a column of the table, the folders of the images, their file names, or the lists of the data set.
        class_column: that column, "" where it is none.
        splits_by: a column, the folders, a table for each split, or the lists of the data set; where those divide
            nothing, the first half of the classes by sorted name ("halves"), also because the given parts share their
            classes ("parts"); a share of the classes that was asked for ("share"); "nothing" where all are test.
        split_column: that column, "" where it is none.
    """

    classes_by: ClassesBy = "lists"
    class_column: str = ""
    splits_by: SplitsBy = "lists"
    split_column: str = ""

    def divided_by(self, splits_by: SplitsBy) -> Reading:
        """The same data divided otherwise than by a column."""
        return replace(self, splits_by=splits_by, split_column="")
