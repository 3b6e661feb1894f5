from __future__ import annotations

import json
import math
import os
import unicodedata
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.catalog import Catalog
from core.data.readers import manifest_table
from core.data.readers.manifest_columns import IMAGE_NAMES, LABEL_NAMES, SPLIT_NAMES
from core.data.readers.manifest_reader import read_manifest
from core.data.source import DataSource
from core.errors import DataError
from core.messages import Message
from core.progress import Reporter
from tests.core.data.pictures import put


@pytest.fixture
def shop(tmp_path) -> Path:
    """A folder with six pictures in images/: 1.png to 6.png."""
    for number in range(1, 7):
        put(tmp_path / "shop" / "images" / f"{number}.png")
    return tmp_path / "shop"


def opened(path: Path, content: str | bytes | None = None, **options) -> Catalog:
    if content is not None:
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return read_manifest(DataSource(str(path), **options), Reporter())


def refusal(path: Path, content: str | bytes, **options) -> str:
    """The sentence with which a manifest is refused, without its folder."""
    with pytest.raises(DataError) as caught:
        opened(path, content, **options)
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence.replace(f"{path.parent}{os.sep}", "")


def test_a_table_with_everything(shop):
    catalog = opened(
        shop / "pictures.csv",
        "image,label,split,role,target_age,Target width,shop\n"
        "images/1.png,hat,train,,1.5,10,north\n"
        "images/2.png,hat,VAL,,,nan,\n"
        "images/3.png,shoe,test,query,-2e3,0,south\n"
        "images/4.png,shoe,,Gallery,4,1,south\n",
    )
    assert catalog.name == "pictures" and catalog.root == shop
    assert catalog.paths.tolist() == [f"images/{number}.png" for number in (1, 2, 3, 4)]
    assert catalog.labels.tolist() == ["hat", "hat", "shoe", "shoe"]
    assert catalog.splits.tolist() == ["train", "val", "test", "test"]
    assert catalog.roles.tolist() == ["", "", "query", "gallery"]
    assert catalog.target_names == ("target_age", "Target width")
    expected = [[1.5, 10], [math.nan, math.nan], [-2000, 0], [4, 1]]
    np.testing.assert_array_equal(catalog.targets, np.array(expected, np.float32))
    assert {name: column.tolist() for name, column in catalog.attributes.items()} == {
        "shop": ["north", "", "south", "south"]
    }
    assert catalog.report.sentences == ("4 of 4 images are used.",)


@pytest.mark.parametrize("name", ["manifest.csv", "images.csv", "Metadata.csv"])
def test_a_table_with_an_everyday_name_is_called_after_its_folder(shop, name):
    assert opened(shop / name, "image,label\nimages/1.png,a\n").name == "shop"


@pytest.mark.parametrize("image", IMAGE_NAMES)
@pytest.mark.parametrize("label", [LABEL_NAMES[0], LABEL_NAMES[-1].upper()])
def test_usual_column_names_are_recognised(shop, image, label):
    catalog = opened(shop / "x.csv", f"colour,{label},{image}\nred,a,1\n")
    assert catalog.paths.tolist() == ["images/1.png"]
    assert catalog.labels.tolist() == ["a"]
    assert [*catalog.attributes] == ["colour"]


@pytest.mark.parametrize("split", SPLIT_NAMES)
def test_usual_split_columns_are_recognised(shop, split):
    assert opened(shop / "x.csv", f"id,label,{split}\n1,a,Training\n2,a,dev\n").splits.tolist() == ["train", "val"]


def test_columns_can_be_chosen_and_the_others_are_kept(shop):
    content = "image,label,picture,kind,fold,part\nx,y,1,boots,train,\nx,y,2,boots,test,query\n"
    catalog = opened(
        shop / "x.csv", content, image_column="picture", label_column="kind", split_column="fold", role_column="part"
    )
    assert catalog.paths.tolist() == ["images/1.png", "images/2.png"]
    assert (catalog.labels.tolist(), catalog.splits.tolist()) == (["boots"] * 2, ["train", "test"])
    assert catalog.roles.tolist() == ["", "query"]
    assert [*catalog.attributes] == ["image", "label"]


def test_a_chosen_target_column_may_be_the_class(shop):
    catalog = opened(shop / "x.csv", "id,target\n1,cat\n2,dog\n", label_column="target")
    assert catalog.classes == ("cat", "dog") and catalog.targets is None


