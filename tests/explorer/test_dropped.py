"""What dropped files are: whatever a reader of the core opens can be dropped, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data.format_detection import FILE_READERS
from explorer.dropped import Dropped, look_at, look_into


@pytest.mark.parametrize("name", [name for names in FILE_READERS.values() for name in names])
def test_what_a_reader_opens_is_data(tmp_path: Path, name: str) -> None:
    file = tmp_path / name.replace("*", "a")
    file.write_text("")
    assert _opened(look_at([file])) == str(file)
    shouted = tmp_path / file.name.upper()
    shouted.write_text("")
    assert _opened(look_at([shouted])) == str(shouted)


def _opened(found: Dropped) -> str:
    """Data, or vectors, which may be a model's of the open data."""
    return found.data or str(found.model)


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (("photo.png", "notes.txt"), "image"),
        (("notes.txt", "run.safetensors"), "model"),
        (("photo.png", "labels.json"), "data"),
        (("photo.png", "images.csv"), "data"),
        (("song.mp3",), "reason"),
        (("settings.mat",), "reason"),
    ],
)
def test_beside_others_a_text_is_no_list(tmp_path: Path, names: tuple[str, ...], kind: str) -> None:
    files = [tmp_path / name for name in names]
    for file in files:
        file.write_text("")
    found = look_at(files)
    used = {"data": found.data, "image": found.image, "reason": found.reason, "model": found.model}
    assert used[kind]
    if kind != "model":
        assert not used["model"]
    assert bool(found.data) == (kind == "data")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("photos.zip", "is an archive; unpack it and open its folder."),
        ("Photos.XLSX", "is a spreadsheet; save it as CSV and open that."),
        ("song.mp3", "is no image, folder, manifest, checkpoint or embeddings file."),
    ],
)
def test_what_is_of_no_use_says_what_to_do_as_opening_it_does(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / name).write_text("")
    assert look_at([tmp_path / name]).reason == f"{name} {reason}"


def test_the_hint_says_how_labels_json_would_be_read(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "labels.json").write_text("{}")
    found, sentence, readable = look_into([tmp_path / "labels.json"])
    assert found.data == str(tmp_path / "labels.json") and readable
    assert sentence == f"{tmp_path} is a FiftyOne image classification data set."
