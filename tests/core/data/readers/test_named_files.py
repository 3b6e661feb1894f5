from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from core.data.catalog import Catalog
from core.data.readers import image_finder
from core.data.readers.manifest_errors import OutsideError
from core.data.readers.manifest_reader import read_manifest
from core.data.source import DataSource
from core.errors import DataError
from core.progress import Reporter
from tests.core.data.pictures import put

FILES = ("images/cat/0.png", "images/cat/1.png", "images/dog/0.png", "images/dog/1.png")


@pytest.fixture
def root(tmp_path) -> Path:
    """Four pictures of two classes whose base names are the same."""
    for name in FILES:
        put(tmp_path / "set" / name)
    return tmp_path / "set"


def opened(root: Path, names: list[str], base: str = "") -> Catalog:
    (root / "x.csv").write_text(
        "image\tlabel\n" + "".join(f"{name}\t{number % 2}\n" for number, name in enumerate(names))
    )
    return read_manifest(DataSource(str(root / "x.csv"), base=base), Reporter())


@pytest.mark.parametrize(
    "foreign",
    [
        "/content/drive/MyDrive/set",
        "/home/other/set",
        "C:\\Users\\me\\set",
        "d:/data",
        "\\\\server\\share\\set",
        "file:///content/set",
        "file:///C:/my%20set",
        "~/set",
        "s3://bucket/set",
        "https://example.org/set",
        "..",
        "..\\other",
        "../../set",
        "data/raw",
    ],
)
@pytest.mark.parametrize("below", ["", "images"])
def test_the_foreign_part_of_paths_is_found_from_the_files_that_are_there(root, foreign, below):
    slash = "\\" if "\\" in foreign else "/"
    files = [file for file in FILES if file.startswith(below)]
    names = [slash.join((foreign, *file.removeprefix(below).strip("/").split("/"))) for file in files]
    catalog = opened(root, names)
    assert catalog.paths.tolist() == files
    (notice,) = catalog.report.notices
    assert f"with which {len(files)} names begin, is read as " in notice and str(root) in notice
    if "%" not in foreign:
        assert notice.startswith(f"'{foreign}")


def test_relative_paths_of_windows_open_without_a_word(root):
    catalog = opened(root, [file.replace("/", "\\") for file in FILES])
    assert catalog.paths.tolist() == [*FILES] and not catalog.report.notices


@pytest.mark.parametrize("foreign", ["/content/set", "C:\\set", "..", "photos"])
def test_images_elsewhere_are_found_where_the_base_says(root, tmp_path, foreign):
    table = tmp_path / "tables"
    table.mkdir()
    names = [f"{foreign}/{file}" for file in FILES]
    with pytest.raises(OutsideError) as caught:
        opened(table, names)
    assert caught.value.example == names[0] and len(str(caught.value)) < 300
    assert " --base FOLDER names the folder" in caught.value.on_command_line or foreign == ".."
    for base in (root, root / "images", tmp_path):
        catalog = opened(table, names, base=str(base))
        assert [catalog.path(row) for row in range(4)] == [root / file for file in FILES]


def test_the_folder_that_the_names_begin_with_is_proposed_where_it_is_there(root, tmp_path):
    (tmp_path / "tables").mkdir()
    with pytest.raises(OutsideError) as caught:
        opened(tmp_path / "tables", [str(root / file) for file in FILES])
    assert caught.value.proposed == root / "images" and f"--base {root / 'images'}" in caught.value.on_command_line
    catalog = opened(tmp_path / "tables", [str(root / file) for file in FILES], base=str(root / "images"))
    assert len(catalog) == 4


def test_two_folders_that_fit_are_asked_about(root):
    for name in FILES:
        put(root / name.replace("images", "copies"))
    names = [f"/content/{file.removeprefix('images/')}" for file in FILES]
    with pytest.raises(OutsideError, match="files that end alike are in copies and in images there") as caught:
        opened(root, names)
    assert caught.value.on_command_line.endswith(f"--base {root / 'copies'} names the folder that is meant.")
    assert caught.value.proposed == root / "copies" and caught.value.foreign == "/content"
    assert opened(root, names, base=str(root / "images")).paths.tolist() == [
        file.removeprefix("images/") for file in FILES
    ]


def test_what_differs_from_name_to_name_is_never_dropped(root):
    """Of "horse/0.png" the folder "cat/0.png" is no reading, though both end in "0.png"."""
    catalog = opened(root, ["/x/images/cat/0.png", "/x/images/horse/0.png"])
    assert catalog.paths.tolist() == ["images/cat/0.png"] and catalog.report.counts["missing"] == 1


