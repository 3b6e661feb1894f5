"""Which column of a manifest means what, and what one row says."""

from __future__ import annotations

import math
import re
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.data.catalog import BOTH, natural_key
from core.data.catalog_builder import WORDS_FOR_MISSING, Listing
from core.data.images import Box
from core.data.readers.image_finder import Hit
from core.data.readers.manifest_errors import ColumnMeaningError, MissingColumnError
from core.data.readers.manifest_table import ManifestTable
from core.data.readers.named_files import is_whole
from core.data.readers.split_values import (
    MOST_VALUES,
    STANDS_FOR,
    are_folds,
    as_option,
    is_called_folds,
    proposed,
    role_of,
    split_of,
)
from core.data.source import LEFT_OUT, DataSource
from core.errors import DataError
from core.messages import Message, Remedy
from core.remedies import joined

# Spelt in any case and with any separators: "Image Name" and "imagename" are "image_name".
IMAGE_NAMES = (
    "image", "path", "file", "filename", "file_name", "filepath", "image_path", "img", "image_name", "image_file",
    "image_file_name", "img_path", "img_name", "img_file", "image_file_path", "fname", "images", "filenames", "files",
    "paths", "image_id", "img_id", "id",
)  # fmt: skip
IMAGE_ENDING = "_file_name"  # Hugging Face's, where a row has several files: of the first one
LABEL_NAMES = (
    "label", "class", "class_name", "category", "labels", "label_name", "category_name", "ground_truth.label",
    "ground_truth", "class_id", "category_id", "label_id",
)  # fmt: skip
# Of these the first are a split whatever is in them; the others only where all that is in them are words of splits.
SPLIT_NAMES = ("split", "partition", "subset", "set", "usage", "phase")
CERTAIN_SPLITS = ("split", "partition")
# A column of yes and no that divides by its name; "no" means the other part.
SPLIT_TRUTHS = {
    "is_train": "train", "is_training": "train", "is_training_image": "train", "training": "train", "train": "train",
    "is_test": "test", "is_testing": "test", "is_val": "val", "is_validation": "val", "is_valid": "val",
}  # fmt: skip
ROLE_NAMES = ("role",)
QUERY, GALLERY = "is_query", "is_gallery"
TARGET_NAMES = ("target", "targets")
NAMED, USUAL_NAMED, VALUES_NAMED, LONGEST_NAME = 6, 3, 4, 30
# So many different whole numbers may be classes.
MOST_NUMBERED_CLASSES = 1_000
# Numbers of an embedding, in columns of their own: so many of one name and a number are no attributes.
MANY_NUMBERED = 16
BOX_NAMES = (
    ("x_1", "y_1", "x_2", "y_2"),
    ("x1", "y1", "x2", "y2"),
    ("xmin", "ymin", "xmax", "ymax"),
    ("left", "top", "right", "bottom"),
)
# Boxes in other forms, which are not read.
UNREAD_BOX_NAMES = (
    ("bbox",), ("bounding_box",), ("boundingbox",), ("bndbox",), ("bboxes",),
    ("x", "y", "w", "h"), ("x", "y", "width", "height"), ("bbox_x", "bbox_y", "bbox_w", "bbox_h"),
    ("bbox_x", "bbox_y", "bbox_width", "bbox_height"),
)  # fmt: skip
TRUTHS = {
    **dict.fromkeys(("true", "t", "1", "1.0", "yes", "y"), True),
    **dict.fromkeys(("false", "f", "0", "0.0", "no", "n", "", *WORDS_FOR_MISSING), False),
}
MISSING_NUMBERS = {"", *WORDS_FOR_MISSING}
_DECIMAL_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}([. ]\d{3})+)?,\d*(e[+-]?\d+)?", re.IGNORECASE)
_MAY_BE_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
LARGEST_TARGET = 3.4e38  # of float32
FARTHEST_EDGE = 2**31 - 1  # of int32


