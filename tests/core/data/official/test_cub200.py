from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.data.catalog_opening import open_catalog
from core.data.readers.manifest_errors import EncodingError
from core.data.source import DataSource
from core.errors import DataError
from tests.conftest import REAL_DATA
from tests.core.data.official.trees import put_images, put_lines

METADATA = REAL_DATA / "cub200_metadata"
BIRDS = ("001.Albatross", "002.Auklet", "101.Pelican", "200.Yellowthroat")
VIEWS = 3


def names_of(images_file: Path) -> list[str]:
    return [f"images/{line.split()[1]}" for line in images_file.read_text().splitlines()]


@pytest.fixture
def small(tmp_path) -> Path:
    """Four classes with three images each, numbered as in the whole set."""
    root = tmp_path / "CUB_200_2011"
    files = [f"{bird}/{view}.jpg" for bird in BIRDS for view in range(VIEWS)]
    put_lines(root / "images.txt", [f"{image} {file}" for image, file in enumerate(files, 1)])
    codes = [int(file.split(".")[0]) for file in files]
    put_lines(root / "image_class_labels.txt", [f"{image} {code}" for image, code in enumerate(codes, 1)])
    put_lines(root / "classes.txt", [f"{int(bird[:3])} {bird}" for bird in BIRDS])
    table = np.arange(200 * 312).reshape(200, 312) / 1000
    put_lines(root / "attributes" / "class_attribute_labels_continuous.txt", [" ".join(map(str, row)) for row in table])
    put_images(root, [f"images/{file}" for file in files])
    return root


def opened(root: Path, **options):
    return open_catalog(DataSource(str(root), **options))


@pytest.mark.real_data
def test_the_real_metadata_give_the_papers_counts(quick_folder):
    if not METADATA.is_dir():
        pytest.skip(f"needs the metadata of CUB-200-2011: {METADATA} is not there")
    root = quick_folder / "CUB_200_2011"
    (root / "attributes").mkdir(parents=True)
    for file in METADATA.iterdir():
        shutil.copyfile(
            file, root / "attributes" / file.name if file.stem.startswith("class_attr") else root / file.name
        )
    files = names_of(root / "images.txt")
    put_images(root, files)
    catalog = opened(quick_folder)
    assert catalog.report.sentences == ("11,788 of 11,788 images are used.",)
    assert catalog.split_counts() == [("train", 5_864), ("test", 5_924)]
    for split, first, last in (("train", 1, 100), ("test", 101, 200)):
        classes = sorted(set(catalog.labels[catalog.rows(split)]))
        assert (int(classes[0][:3]), int(classes[-1][:3]), len(classes)) == (first, last, 100)
    assert catalog.paths.tolist() == files
    assert all(path.split("/")[1] == label for path, label in zip(catalog.paths, catalog.labels, strict=True))
    table = np.loadtxt(METADATA / "class_attribute_labels_continuous.txt", dtype=np.float32)
    numbers = [int(label[:3]) for label in catalog.labels]
    np.testing.assert_array_equal(catalog.targets, table[np.array(numbers) - 1])


def test_classes_divide_at_100_and_are_named_as_in_the_list(small):
    catalog = opened(small)
    assert catalog.labels.tolist() == [bird for bird in BIRDS for _ in range(VIEWS)]
    assert catalog.splits.tolist() == ["train"] * 6 + ["test"] * 6


def test_without_a_list_of_classes_they_are_named_by_their_folders(small):
    (small / "classes.txt").unlink()
    assert opened(small).classes == BIRDS


def test_class_attributes_are_the_targets_of_each_image(small):
    catalog = opened(small)
    assert catalog.targets.shape == (12, 312)
    np.testing.assert_allclose(catalog.targets[:, 0], np.repeat([0, 1, 100, 199], VIEWS) * 0.312, rtol=1e-6)
    assert catalog.target_names[:2] == ("attribute 1", "attribute 2")


def test_attributes_have_their_names_where_the_archive_puts_them(small):
    put_lines(small.parent / "attributes.txt", [f"{number} has_part::{number}" for number in range(1, 313)])
    assert opened(small).target_names[-1] == "has_part::312"


def test_absent_attributes_are_said(small):
    shutil.rmtree(small / "attributes")
    catalog = opened(small)
    assert catalog.targets is None
    assert catalog.report.notices[-1].startswith("attributes/class_attribute_labels_continuous.txt is not there")


