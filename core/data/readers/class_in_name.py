"""Whether pictures are called like their classes, as cat_0.jpg and dog_1.jpg: classes are not read from there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from core.data.catalog import natural_order
from core.data.split_names import NOISE, tokens
from core.messages import Message

# "cat" of "cat_0", "cat.0", "cat (3)" and "american_bulldog_12".
_BEFORE_A_NUMBER = re.compile(r"(?P<word>.*?[^\W\d_].*?)[\W_]*\d+\)?")
# What cameras, telephones and programs begin the names of their files with.
OF_DEVICES = frozenset({
    "dsc", "dscn", "dscf", "dcim", "gopr", "gp", "mvimg", "pxl", "vid", "wa", "scan", "frame", "screenshot", "snapshot",
    "untitled", "page", "p", "sam", "imag", "capture", "file", "output", "out", "cam", "camera",
})  # fmt: skip
NAMED, MOST_LOOKED_AT = 3, 20_000
# Of the names so many begin with such a word, and with each word so many do on average.
MOST, FEWEST_EACH = 0.9, 2


def classes_in_names(files: Sequence[str]) -> Message | None:
    """What to know where files in no folder of a class are called like classes; None where they are not."""
    names = [file.rpartition("/")[2].rpartition(".")[0] for file in files[:MOST_LOOKED_AT]]
    words = [match["word"] for name in names if (match := _BEFORE_A_NUMBER.fullmatch(name)) is not None]
    counts = Counter(word for word in words if not _is_of_a_device(word))
    found = sum(counts.values())
    if len(counts) < 2 or found < MOST * len(names) or found < FEWEST_EACH * len(counts):
        return None
    some = ", ".join(natural_order(list(counts))[:NAMED]) + (", ..." if len(counts) > NAMED else "")
    return Message("classes-in-names-of-pictures", some=some, first=files[0])


def _is_of_a_device(word: str) -> bool:
    return all(part in NOISE or part in OF_DEVICES for part in tokens(word))
