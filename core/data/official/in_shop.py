"""In-Shop Clothes Retrieval of DeepFashion (Liu, Luo, Qiu, Wang, Tang, CVPR 2016): queries are asked of a gallery."""

from __future__ import annotations

from pathlib import Path

from core.data.official.index_file import lines_of, number_of, words_of
from core.data.official.official_set import Listed, OfficialSet, Part
from core.errors import DataError
from core.progress import Reporter

COLUMNS = ("image_name", "item_id", "evaluation_status")
INDEX = "Eval/list_eval_partition.txt"
FLAT_INDEX = "list_eval_partition.txt"
STATUSES = {"train": ("train", ""), "query": ("test", "query"), "gallery": ("test", "gallery")}
DEPARTMENT, GARMENT, LEVELS = 1, 2, 5


def list_images(folder: Path, _reporter: Reporter) -> Listed:
    """The images in the order of the index; a class is an item, attributes are its department and kind of garment."""
    path = folder / INDEX if (folder / INDEX).is_file() else folder / FLAT_INDEX
    rows = words_of(path, COLUMNS, first_line=3)
    promised = number_of(path, 1, lines_of(path)[0].strip(), "the number of images")
    if promised != len(rows):
        raise DataError(f"{path} promises {promised:,} images on line 1 but lists {len(rows):,}.", path)
    for line, (_, _, status) in enumerate(rows, 3):
        if status not in STATUSES:
            raise DataError(f"{path}, line {line}: status '{status}'; expected {', '.join(STATUSES)}.", line)
    parts = [name.split("/") for name, _, _ in rows]
    return Listed(
        root=_root(folder),
        files=[name for name, _, _ in rows],
        labels=[item for _, item, _ in rows],
        splits=[STATUSES[status][0] for _, _, status in rows],
        roles=[STATUSES[status][1] for _, _, status in rows],
        attributes={
            "department": [_level(names, DEPARTMENT) for names in parts],
            "garment": [_level(names, GARMENT) for names in parts],
        },
    )


def _root(folder: Path) -> Path:
    # Paths in the index begin with "img/", packed inside "Img"; some unpackers add a folder of the archive's name.
    places = (folder / place for place in ("Img/img", "Img", "img", "."))
    root = next((place for place in places if (place / "img").is_dir()), None)
    if root is None:
        raise DataError(f"{folder} has neither Img/img nor img; expected the images of Img/img.zip, unpacked.", folder)
    return root


def _level(names: list[str], level: int) -> str:
    """A name on the way from "img" to the file: img/WOMEN/Dresses/id_00000002/02_1_front.jpg."""
    return names[level] if len(names) == LEVELS else ""


IN_SHOP = OfficialSet(
    name="In-Shop Clothes Retrieval",
    meaning="52,712 photographs of 7,982 garments; 3,997 classes train; 3,985 test, by query and gallery",
    folders=("In-shop Clothes Retrieval Benchmark", "In-shop"),
    layouts=((INDEX,), (FLAT_INDEX,)),
    signs=frozenset({INDEX, FLAT_INDEX}),
    parts=(Part("train", 25_882, 3_997), Part("query", 14_218, 3_985), Part("gallery", 12_612, 3_985)),
    list_images=list_images,
)