class ManifestColumns:
    """The columns of one table, by their meaning.

    Attributes:
        targets: names of those with continuous labels.
        attributes: names of those without a meaning of their own.
        without_classes: the error for a table that needs a class column and has none.

    Raises MissingColumnError where none names the image, DataError where a chosen one is not there.
    """

    def __init__(self, table: ManifestTable, source: DataSource, path: Path) -> None:
        self._path = path
        self._unit = table.unit
        self._column_indices = {name: index for index, name in enumerate(table.header) if name}
        self._left_out = table.left_out
        self._named = listed(list(self._column_indices))
        if table.left_out:
            self._named = Message("columns-read-and-not", columns=self._named, left_out=listed(table.left_out))
        self._require_there(source.target_columns, "target-column-missing")
        self._require_there(source.ignore_columns, "column-to-ignore-missing")
        asked = {source.image_column, source.label_column, source.split_column, source.role_column}
        aside = {*source.ignore_columns, *(set(source.target_columns) - asked)}
        self._rows = table.rows
        self._value_meanings = source.value_meanings
        self._counts: dict[int, dict[str, int]] = {}
        self._meanings: dict[tuple[int, str], tuple[str, str] | None] = {}
        self.notices: list[Message] = []
        self._decimal_comma = table.decimal_comma
        self._meant: dict[str, int] = {}
        for name, index in self._column_indices.items():
            if name not in aside:
                self._meant.setdefault(_key(name), index)
        self._image = self._image_index(source)
        self._label = self._choose(source.label_column, LABEL_NAMES, "label")
        self._split = self._choose(source.split_column, (), "split")
        if self._split is None:
            self._split = self._split_index()
        self._split_truths = self._truths_of_split() if self._split is None else {}
        self._role = self._choose(source.role_column, ROLE_NAMES, "role")
        self._truths = {} if self._role is not None else self._there(QUERY, GALLERY)
        self._box = next(
            (list(found.values()) for names in BOX_NAMES if len(found := self._there(*names)) == len(names)), []
        )
        if self._label is None:
            self._label = self._label_besides(source)
        special = {
            self._image, self._label, self._split, self._role, *self._truths.values(), *self._split_truths, *self._box
        }  # fmt: skip
        others = [name for name, index in self._column_indices.items() if index not in special]
        self.targets = [
            name
            for name in others
            if name in source.target_columns
            or (name.casefold().startswith("target") and name not in source.ignore_columns)
        ]
        self.attributes = self._without_vectors([name for name in others if name not in self.targets])
        self.without_classes = self._missing("label", LABEL_NAMES)
        if not source.split_column:
            self.notices += self._of_folds([name for name in self.attributes if name not in source.ignore_columns])
        self.notices += self._of_unread_boxes(source.ignore_columns)
        # A million cells with a thousand different words need room for a thousand.
        self._words: dict[str, str] = {}
        self._commas: dict[int, bool] = {}

    @property
    def has_classes(self) -> bool:
        """Whether there is a class column."""
        return self._label is not None

    @property
    def has_splits(self) -> bool:
        """Whether there is a column that divides the images."""
        return self._split is not None or bool(self._split_truths)

    @property
    def class_column(self) -> str:
        """The name of the class column, "" where there is none."""
        return "" if self._label is None else self._name_of(self._label)

    @property
    def split_column(self) -> str:
        """The name of the first column that divides the images, "" where none does."""
        columns = (self._split, *self._split_truths, self._role, *self._truths.values())
        return next((self._name_of(index) for index in columns if index is not None), "")

    @property
    def meanings(self) -> dict[str, str]:
        """The name of each column that means something -> "image", "label", "split", "role", "target" or "box"."""
        found: dict[int | None, str] = {self._image: "image", self._label: "label", self._split: "split"}
        found[self._role] = "role"
        found.update(dict.fromkeys(self._split_truths, "split"))
        found.update(dict.fromkeys(self._truths.values(), "role"))
        found.update(dict.fromkeys(self._box, "box"))
        named = {self._name_of(index): meaning for index, meaning in found.items() if index is not None}
        return named | dict.fromkeys(self.targets, "target")

    @property
    def divided_by(self) -> list[str]:
        """The names of the split and the role column, where there are any."""
        return [self._name_of(index) for index in (self._split, self._role) if index is not None]

    def unknown_values(self) -> set[str]:
        """Values that a person explained and no split or role column has."""
        there = {value for index in (self._split, self._role) if index is not None for value in self._counted(index)}
        return set(self._value_meanings) - there

    def name(self, cells: Sequence[str], below: str) -> str:
        """What one row calls its image, from the folder `below` the root."""
        name = cells[self._image]
        return f"{below}{name}" if name.strip() and not is_whole(name) else name

    def where(self, number: int) -> str:
        """The place of a row in the file, in words."""
        return f"{self._unit} {number}"

    def listing(self, number: int, cells: Sequence[str], name: str, hit: Hit | None) -> Listing:
        """The image of the row `number`, called `name`, with the file that was found for it."""
        split, role = self._division(number, cells)
        return Listing(
            name=name,
            file=hit.file if hit is not None else None,
            label="" if self._label is None else self._shared(cells[self._label]),
            split=split,
            role=role,
            attributes=tuple(self._shared(cells[self._column_indices[attribute]]) for attribute in self.attributes),
            ambiguous=hit is not None and hit.ambiguous,
            box=self._box_of(number, cells) if self._box else None,
            left_out=self._is_left_out(cells),
        )

    def targets_of(self, number: int, cells: Sequence[str]) -> list[float]:
        """The T continuous labels of one row; NaN where a cell is empty."""
        return [self._target(number, name, cells[self._column_indices[name]]) for name in self.targets]

    def _shared(self, cell: str) -> str:
        return self._words.setdefault(cell, cell)

    def _image_index(self, source: DataSource) -> int:
        files = [name for name in self._column_indices if name.casefold().endswith(IMAGE_ENDING)]
        usual = (*IMAGE_NAMES, *(name for name in files if _key(name) in self._meant))
        found = self._choose(source.image_column, usual, "image")
        if found is None:
            raise self._missing("image", IMAGE_NAMES)
        return found

    def _there(self, *names: str) -> dict[str, int]:
        return {name: self._meant[_key(name)] for name in names if _key(name) in self._meant}

    def _values(self, index: int) -> list[str]:
        return list(dict.fromkeys(word for cells in self._rows if (word := cells[index].strip())))

    def _counted(self, index: int) -> dict[str, int]:
        if index not in self._counts:
            self._counts[index] = Counter(word for cells in self._rows if (word := cells[index].strip()))
        return self._counts[index]

    def _split_index(self) -> int | None:
        """The column that divides the images: called so, or perhaps called so and with words of splits alone."""
        for name, index in self._there(*SPLIT_NAMES).items():
            if index == self._image or index == self._label:
                continue
            values = list(self._counted(index))
            known = [value for value in values if self._word(index, value) is not None]
            if name in CERTAIN_SPLITS or (known and len(known) == len(values)):
                return index
            if known:
                raise self._no_split(index, next(value for value in values if value not in known))
            if values:
                self.notices.append(
                    Message(
                        "column-divides-nothing",
                        *self._division_by(self._name_of(index)),
                        column=self._name_of(index),
                        values=listed(values, VALUES_NAMED),
                    )
                )
        return None

    def _of_unread_boxes(self, ignored: Sequence[str]) -> list[Message]:
        names = {name.casefold(): name for name in self.attributes if name not in ignored}
        found = next((form for form in UNREAD_BOX_NAMES if all(each in names for each in form)), ())
        if not found or self._box:
            return []
        aside = _aside(names[found[0]], Message("says-that-it-is-none"))
        return [Message("boxes-not-read", aside, columns=[f"'{names[each]}'" for each in found])]

    def _of_folds(self, names: Sequence[str]) -> list[Message]:
        called_so = {name: self._counted(self._column_indices[name]) for name in names if is_called_folds(name)}
        return [
            Message("column-of-folds", *self._division_by(name), column=name, folds=len(values))
            for name, values in called_so.items()
            if are_folds(list(values))
        ]

    def _division_by(self, column: str) -> list[Remedy]:
        values = _in_order(self._counted(self._column_indices[column]))
        if len(values) > MOST_VALUES:
            return []
        option = f"--split-column {_quoted(column)} {as_option(proposed(column, values))}"
        return [Remedy(option, Message("divides-by-it"))]

    def _truths_of_split(self) -> dict[int, str]:
        found = {index: SPLIT_TRUTHS[name] for name, index in self._there(*SPLIT_TRUTHS).items()}
        return {
            index: split
            for index, split in found.items()
            if index not in (self._image, self._label)
            and all(value.casefold() in TRUTHS for value in self._values(index))
        }

    def _label_besides(self, source: DataSource) -> int | None:
        """A class column that is not called so: words in "target", or an id that images share."""
        for name, index in self._there(*TARGET_NAMES).items():
            own = self._name_of(index)
            if index == self._image or own in source.target_columns:
                continue
            values = self._values(index)
            numbers = [value for value in values if _is_number(value)]
            if values and not numbers:
                return index
            if name == "target" and values and len(values) <= MOST_NUMBERED_CLASSES and all(map(_is_whole, values)):
                raise ColumnMeaningError(
                    Message(
                        "column-meaning-unclear",
                        Remedy(f"--label-column {_quoted(own)}", Message("says-that-it-is-the-class"), column=own),
                        Remedy(f"--target-column {_quoted(own)}", Message("that-it-is-a-target")),
                        path=self._path,
                        column=own,
                        values=listed(values, VALUES_NAMED),
                    ),
                    self._path,
                    "target",
                    own,
                    _in_order(self._counted(index)),
                )
        identity = self._there("id").get("id")
        if identity is None or identity == self._image or len(self._values(identity)) == len(self._rows):
            return None
        own = self._name_of(identity)
        self.notices.append(
            Message("column-taken-for-class", Remedy("--label-column", Message("names-another")), column=own)
        )
        return identity

    def _without_vectors(self, names: list[str]) -> list[str]:
        """The attributes without the numbers of an embedding ("embedding_0", "embedding_1", ...)."""
        stems = Counter(name.rstrip("0123456789") for name in names if name[-1:].isdigit())
        many = {stem for stem, count in stems.items() if count >= MANY_NUMBERED}
        if many:
            self.notices.append(
                Message(
                    "numbered-columns-not-kept", columns=listed([f"{stem}0, {stem}1, ..." for stem in sorted(many)])
                )
            )
        return [name for name in names if not (name[-1:].isdigit() and name.rstrip("0123456789") in many)]

    def _name_of(self, index: int) -> str:
        return next(name for name, there in self._column_indices.items() if there == index)

    def _missing(self, meaning: str, usual: Sequence[str]) -> MissingColumnError:
        likely = self._likely_class() if meaning == "label" else ""
        remedy = Remedy(f"--{meaning}-column {_quoted(likely) or 'NAME'}", Message("names-it"))
        names = usual[:USUAL_NAMED]
        told = Message("column-missing", remedy, path=self._path, meaning=meaning, usual=names, columns=self._named)
        if meaning == "image" and self._left_out:
            told = joined(told, Message("pictures-need-files"))
        elif meaning == "image" and len(self._column_indices) == 1:
            told = joined(told, Message("labels-alone"))
        return MissingColumnError(told, self._path, meaning, list(self._column_indices))

    def _likely_class(self) -> str:
        """A column that images share values of, for an example; "" where there is none."""
        taken = {self._image, self._split, self._role, *self._box}
        for name, index in self._column_indices.items():
            different = len(self._values(index))
            if index not in taken and 1 < different <= len(self._rows) // 2:
                return name
        return ""

    def _choose(self, asked: str, usual: Sequence[str], meaning: str) -> int | None:
        if asked:
            if asked not in self._column_indices:
                raise DataError(
                    Message(
                        "column-missing-for-meaning",
                        path=self._path,
                        column=asked,
                        meaning=meaning,
                        columns=self._named,
                    ),
                    asked,
                )
            return self._column_indices[asked]
        return next(iter(self._there(*usual).values()), None)

    def _require_there(self, asked: Sequence[str], message_id: str) -> None:
        if lacking := next((name for name in asked if name not in self._column_indices), ""):
            raise DataError(Message(message_id, path=self._path, column=lacking, columns=self._named), lacking)

    def _division(self, number: int, cells: Sequence[str]) -> tuple[str, str]:
        split = role = ""
        if self._split is not None and cells[self._split].strip():
            word = self._word(self._split, cells[self._split])
            if word is None:
                raise self._no_split(self._split, cells[self._split], number)
            split, role = word
        if self._split_truths:
            split = self._split_by_truths(number, cells)
        if self._role is not None and cells[self._role].strip():
            said = self._value_meanings.get(cells[self._role].strip(), "")
            of_role, role = STANDS_FOR.get(said) or ("test", role_of(cells[self._role]))
            if not said and not role:
                raise self._no_role(number, cells[self._role])
            split = split or of_role
        if self._truths and split != "train":
            role = self._role_by_truths(number, cells) or role
            split = split or ("test" if role else "")
        return split, role

    def _word(self, index: int, cell: str) -> tuple[str, str] | None:
        """(split, role) that a cell of a split column stands for, as a person said or by its words, or None."""
        text = cell.strip()
        if (index, text) not in self._meanings:
            said = self._value_meanings.get(text, "")
            words = STANDS_FOR[said] if said else split_of(text, self._name_of(index), list(self._counted(index)))
            self._meanings[index, text] = words
        return self._meanings[index, text]

    def _is_left_out(self, cells: Sequence[str]) -> bool:
        indices = [index for index in (self._split, self._role) if index is not None]
        return bool(self._value_meanings) and any(
            self._value_meanings.get(cells[index].strip()) == LEFT_OUT for index in indices
        )

    def _split_by_truths(self, number: int, cells: Sequence[str]) -> str:
        yes = {split for index, split in self._split_truths.items() if self._truth(number, index, cells[index])}
        if len(yes) > 1:
            names = [f"'{self._name_of(index)}'" for index in self._split_truths]
            raise self._fault(number, Message("row-in-two-splits", columns=names, splits=sorted(yes)))
        if yes:
            return yes.pop()
        known = set(self._split_truths.values())
        return "test" if known == {"train"} else "train" if "train" not in known else "test" if "val" in known else ""

    def _no_split(self, index: int, cell: str, number: int | None = None) -> ColumnMeaningError:
        where = self._path if number is None else f"{self._path}, {self._unit} {number}"
        told = Message(
            "split-not-understood",
            where=where,
            split=cut(cell),
            column=self._name_of(index),
            values=_with_counts(self._counted(index)),
        )
        return self._no_meaning(told, number, "split", index, Remedy("--split-column", Message("names-another")))

    def _no_role(self, number: int, cell: str) -> ColumnMeaningError:
        assert self._role is not None
        sentence = Message(
            "role-not-understood",
            path=self._path,
            unit=self._unit,
            number=number,
            role=cut(cell),
            column=self._name_of(self._role),
            values=_with_counts(self._counted(self._role)),
        )
        return self._no_meaning(sentence, number, "role", self._role)

    def _no_meaning(
        self, told: Message, number: int | None, meaning: str, index: int, *others: Remedy
    ) -> ColumnMeaningError:
        column, values = self._name_of(index), _in_order(self._counted(index))
        remedies = [Remedy(f"--ignore-column {_quoted(column)}", Message("sets-the-column-aside")), *others]
        if len(values) <= MOST_VALUES:
            option = as_option(proposed(column, values, of_roles=meaning == "role"))
            remedies.insert(0, Remedy(option, Message("says-what-each-value-means")))
        return ColumnMeaningError(told.with_remedies(*remedies), number, meaning, column, values)

    def _role_by_truths(self, number: int, cells: Sequence[str]) -> str:
        said = {name: self._truth(number, index, cells[index]) for name, index in self._truths.items()}
        is_query, is_gallery = said.get(QUERY, False), said.get(GALLERY, False)
        if len(said) == 1 and any(cells[index].strip() for index in self._truths.values()):
            # Where a table has one of the columns alone, what is not the one is the other.
            is_query, is_gallery = said.get(QUERY, not is_gallery), said.get(GALLERY, not is_query)
        if is_query and is_gallery:
            return BOTH
        return "query" if is_query else "gallery" if is_gallery else ""

    def _truth(self, number: int, index: int, cell: str) -> bool:
        answer = TRUTHS.get(cell.strip().casefold())
        if answer is None:
            column = self._name_of(index)
            aside = _aside(column, Message("sets-the-column-aside"))
            raise self._fault(number, Message("cell-not-true-or-false", value=cut(cell), column=column), aside)
        return answer

    def _box_of(self, number: int, cells: Sequence[str]) -> Box | None:
        edges = [self._number(number, "", index, cells[index]) for index in self._box]
        if all(math.isnan(edge) for edge in edges):
            return None
        left, top, right, bottom = edges
        box, edge = cut(", ".join(cells[index] for index in self._box)), self._name_of(self._box[0])
        if not (left < right and top < bottom and max(map(abs, edges)) <= FARTHEST_EDGE):
            aside = _aside(edge, Message("says-that-it-is-no-box"))
            raise self._fault(number, Message("box-corners-swapped", box=box), aside)
        if max(edges) <= 1 and not all(map(float.is_integer, edges)):
            aside = _aside(edge, Message("uses-the-whole-pictures"))
            raise self._fault(number, Message("box-in-shares", box=box), aside)
        return math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)

    def _target(self, number: int, column: str, cell: str) -> float:
        value = self._number(number, column, self._column_indices[column], cell)
        if abs(value) > LARGEST_TARGET:
            raise self._fault(number, Message("cell-not-finite", value=cut(cell), column=column))
        return value

    def _number(self, number: int, column: str, index: int, cell: str) -> float:
        """A cell of a column of targets, or, without its name, of a bounding box; NaN where it is empty."""
        text = cell.strip()
        if text.casefold() in MISSING_NUMBERS:
            return math.nan
        if "," in text or self._commas.get(index):
            text = self._with_point(index, text)
        try:
            # Python would read "1_000" as a thousand.
            return float(text if "_" not in text else "none")
        except ValueError as error:
            fault = Message("cell-of-box-no-number", value=cut(cell))
            if column:
                fault = Message("cell-no-number", value=cut(cell), column=column)
            raise self._fault(number, Message("comma-unclear", fault=fault) if "," in cell else fault) from error

    def _with_point(self, index: int, text: str) -> str:
        """A number of a column with decimal commas as Python has it; its points are those of thousands."""
        if index not in self._commas:
            cells = [cells[index].strip() for cells in self._rows]
            with_commas = [cell for cell in cells if "," in cell]
            certain = self._decimal_comma or any(not _MAY_BE_THOUSANDS.fullmatch(cell) for cell in with_commas)
            self._commas[index] = certain and all(_DECIMAL_COMMA.fullmatch(cell) for cell in with_commas)
            if self._commas[index]:
                self.notices.append(
                    Message(
                        "decimal-comma-read",
                        column=self._name_of(index),
                        example=cut(with_commas[0]),
                        number=_pointed(with_commas[0]),
                    )
                )
        return _pointed(text) if self._commas[index] else text

    def _fault(self, number: int, fault: Message, *remedies: Remedy) -> DataError:
        return DataError(
            Message("row-fault", *remedies, path=self._path, unit=self._unit, number=number, fault=fault), number
        )


