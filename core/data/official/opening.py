"""From an official set's index files to a catalog: the files are looked for, the counts compared."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.data.catalog import Catalog, OpeningReport, Texts, stamp_of, texts
from core.data.catalog_builder import FIRST_OFFENDERS, require_known
from core.data.first_image import ARCHIVES
from core.data.images import fault_by_facts
from core.data.official.official_set import Listed, OfficialSet, PublishedPart
from core.data.readers.index_file import index_files
from core.data.reading import Reading
from core.data.source import DataSource
from core.errors import DataError
from core.messages import Message
from core.progress import Reporter
from core.remedies import joined

Mask = npt.NDArray[np.bool_]
# Parts of a path that name no file: an absolute path begins with an empty one.
NO_NAMES = frozenset({"", ".", ".."})


def open_official(official: OfficialSet, folder: Path, source: DataSource, reporter: Reporter) -> Catalog:
    """The catalog of an official set whose index files lie in `folder`.

    Images without a file are left out and counted. Where the counts differ from the official ones, the report has a
    notice that says which. Raises DataError when the index files contradict themselves or no image is there.
    """
    with index_files(source.encoding) as assumed:
        listed = official.list_images(folder, reporter)
    listed = replace(listed, notices=(*listed.notices, *assumed))
    _require_inside(official, listed.files, folder)
    _require_once(official, listed.files, folder)
    _require_disjoint(official, listed, folder)
    listed = _from_inner_folder(listed)
    labels = texts(listed.labels)
    excluded = _excluded(official, labels, source.exclude_labels)
    stamps, faults = _looked_for(listed.root, listed.files, reporter)
    is_there = stamps != ""
    used = is_there & ~excluded
    report = _report(listed, used, excluded, faults, _difference(official, listed, is_there))
    if not used.any():
        why = _absent(listed) or joined(*replace(report, notices=(), split_rule="").sentences[1:])
        raise DataError(
            Message(
                "official-set-without-usable-image", folder=folder, count=report.listed, data=official.name, causes=why
            ),
            folder,
        )
    return Catalog(
        name=official.name,
        root=listed.root,
        paths=texts(listed.files)[used],
        labels=labels[used],
        splits=texts(listed.splits)[used],
        roles=texts(listed.roles or [""] * len(labels))[used],
        stamps=stamps[used],
        targets=None if listed.targets is None else listed.targets[used],
        target_names=listed.target_names,
        attributes={name: texts(column)[used] for name, column in listed.attributes.items()},
        report=report,
    )


def _from_inner_folder(listed: Listed) -> Listed:
    """The same images a folder further in, where unpacking put the folder of images into one of its own name."""
    folders = {file.partition("/")[0] for file in listed.files}
    if len(folders) != 1:
        return listed
    name = folders.pop()
    # Path.exists raises for names that are too long.
    is_here = os.path.exists(listed.root / listed.files[0])  # noqa: PTH110
    is_doubled = not is_here and os.path.isdir(listed.root / name / name)  # noqa: PTH112
    return replace(listed, root=listed.root / name) if is_doubled else listed


def _absent(listed: Listed) -> str:
    """The folder that all images should lie in, where it is not there, or ""; an archive of its name is named."""
    folders = {file.partition("/")[0] for file in listed.files}
    if not folders:
        return Message("no-image-where-expected")
    if len(folders) > 1 or (listed.root / (name := folders.pop())).is_dir():
        return ""
    packed = sorted(path.name for path in listed.root.glob(f"{name}.*") if path.suffix in ARCHIVES)
    if packed:
        return Message("image-folder-packed", folder=listed.root / name, archive=packed[0])
    return Message("image-missing", path=listed.root / name)


def counts_of(parts: Iterable[str], labels: Iterable[str]) -> dict[str, PublishedPart]:
    """How many images and classes each part has."""
    images: Counter[str] = Counter()
    classes: dict[str, set[str]] = {}
    for part, label in zip(parts, labels, strict=True):
        images[part] += 1
        classes.setdefault(part, set()).add(label)
    return {name: PublishedPart(name, count, len(classes[name])) for name, count in images.items()}


def _difference(official: OfficialSet, listed: Listed, is_there: Mask) -> Message | None:
    """How what is there differs from the official counts, in one sentence, or None."""
    received = counts_of(texts(listed.parts)[is_there], texts(listed.labels)[is_there])
    differing = []
    for expected in official.parts:
        part = received.pop(expected.name, PublishedPart(expected.name, 0, 0))
        if part != expected:
            differing.append(Message("part-differs", part=part.name, found=_words(part), expected=_words(expected)))
    differing += [Message("part-unofficial", part=part.name, found=_words(part)) for part in received.values()]
    if not differing:
        return None
    return Message("set-not-as-published", data=official.name, differences=differing)


def _words(part: PublishedPart) -> str:
    return Message("images-of-classes", images=part.images, classes=part.classes)


def _looked_for(root: Path, files: Sequence[str], reporter: Reporter) -> tuple[Texts, dict[int, str]]:
    """(N,) stamps, "" where a file cannot be used, and why not for those that are there nevertheless.

    A folder is read once instead of asking for each of its files; the first bytes are left to the decoder.
    """
    start = os.path.join(root, "")  # noqa: PTH118 - ends in a slash
    stamps: list[str] = []
    faults: dict[int, str] = {}
    inside: dict[str, tuple[dict[str, os.stat_result], str]] = {}
    stage = Message("stage-checking")
    for number, file in enumerate(files):
        folder, _, name = file.rpartition("/")
        if folder not in inside:
            inside[folder] = _facts(start + folder)
            reporter.progress(stage, number, len(files))
        there, closed = inside[folder]
        facts = there.get(name)
        fault = closed if facts is None else fault_by_facts(facts)
        if fault:
            faults[number] = fault
        stamps.append("" if facts is None or fault else stamp_of(facts))
    reporter.progress(stage, len(files), len(files))
    return texts(stamps), faults


def _facts(folder: str) -> tuple[dict[str, os.stat_result], str]:
    """What a folder holds, and why it cannot be opened although it is there."""
    facts: dict[str, os.stat_result] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    facts[entry.name] = entry.stat()
                except OSError:
                    # A link to nowhere is as good as no file.
                    continue
    except (FileNotFoundError, NotADirectoryError):
        return {}, ""
    except OSError as error:
        return {}, Message("cannot-be-opened", reason=error.strerror)
    return facts, ""


def _report(
    listed: Listed, used: Mask, excluded: Mask, faults: dict[int, str], difference: Message | None
) -> OpeningReport:
    gone = np.flatnonzero(~used & ~excluded).tolist()
    troubled = {
        "missing": [listed.files[row] for row in gone if row not in faults],
        "unreadable": [f"{listed.files[row]} {faults[row]}" for row in gone if row in faults],
        "excluded": [listed.files[row] for row in np.flatnonzero(excluded).tolist()],
    }
    return OpeningReport(
        listed=len(listed.files),
        used=int(used.sum()),
        counts={kind: len(names) for kind, names in troubled.items() if names},
        offenders={kind: names[:FIRST_OFFENDERS] for kind, names in troubled.items() if names},
        split_rule=listed.split_rule,
        reading=Reading(splits_by="parts" if listed.split_rule else "lists"),
        notices=tuple(notice for notice in (difference, *listed.notices) if notice),
    )


def _excluded(official: OfficialSet, labels: Texts, asked: Sequence[str]) -> Mask:
    if not asked:
        return np.zeros(len(labels), dtype=bool)
    require_known(frozenset(asked), set(labels.tolist()), official.name)
    return np.isin(labels, texts(list(asked)))


def _require_inside(official: OfficialSet, files: Sequence[str], folder: Path) -> None:
    """An index must not decide which files outside of its folder are opened, nor give one file two names."""
    for file in files:
        if not NO_NAMES.isdisjoint(file.split("/")) or "\0" in file:
            raise DataError(
                Message("official-file-outside-folder", folder=folder, data=official.name, file=repr(file)), file
            )


def _require_once(official: OfficialSet, files: Sequence[str], folder: Path) -> None:
    if len(set(files)) < len(files):
        twice = Counter(files).most_common(1)[0][0]
        raise DataError(Message("official-file-listed-twice", folder=folder, data=official.name, file=twice), twice)


def _require_disjoint(official: OfficialSet, listed: Listed, folder: Path) -> None:
    """Every official set is divided by class; one in both splits would be recognised, not generalised to."""
    classes: dict[str, set[str]] = {split: set() for split in listed.splits}
    for label, split in zip(listed.labels, listed.splits, strict=True):
        classes[split].add(label)
    if both := sorted(classes.get("train", set()) & classes.get("test", set())):
        raise DataError(
            Message("official-classes-not-apart", folder=folder, data=official.name, count=len(both), first=both[0]),
            both[0],
        )
