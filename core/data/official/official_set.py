"""What an official data set is: where its index files lie, how they list images, and how many there must be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from core.messages import Message
from core.progress import Reporter

if TYPE_CHECKING:
    # Not when running: the list of all sets is printed in no time.
    import numpy as np
    import numpy.typing as npt

# The attribute that keeps the publisher's own division, where its parts share their classes.
OFFICIAL_SPLIT = "official_split"


class PublishedPart(NamedTuple):
    """One part of a set, a split or a role: how many images and classes it has officially."""

    name: str
    images: int
    classes: int


@dataclass(frozen=True)
class Listed:
    """N images as the index files list them, in their order.

    Attributes:
        root: the folder that `files` start from.
        files: (N,) paths below `root` with forward slashes.
        labels, splits: (N,) class and split of each.
        roles: (N,) "query", "gallery" or ""; empty where the set has no roles.
        targets: (N, T) float32, or None.
        split_rule: how the splits were made, where they are not the publisher's.
    """

    root: Path
    files: Sequence[str]
    labels: Sequence[str]
    splits: Sequence[str]
    roles: Sequence[str] = ()
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    targets: npt.NDArray[np.float32] | None = None
    target_names: tuple[str, ...] = ()
    split_rule: str = ""
    notices: tuple[Message, ...] = ()

    @property
    def parts(self) -> Sequence[str]:
        """(N,) the part that each image is counted in: the official split, else the role, else the split."""
        if OFFICIAL_SPLIT in self.attributes:
            return self.attributes[OFFICIAL_SPLIT]
        if not self.roles:
            return self.splits
        return [role or split for role, split in zip(self.roles, self.splits, strict=True)]


@dataclass(frozen=True)
class OfficialSet:
    """A published data set.

    Attributes:
        meaning: a line for a list of data sets.
        folders: names of the folder that its archive unpacks to; that folder or its parent is recognised.
        layouts: alternatives of index files below that folder; a layout is there when all its files are.
        signs: of these, the ones whose names say by themselves which set is meant; where there are none, as in
            Fashion-MNIST, whose files are called like MNIST's, the folder must have one of its names.
        list_images: reads the index files; raises DataError where they contradict themselves.
        is_meant: whether the index files in a folder are those of this set and not of another in the same form.
    """

    name: str
    meaning: str
    folders: tuple[str, ...]
    layouts: tuple[tuple[str, ...], ...]
    signs: frozenset[str]
    parts: tuple[PublishedPart, ...]
    list_images: Callable[[Path, Reporter], Listed]
    is_meant: Callable[[Path], bool] = lambda _folder: True

    def found_in(self, folder: Path) -> Path | None:
        """The folder of the set: `folder` itself or one of its sub-folders, or None."""
        for place in (folder, *(folder / name for name in self.folders)):
            is_named = bool(self.signs) or place.name in self.folders
            if is_named and any(_there(place, layout) == layout for layout in self.layouts) and self.is_meant(place):
                return place
        return None

    def missing_in(self, folder: Path) -> tuple[Path, tuple[str, ...]] | None:
        """(folder of the set, index files it lacks) where it is meant to be this set but incomplete, or None."""
        for place in (folder, *(folder / name for name in self.folders)):
            is_meant = place.name in self.folders or any((place / sign).exists() for sign in self.signs)
            # Of several layouts the one of which most is there is meant.
            there, layout = max(
                ((_there(place, layout), layout) for layout in self.layouts), key=lambda pair: len(pair[0])
            )
            if is_meant and there and self.is_meant(place):
                return place, tuple(name for name in layout if name not in there)
        return None


def _there(folder: Path, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if (folder / name).exists())


def divided_in_halves(
    root: Path, files: Sequence[str], labels: Sequence[str], classes: Sequence[str], **attributes: Sequence[str]
) -> Listed:
    """Images of a set whose official parts share their classes: the first half of these, rounded up, is train.

    `classes` are in the publisher's order. The `attributes` have the official part of each image (OFFICIAL_SPLIT).
    """
    half = (len(classes) + 1) // 2
    first = frozenset(classes[:half])
    return Listed(
        root=root,
        files=files,
        labels=labels,
        splits=["train" if label in first else "test" for label in labels],
        attributes=attributes,
        split_rule=Message("official-classes-halved", half=half, classes=len(classes), rest=len(classes) - half),
    )