def test_names_from_two_homes_are_each_read(root):
    catalog = opened(root, [f"/home/{'ab'[number % 2]}/proj/{file}" for number, file in enumerate(FILES)])
    assert catalog.paths.tolist() == [*FILES]
    assert [notice.split("'")[1] for notice in catalog.report.notices] == ["/home/a/proj", "/home/b/proj"]


def test_a_folder_of_other_classes_is_no_reading(root):
    with pytest.raises(OutsideError, match=r"no file in there ends alike\."):
        opened(root, ["/home/horse/0.png", "/home/cow/1.png"])


def test_a_whole_disk_is_never_searched(root, tmp_path, monkeypatch):
    def searched(*_arguments: object) -> None:
        raise AssertionError("searched")

    monkeypatch.setattr(image_finder, "image_files", searched)
    assert len(opened(root, [str(root / file) for file in FILES], base="/")) == 4
    with pytest.raises(OutsideError, match="lies outside of /, and no file"):
        opened(root, ["C:\\nothing\\like\\it.png"], base="/")


def test_bare_names_whose_images_lie_elsewhere_are_asked_about(root, tmp_path):
    (tmp_path / "tables").mkdir()
    with pytest.raises(OutsideError, match=r"such as '0', but none of them is in .*, which holds no images\."):
        opened(tmp_path / "tables", ["0", "1"])
    assert len(opened(tmp_path / "tables", ["cat/0", "dog/1"], base=str(root))) == 2


def test_an_archive_beside_the_table_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        archive.writestr("0.png", b"")
    with pytest.raises(OutsideError, match=r"they may still be in images\.zip, to be unpacked"):
        opened(tmp_path, ["0.png", "1.png"])
    (tmp_path / "parts").mkdir()
    (tmp_path / "images.zip").rename(tmp_path / "parts" / "images.zip")
    with pytest.raises(OutsideError, match=r"they may still be in parts/images\.zip, to be unpacked"):
        opened(tmp_path, ["0.png", "1.png"])


def test_a_column_of_images_without_a_name_is_said(root):
    with pytest.raises(DataError, match=r"names no image: the column of images is empty in every row"):
        opened(root, ["", " "])


def test_both_spellings_are_shown_where_no_name_is_a_file(root):
    with pytest.raises(OutsideError, match=r"such as 'name_0\.png', .* files are called like 'images/cat/0\.png'"):
        opened(root, ["name_0.png", "name_1.png"])


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("A%20B.png", "a b.png"),
        ("a%20b.png", "a b.png"),
        ("A B.PNG", "a b.png"),
        ("a b.jpg", "a b.png"),
        ("a b.jpeg", "a b.png"),
        ("IMAGES/CAT/1.png", "images/cat/1.png"),
    ],
)
def test_a_name_that_plainly_means_a_file_is_matched_and_said(root, name, file):
    put(root / "a b.png")
    catalog = opened(root, ["images/cat/0.png", name])
    assert catalog.paths.tolist() == ["images/cat/0.png", file]
    assert f"'{name}' is read as {file}" in " ".join(catalog.report.notices) or name == "A B.PNG"


def test_a_name_that_may_mean_two_files_is_not_matched(root):
    assert opened(root, ["images/cat/0.png", "1.JPEG"]).report.counts["missing"] == 1


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_out_of_the_folder_are_counted_and_said(root, tmp_path):
    outside = put(tmp_path / "elsewhere" / "7.png")
    (root / "images" / "7.png").symlink_to(outside)
    (root / "linked").symlink_to(outside.parent)
    (root / "images" / "8.png").symlink_to(root / "images" / "cat" / "0.png")
    catalog = opened(root, ["images/7.png", "images/8.png", "images/cat/1.png"])
    (notice,) = catalog.report.notices
    assert notice.startswith(f"1 image lies outside of {root}") and f"images/7.png is {outside}" in notice
    (notice,) = opened(root, ["linked/7.png", "images/cat/1.png"]).report.notices
    assert notice.startswith("1 image lies outside")
    assert not opened(root, ["linked/7.png", "set/images/cat/1.png"], base=str(tmp_path)).report.notices[1:]


def test_a_search_has_a_bound_and_says_so(root, monkeypatch):
    monkeypatch.setattr(image_finder, "MOST_FILES", 1)
    assert "holds more than" in opened(root, ["images/cat/0.png", "cat/1"]).report.notices[-1]
