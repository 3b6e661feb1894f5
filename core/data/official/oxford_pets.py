"""Oxford-IIIT Pet (Parkhi, Vedaldi, Zisserman, Jawahar: Cats and Dogs, CVPR 2012)."""

from __future__ import annotations

from pathlib import Path

from core.data.official.official_set import OFFICIAL_SPLIT, Listed, OfficialSet, PublishedPart, divided_in_halves
from core.data.readers.index_file import number_of, words_of
from core.errors import DataError
from core.messages import Message
from core.progress import Reporter

CLASSES = 37
COLUMNS = ("image", "class", "species", "breed")
INDICES = {"trainval": "annotations/trainval.txt", "test": "annotations/test.txt"}
SPECIES = {"1": "cat", "2": "dog"}


def list_images(folder: Path, _reporter: Reporter) -> Listed:
    """The images of both official parts; a class is a breed, named as in the files ("american_bulldog")."""
    names: list[str] = []
    species: list[str] = []
    official: list[str] = []
    number_of_breed: dict[str, int] = {}
    for part, index in INDICES.items():
        path = folder / index
        rows = words_of(path, COLUMNS)
        for line, (name, code, kind, _) in enumerate(rows, 1):
            breed, number = _breed(name), number_of(path, line, code, "class")
            if number_of_breed.setdefault(breed, number) != number or kind not in SPECIES:
                raise DataError(
                    Message(
                        "pets-class-or-species-wrong",
                        path=path,
                        line=line,
                        name=name,
                        code=code,
                        species=kind,
                        expected=number_of_breed[breed],
                        breed=breed,
                    ),
                    line,
                )
        names += [row[0] for row in rows]
        species += [SPECIES[row[2]] for row in rows]
        official += [part] * len(rows)
    breeds = sorted(number_of_breed, key=number_of_breed.__getitem__)
    files, labels = [f"images/{name}.jpg" for name in names], [_breed(name) for name in names]
    return divided_in_halves(folder, files, labels, breeds, **{OFFICIAL_SPLIT: official}, species=species)


def _breed(name: str) -> str:
    return name.rpartition("_")[0]


OXFORD_PETS = OfficialSet(
    name="Oxford-IIIT Pet",
    meaning="7,349 cats and dogs of 37 breeds; the first 19 train, the other 18 test",
    folders=("oxford-iiit-pet",),
    layouts=(tuple(INDICES.values()),),
    signs=frozenset(),
    parts=(PublishedPart("trainval", 3_680, CLASSES), PublishedPart("test", 3_669, CLASSES)),
    list_images=list_images,
)
