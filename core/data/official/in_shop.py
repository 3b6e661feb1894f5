"""In-Shop Clothes Retrieval of DeepFashion (Liu, Luo, Qiu, Wang, Tang, CVPR 2016): queries are asked of a gallery."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from core.data.official.official_set import Listed, OfficialSet, PublishedPart
from core.data.readers.index_file import lines_of, number_of, words_of
from core.data.readers.text_file import looked_through
from core.errors import DataError
from core.messages import Message
from core.progress import Reporter

COLUMNS = ("image_name", "item_id", "evaluation_status")
# "Eval" as published, "Anno" in copies that keep all the lists together, or beside the images.
INDEXES = ("Eval/list_eval_partition.txt", "Anno/list_eval_partition.txt", "list_eval_partition.txt")
IMAGES, LARGE_IMAGES = "img", "img_highres"
STATUSES = {"train": ("train", ""), "query": ("test", "query"), "gallery": ("test", "gallery")}
DEPARTMENT, GARMENT, LEVELS = 1, 2, 5

# By the header of their index, DeepFashion's other benchmarks; its classes are named by the folders of images.
OTHER_BENCHMARKS = {
    "image_name evaluation_status": "Category and Attribute Prediction (or Landmark Detection)",
    "image_pair_name_1 image_pair_name_2 item_id evaluation_status": "Consumer-to-shop Clothes Retrieval",
}


def other_benchmark(folder: Path) -> str:
    """Which other benchmark of DeepFashion lies in `folder`; "" for none."""
    path = next((folder / index for index in INDEXES if (folder / index).is_file()), None)
    if path is None:
        return ""
    with looked_through(path) as lines:
        header = [" ".join(line.split()) for line in islice(lines, 2)]
    return OTHER_BENCHMARKS.get(header[-1], "") if len(header) > 1 else ""


def images_of(folder: Path) -> Path:
    """Where the pictures of a benchmark lie below its folder."""
    return next((folder / place for place in ("Img/img", "Img", IMAGES) if (folder / place).is_dir()), folder)


def list_images(folder: Path, _reporter: Reporter) -> Listed:
    """The images in the order of the index; a class is an item, attributes are its department and kind of garment."""
    path = next(folder / index for index in INDEXES if (folder / index).is_file())
    rows = words_of(path, COLUMNS, first_line=3)
    promised = number_of(path, 1, lines_of(path)[0].strip(), "the number of images")
    if promised != len(rows):
        raise DataError(Message("index-of-other-length", path=path, promised=promised, lines=len(rows)), path)
    for line, (_, _, status) in enumerate(rows, 3):
        if status not in STATUSES:
            raise DataError(
                Message("in-shop-status-unknown", path=path, line=line, status=status, statuses=STATUSES), line
            )
    parts = [name.split("/") for name, _, _ in rows]
    root, images = _root_of(folder)
    return Listed(
        root=root,
        files=[name.replace(f"{IMAGES}/", f"{images}/", 1) for name, _, _ in rows],
        labels=[item for _, item, _ in rows],
        splits=[STATUSES[status][0] for _, _, status in rows],
        roles=[STATUSES[status][1] for _, _, status in rows],
        attributes={
            "department": [_level(names, DEPARTMENT) for names in parts],
            "garment": [_level(names, GARMENT) for names in parts],
        },
        notices=(Message("in-shop-larger-pictures"),) if images == LARGE_IMAGES else (),
    )


def _root_of(folder: Path) -> tuple[Path, str]:
    """(the folder that paths start from, the name of the folder of images in it)."""
    # Paths in the index begin with "img/", packed inside "Img"; some unpackers add a folder of the archive's name.
    for images in (IMAGES, LARGE_IMAGES):
        for place in (f"Img/{images}", "Img", images, "."):
            if (folder / place / images).is_dir():
                return folder / place, images
    raise DataError(Message("in-shop-without-images", folder=folder), folder)


def _level(names: list[str], level: int) -> str:
    """A name on the way from "img" to the file: img/WOMEN/Dresses/id_00000002/02_1_front.jpg."""
    return names[level] if len(names) == LEVELS else ""


IN_SHOP = OfficialSet(
    name="In-Shop Clothes Retrieval",
    meaning="52,712 photographs of 7,982 garments; 3,997 classes train; 3,985 test, by query and gallery",
    folders=("In-shop Clothes Retrieval Benchmark", "In-shop"),
    layouts=tuple((index,) for index in INDEXES),
    signs=frozenset(INDEXES),
    parts=(
        PublishedPart("train", 25_882, 3_997),
        PublishedPart("query", 14_218, 3_985),
        PublishedPart("gallery", 12_612, 3_985),
    ),
    list_images=list_images,
    is_meant=lambda folder: not other_benchmark(folder),
)
