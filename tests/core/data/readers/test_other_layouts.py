"""Folders of other programs and benchmarks: opened where that is plain, else a sentence with a way on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.data.catalog_opening import open_catalog
from core.data.source import DataSource
from core.errors import DataError
from tests.core.data.pictures import put


def written(root: Path, **texts: str) -> Path:
    for name, text in texts.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def refusal(root: Path, **options: str) -> str:
    with pytest.raises(DataError) as caught:
        open_catalog(DataSource(str(root), **options))
    assert len(str(caught.value)) < 500
    return str(caught.value)


PARTITIONS = {
    "Category and Attribute Prediction": "1\nimage_name  evaluation_status\nimg/Tee/1.png train\n",
    "Consumer-to-shop Clothes Retrieval": "1\nimage_pair_name_1 image_pair_name_2 item_id evaluation_status\n",
}


@pytest.mark.parametrize("benchmark", PARTITIONS)
def test_other_benchmarks_of_deepfashion_are_named_with_the_folder_to_open(tmp_path, benchmark):
    written(tmp_path, Eval__list_eval_partition_dot_txt=PARTITIONS[benchmark])
    for name in ("Tee/1.png", "Skirt/2.png"):
        put(tmp_path / "Img" / "img" / name)
    message = refusal(tmp_path)
    assert f"DeepFashion's {benchmark}" in message
    assert f"Open {tmp_path / 'Img' / 'img'} " in message
    index = tmp_path / "Eval" / "list_eval_partition.txt"
    index.write_text(PARTITIONS[benchmark], encoding="utf-16")
    assert f"DeepFashion's {benchmark}" in refusal(tmp_path)
    assert open_catalog(DataSource(str(tmp_path / "Img" / "img"))).classes == ("Skirt", "Tee")


def test_a_table_for_each_split_beside_the_pictures_is_read(tmp_path):
    for split in ("train", "val", "test"):
        for number in (0, 1):
            put(tmp_path / "images" / f"{split}{number}.png")
        written(tmp_path, **{f"{split}_dot_csv": f"filename,label\n{split}0.png,{split}a\n{split}1.png,{split}b\n"})
    catalog = open_catalog(DataSource(str(tmp_path)))
    assert sorted(zip(catalog.splits.tolist(), catalog.labels.tolist(), strict=True))[:2] == [
        ("test", "testa"),
        ("test", "testb"),
    ]
    assert catalog.report.notices == ("The classes are taken from test.csv, train.csv, val.csv.",)


def test_the_only_table_beside_pictures_without_class_folders_is_read(tmp_path):
    for name in ("1.png", "2.png"):
        put(tmp_path / "train" / name)
    written(tmp_path, train_dot_csv="image,label,x\n1.png,a,3\n2.png,b,4\n")
    assert open_catalog(DataSource(str(tmp_path))).classes == ("a", "b")
    written(tmp_path, train_dot_csv="Image,Id\n1.png,a\n2.png,b\n")
    assert "train.csv beside them" in refusal(tmp_path)
    written(tmp_path, sample_submission_dot_csv="Image,Id\n9.png,a\n")
    assert "train.csv and 1 more beside them: not read" in refusal(tmp_path)
    (tmp_path / "sample_submission.csv").unlink()
    assert open_catalog(DataSource(str(tmp_path), label_column="Id")).classes == ("a", "b")


@pytest.mark.parametrize("folder", ["", "lfw/"])
def test_lists_of_pairs_beside_class_folders_are_said(tmp_path, folder):
    for name in ("Al_Gore/1.png", "Al_Gore/2.png", "Yao_Ming/1.png"):
        put(tmp_path / folder / name)
    written(tmp_path, pairs_dot_txt="10 300\nAl_Gore 1 2\n")
    catalog = open_catalog(DataSource(str(tmp_path)))
    assert catalog.classes == ("Al_Gore", "Yao_Ming")
    assert "pairs.txt lists pairs to be told apart (verification, as LFW)" in catalog.report.notices[0]


def test_a_table_beside_class_folders_changes_nothing(tmp_path):
    for name in ("a/1.png", "b/2.png"):
        put(tmp_path / name)
    written(tmp_path, labels_dot_csv="image,label\n1.png,x\n2.png,y\n")
    assert open_catalog(DataSource(str(tmp_path))).classes == ("a", "b")


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ({"run__tensors_dot_tsv": "1\t2\n", "run__metadata_dot_tsv": "a\n"}, "TensorBoard's projector"),
        ({"projector_config_dot_pbtxt": ""}, "TensorBoard's projector"),
        ({"labels_dot_json": "{}", "data_dot_json": "{}"}, "FiftyOne's export without its pictures"),
        ({"data__train-00000-of-00001_dot_parquet": "PAR1"}, "pictures are inside Hugging Face's .parquet files: save"),
        (
            {"train__data-00000-of-00001_dot_arrow": "x", "train__state_dot_json": "{}"},
            "Hugging Face's .arrow files",
        ),
    ],
)
def test_what_holds_no_pictures_is_said_with_a_way_on(tmp_path, texts, message):
    assert message in refusal(written(tmp_path, **texts))


def test_cocos_labels_are_told_from_fiftyones(tmp_path):
    put(tmp_path / "data" / "1.png")
    written(tmp_path, labels_dot_json='{"images": [], "annotations": [], "categories": []}')
    assert "is COCO's JSON" in refusal(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes exist on POSIX only")
@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "names", [("images.txt", "image_class_labels.txt"), ("Ebay_train.txt", "Ebay_test.txt"), ("classes.txt",)]
)
def test_named_pipes_called_like_index_files_are_never_waited_for(tmp_path, names):
    for name in ("a/1.png", "b/2.png"):
        put(tmp_path / name)
    if names == ("classes.txt",):
        written(tmp_path, images_dot_txt="1 a/1.png\n", image_class_labels_dot_txt="1 1\n")
    for name in names:
        os.mkfifo(tmp_path / name)
    try:
        assert open_catalog(DataSource(str(tmp_path))).report.used > 0
    except DataError as error:
        assert "not a regular file" in str(error)
