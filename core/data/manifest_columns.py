"""Which column of a manifest means what, and what one row says."""

from __future__ import annotations

import math
import re
import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from core.data.catalog import BOTH
from core.data.image_finder import Hit
from core.data.images import Box
from core.data.manifest_errors import ColumnMeaningError, MissingColumnError
from core.data.manifest_table import Table
from core.data.named_files import is_whole
from core.data.source import DataSource
from core.data.table_of_images import WORDS_FOR_MISSING, Listing, role_word, split_word
from core.errors import DataError

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
# CelebA's numbers.
PARTITION = {"0": ("train", ""), "1": ("val", ""), "2": ("test", "")}
# What cells say besides the words of folders.
CELL_WORDS = {
    "trainval": ("train", ""), "train_val": ("train", ""), "train+val": ("train", ""), "train-val": ("train", ""),
    "publictest": ("val", ""), "public_test": ("val", ""), "privatetest": ("test", ""), "private_test": ("test", ""),
    "index": ("test", "gallery"), "unlabeled": ("", ""), "unlabelled": ("", ""),
}  # fmt: skip
ROLE_NAMES = ("role",)
QUERY, GALLERY = "is_query", "is_gallery"
BOTH_WORDS = frozenset({"both", "query,gallery", "query&gallery", "query+gallery", "queryandgallery", "query/gallery"})
TARGET_NAMES = ("target", "targets")
NAMED, VALUES_NAMED, LONGEST_NAME = 6, 4, 30
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
TRUTHS = {
    **dict.fromkeys(("true", "t", "1", "1.0", "yes", "y"), True),
    **dict.fromkeys(("false", "f", "0", "0.0", "no", "n", "", *WORDS_FOR_MISSING), False),
}
MISSING_NUMBERS = {"", *WORDS_FOR_MISSING}
_DECIMAL_COMMA = re.compile(r"[+-]?(\d+|\d{1,3}([. ]\d{3})+)?,\d*(e[+-]?\d+)?", re.IGNORECASE)
_MAY_BE_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
LARGEST_TARGET = 3.4e38  # of float32
FARTHEST_EDGE = 2**31 - 1  # of int32


