from __future__ import annotations

from pathlib import Path

import pytest

from core.data.readers.cub_form import is_cub, is_in_cubs_form


@pytest.fixture
def birds(tmp_path: Path) -> Path:
    folder = tmp_path / "birds"
    folder.mkdir()
    (folder / "images.txt").write_text("1 0817.Junco/1.jpg\n")
    (folder / "image_class_labels.txt").write_text("1 817\n")
    return folder


def test_two_index_files_are_the_form(birds: Path) -> None:
    assert is_in_cubs_form(birds)
    (birds / "image_class_labels.txt").unlink()
    assert not is_in_cubs_form(birds)


def test_another_set_in_its_form_is_not_the_set_itself(birds: Path) -> None:
    assert not is_cub(birds)
    (birds / "classes.txt").write_text("1 001.Black_footed_Albatross\n")
    assert is_cub(birds)


def test_its_own_folder_is_the_set_itself_even_when_damaged(birds: Path) -> None:
    assert is_cub(birds.rename(birds.with_name("CUB_200_2011")))
