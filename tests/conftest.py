"""What every test gets: no screen, a workspace of its own, tiny images, and a watch over what it leaves running."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from PIL import Image, ImageDraw

from core import paths
from tests import leaks

# Qt reads it when the first window opens; a developer may set another platform to watch.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

PROJECT = Path(__file__).resolve().parent.parent
REAL_DATA = PROJECT.parent / "shared" / "data"

TINY_CLASSES = (
    "blue cross",
    "blue disc",
    "green disc",
    "green square",
    "red cross",
    "red square",
    "white disc",
    "yellow cross",
)
TINY_VIEWS, TINY_SIDE = 6, 48
TINY_COLOURS = {
    "blue": (60, 90, 200),
    "green": (60, 160, 80),
    "red": (200, 60, 50),
    "white": (235, 235, 230),
    "yellow": (225, 200, 60),
}

_home = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


TESTS_BETWEEN_FULL_SEARCHES = 100


@dataclass(frozen=True)
class RealData:
    """Real photographs beside the checkout."""

    omniglot: Path
    clothing: Path


def pytest_configure(config: pytest.Config) -> None:
    """Keep the user's own workspace, settings and caches out of every test, child processes included.

    Compiled code is shared: it depends on the machine alone, and compiling it anew would take half a minute.
    """
    # Garbage is looked for between tests: see below.
    gc.disable()
    os.environ.setdefault("NUMBA_CACHE_DIR", str(paths.compiled()))
    home = tempfile.TemporaryDirectory(prefix="embedding-explorer-tests-", ignore_cleanup_errors=True)
    config.stash[_home] = home
    os.environ["EMBEDDING_EXPLORER_WORKSPACE"] = str(Path(home.name) / "workspace")
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(Path(home.name) / "hypothesis")
    # The same examples every time: a failure on one machine is a failure on all.
    hypothesis.settings.register_profile("same", derandomize=True, deadline=None, database=None, max_examples=30)
    hypothesis.settings.load_profile("same")
    for name in ("CONFIG", "DATA", "CACHE", "STATE"):
        os.environ[f"XDG_{name}_HOME"] = str(Path(home.name) / name.lower())


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what the tests wrote."""
    config.stash[_home].cleanup()
    # The window freezes what it loads, and here torch with it, whose parts complain of objects left at the end.
    gc.unfreeze()


@pytest.fixture(autouse=True)
def nothing_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread or a child process behind; children are ended so that the next test is clean."""
    threads, children = leaks.running_threads(), leaks.running_children()
    yield
    # Not in a thread of the code under test, where a widget among the garbage would be destroyed under Qt's feet.
    gc.collect(2 if gc.get_count()[2] > TESTS_BETWEEN_FULL_SEARCHES else 1)
    left_threads = leaks.remaining(leaks.running_threads, threads)
    left_children = leaks.remaining(leaks.running_children, children)
    for child in left_children:
        child.kill()
    left = [f"thread {thread.name}" for thread in left_threads]
    left += [f"process {leaks.words(child)}" for child in left_children]
    if "qapp" in request.fixturenames:
        left += [f"Qt thread {name}" for name in leaks.remaining(leaks.running_qthreads, ())]
    if left:
        pytest.fail(f"The test left running: {'; '.join(left)}", pytrace=False)


@pytest.fixture(scope="session")
def _tiny_original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    for code, label in enumerate(TINY_CLASSES):
        (folder / label).mkdir()
        for view in range(TINY_VIEWS):
            _tiny_picture(label, np.random.default_rng([code, view])).save(folder / label / f"{view}.png")
    return folder


@pytest.fixture
def tiny_folder(_tiny_original: Path, tmp_path: Path) -> Path:
    """A folder of 8 classes with 6 pictures of 48 x 48 pixels each; the test may change it."""
    return Path(shutil.copytree(_tiny_original, tmp_path / "tiny"))


@pytest.fixture(scope="session")
def real_data() -> RealData:
    """The real data sets; the test is skipped where they are not there."""
    data = RealData(REAL_DATA / "omniglot" / "manifest.csv", REAL_DATA / "clothing" / "images.csv")
    for path in (data.omniglot, data.clothing):
        if not path.is_file():
            pytest.skip(f"needs real photographs: {os.path.relpath(path, PROJECT)} is not there")
    return data


def _tiny_picture(label: str, generator: np.random.Generator) -> Image.Image:
    """A coloured shape somewhere on a dark ground."""
    colour, shape = label.split()
    background = tuple(int(value) for value in generator.integers(20, 60, 3))
    image = Image.new("RGB", (TINY_SIDE, TINY_SIDE), background)
    draw = ImageDraw.Draw(image)
    radius = int(generator.integers(9, 15))
    x, y = (int(value) for value in generator.integers(radius + 2, TINY_SIDE - radius - 2, 2))
    box = (x - radius, y - radius, x + radius, y + radius)
    foreground = TINY_COLOURS[colour]
    if shape == "disc":
        draw.ellipse(box, fill=foreground)
    elif shape == "square":
        draw.rectangle(box, fill=foreground)
    else:
        draw.line(box, fill=foreground, width=6)
        draw.line((box[0], box[3], box[2], box[1]), fill=foreground, width=6)
    return image
