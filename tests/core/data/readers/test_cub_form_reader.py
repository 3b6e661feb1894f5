from __future__ import annotations

from pathlib import Path

import pytest

from core.data.catalog_opening import detect_format, open_catalog
from core.data.source import DataSource
from core.errors import DataError
from tests.core.data.pictures import put

# As NABirds has them: words for numbers, classes beyond 200.
LINES = {
    "images.txt": "ab-1 0817/1.png\nab-2 0817/2.png\nab-3 1010/3.png\nab-4 1010/4.png\n",
    "image_class_labels.txt": "ab-1 817\nab-2 817\nab-3 1010\nab-4 1010\n",
    "classes.txt": "817 Oak Titmouse\n1010 Evening Grosbeak (Adult Male)\n",
    "train_test_split.txt": "ab-1 1\nab-2 0\nab-3 1\nab-4 0\n",
}


def set_in(root: Path, **others: str | None) -> Path:
    for number, holder in ((1, "0817"), (2, "0817"), (3, "1010"), (4, "1010")):
        put(root / "images" / holder / f"{number}.png")
    for name, text in LINES.items():
        given = others.get(name.partition(".")[0], text)
        if given is not None:
            (root / name).write_text(given)
    return root


def test_a_set_in_cubs_form_opens_with_its_own_classes_and_division(tmp_path):
    source = DataSource(str(set_in(tmp_path / "nabirds")))
    assert detect_format(source).kind == "CUB's form"
    catalog = open_catalog(source)
    assert catalog.labels.tolist() == ["Oak Titmouse"] * 2 + ["Evening Grosbeak (Adult Male)"] * 2
    assert catalog.splits.tolist() == ["train", "test"] * 2
    assert catalog.report.notices[0].startswith("Train and test share 2 of 2 classes")
    for location in (tmp_path, tmp_path / "nabirds" / "images.txt"):
        assert open_catalog(DataSource(str(location))).fingerprint == catalog.fingerprint


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "cp949"])
def test_index_files_may_be_in_any_encoding(tmp_path, encoding):
    root = set_in(tmp_path / "birds")
    for number, holder in enumerate(("올빼미", "부엉이")):
        put(root / "images" / holder / "1.png")
        lines = (root / "images.txt").read_text(encoding if number else None)
        (root / "images.txt").write_text(f"{lines}ko-{number} {holder}/1.png\n", encoding)
        for name in ("image_class_labels.txt", "train_test_split.txt"):
            (root / name).write_text((root / name).read_text() + f"ko-{number} 1\n")
    catalog = open_catalog(DataSource(str(root)))
    assert "images/올빼미/1.png" in catalog.paths.tolist()
    assert any("images.txt is read as cp949 (Korean)" in message for message in catalog.report.notices) == (
        encoding == "cp949"
    )


def test_paths_may_begin_with_the_folder_of_images(tmp_path):
    root = set_in(tmp_path / "birds")
    before = open_catalog(DataSource(str(root)))
    (root / "images.txt").write_text(LINES["images.txt"].replace(" ", " images/"))
    assert open_catalog(DataSource(str(root))).paths.tolist() == before.paths.tolist()


def test_without_a_division_classes_are_halved_and_without_names_called_by_their_word(tmp_path):
    catalog = open_catalog(DataSource(str(set_in(tmp_path, train_test_split=None, classes=None))))
    assert catalog.classes == ("817", "1010")
    assert sorted(set(catalog.splits.tolist())) == ["test", "train"]


def test_classes_of_one_name_stay_apart(tmp_path):
    assert open_catalog(DataSource(str(set_in(tmp_path, classes="817 Wren\n1010 Wren\n")))).classes == (
        "Wren (817)",
        "Wren (1010)",
    )


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ({"image_class_labels": "ab-1 817\nab-2 817\nab-3 1010\n"}, "has no class for image ab-4"),
        ({"train_test_split": "ab-1 1\nab-2 0\nab-3 1\n"}, "says nothing of image ab-4; expected 1"),
        ({"train_test_split": "ab-1 1\nab-2 0\nab-3 2\nab-4 1\n"}, "says 2 of image ab-3; expected 1"),
        ({"images": "ab-1 0817/1.png\nab-1 0817/2.png\n"}, "has 2 lines for 1 words"),
        ({"images": "ab-1 ../../1.png\n"}, "lists ../../1.png, which leaves the folder"),
    ],
)
def test_what_contradicts_itself_is_refused(tmp_path, others, message):
    with pytest.raises(DataError) as caught:
        open_catalog(DataSource(str(set_in(tmp_path, **others))))
    assert message in str(caught.value)


def test_cub_itself_is_still_verified(tmp_path):
    root = set_in(tmp_path, classes="1 001.Black_footed_Albatross\n")
    with pytest.raises(DataError, match="class 817; expected 1 to 200"):
        open_catalog(DataSource(str(root)))