def _aside(column: str, effect: Message) -> Remedy:
    return Remedy(f"--ignore-column {_quoted(column)}", effect, column=column)


def _key(name: str) -> str:
    """A column's name without case and separators."""
    return re.sub(r"[\W_]", "", name).casefold() or name


def _in_order(values: Mapping[str, int]) -> dict[str, int]:
    return {value: values[value] for value in sorted(values, key=natural_key)}


def _with_counts(values: Mapping[str, int]) -> str:
    return listed([f"{cut(value)}: {count:,}" for value, count in _in_order(values).items()], VALUES_NAMED)


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def _is_whole(text: str) -> bool:
    return text.casefold() in MISSING_NUMBERS or re.fullmatch(r"[+-]?\d+(\.0+)?", text) is not None


def _pointed(text: str) -> str:
    return text.replace(".", "").replace(" ", "").replace(",", ".")


def cut(text: str) -> str:
    """The beginning of a long text."""
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"


def listed(names: Sequence[str], most: int = NAMED) -> str:
    """The first names, each cut where it is long, and how many there are."""
    shown = [cut(name) for name in names[:most]]
    return ", ".join(shown) if len(names) <= most else Message("names-of-all", names=shown, count=len(names))


def _quoted(column: str) -> str:
    return shlex.quote(column) if column else ""


def one_protocol(listings: Sequence[Listing]) -> list[Listing]:
    """Where all images with a role are query and gallery at once, they search among each other: a role for none."""
    roles = {listing.role for listing in listings if listing.role}
    return [listing._replace(role="") for listing in listings] if roles == {BOTH} else list(listings)
