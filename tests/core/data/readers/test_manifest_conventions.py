"""The ways in which other programs write a table of images."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.data.catalog import Catalog
from core.data.readers.manifest_errors import MissingColumnError
from core.data.readers.manifest_reader import read_divided_manifests, read_manifest
from core.data.readers.manifest_table import read_table
from core.data.source import DataSource
from core.errors import DataError
from core.progress import Reporter
from tests.core.data.pictures import put

OML = "label,path,split,is_query,is_gallery,x_1,x_2,y_1,y_2,category\n"


@pytest.fixture
def shop(tmp_path) -> Path:
    for name in ("1.png", "train/hat/1.png", "train/shoe/2.png", "test/hat/3.png", "test/shoe/4.png"):
        put(tmp_path / "shop" / name)
    return tmp_path / "shop"


def opened(path: Path, content: str) -> Catalog:
    path.write_text(content, encoding="utf-8")
    return read_manifest(DataSource(str(path)), Reporter())


def test_a_dataframe_of_open_metric_learning(shop):
    catalog = opened(
        shop / "df.csv",
        OML
        + "1,train/hat/1.png,train,,,1,7,2,5,hat\n"
        + "2,test/hat/3.png,validation,True,False,,,,,hat\n"
        + "2,test/shoe/4.png,validation,False,True,0.5,9.2,-1,8,hat\n",
    )
    assert catalog.labels.tolist() == ["1", "2", "2"]
    assert catalog.splits.tolist() == ["train", "val", "val"]
    assert catalog.roles.tolist() == ["", "query", "gallery"]
    assert catalog.boxes.tolist() == [[1, 2, 7, 5], [0, 0, 0, 0], [0, -1, 10, 8]]
    assert [catalog.box(row) for row in range(3)] == [(1, 2, 7, 5), None, (0, -1, 10, 8)]
    assert [*catalog.attributes] == ["category"]


def test_images_that_are_query_and_gallery_search_among_each_other(shop):
    rows = "1,test/hat/3.png,validation,1,1,,,,,a\n1,test/shoe/4.png,validation,{},1,,,,,a\n"
    assert opened(shop / "df.csv", OML + rows.format(1)).roles.tolist() == ["", ""]
    assert opened(shop / "df.csv", OML + rows.format(0)).roles.tolist() == ["query & gallery", "gallery"]


@pytest.mark.parametrize(("yes", "no"), [("True", "False"), ("t", "NaN"), ("1.0", "<NA>"), ("YES", "none"), ("y", "n")])
def test_truths_may_be_spelt_as_any_program_does(shop, yes, no):
    rows = f"1,test/hat/3.png,validation,{yes},{no},nan,NA,None,,a\n1,test/shoe/4.png,validation,{no},{yes},,,,,a\n"
    catalog = opened(shop / "df.csv", OML + rows)
    assert catalog.roles.tolist() == ["query", "gallery"] and catalog.boxes is None


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1,1.png,train,,,5,5,0,1,", "line 2: bounding box '5, 0, 5, 1'; expected left < right and top < bottom"),
        ("1,1.png,train,,,0.1,0.5,0.2,0.8,", "line 2: bounding box '0.1, 0.2, 0.5, 0.8' seems to be in shares"),
        ("1,1.png,train,,,5,,0,1,", "line 2: bounding box '5, 0, , 1'; expected"),
        ("1,1.png,train,,,0,1e30,0,1,", "expected left < right"),
        ("1,1.png,train,,,0,1_0,0,1,", "line 2: '1_0' in a bounding box is no number"),
        ("1,1.png,train,,,0,x,0,1,", "line 2: 'x' in a bounding box is no number"),
        ("1,1.png,test,perhaps,,,,,,", "line 2: 'perhaps' in column 'is_query'; expected True or False"),
    ],
)
def test_bad_boxes_and_truths_are_refused_with_their_place(shop, row, message):
    with pytest.raises(DataError, match=message):
        opened(shop / "df.csv", OML + row + "\n")


def test_two_boxes_in_one_picture_are_two_images(shop):
    content = "image,label,left,top,right,bottom\n1.png,a,0,0,4,4\n1.png,b,4,4,8,8\n1.png,b,4,4,8,8\n"
    catalog = opened(shop / "x.csv", content)
    assert catalog.labels.tolist() == ["a", "b"]
    assert catalog.report.counts == {"duplicate": 1}


def test_an_image_in_two_splits_or_roles_is_said(shop):
    rows = "1.png,a,train\n2.png,a,query\n1.png,a,test\n2.png,a,gallery\n2.png,a,query\n"
    catalog = opened(shop / "x.csv", f"image,label,split\n{rows}")
    assert catalog.report.notices == (
        "2 images are listed in two splits or roles at once (first: 1.png, train and test): each counts where it comes "
        "first.",
    )
    assert (catalog.splits.tolist(), catalog.report.counts) == (["train", "test"], {"duplicate": 3})


def test_text_in_a_parquet_table_that_is_none_is_refused(shop):
    table = pa.table({"image": ["1.png"], "label": pa.array([b"\xff\xfe"]).view(pa.string())})
    pq.write_table(table, shop / "x.parquet", store_schema=False)
    with pytest.raises(DataError, match=r"x\.parquet is not a readable Parquet table \('utf-8' codec"):
        read_table(shop / "x.parquet")


def test_a_lone_left_column_is_an_attribute(shop):
    catalog = opened(shop / "x.csv", "image,label,left\n1.png,a,no\n")
    assert catalog.boxes is None and catalog.attributes["left"].tolist() == ["no"]


def test_a_hugging_face_table_leaves_class_and_split_to_the_folders(shop):
    files = ("train/hat/1.png", "train/shoe/2.png", "test/hat/3.png", "test/shoe/4.png")
    catalog = opened(shop / "metadata.csv", "file_name,text\n" + "".join(f"{file},x\n" for file in files))
    assert catalog.labels.tolist() == ["hat", "shoe", "hat", "shoe"]
    assert catalog.splits.tolist() == ["train", "train", "test", "test"]
    assert catalog.attributes["text"].tolist() == ["x"] * 4
    (notice,) = catalog.report.notices
    assert notice.startswith("The classes are taken from the folders, because ") and "has no label column" in notice


def test_a_file_column_may_have_a_name_before_it(shop):
    catalog = opened(shop / "metadata.csv", "front_file_name,back_file_name,label\n1.png,2.png,hat\n")
    assert catalog.paths.tolist() == ["1.png"] and catalog.attributes["back_file_name"].tolist() == ["2.png"]
    assert opened(shop / "x.csv", "mask_file_name,file_name,label\n2.png,1.png,hat\n").paths.tolist() == ["1.png"]


def test_a_class_that_may_be_a_missing_one_is_kept_and_said(shop):
    catalog = opened(shop / "x.csv", "image,label\n1.png,NaN\n2.png,hat\n")
    assert catalog.labels.tolist() == ["NaN", "hat"]
    assert catalog.report.notices == ("'NaN' is taken for a class; of an image without one the cell is empty.",)


def test_a_class_column_leaves_only_the_split_to_the_folders(shop):
    catalog = opened(shop / "x.csv", "file_name,label\ntrain/hat/1.png,a\ntest/hat/3.png,b\n")
    assert (catalog.labels.tolist(), catalog.splits.tolist()) == (["a", "b"], ["train", "test"])
    assert catalog.report.notices == ()


def test_numbers_alone_are_enough(shop):
    catalog = opened(shop / "x.csv", "file_name,target_x\n1.png,0.5\n")
    assert catalog.labels.tolist() == [""] and catalog.targets.tolist() == [[0.5]]
    with pytest.raises(MissingColumnError, match="has no label column"):
        opened(shop / "x.csv", "file_name,x\n1.png,0.5\n")


def test_tables_in_the_splits_are_one_catalog(shop):
    tables = []
    for split, names in (("test", ("hat/3.png", "shoe/4.png")), ("train", ("hat/1.png", "shoe/2.png"))):
        lines = [json.dumps({"file_name": name, "target_size": 2.5, "label": 1}) for name in names]
        (shop / split / "metadata.jsonl").write_text("\n".join(lines))
        tables.append(shop / split / "metadata.jsonl")
    catalog = read_divided_manifests(DataSource(str(shop)), tables, Reporter())
    assert catalog.paths.tolist() == ["test/hat/3.png", "test/shoe/4.png", "train/hat/1.png", "train/shoe/2.png"]
    assert catalog.splits.tolist() == ["test", "test", "train", "train"]
    assert catalog.labels.tolist() == ["1"] * 4
    assert (catalog.target_names, catalog.targets.tolist()) == (("target_size",), [[2.5]] * 4)
    (shop / "train" / "metadata.jsonl").write_text('{"file_name": "hat/1.png", "label": 1, "x": 2}')
    with pytest.raises(DataError, match=r"other columns \(file_name, label, x\) than .*\(file_name, target_size"):
        read_divided_manifests(DataSource(str(shop)), tables, Reporter())
    tables[1].write_text('{"file_name": "../1.png", "label": 1, "target_size": 2}')
    assert read_divided_manifests(DataSource(str(shop)), tables, Reporter()).paths.tolist()[-1] == "1.png"
    tables[1].write_text('{"file_name": "../../1.png", "label": 1, "target_size": 2}')
    with pytest.raises(DataError, match=r"line 1: 'train/\.\./\.\./1\.png' lies outside of "):
        read_divided_manifests(DataSource(str(shop)), tables, Reporter())


def test_numbers_beside_a_table_follow_its_rows(shop):
    np.save(shop / "x.npy", np.array([[1, 2], [3, 4], [5, 6]]))
    content = "image,label,target_a\n1.png,a,0.5\ngone.png,a,9\ntrain/hat/1.png,b,0.25\n"
    catalog = opened(shop / "x.csv", content)
    assert catalog.target_names == ("target_a", "target_2", "target_3")
    assert catalog.targets.tolist() == [[0.5, 1, 2], [0.25, 5, 6]]
    np.save(shop / "x.npy", np.zeros((4, 1)))
    with pytest.raises(DataError, match=r"x\.npy has shape \(4, 1\); expected \(3, targets\)"):
        opened(shop / "x.csv", content)


@pytest.mark.parametrize("content", ["1.png\ta\n", "a\t1.png\n"])
def test_a_table_without_a_header_is_read_where_it_starts_with_a_picture(shop, content):
    catalog = opened(shop / "x.tsv", content)
    assert (catalog.paths.tolist(), catalog.labels.tolist()) == (["1.png"], ["a"])


def test_three_columns_without_a_header_need_the_class_named(shop):
    content = "1.png,a,7\n"
    with pytest.raises(MissingColumnError, match="its columns are: image, column 2, column 3"):
        opened(shop / "x.csv", content)
    catalog = read_manifest(DataSource(str(shop / "x.csv"), label_column="column 2"), Reporter())
    assert catalog.labels.tolist() == ["a"] and catalog.attributes["column 3"].tolist() == ["7"]


@pytest.mark.parametrize("content", ["hat\nshoe\n", "label\tsize\nhat\t1\n"])
def test_the_labels_of_an_embedding_projector_name_no_images(shop, content):
    with pytest.raises(MissingColumnError, match=r"metadata\.tsv has no image column \(image, path"):
        opened(shop / "metadata.tsv", content)


def test_values_in_json_lines_stay_what_they_are(shop):
    lines = (
        '{"image": "1.png", "label": 1.0, "kids": true, "box": [1], "note": null}',
        "",
        '{"label": "001", "image": "train/hat/1.png", "count": NaN}',
    )
    catalog = opened(shop / "x.jsonl", "\n".join(lines) + "\n")
    assert catalog.labels.tolist() == ["1.0", "001"]
    assert {name: column.tolist() for name, column in catalog.attributes.items()} == {
        "kids": ["True", ""],
        "note": ["", ""],
        "count": ["", ""],
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"image": "1.png"}\n{"image"\n', "x.jsonl, line 2: not readable JSON"),
        ("\n[1]\n", "x.jsonl, line 2: list; expected an object of names"),
        ("\n\n", "x.jsonl lists no images"),
        ("[" * 100_000, "line 1: not readable JSON"),
    ],
)
def test_bad_json_lines_are_refused_with_their_place(shop, content, message):
    with pytest.raises(DataError, match=message):
        opened(shop / "x.jsonl", content)


KOREAN = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xAC00 + 500), min_size=1, max_size=4)
CELLS = st.one_of(KOREAN, st.text(st.sampled_from('ab,;\t"\n 가나'), max_size=6))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    dialect=st.sampled_from(["excel", "excel-tab", "unix"]),
)
def test_what_a_csv_writer_wrote_is_read_back(tmp_path, rows, encoding, dialect):
    stream = io.StringIO(newline="")
    csv.writer(stream, dialect).writerows([("그림", "label"), *rows])
    (tmp_path / "x.csv").write_bytes(stream.getvalue().encode(encoding))
    table = read_table(tmp_path / "x.csv")
    assert table.header == ["그림", "label"]
    assert [tuple(row) for row in table.rows] == rows


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(KOREAN, min_size=1, max_size=6))
def test_korean_in_cp949_is_read_back(tmp_path, names):
    rows = [name.encode("cp949", "ignore").decode("cp949") for name in names]
    (tmp_path / "x.csv").write_bytes("".join(f"{row},모자\n" for row in ["그림", *rows]).encode("cp949"))
    assert [row[0] for row in read_table(tmp_path / "x.csv", "cp949").rows] == rows


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.dictionaries(st.sampled_from("abc"), st.text(max_size=5)), min_size=1, max_size=5))
def test_json_lines_are_read_back(tmp_path, rows):
    rows = [{"image": "x", **row} for row in rows]
    (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, rows)))
    table = read_table(tmp_path / "x.jsonl")
    read = [{name: cell for name, cell in zip(table.header, cells, strict=True) if cell} for cells in table.rows]
    assert read == [{name: cell for name, cell in row.items() if cell} for row in rows]


def test_an_image_of_two_classes_is_a_contradiction(shop):
    with pytest.raises(DataError, match=r"x\.csv: 1\.png is listed with the classes 'hat' and 'shoe'; expected one"):
        opened(shop / "x.csv", "image,label\n1.png,hat\n1.png,shoe\n")
    catalog = opened(shop / "x.csv", "image,label,left,top,right,bottom\n1.png,hat,0,0,1,1\n1.png,shoe,1,0,2,1\n")
    assert catalog.classes == ("hat", "shoe")


def test_paths_of_hugging_faces_images_are_read_and_pictures_are_not(shop):
    cells = [{"path": "a/1.png", "bytes": None}, {"path": "b/2.png", "bytes": None}]
    images = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    pq.write_table(pa.table({"image": pa.array(cells, images), "label": ["a", "b"]}), shop / "x.parquet")
    assert [list(row) for row in read_table(shop / "x.parquet").rows] == [["a/1.png", "a"], ["b/2.png", "b"]]
    cells[1]["bytes"] = b"\x89PNG"
    pq.write_table(pa.table({"image": pa.array(cells, images), "label": ["a", "b"]}), shop / "x.parquet")
    table = read_table(shop / "x.parquet")
    assert (list(table.header), list(table.left_out)) == (["label"], ["image"])
