"""Which file a clipboard or a drag names, and pixels that become a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QImage

from explorer.dropped import first_image
from explorer.panels.gallery import pasted
from explorer.panels.gallery.pasted import keep_pasted, named_in


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    (tmp_path / "a photo.JPG").write_bytes(b"")
    return tmp_path / "a photo.JPG"


def image_file_in(data: QMimeData) -> Path | None:
    return first_image(named_in(data))


def _text(text: str) -> QMimeData:
    data = QMimeData()
    data.setText(text)
    return data


def _image(colour: int) -> QImage:
    made = QImage(3, 2, QImage.Format.Format_RGB32)
    made.fill(colour)
    return made


@pytest.mark.parametrize("form", ["{path}", '"{path}"', "'{path}'\n", "{uri}"])
def test_the_path_of_an_image_is_understood(photo: Path, form: str) -> None:
    assert image_file_in(_text(form.format(path=photo, uri=photo.as_uri()))) == photo


def test_the_first_image_among_files_is_taken(photo: Path, tmp_path: Path) -> None:
    data = QMimeData()
    song = tmp_path / "song.mp3"
    song.write_bytes(b"")
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in (tmp_path, song, photo)])
    assert image_file_in(data) == photo


@pytest.mark.parametrize("text", ["", "a text", "/gone/photo.jpg", "one\ntwo.jpg", "x" * 9000])
def test_other_texts_name_nothing(text: str) -> None:
    assert image_file_in(_text(text)) is None


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert image_file_in(_text(str(tmp_path / "pipe.png"))) is None


def test_pixels_are_kept_once_each_and_only_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pasted, "MOST", 2)
    red = keep_pasted(_image(0xFF0000), tmp_path / "pasted")
    assert keep_pasted(_image(0xFF0000), tmp_path / "pasted") == red
    os.utime(red, (1, 1))
    others = {keep_pasted(_image(colour), tmp_path / "pasted") for colour in (0x00FF00, 0x0000FF)}
    assert set((tmp_path / "pasted").rglob("*.png")) == others
    assert {path.name for path in others} == {"pasted image.png"}, "that is how the query is called"
    assert len(list((tmp_path / "pasted").iterdir())) == 2
