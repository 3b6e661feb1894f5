"""FGVC-Aircraft (Maji, Rahtu, Kannala, Blaschko, Vedaldi: Fine-Grained Visual Classification of Aircraft, 2013)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.data.official.official_set import OFFICIAL_SPLIT, Listed, OfficialSet, PublishedPart, divided_in_halves
from core.data.readers.index_file import lines_of, words_of
from core.errors import DataError
from core.messages import Message
from core.progress import Reporter

VARIANTS = "data/variants.txt"
INDICES = {part: f"data/images_variant_{part}.txt" for part in ("trainval", "test")}
COARSER = ("family", "manufacturer")


def list_images(folder: Path, _reporter: Reporter) -> Listed:
    """The images of both official parts; a class is a variant, family and manufacturer are attributes where known."""
    variants = [line.strip() for line in lines_of(folder / VARIANTS)]
    rows = [(part, *row) for part, index in INDICES.items() for row in words_of(folder / index, ("image", "variant"))]
    official, names, labels = zip(*rows, strict=True)
    for part, _, variant in rows:
        if variant not in variants:
            path = folder / INDICES[part]
            raise DataError(Message("aircraft-variant-unknown", path=path, variant=variant, index=VARIANTS), variant)
    attributes = {OFFICIAL_SPLIT: official} | {level: _level(folder, level, names) for level in COARSER}
    return divided_in_halves(folder, [f"data/images/{name}.jpg" for name in names], labels, variants, **attributes)


def _level(folder: Path, level: str, names: Sequence[str]) -> list[str]:
    labels: dict[str, str] = {}
    for part in INDICES:
        path = folder / f"data/images_{level}_{part}.txt"
        if path.is_file():
            labels |= dict(words_of(path, ("image", level)))
    return [labels.get(name, "") for name in names]


AIRCRAFT = OfficialSet(
    name="FGVC-Aircraft",
    meaning="10,000 aircraft of 100 variants; the first 50 train, the other 50 test",
    folders=("fgvc-aircraft-2013b",),
    layouts=((VARIANTS, *INDICES.values()),),
    signs=frozenset(INDICES.values()),
    parts=(PublishedPart("trainval", 6_667, 100), PublishedPart("test", 3_333, 100)),
    list_images=list_images,
)