def test_a_table_of_attributes_of_another_shape_is_refused(small):
    put_lines(small / "attributes" / "class_attribute_labels_continuous.txt", ["1 2 3"] * 200)
    with pytest.raises(DataError, match=r"has 200 lines of 3 numbers; expected 200, one for each class, of 312"):
        opened(small)


@pytest.mark.parametrize(("number", "message"), [("x", "is no table of numbers"), ("inf", "a number that is infinite")])
def test_an_attribute_that_is_no_number_is_refused(small, number, message):
    put_lines(small / "attributes" / "class_attribute_labels_continuous.txt", [" ".join([number] * 312)] * 200)
    with pytest.raises(DataError, match=message):
        opened(small)


@pytest.mark.parametrize(
    ("file", "line", "message"),
    [
        ("images.txt", "13 101.Pelican/9.jpg", r"image 13 \(101\.Pelican/9\.jpg\) of images\.txt has no class"),
        ("images.txt", "12 101.Pelican/9.jpg", r"images\.txt has 13 lines for 12 words"),
        ("images.txt", "word", r"line 13: 1 words where 2 are expected \(image path\)"),
        ("image_class_labels.txt", "13 200", r"image 13 of image_class_labels\.txt is not in images\.txt"),
        ("classes.txt", "200 Another", r"classes\.txt has 5 lines for 4 words"),
        ("image_class_labels.txt", "13 201", r"line 13: class 201; expected 1 to 200"),
        ("image_class_labels.txt", "13 x", r"line 13: class 'x' is no whole number"),
    ],
)
def test_what_contradicts_itself_is_refused(small, file, line, message):
    with (small / file).open("a") as handle:
        handle.write(f"{line}\n")
    with pytest.raises(DataError, match=message):
        opened(small)


def test_line_ends_of_windows_a_byte_order_mark_and_any_order_of_lines_change_nothing(small):
    before = opened(small)
    for name in ("images.txt", "image_class_labels.txt"):
        lines = (small / name).read_text().splitlines()
        (small / name).write_bytes(("\ufeff" + "\r\n".join([*lines[1:], lines[0], "", ""])).encode())
    after = opened(small)
    assert after.paths.tolist() == [*before.paths[1:], before.paths[0]]
    assert dict(zip(after.paths, after.labels, strict=True)) == dict(zip(before.paths, before.labels, strict=True))


def test_index_files_in_utf_16_change_nothing(small):
    before = opened(small)
    for name in ("images.txt", "image_class_labels.txt", "classes.txt"):
        (small / name).write_text((small / name).read_text(), encoding="utf-16")
    assert opened(small).fingerprint == before.fingerprint and opened(small).report == before.report


def test_an_encoding_that_is_told_is_said_and_one_that_is_not_is_asked_about(small):
    (small / "classes.txt").write_text("1 001.黑腳信天翁\n2 002.海雀\n101 鵜鶘\n200 黃喉\n", encoding="big5")
    named = opened(small, encoding="big5")
    assert named.classes[0] == "001.黑腳信天翁"
    try:
        assert any("classes.txt is read as big5" in notice for notice in opened(small).report.notices)
    except EncodingError as error:
        assert "big5" in dict(error.candidates) and "--encoding" in error.on_command_line
    with pytest.raises(EncodingError, match=r"classes\.txt is not in utf-8"):
        opened(small, encoding="utf-8")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes of this kind exist on POSIX only")
def test_a_named_pipe_does_not_keep_it_waiting(small):
    (small / "images.txt").unlink()
    os.mkfifo(small / "images.txt")
    with pytest.raises(DataError, match=r"images\.txt is .*not a regular file"):
        opened(small)


def test_one_file_under_two_numbers_is_refused(small):
    for name, line in (("images.txt", "13 200.Yellowthroat/0.jpg"), ("image_class_labels.txt", "13 200")):
        with (small / name).open("a") as handle:
            handle.write(f"{line}\n")
    with pytest.raises(DataError, match=r"list images/200\.Yellowthroat/0\.jpg twice"):
        opened(small)


def test_without_its_list_of_images_it_says_what_is_missing(small):
    (small / "images.txt").unlink()
    with pytest.raises(DataError, match=r"looks like CUB-200-2011, but images\.txt is missing"):
        opened(small)