def test_a_column_may_be_no_split_role_target_or_box_after_all(shop):
    content = "id,label,set,role,target,x1,y1,x2,y2\n1,a,summer,boss,tall,0,0,-1,-1\n2,b,winter,boss,small,0,0,0,0\n"
    ignored = ("set", "role", "target", "x1")
    catalog = opened(shop / "x.csv", content, ignore_columns=ignored)
    assert (catalog.splits.tolist(), catalog.roles.tolist()) == (["train", "test"], ["", ""])
    assert catalog.targets is None and catalog.boxes is None
    assert catalog.attributes["set"].tolist() == ["summer", "winter"] and set(ignored) <= set(catalog.attributes)
    assert "no column 'sett' to take for nothing" in refusal(shop / "x.csv", content, ignore_columns=("sett",))


def test_any_column_may_be_a_continuous_target(shop):
    catalog = opened(shop / "x.csv", "id,label,target,age\n1,a,1,30\n2,b,2,\n", target_columns=("age",))
    assert catalog.target_names == ("target", "age")
    np.testing.assert_array_equal(catalog.targets, np.array([[1, 30], [2, math.nan]], np.float32))
    assert opened(shop / "x.csv", "id,class,label\n1,a,0.5\n2,b,1\n", target_columns=("label",)).classes == ("a", "b")


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        ("a,b\n1,2\n", {}, "x.csv has no image column (image, path, "),
        ("image,b\n1,2\n", {}, "(label, class, class_name, ...); its columns are: image, b."),
        (
            "id,label\n1,2\n",
            {"image_column": "ID"},
            "x.csv has no column 'ID' for the image; its columns are: id, label.",
        ),
        ("id,label\n1,2\n", {"split_column": "fold"}, "no column 'fold' for the split"),
        ("id,label\n1,2\n", {"role_column": "r"}, "no column 'r' for the role"),
        ("id,label,label\n1,2,3\n", {}, "x.csv has two columns named 'label'."),
        (
            "id,label,split\n1,a,train\n2,a,tset\n",
            {},
            "line 3: split 'tset' in column 'split' (train: 1, tset: 1); ",
        ),
        (
            "id,label,role\n\n1,a,query\n2,a,prober\n",
            {},
            "line 4: role 'prober' in column 'role' (prober: 1, query: 1); expected ",
        ),
        ('id,label,n,role\n1,a,"x\ny",\n2,a,"x\ny",prober\n', {}, "x.csv, line 4: role 'prober'"),
        ("id,label,target\n1,a,1\n2,a,tall\n", {}, "x.csv, line 3: 'tall' in column 'target' is no number."),
        ("id,label,target\n1,a,inf\n", {}, "x.csv, line 2: 'inf' in column 'target' is no finite number."),
        ("id,label,target\n1,a,1e39\n", {}, "line 2: '1e39' in column 'target' is no finite number."),
        ("id,label\n1,a\n2,a,b\n", {}, "x.csv, line 3: 3 cells where the header has 2 columns."),
        ("id,label\n1,a\n2\n", {}, "x.csv, line 3: 1 cell where the header has 2 columns."),
        ('id,label\n1,"a"b\n', {}, "x.csv, line 2: not a readable CSV table"),
        ("id,label\n", {}, "x.csv lists no images: it has a header only."),
        ("", {}, "x.csv lists no images: it has no text."),
        (b"\xff\xff\xff\n", {"encoding": "cp949"}, "x.csv is not in cp949 (byte 0); where none is named it is told"),
        ("id,label\n1,a\n", {"exclude_labels": ("b",)}, "x has no class 'b' to leave out; its classes are: a."),
        ("id,label\n9,a\n8,a\n", {}, "x.csv lists 2 images, such as '9', but none of them is in"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(shop, content, options, said):
    assert said in refusal(shop / "x.csv", content, **options)


def test_labels_stay_the_text_they_are(shop):
    content = 'id,label\n1,001\n2,1\n3,1.0\n4,\n5,NaN\n6," a, ""b"""\n'
    catalog = opened(shop / "x.csv", content)
    assert catalog.labels.tolist() == ["001", "1", "1.0", "", "NaN", ' a, "b"']
    assert "1 has no class (first: 4)." in catalog.report.sentences


def test_classes_that_differ_in_spaces_alone_are_said(shop):
    catalog = opened(shop / "x.csv", "id,label\n1,hat\n2, hat\n3,shoe\n")
    assert catalog.classes == (" hat", "hat", "shoe")
    (notice,) = catalog.report.notices
    assert notice.startswith("'hat' is the name of two classes that differ in") and "(1 such name in all)" in notice
    assert opened(shop / "x.csv", "id,label\n1, hat\n2, hat\n3,shoe\n").report.notices == ()


def test_halves_are_by_sorted_name_and_unlabelled_images_are_in_none(shop):
    catalog = opened(shop / "x.csv", "id,label\n1,b\n2,a\n3,c\n4,\n")
    assert catalog.splits.tolist() == ["train", "train", "test", ""]
    assert "of 3 classes sorted by name the first half (2) is train, the other (1) test" in catalog.report.split_rule
    assert not any("no split (" in sentence for sentence in catalog.report.sentences)


def test_images_left_out_of_every_split_are_reported(shop):
    catalog = opened(shop / "x.csv", "id,label,split\n1,a,train\n2,b,\n3,c,test\n")
    assert catalog.splits.tolist() == ["train", "", "test"]
    assert "1 is in no split (first: 2)." in catalog.report.sentences


def test_classes_are_left_out_as_asked(shop):
    catalog = opened(shop / "x.csv", "id,label\n1,a\n2,Not sure\n3,b\n", exclude_labels=("Not sure",))
    assert catalog.labels.tolist() == ["a", "b"]
    assert catalog.splits.tolist() == ["train", "test"]
    assert "1 is left out as asked (first: 2)." in catalog.report.sentences


def test_bad_images_are_counted_with_the_first_and_the_rest_is_used(shop):
    (shop / "images" / "2.png").write_bytes(b"")
    (shop / "images" / "3.png").rename(shop / "images" / "3.jpg")
    (shop / "images" / "3.jpg").write_text("<html>404</html>")
    rows = ["images/1.png", "images/2.png", "images/3.jpg", "images/1.png", "7", "8", "9", "10", "", "images/4.png"]
    content = "image,label\n" + "".join(f"{row},a\n" for row in rows)
    catalog = opened(shop / "x.csv", content)
    assert catalog.paths.tolist() == ["images/1.png", "images/4.png"]
    assert catalog.report.counts == {"unreadable": 2, "duplicate": 1, "missing": 5}
    assert (catalog.report.listed, catalog.report.used) == (10, 2)
    assert catalog.report.sentences[:4] == (
        "2 of 10 images are used.",
        "5 have no image file (first: 7, 8, 9).",
        "2 cannot be read (first: images/2.png is empty, images/3.jpg is not an image).",
        "1 lists an image a second time (first: images/1.png).",
    )


@pytest.mark.parametrize("image", ["../outside.png", "images/../../outside.png", "{outside}", " ../gone.png"])
def test_an_image_outside_of_the_folder_is_refused_and_named(shop, tmp_path, image):
    outside = put(tmp_path / "outside.png")
    image = image.format(outside=outside)
    with pytest.raises(DataError) as caught:
        opened(shop / "x.csv", f"image,label\n1,a\n{image},a\n")
    where = f"{shop / 'x.csv'}, line 3: '{image}' lies outside of its folder"
    assert str(caught.value) == f"{where}, and no file in there ends alike."
    assert " --base " in caught.value.on_command_line
    assert caught.value.in_window.endswith(" Reading options… names the folder that holds all images.")


def test_with_a_base_images_may_lie_anywhere_in_it(shop, tmp_path):
    outside = put(tmp_path / "outside.png")
    content = f"image,label\n{outside},a\nshop/images/1.png,a\nshop/images/../images/2.png,b\n"
    catalog = opened(shop / "x.csv", content, base=str(tmp_path))
    assert catalog.root == tmp_path
    assert catalog.paths.tolist() == ["outside.png", "shop/images/1.png", "shop/images/2.png"]
    assert [catalog.path(row).is_file() for row in range(3)] == [True] * 3
    with pytest.raises(DataError, match=f"lies outside of {tmp_path}, "):
        opened(shop / "x.csv", "image,label\n../up.png,a\n", base=str(tmp_path))


def test_absolute_paths_within_the_folder_are_used(shop):
    content = f"image,label\n{shop / 'images' / '1.png'},a\nimages/1.png,a\n./images//2.png,a\n"
    catalog = opened(shop / "x.csv", content)
    assert catalog.paths.tolist() == ["images/1.png", "images/2.png"]
    assert catalog.report.counts == {"duplicate": 1}


@pytest.mark.parametrize(("delimiter", "suffix"), [(",", ".csv"), (";", ".csv"), ("\t", ".csv"), ("\t", ".tsv")])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_every_usual_delimiter_and_line_end_is_read(shop, delimiter, suffix, ends):
    lines = ["id|label|note", '1|hat|"a, b; c"', "2|shoe|", ""]
    catalog = opened(shop / f"x{suffix}", ends.join(line.replace("|", delimiter) for line in lines))
    assert catalog.labels.tolist() == ["hat", "shoe"]
    assert catalog.attributes["note"].tolist() == ["a, b; c", ""]


def test_empty_lines_and_unnamed_columns_are_passed_over(shop):
    catalog = opened(shop / "x.csv", "\n,id,label,,\n\n0,1,hat,,\n1,2,shoe,x,y\n\n")
    assert catalog.labels.tolist() == ["hat", "shoe"]
    assert catalog.attributes == {}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
def test_korean_tables_are_read_in_the_encodings_they_come_in(shop, encoding):
    catalog = opened(shop / "x.csv", "image,label,상점\n1,모자,서울\n2,양말,부산\n".encode(encoding))
    assert catalog.labels.tolist() == ["모자", "양말"]
    assert catalog.attributes["상점"].tolist() == ["서울", "부산"]


@pytest.mark.parametrize(("written", "stored"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_hangul_names_are_found_in_either_spelling(shop, written, stored):
    file, listed = (unicodedata.normalize(form, "모자 1.png") for form in (stored, written))
    put(shop / "images" / file)
    catalog = opened(shop / "x.csv", f"image,label\nimages/{listed},a\n")
    assert catalog.paths.tolist() == [f"images/{file}"]
    assert catalog.path(0).is_file()


def test_a_parquet_table_is_read_as_its_values(shop):
    table = pa.table(
        {
            "image": ["1", "2", "3"],
            "label": pa.array([1, None, 3], pa.int64()),
            "split": pa.array(["train", "test", None]).dictionary_encode(),
            "target": pa.array([0.5, None, math.nan], pa.float64()),
            "kids": [True, False, None],
            "pixels": [b"\x89PNG", b"\x89PNG", b"\x89PNG"],
            "boxes": [[1, 2], [3], []],
        }
    )
    pq.write_table(table, shop / "x.parquet")
    catalog = opened(shop / "x.parquet")
    assert catalog.labels.tolist() == ["1", "", "3"]
    assert catalog.splits.tolist() == ["train", "test", ""]
    np.testing.assert_array_equal(catalog.targets[:, 0], np.array([0.5, math.nan, math.nan], np.float32))
    assert {name: column.tolist() for name, column in catalog.attributes.items()} == {"kids": ["True", "False", ""]}


@pytest.mark.parametrize(
    ("labels", "texts"),
    [
        (["001", "1.0", ""], ["001", "1.0", ""]),
        ([1.0, math.nan, 2.5], ["1.0", "", "2.5"]),
        ([1, 2, 3], ["1", "2", "3"]),
    ],
)
def test_labels_in_parquet_stay_what_they_are_and_missing_is_unlabelled(shop, labels, texts):
    pq.write_table(pa.table({"id": ["1", "2", "3"], "label": labels}), shop / "x.parquet")
    assert opened(shop / "x.parquet").labels.tolist() == texts


def test_a_bad_word_in_parquet_is_told_with_its_row(shop):
    pq.write_table(pa.table({"id": ["1", "2"], "label": ["a", "b"], "split": ["train", "tset"]}), shop / "x.parquet")
    with pytest.raises(DataError, match=r"x\.parquet, row 2: split 'tset'"):
        opened(shop / "x.parquet")


def test_objects_in_json_lines_are_named_as_what_they_are(shop):
    rows = '{"image": "1", "label": {"name": "hat"}, "note": "a"}\n{"image": "2", "label": ["hat"], "note": ["b"]}\n'
    said = refusal(shop / "x.jsonl", rows)
    assert said.endswith("its columns are: image, note and, not read, lists, objects or pictures: label.")


def test_pictures_inside_a_parquet_table_are_no_image_column(shop):
    pq.write_table(pa.table({"image": [b"\x89PNG"], "label": ["a"]}), shop / "x.parquet")
    said = r"has no image column .* its columns are: label and, not read, lists, objects or pictures: image\."
    with pytest.raises(DataError, match=said):
        opened(shop / "x.parquet")


@pytest.mark.parametrize("content", [b"", b"no parquet", b"PAR1" + b"\x00" * 50 + b"PAR1"])
def test_a_damaged_parquet_table_is_refused(shop, content):
    assert "x.parquet is not a readable Parquet table" in refusal(shop / "x.parquet", content)


def test_a_table_under_a_name_that_is_no_text_is_read(shop):
    for suffix in (".csv", ".parquet"):
        path = shop / (os.fsdecode(b"\xff") + suffix)
        if suffix == ".csv":
            path.write_text("id,label\n1,a\n")
        else:
            pq.write_table(pa.table({"id": ["1"], "label": ["a"]}), shop / "plain.parquet")
            (shop / "plain.parquet").rename(path)
        assert opened(path).labels.tolist() == ["a"]


def test_a_table_that_cannot_be_read_is_refused(shop):
    (shop / "x.csv").mkdir()
    with pytest.raises(DataError, match=r"x\.csv is a folder, not a regular file; expected a table: save"):
        opened(shop / "x.csv")
    with pytest.raises(DataError, match=r"gone\.csv cannot be read \(No such file or directory\)"):
        opened(shop / "gone.csv")


def test_class_names_of_numbers_are_those_of_the_parquet_schema(shop):
    features = {
        "image": {"dtype": "string", "_type": "Value"},
        "label": {"names": ["cat", "dog"], "_type": "ClassLabel"},
    }
    table = pa.table({"image": ["1", "2", "3", "4"], "label": [1, 0, -1, None]})
    table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, shop / "x.parquet")
    assert opened(shop / "x.parquet").labels.tolist() == ["dog", "cat", "", ""]
    table = table.replace_schema_metadata({"huggingface": "{broken"})
    pq.write_table(table, shop / "x.parquet")
    assert opened(shop / "x.parquet").labels.tolist() == ["1", "0", "-1", ""]


def test_pictures_inside_a_parquet_table_are_said_with_the_way_on(shop):
    picture = pa.array([{"bytes": b"\x89PNG", "path": "1.png"}])
    pq.write_table(pa.table({"image": picture, "label": [1]}), shop / "x.parquet")
    with pytest.raises(DataError, match=r"Pictures need files of their own, row\['image'\]\.save"):
        opened(shop / "x.parquet")


def test_a_parquet_table_that_promises_more_rows_than_memory_holds_is_refused_unread(shop, monkeypatch):
    monkeypatch.setattr(manifest_table, "MOST_ROWS", 2)
    pq.write_table(pa.table({"image": ["1", "2", "3"]}), shop / "x.parquet")
    with pytest.raises(DataError, match="promises 3 rows; expected at most 2"):
        opened(shop / "x.parquet")


def test_what_was_said_of_folders_is_said_to_be_unused_where_the_table_tells_all(shop):
    content = "id,label,split\n1,a,train\n2,b,test\n"
    assert opened(shop / "x.csv", content, folders=("images=train",)).report.notices == (
        Message("folders-said-unused"),
    )
    with pytest.raises(DataError, match="The folder 'more' was explained, but no image lies in one of that name"):
        opened(shop / "x.csv", "id,label\n1,a\n2,b\n", folders=("more=train",))


def test_classes_from_folders_that_look_like_splits_are_asked_about(tmp_path):
    holders = ("train_clean/a", "train_noisy/b", "test/a")
    for holder in holders:
        put(tmp_path / holder / "1.png")
    (tmp_path / "x.csv").write_text("image\n" + "".join(f"{holder}/1.png\n" for holder in holders))
    with pytest.raises(DataError) as caught:
        opened(tmp_path / "x.csv")
    assert '--folder "train_clean=train"' in caught.value.on_command_line
    said = DataSource(str(tmp_path / "x.csv"), folders=("train_clean=train", "train_noisy=train"))
    catalog = read_manifest(said, Reporter())
    assert catalog.labels.tolist() == ["a", "b", "a"]
    assert catalog.splits.tolist() == ["train", "train", "test"]
