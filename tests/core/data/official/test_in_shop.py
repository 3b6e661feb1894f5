from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.data.catalog_opening import open_catalog
from core.data.source import DataSource
from core.errors import DataError
from tests.core.data.official.trees import put_images, put_lines, spread

HEADER = "image_name item_id evaluation_status"
OFFICIAL = {"train": (25_882, 3_997), "query": (14_218, 3_985), "gallery": (12_612, 3_985)}


def lay_out(root: Path, counts: dict[str, tuple[int, int]], images: str = "Img") -> None:
    """The index with so many images and items of each status, queries and gallery showing the same items."""
    lines, files = [], []
    for status, (count, items) in counts.items():
        first_item = 1 if status == "train" else 1 + counts["train"][1]
        for number, place in enumerate(spread(count, items)):
            item = f"id_{first_item + place:08d}"
            file = f"img/WOMEN/Dresses/{item}/{status}_{number}_front.jpg"
            lines.append(f"{file:<70} {item} {status}")
            files.append(file)
    put_lines(root / "Eval" / "list_eval_partition.txt", [str(len(lines)), HEADER, *lines])
    put_images(root / images, files)


@pytest.fixture
def small(tmp_path) -> Path:
    root = tmp_path / "In-shop Clothes Retrieval Benchmark"
    lay_out(root, {"train": (6, 2), "query": (4, 2), "gallery": (3, 2)})
    return root


def test_the_whole_set_is_read_with_the_papers_counts(quick_folder):
    root = quick_folder / "In-shop Clothes Retrieval Benchmark"
    lay_out(root, OFFICIAL)
    catalog = open_catalog(DataSource(str(quick_folder)))
    assert catalog.report.sentences == ("52,712 of 52,712 images are used.",)
    assert catalog.split_counts() == [("train", 25_882), ("test", 26_830)]
    assert len(set(catalog.labels[catalog.rows("train")])) == 3_997
    assert len(set(catalog.labels[catalog.rows("test")])) == 3_985
    for role in ("query", "gallery"):
        assert int((catalog.roles == role).sum()) == OFFICIAL[role][0]


def test_queries_and_gallery_are_test_images(small):
    catalog = open_catalog(DataSource(str(small)))
    assert catalog.root == small / "Img"
    assert catalog.splits.tolist() == ["train"] * 6 + ["test"] * 7
    assert catalog.roles.tolist() == [""] * 6 + ["query"] * 4 + ["gallery"] * 3
    assert catalog.labels[-1] == "id_00000004"
    assert (catalog.attributes["department"][0], catalog.attributes["garment"][0]) == ("WOMEN", "Dresses")


def test_a_flat_copy_is_read_too(small):
    (small / "Eval" / "list_eval_partition.txt").rename(small / "list_eval_partition.txt")
    (small / "Img" / "img").rename(small / "img")
    assert open_catalog(DataSource(str(small / "list_eval_partition.txt"))).root == small


@pytest.mark.parametrize("opened", ["", "Anno/list_eval_partition.txt"])
def test_the_index_may_lie_among_the_annotations(small, opened):
    (small / "Eval").rename(small / "Anno")
    catalog = open_catalog(DataSource(str(small / opened)))
    assert (catalog.root, len(catalog)) == (small / "Img", 13)


@pytest.mark.parametrize("place", ["Img/img_highres", "img_highres", "Img/img_highres/img_highres"])
def test_the_large_pictures_are_used_where_there_are_no_others_and_that_is_said(small, place):
    (small / "Img" / "img").rename(small / "unpacked")
    (small / place).parent.mkdir(parents=True, exist_ok=True)
    (small / "unpacked").rename(small / place)
    catalog = open_catalog(DataSource(str(small)))
    assert len(catalog) == 13 and catalog.path(0).is_file()
    assert (catalog.attributes["department"][0], catalog.attributes["garment"][0]) == ("WOMEN", "Dresses")
    assert catalog.report.notices[1].startswith("The pictures are those of img_highres, because there is no img")


def test_the_pictures_of_the_published_figures_go_first(small):
    shutil.copytree(small / "Img" / "img", small / "Img" / "img_highres")
    catalog = open_catalog(DataSource(str(small)))
    assert catalog.paths[0].startswith("img/") and not any("img_highres" in notice for notice in catalog.report.notices)


def test_a_status_of_another_name_is_refused(small):
    index = small / "Eval" / "list_eval_partition.txt"
    index.write_text(index.read_text().replace("gallery", "galery"))
    with pytest.raises(DataError, match=r"line 13: status 'galery'; expected train, query, gallery"):
        open_catalog(DataSource(str(small)))


def test_a_list_cut_short_is_refused(small):
    index = small / "Eval" / "list_eval_partition.txt"
    put_lines(index, index.read_text().splitlines()[:-1])
    with pytest.raises(DataError, match="promises 13 images on line 1 but lists 12"):
        open_catalog(DataSource(str(small)))


@pytest.mark.parametrize("deep", ["img/img", "Img/img/img"])
def test_images_unpacked_into_a_folder_of_their_archive_s_name_are_found(small, deep):
    (small / "Img" / "img").rename(small / "unpacked")
    shutil.rmtree(small / "Img")
    (small / deep).parent.mkdir(parents=True)
    (small / "unpacked").rename(small / deep)
    assert len(open_catalog(DataSource(str(small)))) == 13


def test_images_still_packed_are_asked_for(small):
    shutil.rmtree(small / "Img")
    with pytest.raises(DataError, match="has neither Img/img nor img"):
        open_catalog(DataSource(str(small)))
