from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.data.catalog_opening import open_catalog
from core.data.source import DataSource
from core.errors import DataError
from tests.core.data.official.trees import cells, put_images, put_matlab, records, spread

NAMES = [f"Make {number:03d} Sedan 2012" for number in range(1, 197)]
OFFICIAL = [*(code + 1 for code in spread(8_054, 98)), *(code + 99 for code in spread(8_131, 98))]


def lay_out_whole(root: Path, codes: list[int]) -> None:
    files = [f"car_ims/{number:06d}.jpg" for number in range(1, len(codes) + 1)]
    boxes = [1] * len(codes)
    annotations = records(
        **{"relative_im_path": files, "bbox_x1": boxes, "class": codes, "test": [number % 2 for number in boxes]}
    )
    put_matlab(root / "cars_annos.mat", annotations=annotations, class_names=cells(NAMES))
    put_images(root, files)


def lay_out_kit(root: Path, codes: list[int], test_index: str, inner: str = "") -> None:
    """Every other image in the part for training, as the kit mixes all classes in both parts."""
    put_matlab(root / "devkit" / "cars_meta.mat", class_names=cells(NAMES))
    for part, chosen, index in (
        ("cars_train", codes[::2], "devkit/cars_train_annos.mat"),
        ("cars_test", codes[1::2], test_index),
    ):
        files = [f"{number:05d}.jpg" for number in range(1, len(chosen) + 1)]
        annotations = records(**{"bbox_x1": [1] * len(chosen), "class": chosen, "fname": files})
        put_matlab(root / index, annotations=annotations)
        put_images(root / part / inner.format(part=part), files)


def opened(root: Path):
    return open_catalog(DataSource(str(root)))


def test_the_whole_set_is_read_with_the_papers_counts(quick_folder):
    lay_out_whole(quick_folder, OFFICIAL)
    catalog = opened(quick_folder)
    assert catalog.report.sentences == ("16,185 of 16,185 images are used.",)
    assert catalog.split_counts() == [("train", 8_054), ("test", 8_131)]
    assert set(catalog.labels[catalog.rows("train")]) == set(NAMES[:98])
    assert set(catalog.labels[catalog.rows("test")]) == set(NAMES[98:])
    assert catalog.paths[-1] == "car_ims/016185.jpg"


def test_the_index_of_the_whole_set_beside_the_kit_s_images_gives_way(tmp_path):
    lay_out_kit(tmp_path, [1, 1, 99, 99], "cars_test_annos_withlabels.mat")
    lay_out_whole(tmp_path, [1, 99, 99])
    assert len(opened(tmp_path)) == 3
    shutil.rmtree(tmp_path / "car_ims")
    assert len(opened(tmp_path)) == 4


def test_images_that_are_all_elsewhere_or_packed_are_asked_for(tmp_path):
    lay_out_whole(tmp_path, [1, 99])
    shutil.rmtree(tmp_path / "car_ims")
    with pytest.raises(DataError, match=r"lists 2 images of Cars-196, but none can be used: .*car_ims is not there\.$"):
        opened(tmp_path)
    (tmp_path / "car_ims.tgz").touch()
    with pytest.raises(DataError, match=r"car_ims is not there; unpack car_ims\.tgz\.$"):
        opened(tmp_path)


@pytest.mark.parametrize("test_index", ["devkit/cars_test_annos_withlabels.mat", "cars_test_annos_withlabels.mat"])
@pytest.mark.parametrize("inner", ["", "{part}"])
def test_the_later_kit_is_divided_by_class_too(tmp_path, test_index, inner):
    lay_out_kit(tmp_path / "stanford_cars", [1, 1, 98, 98, 99, 99, 196, 196], test_index, inner)
    catalog = opened(tmp_path)
    assert len(catalog) == 8
    assert dict(zip(catalog.labels, catalog.splits, strict=True)) == {
        NAMES[0]: "train", NAMES[97]: "train", NAMES[98]: "test", NAMES[195]: "test"
    }  # fmt: skip
    assert catalog.paths[0].startswith("cars_train/") and catalog.paths[-1].startswith("cars_test/")


def test_a_kit_without_the_test_labels_says_what_is_missing(tmp_path):
    lay_out_kit(tmp_path, [1, 99], "devkit/cars_test_annos.mat")
    with pytest.raises(DataError, match=r"looks like Cars-196, but devkit/cars_test_annos_withlabels\.mat is missing"):
        opened(tmp_path)


def test_a_class_beyond_the_last_is_refused(tmp_path):
    lay_out_whole(tmp_path, [1, 197])
    with pytest.raises(DataError, match="class 197 in the index of Cars-196; expected 1 to 196"):
        opened(tmp_path)


def test_a_file_that_is_no_matlab_file_is_refused(tmp_path):
    (tmp_path / "cars_annos.mat").write_bytes(b"<html>not found</html>" * 20)
    with pytest.raises(DataError, match=r"cars_annos\.mat is no readable MATLAB file"):
        opened(tmp_path)


def test_a_matlab_file_about_something_else_is_refused(tmp_path):
    put_matlab(tmp_path / "cars_annos.mat", numbers=[1, 2])
    with pytest.raises(DataError, match="has no variable 'annotations'; expected annotations, class_names"):
        opened(tmp_path)
    put_matlab(tmp_path / "cars_annos.mat", annotations=records(fname=["1.jpg"]), class_names=cells(NAMES))
    with pytest.raises(DataError, match="have no field 'relative_im_path'; they have: fname"):
        opened(tmp_path)


@pytest.mark.parametrize(
    ("files", "codes", "message"),
    [
        (
            [cells(["car_ims/1.jpg", "car_ims/2.jpg"])],
            [1],
            r"an image is called \['car_ims/1\.jpg', 'car_ims/2\.jpg'\]",
        ),
        ([3.0], [1], "an image is called 3.0; expected the name of one file"),
        (["car_ims/1.jpg"], [[]], "a class is no number"),
        (["car_ims/1.jpg"], [float("inf")], "a class is no number"),
        (["car_ims/1.jpg"], [1.5], r"class 1\.5; expected whole numbers"),
    ],
)
def test_records_that_hold_something_else_are_refused(tmp_path, files, codes, message):
    annotations = records(**{"relative_im_path": files, "class": codes})
    put_matlab(tmp_path / "cars_annos.mat", annotations=annotations, class_names=cells(NAMES))
    with pytest.raises(DataError, match=message):
        opened(tmp_path)


def test_cells_within_records_are_read_as_their_content(tmp_path):
    lay_out_whole(tmp_path, [1, 99])
    files = [cells([f"car_ims/{number:06d}.jpg"]) for number in (1, 2)]
    annotations = records(**{"relative_im_path": files, "class": [cells([1]), cells([99])]})
    put_matlab(tmp_path / "cars_annos.mat", annotations=annotations, class_names=cells(NAMES))
    assert opened(tmp_path).labels.tolist() == [NAMES[0], NAMES[98]]


def test_a_folder_in_place_of_the_index_is_refused(tmp_path):
    (tmp_path / "cars_annos.mat").mkdir()
    with pytest.raises(DataError, match=r"cars_annos\.mat is .*not a regular file"):
        opened(tmp_path)