class Columns:
    """The columns of one table, by their meaning.

    Attributes:
        targets: names of those with continuous labels.
        attributes: names of those without a meaning of their own.
        without_classes: the error for a table that needs a class column and has none.

    Raises MissingColumnError where none names the image, DataError where a chosen one is not there.
    """

    def __init__(self, table: Table, source: DataSource, path: Path) -> None:
        self._path = path
        self._unit = table.unit
        self._places = {name: place for place, name in enumerate(table.header) if name}
        self._left_out = table.left_out
        self._named = listed(list(self._places))
        if table.left_out:
            self._named += f" (and as lists, objects or pictures, which are not read: {listed(table.left_out)})"
        self._require_there(source.target_columns, "a continuous target")
        self._require_there(source.ignore_columns, "nothing")
        asked = {source.image_column, source.label_column, source.split_column, source.role_column}
        aside = {*source.ignore_columns, *(set(source.target_columns) - asked)}
        self._rows = table.rows
        self._partitions: dict[int, frozenset[str]] = {}
        self.notices: list[str] = []
        self._decimal_comma = table.decimal_comma
        self._meant: dict[str, int] = {}
        for name, place in self._places.items():
            if name not in aside:
                self._meant.setdefault(_key(name), place)
        self._image = self._image_place(source)
        self._label = self._choose(source.label_column, LABEL_NAMES, "label")
        self._split = self._choose(source.split_column, (), "split")
        if self._split is None:
            self._split = self._split_place()
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
        others = [name for name, place in self._places.items() if place not in special]
        self.targets = [
            name
            for name in others
            if name in source.target_columns
            or (name.casefold().startswith("target") and name not in source.ignore_columns)
        ]
        self.attributes = self._without_vectors([name for name in others if name not in self.targets])
        self.without_classes = self._missing("label", LABEL_NAMES)
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
        label = "" if self._label is None else cells[self._label]
        return Listing(
            name=name,
            file=hit.file if hit is not None else None,
            label=self._words.setdefault(label, label),
            split=split,
            role=role,
            attributes=tuple(self._shared(cells[self._places[attribute]]) for attribute in self.attributes),
            ambiguous=hit is not None and hit.ambiguous,
            box=self._box_of(number, cells) if self._box else None,
        )

    def targets_of(self, number: int, cells: Sequence[str]) -> list[float]:
        """The T continuous labels of one row; NaN where a cell is empty."""
        return [self._target(number, name, cells[self._places[name]]) for name in self.targets]

    def _shared(self, cell: str) -> str:
        return self._words.setdefault(cell, cell)

    def _image_place(self, source: DataSource) -> int:
        files = [name for name in self._places if name.casefold().endswith(IMAGE_ENDING)]
        usual = (*IMAGE_NAMES, *(name for name in files if _key(name) in self._meant))
        found = self._choose(source.image_column, usual, "image")
        if found is None:
            raise self._missing("image", IMAGE_NAMES)
        return found

    def _there(self, *names: str) -> dict[str, int]:
        return {name: self._meant[_key(name)] for name in names if _key(name) in self._meant}

    def _values(self, place: int) -> list[str]:
        """The different texts in a column, in order, without empty ones."""
        return list(dict.fromkeys(word for cells in self._rows if (word := cells[place].strip())))

    def _split_place(self) -> int | None:
        """The column that divides the images: called so, or perhaps called so and with words of splits alone."""
        for name, place in self._there(*SPLIT_NAMES).items():
            if place == self._image or place == self._label:
                continue
            values = self._values(place)
            known = [value for value in values if self._word(place, value) is not None]
            if name in CERTAIN_SPLITS or (known and len(known) == len(values)):
                return place
            if known:
                raise self._no_split(place, next(value for value in values if value not in known))
            if values:
                self.notices.append(
                    f"Column '{self._name_of(place)}' divides nothing: its values ({listed(values, VALUES_NAMED)}) "
                    "are no splits, so it is kept as an attribute."
                )
        return None

    def _truths_of_split(self) -> dict[int, str]:
        """Columns of yes and no that divide, and for which part they stand."""
        found = {place: SPLIT_TRUTHS[name] for name, place in self._there(*SPLIT_TRUTHS).items()}
        return {
            place: split
            for place, split in found.items()
            if place not in (self._image, self._label)
            and all(value.casefold() in TRUTHS for value in self._values(place))
        }

    def _label_besides(self, source: DataSource) -> int | None:
        """A class column that is not called so: words in "target", or an id that images share."""
        for name, place in self._there(*TARGET_NAMES).items():
            own = self._name_of(place)
            if place == self._image or own in source.target_columns:
                continue
            values = self._values(place)
            numbers = [value for value in values if _is_number(value)]
            if values and not numbers:
                return place
            if name == "target" and values and len(values) <= MOST_NUMBERED_CLASSES and all(map(_is_whole, values)):
                raise ColumnMeaningError(
                    f"{self._path}: column '{own}' ({listed(values, VALUES_NAMED)}) may be the class or a continuous "
                    f"target; say which with --label-column {_quoted(own)} or --target-column {_quoted(own)}.",
                    self._path,
                    "target",
                    own,
                    values[:NAMED],
                )
        identity = self._there("id").get("id")
        if identity is None or identity == self._image or len(self._values(identity)) == len(self._rows):
            return None
        own = self._name_of(identity)
        self.notices.append(f"The classes are those of column '{own}'; --label-column names another.")
        return identity

    def _without_vectors(self, names: list[str]) -> list[str]:
        """The attributes without the numbers of an embedding ("embedding_0", "embedding_1", ...)."""
        stems = Counter(name.rstrip("0123456789") for name in names if name[-1:].isdigit())
        many = {stem for stem, count in stems.items() if count >= MANY_NUMBERED}
        if many:
            self.notices.append(
                f"{listed([f'{stem}0, {stem}1, ...' for stem in sorted(many)])}: numbers of that many columns are not "
                "kept as attributes."
            )
        return [name for name in names if not (name[-1:].isdigit() and name.rstrip("0123456789") in many)]

    def _name_of(self, place: int) -> str:
        return next(name for name, there in self._places.items() if there == place)

    def _missing(self, meaning: str, usual: Sequence[str]) -> MissingColumnError:
        likely = self._likely_class() if meaning == "label" else ""
        such = f", such as --label-column {_quoted(likely)}" if likely else ""
        if meaning == "image" and self._left_out:
            such += (
                f". Pictures inside of a table ({listed(self._left_out, 1)}) are not read: save them as files, such as "
                "by row['image'].save(...), and name those"
            )
        elif len(self._places) == 1:
            such += ". Labels alone, as TensorBoard's projector has them, say of no image what it shows"
        return MissingColumnError(
            f"{self._path} has no {meaning} column; expected one of {', '.join(usual[:NAMED])}, ..., or name it with "
            f"--{meaning}-column{such}; its columns are: {self._named}.",
            self._path,
            meaning,
            list(self._places),
        )

    def _likely_class(self) -> str:
        """A column that images share values of, for an example; "" where there is none."""
        taken = {self._image, self._split, self._role, *self._box}
        for name, place in self._places.items():
            different = len(self._values(place))
            if place not in taken and 1 < different <= len(self._rows) // 2:
                return name
        return ""

    def _choose(self, asked: str, usual: Sequence[str], meaning: str) -> int | None:
        if asked:
            if asked not in self._places:
                raise DataError(
                    f"{self._path} has no column '{asked}' for the {meaning}; its columns are: {self._named}.", asked
                )
            return self._places[asked]
        return next(iter(self._there(*usual).values()), None)

    def _require_there(self, asked: Sequence[str], meaning: str) -> None:
        if lacking := next((name for name in asked if name not in self._places), ""):
            raise DataError(
                f"{self._path} has no column '{lacking}' to take for {meaning}; its columns are: {self._named}.",
                lacking,
            )

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
            role = _role(cells[self._role])
            if not role:
                raise self._no_role(number, cells[self._role])
            split = split or "test"
        if self._truths and split != "train":
            role = self._role_by_truths(number, cells) or role
            split = split or ("test" if role else "")
        return split, role

    def _word(self, place: int, cell: str) -> tuple[str, str] | None:
        """(split, role) that a cell of a split column stands for, or None."""
        text = cell.strip()
        if text in PARTITION and _key(self._name_of(place)) == "partition" and "2" in self._partition(place):
            return PARTITION[text]
        found = split_word(text)
        return found if found is not None else CELL_WORDS.get(text.casefold())

    def _partition(self, place: int) -> frozenset[str]:
        if place not in self._partitions:
            values = frozenset(self._values(place))
            self._partitions[place] = values if values <= PARTITION.keys() else frozenset()
        return self._partitions[place]

    def _split_by_truths(self, number: int, cells: Sequence[str]) -> str:
        yes = {split for place, split in self._split_truths.items() if self._truth(number, place, cells[place])}
        if len(yes) > 1:
            names = " and ".join(f"'{self._name_of(place)}'" for place in self._split_truths)
            raise self._fault(
                number, f"the columns {names} put it into {' and '.join(sorted(yes))}; expected one of them"
            )
        if yes:
            return yes.pop()
        known = set(self._split_truths.values())
        return "test" if known == {"train"} else "train" if "train" not in known else "test" if "val" in known else ""

    def _no_split(self, place: int, cell: str, number: int | None = None) -> ColumnMeaningError:
        column, values = self._name_of(place), self._values(place)
        where = f", {self._unit} {number}" if number is not None else ""
        return ColumnMeaningError(
            f"{self._path}{where}: split '{cut(cell)}' in column '{column}' ({listed(values, VALUES_NAMED)}); "
            f"expected train, val, test, query or gallery. --ignore-column {_quoted(column)} sets the column aside, "
            "--split-column names another.",
            number,
            "split",
            column,
            values[:NAMED],
        )

    def _no_role(self, number: int, cell: str) -> ColumnMeaningError:
        assert self._role is not None
        column, values = self._name_of(self._role), self._values(self._role)
        return ColumnMeaningError(
            f"{self._path}, {self._unit} {number}: role '{cut(cell)}' in column '{column}'; expected query, gallery "
            f"or both. --ignore-column {_quoted(column)} sets the column aside.",
            number,
            "role",
            column,
            values[:NAMED],
        )

    def _role_by_truths(self, number: int, cells: Sequence[str]) -> str:
        said = {name: self._truth(number, place, cells[place]) for name, place in self._truths.items()}
        is_query, is_gallery = said.get(QUERY, False), said.get(GALLERY, False)
        if is_query and is_gallery:
            return BOTH
        return "query" if is_query else "gallery" if is_gallery else ""

    def _truth(self, number: int, place: int, cell: str) -> bool:
        answer = TRUTHS.get(cell.strip().casefold())
        if answer is None:
            column = self._name_of(place)
            raise self._fault(
                number,
                f"'{cut(cell)}' in column '{column}'; expected True or False, or --ignore-column {_quoted(column)}",
            )
        return answer

    def _box_of(self, number: int, cells: Sequence[str]) -> Box | None:
        edges = [self._number(number, "a bounding box", place, cells[place]) for place in self._box]
        if all(math.isnan(edge) for edge in edges):
            return None
        left, top, right, bottom = edges
        if not (left < right and top < bottom and max(map(abs, edges)) <= FARTHEST_EDGE):
            box = cut(", ".join(cells[place] for place in self._box))
            aside = f"--ignore-column {_quoted(self._name_of(self._box[0]))}"
            raise self._fault(number, f"bounding box '{box}'; expected left < right, top < bottom, or {aside}")
        return math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom)

    def _target(self, number: int, column: str, cell: str) -> float:
        value = self._number(number, f"column '{column}'", self._places[column], cell)
        if abs(value) > LARGEST_TARGET:
            raise self._fault(number, f"'{cut(cell)}' in column '{column}' is no finite number")
        return value

    def _number(self, number: int, where: str, place: int, cell: str) -> float:
        text = cell.strip()
        if text.casefold() in MISSING_NUMBERS:
            return math.nan
        if "," in text or self._commas.get(place):
            text = self._with_point(place, text)
        try:
            # Python would read "1_000" as a thousand.
            return float(text if "_" not in text else "none")
        except ValueError as error:
            words = f"'{cut(cell)}' in {where} is no number"
            if "," in cell:
                words += " (is the comma decimal or of thousands? write 0.5 and 1000)"
            raise self._fault(number, words) from error

    def _with_point(self, place: int, text: str) -> str:
        """A number of a column with decimal commas as Python has it; its points are those of thousands."""
        if place not in self._commas:
            cells = [cells[place].strip() for cells in self._rows]
            with_commas = [cell for cell in cells if "," in cell]
            certain = self._decimal_comma or any(not _MAY_BE_THOUSANDS.fullmatch(cell) for cell in with_commas)
            self._commas[place] = certain and all(_DECIMAL_COMMA.fullmatch(cell) for cell in with_commas)
            if self._commas[place]:
                self.notices.append(
                    f"The numbers of column '{self._name_of(place)}' have a decimal comma: '{cut(with_commas[0])}' is "
                    f"read as {_pointed(with_commas[0])}."
                )
        return _pointed(text) if self._commas[place] else text

    def _fault(self, number: int, words: str) -> DataError:
        return DataError(f"{self._path}, {self._unit} {number}: {words}.", number)


def _key(name: str) -> str:
    """A column's name without case and separators."""
    return re.sub(r"[\W_]", "", name).casefold() or name


def _role(cell: str) -> str:
    word = "".join(cell.split()).casefold()
    return BOTH if word in BOTH_WORDS else role_word(cell)


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
    shown = ", ".join(cut(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown}, ... ({len(names):,} in all)"


def _quoted(column: str) -> str:
    return shlex.quote(column)


def one_protocol(listings: Sequence[Listing]) -> list[Listing]:
    """Where all images with a role are query and gallery at once, they search among each other: a role for none."""
    roles = {listing.role for listing in listings if listing.role}
    return [listing._replace(role="") for listing in listings] if roles == {BOTH} else list(listings)
