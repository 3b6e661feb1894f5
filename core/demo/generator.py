"""Write the demo wardrobe to a folder: pictures first, the manifest that lists them last."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import filelock
import numpy as np
from PIL import Image

from core.demo.clutter import things
from core.demo.garment import Garment, lightness
from core.demo.noise import Field, smooth_noise
from core.demo.patterns import cloth
from core.demo.photograph import UNIT, Photograph, Studio, photograph
from core.demo.scenes import scenes
from core.demo.views import random_view
from core.demo.wardrobe import wardrobe
from core.errors import DataError, StorageError
from core.messages import Message
from core.paths import RESOURCES
from core.progress import Reporter
from core.storage import FULL, atomic_path, disk_full, read_json, write_json, write_text

# Raise it whenever the pictures change: existing demo folders are then drawn anew.
VERSION = 2
GARMENTS, VIEWS, SEED = 96, 24, 0
QUALITY = 88
# What drawing the whole demo writes last; shipped, so that the demo can be opened before it is drawn.
SHIPPED_MANIFEST = RESOURCES / "demo" / "manifest.csv"
COLUMNS = (
    "image", "label", "split", "cut", "colour", "pattern", "target_sleeve", "target_length", "target_lightness"
)  # fmt: skip


def draw_wardrobe(
    folder: Path,
    garments: int = GARMENTS,
    views: int = VIEWS,
    seed: int = SEED,
    reporter: Reporter | None = None,
) -> Path:
    """Draw `views` pictures of each garment and return the manifest's path.

    The manifest has the columns COLUMNS; half of the garments are for training and half for testing. Targets lie in
    0..1: sleeve length (0 none, 1 to the wrist), hem length (1 to the ankle) and the lightness of the garment as
    photographed. The same arguments give the same pictures. An interrupted drawing leaves no manifest.
    Raises DataError for less than one garment or view, StorageError when the folder cannot be written.
    """
    if garments < 1 or views < 1:
        raise DataError(Message("demo-too-small", garments=garments, views=views))
    folder = Path(folder)
    reporter = reporter or Reporter()
    manifest = folder / "manifest.csv"
    try:
        manifest.unlink(missing_ok=True)
        rows = list(_drawn(folder, garments, views, seed, reporter))
    except OSError as error:
        if error.errno in FULL:
            raise disk_full(folder / manifest.name) from error
        raise StorageError(
            Message("demo-not-written", folder=folder, reason=error.strerror or error), folder
        ) from error
    write_json(folder / "drawing.json", _description(garments, views, seed))
    write_text(manifest, _as_csv(rows))
    return manifest


def ensure_demo(folder: Path, reporter: Reporter | None = None) -> Path:
    """The manifest of the demo data in `folder`, drawn first unless this version has drawn it already."""
    folder = made(folder)
    # Two commands may ask at once; the second waits and then finds it done.
    with filelock.FileLock(folder / "drawing.lock"):
        if is_drawn(folder):
            return folder / "manifest.csv"
        return draw_wardrobe(folder, GARMENTS, VIEWS, SEED, reporter)


def made(folder: Path) -> Path:
    """`folder`, there from now on. Raises StorageError where it cannot be."""
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            Message("folder-not-created", folder=folder, reason=error.strerror or error), folder
        ) from error
    return folder


def current_drawing() -> dict[str, int]:
    """What the demo's pictures depend on: the version of this code, numbers of garments and views, the seed."""
    return _description(GARMENTS, VIEWS, SEED)


def stamp() -> str:
    """Stands for size and time of every picture of the demo: they depend on nothing else."""
    return f"drawn {' '.join(map(str, current_drawing().values()))}"


def draw_picture(folder: Path, path: Path) -> bool:
    """Draw the one picture that belongs at `path` in the demo's `folder`; False where none does.

    Raises StorageError when it cannot be written.
    """
    found = _garments_by_folder().get(path.parent.relative_to(folder).as_posix())
    if found is None or path.suffix != ".jpg" or path.stem not in {f"{number:02d}" for number in range(VIEWS)}:
        return False
    number, garment = found
    picture = _picture(garment, number, int(path.stem), cloth(garment, UNIT), SEED)
    with atomic_path(path) as temporary:
        picture.image.save(temporary, "JPEG", quality=QUALITY)
    return True


def is_drawn(folder: Path) -> bool:
    """Whether this version's drawing is complete in `folder`; a damaged description counts as none."""
    if not (folder / "manifest.csv").is_file():
        return False
    try:
        return bool(read_json(folder / "drawing.json") == _description(GARMENTS, VIEWS, SEED))
    except StorageError:
        return False


def _description(garments: int, views: int, seed: int) -> dict[str, int]:
    return {"version": VERSION, "garments": garments, "views": views, "seed": seed}


def _drawn(folder: Path, garments: int, views: int, seed: int, reporter: Reporter) -> Iterator[tuple[object, ...]]:
    total = garments * views
    stage = Message("stage-drawing-the-demo")
    reporter.progress(stage, 0, total)
    for number, garment in enumerate(wardrobe(garments, seed)):
        yield from _album(folder, garment, number, views, seed)
        reporter.progress(stage, (number + 1) * views, total)


def _album(folder: Path, garment: Garment, number: int, views: int, seed: int) -> Iterator[tuple[object, ...]]:
    place = _folder_of(garment)
    (folder / place).mkdir(parents=True, exist_ok=True)
    fabric = cloth(garment, UNIT)
    facts = (garment.label, garment.split, garment.cut, garment.colour, garment.pattern)
    for view in range(views):
        picture = _picture(garment, number, view, fabric, seed)
        name = place / f"{view:02d}.jpg"
        picture.image.save(folder / name, quality=QUALITY)
        targets = (garment.sleeve, garment.length, lightness(picture.garment_colour))
        yield (name.as_posix(), *facts, *(f"{value:.4f}" for value in targets))


@lru_cache(1)
def _garments_by_folder() -> dict[str, tuple[int, Garment]]:
    numbered = enumerate(wardrobe(GARMENTS, SEED))
    return {_folder_of(garment).as_posix(): (number, garment) for number, garment in numbered}


def _folder_of(garment: Garment) -> Path:
    return Path("images") / re.sub(r"[^a-z0-9]+", "-", garment.label)


@lru_cache(1)
def _studio(seed: int) -> Studio:
    generator = np.random.default_rng([seed, 3])
    return Studio(scenes(seed), things(seed), tuple(_folds(generator) for _ in range(12)))


def _folds(generator: np.random.Generator) -> Field:
    """Soft swells and a few sharp creases, running down the picture more than across."""
    turn = float(generator.uniform(-0.6, 0.6))
    swells = smooth_noise(192, (16.0, 7.0), generator, turn)
    ridges = smooth_noise(192, (22.0, 8.0), generator, turn + float(generator.uniform(-0.8, 0.8)))
    return np.asarray(swells * 1.6 - 1.8 * np.abs(ridges), dtype=np.float32)


def _picture(garment: Garment, number: int, view: int, fabric: Image.Image, seed: int) -> Photograph:
    circumstances = random_view(np.random.default_rng([seed, 4, number, view]))
    return photograph(garment, fabric, circumstances, _studio(seed))


def _as_csv(rows: list[tuple[object, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return text.getvalue()
