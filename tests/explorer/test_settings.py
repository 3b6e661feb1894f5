"""What is remembered between starts, and what becomes of a damaged file."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray

from core.data.source import DataSource
from explorer.settings import Settings

SOURCE = DataSource("/data/clothing, new/images.csv", label_column="label", exclude_labels=("Not sure", "한복"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "window.ini"


def _again(path: Path, settings: Settings) -> Settings:
    settings.sync()
    return Settings(path)


def test_a_first_start_remembers_nothing(path: Path, tmp_path: Path) -> None:
    settings = Settings(path)
    assert settings.theme == "system"
    assert settings.geometry() is None and settings.view == ""
    assert settings.arrangement("explore") is None
    assert settings.measures() is None
    assert settings.last_open(tmp_path) is None


def test_everything_comes_back(path: Path, tmp_path: Path) -> None:
    settings = Settings(path)
    settings.theme = "light"
    settings.save_measures(["R@1", "MRR"], True)
    settings.save_geometry(QByteArray(b"geometry\x00"))
    settings.view = "train"
    for view in ("explore", "train"):
        settings.save_arrangement(view, QByteArray(f"{view}\xff".encode()))
    checkpoints = [Path("/runs/one, two/a.safetensors"), Path("/runs/b.safetensors")]
    settings.save_open(tmp_path / "work | place", SOURCE, checkpoints)
    settings = _again(path, settings)
    assert settings.theme == "light"
    assert settings.measures() == (["R@1", "MRR"], True)
    assert settings.geometry() == QByteArray(b"geometry\x00") and settings.view == "train"
    for view in ("explore", "train"):
        assert settings.arrangement(view) == QByteArray(f"{view}\xff".encode())
    assert settings.last_open(tmp_path / "work | place") == (SOURCE, checkpoints)
    assert settings.last_open(tmp_path / "another") is None


@pytest.mark.parametrize(
    "text",
    [
        "\x00\x01\x02 no settings at all",
        "[General]\ntheme=purple\ngeometry=1\nlayout1=@Variant(\\0\\0)\n",
        "[open]\n{key}=@Invalid()\n",
        "[open]\n{key}=no JSON\n",
        '[open]\n{key}="[1, 2]"\n',
        '[open]\n{key}="{{\\"data\\": {{}}, \\"checkpoints\\": []}}"\n',
        '[open]\n{key}="{{\\"data\\": \\"demo\\", \\"checkpoints\\": []}}"\n',
        '[open]\n{key}="{{\\"data\\": {{\\"location\\": \\"demo\\"}}}}"\n',
    ],
)
def test_a_damaged_file_is_a_first_start(path: Path, text: str) -> None:
    path.write_text(text.format(key="|work"))
    settings = Settings(path)
    assert settings.theme == "system"
    assert settings.geometry() is None and settings.view == ""
    assert settings.arrangement("explore") is None
    assert settings.last_open(Path("/work")) is None
    settings.theme = "dark"
    settings.save_open(Path("/work"), SOURCE, [])
    settings = _again(path, settings)
    assert settings.theme == "dark"
    assert settings.last_open(Path("/work")) == (SOURCE, [])


def test_keys_of_a_newer_version_are_passed_over(path: Path) -> None:
    words = '{\\"data\\": {\\"location\\": \\"demo\\", \\"lens\\": 1}, \\"checkpoints\\": [], \\"more\\": 2}'
    path.write_text(f'[open]\n|work="{words}"\n')
    assert Settings(path).last_open(Path("/work")) == (DataSource("demo"), [])


def test_settings_of_a_newer_version_are_read_and_not_written_over(path: Path) -> None:
    path.write_text("[General]\nformat=999\ntheme=light\nlater=thing\n", encoding="utf-8")
    before = path.read_bytes()
    settings = Settings(path)
    assert settings.theme == "light"
    assert settings.sentence == f"{path} was written by a newer version; it is left as it is."
    settings.theme = "dark"
    settings.save_open(path.parent, SOURCE, [])
    settings.sync()
    assert path.read_bytes() == before


def test_settings_of_this_version_have_nothing_to_say(path: Path) -> None:
    assert Settings(path).sentence == ""
    assert _again(path, Settings(path)).sentence == ""
