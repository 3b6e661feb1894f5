"""What the folders above images say: class, split and role, or a question where that cannot be told.

Folders divide where at least two different splits lie side by side, or splits and nothing else. A folder called like a
split among others that are none is a class ("train" beside "bus"). What looks like a split and fits neither is asked
about, because classes and figures would be wrong in silence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from core.data.catalog import natural_key, natural_order
from core.data.source import FOLDER_MEANINGS
from core.data.split_names import (
    MEANINGS,
    WHOLE,
    WORDS,
    Word,
    hinted_words,
    is_doubtful,
    is_uninformative,
    lies_aside,
    remainder,
    role_word,
    split_word,
)
from core.messages import Message, Remedy, first_of

Folders = tuple[str, ...]
UNLABELLED = ("_unlabeled",)  # FiftyOne's folder for what has no class
NAMED, LONGEST_NAME = 3, 40
# Options that fit into a sentence; of more, the first stands for all.
MOST_LETTERS_OF_OPTIONS = 90
# Of more classes than this share, names that hint at several splits are no accident.
MANY = 0.3


@dataclass(frozen=True)
class Assignment:
    """What the folders above an image say about it; `skipped` ones are not to be read, for the reason in words."""

    label: str
    split: str
    role: str
    skipped: str = ""


@dataclass
class Division:
    """Places of folders, what to know of them, and what has to be answered before they can be trusted ("" for none).

    `asked` are the names that the question is about, each with what it may mean.
    """

    assignments: dict[str, Assignment] = field(default_factory=dict)
    notices: list[Message] = field(default_factory=list)
    question: Message | None = None
    asked: dict[str, str] = field(default_factory=dict)
    divides: bool = False


def of_each(names: Sequence[str], meaning: str) -> str:
    """The options that give each folder of these names one meaning, to be typed as they stand where they are few."""
    options = [f'--folder "{name}={meaning}"' for name in names]
    together = " ".join(options)
    return together if len(together) <= MOST_LETTERS_OF_OPTIONS else f"{options[0]}, and so for each,"


def divide(holders: Iterable[str], meanings: Mapping[str, str] | None = None) -> Division:
    """What each folder that holds images, named from the root on, says about them.

    `meanings` are what a person said that folders of a name stand for (`source.FOLDER_MEANINGS`).
    """
    division = _Dividing(meanings=meanings or {})
    division.divide(list(holders))
    return division


@dataclass
class _Level:
    """The folders side by side that divide, and what lies beside them."""

    depth: int
    words: dict[str, Word]
    repeats: set[str] = field(default_factory=set)
    aside: set[str] = field(default_factory=set)


@dataclass
class _Dividing(Division):
    """One reading of a tree, with what a person said of its folders."""

    meanings: Mapping[str, str] = field(default_factory=dict)

    def divide(self, holders: list[str]) -> None:
        left_out = {name for name, meaning in self.meanings.items() if meaning == "skip"}
        skipped = {holder: next((name for name in _parts(holder) if name in left_out), "") for holder in holders}
        read = {holder: self._named(_parts(holder)) for holder in holders if not skipped[holder]}
        level = self._level_of_division(set(read.values()))
        if level is not None:
            found = self._by_level(read, level)
        elif any(self._said_of(folders) for folders in read.values()):
            found = {holder: self._division_by_meanings(folders) for holder, folders in read.items()}
        elif self._end_in_splits(read.values()):
            found = {holder: self._division_at_the_end(folders) for holder, folders in read.items()}
        else:
            found = {holder: (folders, "", "") for holder, folders in read.items()}
        self.divides = level is not None
        self.assignments = {holder: Assignment("", "", "", f"in {name}") for holder, name in skipped.items() if name}
        self.assignments |= self._assignments(found, level)
        self._look_at_classes()

    # What a person said.

    def _named(self, folders: Folders) -> Folders:
        return tuple(name for name in folders if self.meanings.get(name) != "none")

    def _word(self, name: str) -> Word | None:
        decided = self.meanings.get(name)
        return MEANINGS.get(decided) if decided is not None else split_word(name)

    def _hints(self, name: str) -> frozenset[Word]:
        """The splits that a name hints at and does not stand for."""
        return frozenset() if name in self.meanings or split_word(name) else hinted_words(name)

    def _said_of(self, folders: Folders) -> str:
        return next((name for name in folders if self.meanings.get(name) in MEANINGS), "")

    def _division_by_meanings(self, folders: Folders) -> tuple[Folders, str, str]:
        """(class folders, split, role) where splits lie below different folders, as a person said."""
        name = self._said_of(folders)
        if not name:
            return folders, "", ""
        place = folders.index(name)
        return (*folders[:place], *folders[place + 1 :]), *MEANINGS[self.meanings[name]]

    # Where the tree divides.

    def _level_of_division(self, all_folders: set[Folders]) -> _Level | None:
        """The first level of splits below folders that wrap everything; None where nothing is divided."""
        depth = 0
        while names := {folders[depth] for folders in all_folders if len(folders) > depth}:
            below = _below(all_folders, depth)
            level = self._level(depth, names, below)
            if level is not None and not (len(names) == 1 and self._divides_inside(all_folders, depth + 1)):
                return level
            if self.question or len(names) > 1:
                return None
            depth += 1
        return None

    def _divides_inside(self, all_folders: set[Folders], depth: int) -> bool:
        """Whether the only folder, called like a split, wraps several real ones."""
        names = {folders[depth] for folders in all_folders if len(folders) > depth}
        return len({word for name in names if (word := self._word(name))}) > 1 and all(map(self._word, names))

    def _level(self, depth: int, names: set[str], below: Mapping[str, set[str]]) -> _Level | None:
        words = {name: word for name in names if (word := self._word(name)) is not None}
        words |= _with_common_words({name: hints for name in names if (hints := self._hints(name))})
        # Alone, "train_val2019" wraps everything.
        repeats = self._whole(names - words.keys(), words) if len(names) > 1 else set()
        unclear = {name for name in names - words.keys() - repeats if self._hints(name)}
        plain = names - words.keys() - repeats - unclear
        aside = {name for name in plain if lies_aside(name)}
        decided = any(self.meanings.get(name) in MEANINGS for name in names)
        kinds = set(words.values())
        if decided or len(kinds) > 1 or (kinds and not unclear and not plain - aside):
            if unclear:
                self._ask(
                    Message("folders-beside-unclear", count=len(unclear), folders=_list(unclear), others=_list(words)),
                    unclear,
                )
            self._ask_about_numbered(words)
            # An archive unpacked twice: its splits once more in a folder beside them.
            repeats |= {name for name in plain if below.get(name) and all(map(self._word, below[name]))}
            return _Level(depth, words, repeats, plain - repeats)
        self._look_at_undivided(names, words, unclear, plain, below)
        return None

    def _whole(self, names: Collection[str], words: dict[str, Word]) -> set[str]:
        """Of "train_all" and "trainval" those that repeat splits that are there; the others are added to `words`."""
        repeats = set()
        for name in natural_order(list(names)):
            hints = self._hints(name)
            if not hints or not WHOLE.issuperset(remainder(name)) or not _is_of_training(name, hints):
                continue
            if hints & set(words.values()):
                repeats.add(name)
            else:
                words[name] = ("train", "") if ("train", "") in hints else min(hints)
        return repeats

    def _ask_about_numbered(self, words: Mapping[str, Word]) -> None:
        """Ask where several numbered divisions lie side by side, as those of a cross-validation: they overlap."""
        by_word: dict[Word, set[str]] = defaultdict(set)
        for name, word in words.items():
            if name not in self.meanings:
                by_word[word].add("".join(letter for letter in name if letter.isdigit()))
        numbered = [numbers for numbers in by_word.values() if len(numbers) > 1]
        if (
            len(numbers_of := [numbers for numbers in numbered if numbers == numbered[0]]) > 1
            and len(numbers_of[0]) > 1
        ):
            self._ask(Message("folders-of-divisions", folders=_list(words), count=len(numbers_of[0])), words)

    def _look_at_undivided(
        self,
        names: set[str],
        words: Mapping[str, Word],
        unclear: set[str],
        plain: set[str],
        below: Mapping[str, set[str]],
    ) -> None:
        alike = set(words) | unclear
        kinds = {word for name in alike for word in (words.get(name), *self._hints(name)) if word is not None}
        inside_out = {name for name in alike & below.keys() if below[name] & plain}
        doubtful = {name for name in plain if is_doubtful(name) and name not in self.meanings and below.get(name)}
        if len(names) < 2:
            return
        if len(kinds) > 1 and len(alike) > len(plain):
            self._ask(Message("folders-unclear", folders=_list(alike), count=len(alike)), unclear or alike)
        elif inside_out or (len(plain) == 1 and alike & below.keys() and plain & below.keys()):
            self._ask(Message("folders-split-or-class", folders=_list(alike), others=_list(plain)), alike)
        elif doubtful and len(plain) > 1 and doubtful == plain:
            self._ask(Message("folders-like-parts", folders=_list(names)), names)

    def _ask(self, words: Message, names: Collection[str]) -> None:
        if self.question:
            return
        first = min(names, key=natural_key)
        meaning = _hinted_meaning(first, otherwise="train")
        others = [f"={each}" for each in FOLDER_MEANINGS if each != meaning]
        self.asked = {name: _hinted_meaning(name, otherwise="class") for name in sorted(names, key=natural_key)}
        self.question = Message(
            "folders-unexplained",
            self._answer_of_splits()
            or Remedy(f'--folder "{first}={meaning}" (or {", ".join(others)})', Message("says-what-one-is")),
            folders=words,
        )

    def _answer_of_splits(self) -> Remedy | None:
        """All of what is asked, where each is another split: of one alone the others would become classes."""
        meanings = set(self.asked.values())
        if (
            len(self.asked) < 2
            or len(meanings) < len(self.asked)
            or any(split_word(name) is None for name in self.asked)
        ):
            return None
        options = (f'--folder "{name}={meaning}"' for name, meaning in self.asked.items())
        return Remedy(" ".join(options), Message("says-that-they-are-splits"))

    # From folders to places.

    def _by_level(self, read: Mapping[str, Folders], level: _Level) -> dict[str, tuple[Folders, str, str]]:
        """(class folders, split, role) of each folder, where a level divides."""
        below = {holder: folders[level.depth :] for holder, folders in read.items()}
        inside = self._without_repeated_names(below, level)
        found: dict[str, tuple[Folders, str, str]] = {}
        for holder, folders in below.items():
            word = level.words.get(folders[0]) if folders else None
            rest = inside[holder]
            if word is None:
                found[holder] = rest, "", ""
                continue
            split, role = word
            if rest and not role and split != "train" and (inner := self._role(rest[0])):
                rest, role = rest[1:], inner
            found[holder] = rest, split, role
        return found

    def _role(self, name: str) -> str:
        word = self._word(name)
        return word[1] if word is not None and (name in self.meanings or role_word(name)) else ""

    def _without_repeated_names(self, below: Mapping[str, Folders], level: _Level) -> dict[str, Folders]:
        """What lies inside each folder of the level, without a folder of the same meaning that wraps all of it."""
        inside = {holder: folders[1:] for holder, folders in below.items()}
        groups: dict[str, list[str]] = defaultdict(list)
        for holder, folders in below.items():
            if folders:
                groups[folders[0]].append(holder)
        for name, holders in groups.items():
            while (only := _only_first(inside[holder] for holder in holders)) is not None and (
                only == name
                or (name in level.words and self._word(only) == level.words[name])
                or (is_uninformative(only) and all(len(inside[holder]) > 1 for holder in holders))
            ):
                inside |= {holder: inside[holder][1:] for holder in holders}
        return inside

    def _end_in_splits(self, all_folders: Iterable[Folders]) -> bool:
        """Whether below every class lie train, test, ... (cats/train, dogs/train) and no picture elsewhere."""
        if self.question:
            return False
        named = [folders for folders in all_folders if folders]
        return bool(named) and all(len(folders) > 1 and self._word(folders[-1]) is not None for folders in named)

    def _division_at_the_end(self, folders: Folders) -> tuple[Folders, str, str]:
        """(class folders, split, role) where the class lies above the split."""
        word = self._word(folders[-1]) if folders else None
        if word is None:
            return folders, "", ""
        rest, (split, role) = folders[:-1], word
        outer = self._word(rest[-1]) if len(rest) > 1 else None
        if outer is not None and (outer == word or (role and not outer[1])):
            # test/query: the role stands below its split; train/train: once more.
            return rest[:-1], outer[0], role
        return rest, split, role

    def _assignments(
        self, found: Mapping[str, tuple[Folders, str, str]], level: _Level | None
    ) -> dict[str, Assignment]:
        top = {holder: self._top(holder, level) for holder in found}
        repeated = level.repeats if level is not None else set()
        counting = {holder: rest for holder, (rest, _, _) in found.items() if top[holder] not in repeated}
        # What lies beside the splits decides nothing about the names of classes in them.
        deciding = [rest for holder, rest in counting.items() if level is None or found[holder][1]]
        shared = _shared_prefix(deciding)
        idle = _idle_levels(deciding, shared)
        assignments = {}
        for holder, (rest, split, role) in found.items():
            if top[holder] in repeated:
                assignments[holder] = Assignment("", "", "", f"in {top[holder]}")
            else:
                naming = tuple(name for depth, name in enumerate(rest) if depth >= shared and depth not in idle)
                assignments[holder] = Assignment("" if naming == UNLABELLED else "/".join(naming), split, role)
        if level is not None:
            self._note_level(level, list(dict.fromkeys(top.values())))
        return assignments

    def _top(self, holder: str, level: _Level | None) -> str:
        folders = self._named(_parts(holder))
        return folders[level.depth] if level is not None and len(folders) > level.depth else ""

    def _note_level(self, level: _Level, there: Sequence[str]) -> None:
        splits = _list(level.words)
        if repeats := natural_order([name for name in there if name in level.repeats]):
            option = f'--folder "{repeats[0]}={_hinted_meaning(repeats[0])}"'
            self.notices.append(
                Message(
                    "folders-of-repeats",
                    Remedy(option, Message("reads-it-nevertheless"), folders=tuple(repeats)),
                    folders=_list(repeats),
                    splits=splits,
                )
            )
        if aside := [name for name in there if name in level.aside]:
            self.notices.append(
                Message(
                    "folders-beside-splits",
                    Remedy(f'--folder "{min(aside)}=train"', Message("makes-a-folder-one"), folders=tuple(aside)),
                    Remedy(f'--folder "{min(aside)}=skip"', Message("leaves-it-out")),
                    folders=_list(aside),
                    splits=splits,
                )
            )

    # Whether classes are called like splits.

    def _look_at_classes(self) -> None:
        if self.question:
            return
        divided = any(place.split for place in self.assignments.values())
        labels = {place.label for place in self.assignments.values()}
        inner: dict[str, set[Word]] = {}
        outer: dict[str, set[Word]] = {}
        for label in labels - {""}:
            names = label.split("/")
            for name in names[:-1] if divided else names:
                self._add_hints(outer, label, name)
            if divided:
                self._add_hints(inner, label, names[-1])
        if self._are_splits(outer, len(labels)):
            first = min(outer, key=natural_key)
            alike = {name for label in outer for name in label.split("/") if self._all_hints(name)}
            self._ask(Message("folders-called-like-splits", first=first), alike)
        elif found := {**outer, **inner}:
            names = [_cut(name) for name in sorted(found, key=natural_key)]
            self.notices.append(Message("class-called-like-split", folders=first_of(names, 1)))

    def _are_splits(self, hints: Mapping[str, set[Word]], classes: int) -> bool:
        """Whether folders within names of classes are likely splits: several are called so, or many hint at it."""
        if len(set().union(*hints.values())) < 2 or not any("/" in label for label in hints):
            return False
        sure = {split_word(name) for label in hints for name in label.split("/") if name not in self.meanings}
        return len(sure - {None}) > 1 or len(hints) > MANY * classes

    def _add_hints(self, found: dict[str, set[Word]], label: str, name: str) -> None:
        if hints := self._all_hints(name):
            found.setdefault(label, set()).update(hints)

    def _all_hints(self, name: str) -> frozenset[Word]:
        if name in self.meanings:
            return frozenset()
        word = split_word(name)
        return frozenset({word}) if word is not None else hinted_words(name)


def unknown_meanings(holders: Iterable[str], meanings: Mapping[str, str]) -> list[str]:
    """Names that a person explained and no folder has."""
    there = {name for holder in holders for name in _parts(holder)}
    return [name for name in meanings if name not in there]


def _is_of_training(name: str, hints: Collection[Word]) -> bool:
    """Whether a name such as trainval, train_all or multi-query can be taken without asking."""
    return (len(hints) == 1 and bool(remainder(name))) or set(hints) == {WORDS["train"], WORDS["val"]}


def _hinted_meaning(name: str, otherwise: str = "none") -> str:
    """What a person would say that a folder is, going by its name."""
    split, role = min(hinted_words(name), default=(otherwise, ""))
    return role or split


def _with_common_words(hints: Mapping[str, Collection[Word]]) -> dict[str, Word]:
    """Names that differ in the split alone, as "birds_train" and "birds_test": what else they say is in both."""
    groups: dict[tuple[str, ...], dict[str, Word]] = defaultdict(dict)
    for name, words in hints.items():
        if len(words) == 1 and not WHOLE.issuperset(remainder(name)):
            groups[remainder(name)][name] = next(iter(words))
    fitting = [group for group in groups.values() if len(set(group.values())) > 1]
    return fitting[0] if len(fitting) == 1 and len(set(fitting[0].values())) == len(fitting[0]) else {}


def _below(all_folders: Iterable[Folders], depth: int) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for folders in all_folders:
        if len(folders) > depth + 1:
            found.setdefault(folders[depth], set()).add(folders[depth + 1])
    return found


def _only_first(rests: Iterable[Folders]) -> str | None:
    """The first folder that all in folders have in common; None where there are others or none."""
    firsts = {rest[0] for rest in rests if rest}
    return firsts.pop() if len(firsts) == 1 else None


def _shared_prefix(paths: Iterable[Folders]) -> int:
    """How many leading folders all images in class folders share, always leaving one that can name a class."""
    named = [path for path in paths if path]
    shared = 0
    while named and shared < min(map(len, named)) - 1 and len({path[shared] for path in named}) == 1:
        shared += 1
    # "images" alone says nothing, "boots" does.
    return shared + int(
        bool(named) and all(len(path) == 1 + shared and is_uninformative(path[shared]) for path in named)
    )


def _idle_levels(paths: Iterable[Folders], shared: int) -> set[int]:
    """The depths below the shared ones where all paths have one folder that says nothing ("amazon/images/bike")."""
    named = [path for path in paths if path]
    depths = range(shared + 1, min(map(len, named), default=0))
    return {
        depth for depth in depths if len({path[depth] for path in named}) == 1 and is_uninformative(named[0][depth])
    }


def _parts(holder: str) -> Folders:
    return tuple(holder.split("/")) if holder else ()


def _list(names: Iterable[str]) -> Message:
    return first_of([_cut(name) for name in natural_order(list(set(names)))], NAMED)


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
