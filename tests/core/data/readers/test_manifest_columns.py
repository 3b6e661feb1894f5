from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from core.data.catalog import Catalog
from core.data.readers.manifest_errors import ColumnMeaningError, MissingColumnError
from core.data.readers.manifest_reader import read_manifest
from core.data.source import DataSource
from core.errors import DataError
from core.progress import Reporter
from core.remedies import on_command_line
from tests.core.data.pictures import put


@pytest.fixture
def folder(tmp_path) -> Path:
    for number in range(1, 7):
        put(tmp_path / f"{number}.png")
    return tmp_path


def opened(folder: Path, content: str, **options) -> Catalog:
    (folder / "x.csv").write_text(content, encoding="utf-8")
    return read_manifest(DataSource(str(folder / "x.csv"), **options), Reporter())


@pytest.mark.parametrize(
    "name", ["image_name", "Image Name", "ImageName", "img_path", "File-Path", "filenames", "Image"]
)
def test_the_image_column_is_known_in_any_spelling(folder, name):
    assert opened(folder, f"{name},label\n1,a\n2.png,b\n").paths.tolist() == ["1.png", "2.png"]


def test_an_id_that_images_share_is_the_class_where_nothing_else_is(folder):
    catalog = opened(folder, "Image,Id\n1.png,whale\n2.png,whale\n3.png,orca\n")
    assert catalog.classes == ("orca", "whale")
    assert "The classes are those of column 'Id'" in catalog.report.notices[0]
    with pytest.raises(MissingColumnError, match="has no label column"):
        opened(folder, "Image,Id\n1.png,1\n2.png,2\n")


def test_the_class_of_fiftyones_export_is_known(folder):
    content = "filepath,tags,ground_truth.label,uniqueness\n1.png,validation,cat,0.5\n2.png,validation,dog,0.5\n"
    assert opened(folder, content).classes == ("cat", "dog")


def test_a_missing_class_column_is_asked_for_with_one_that_may_be_it(folder):
    with pytest.raises(MissingColumnError, match="its columns are: image, note, my breed") as caught:
        opened(folder, "image,note,my breed\n1,x,pug\n2,y,pug\n3,z,tit\n4,w,tit\n")
    assert caught.value.on_command_line.endswith(" --label-column 'my breed' names it.")
    assert caught.value.in_window.endswith(" Reading options… names it.")
    assert caught.value.meaning == "label" and caught.value.columns == ("image", "note", "my breed")


class TestTarget:
    NUMBERED = "image,target,age\n1,0,30\n2,1,40\n3,1,50\n"

    def test_whole_numbers_without_another_class_are_asked_about(self, folder):
        with pytest.raises(ColumnMeaningError, match="may be the class or a continuous target") as caught:
            opened(folder, self.NUMBERED)
        asked = caught.value
        assert (asked.meaning, asked.column, asked.values) == ("target", "target", {"0": 1, "1": 2})
        assert "--label-column target says" in asked.on_command_line
        assert "--target-column target" in asked.on_command_line

    def test_both_answers_work(self, folder):
        as_class = opened(folder, self.NUMBERED, label_column="target")
        assert as_class.classes == ("0", "1") and as_class.targets is None
        as_target = opened(folder, self.NUMBERED, target_columns=("target",))
        assert as_target.target_names == ("target",) and as_target.classes == ()

    def test_words_are_the_class(self, folder):
        assert opened(folder, "image,target\n1,cat\n2,dog\n").classes == ("cat", "dog")

    def test_beside_a_class_and_as_a_fraction_it_is_continuous(self, folder):
        assert opened(folder, "image,label,target\n1,a,0\n2,b,1\n").target_names == ("target",)
        assert opened(folder, "image,target\n1,0.25\n2,1\n").target_names == ("target",)


class TestSplit:
    @pytest.mark.parametrize(
        ("column", "cells", "splits"),
        [
            ("partition", ("0", "1", "2"), ["train", "val", "test"]),
            ("Partition", ("0", "0", "2"), ["train", "train", "test"]),
            ("split", ("trainval", "TrainVal", "test"), ["train", "train", "test"]),
            ("split", ("train_set", "holdout", "hold-out"), ["train", "test", "test"]),
            ("Usage", ("Training", "PublicTest", "PrivateTest"), ["train", "val", "test"]),
            ("split", ("train", "query", "index"), ["train", "test", "test"]),
            ("split", ("train", "unlabeled", "test"), ["train", "", "test"]),
            ("is_train", ("1", "0", "True"), ["train", "test", "train"]),
            ("is_test", ("no", "yes", "no"), ["train", "test", "train"]),
            ("is_valid", ("False", "True", "False"), ["train", "val", "train"]),
            ("training", ("1", "0", "1"), ["train", "test", "train"]),
            ("phase", ("train", "val", "test"), ["train", "val", "test"]),
        ],
    )
    def test_usual_ways_to_say_it_are_understood(self, folder, column, cells, splits):
        rows = "".join(f"{number},{'ab'[number % 2]},{cell}\n" for number, cell in enumerate(cells, 1))
        assert opened(folder, f"image,label,{column}\n{rows}").splits.tolist() == splits

    @pytest.mark.parametrize(
        ("column", "cells"), [("split", "0 1 2"), ("partition", "0 1 1"), ("split", "tset train a")]
    )
    def test_what_is_not_understood_is_asked_about_and_can_be_set_aside(self, folder, column, cells):
        content = f"image,label,{column}\n" + "".join(
            f"{n},{n % 2},{cell}\n" for n, cell in enumerate(cells.split(), 1)
        )
        with pytest.raises(ColumnMeaningError) as caught:
            opened(folder, content)
        assert (caught.value.meaning, caught.value.column) == ("split", column)
        assert f"--ignore-column {column} sets the column aside" in caught.value.on_command_line
        assert caught.value.values == dict(sorted(Counter(cells.split()).items()))
        catalog = opened(folder, content, ignore_columns=(column,))
        assert catalog.attributes[column].tolist() == cells.split()
        assert catalog.splits.tolist() == ["test", "train", "test"]

    def test_a_column_set_that_is_none_is_kept_and_said(self, folder):
        catalog = opened(folder, "image,label,set\n1,a,summer\n2,b,winter\n")
        assert catalog.attributes["set"].tolist() == ["summer", "winter"]
        assert catalog.report.notices[0].startswith("Column 'set' divides nothing: its values (summer, winter)")

    def test_a_column_set_that_is_half_one_is_asked_about(self, folder):
        with pytest.raises(ColumnMeaningError, match="split 'winter' in column 'set'"):
            opened(folder, "image,label,set\n1,a,train\n2,b,winter\n")

    NUMBERED = "image,label,split\n1,a,0\n2,b,1\n3,a,0\n4,b,2\n"

    def test_what_is_asked_about_names_each_value_its_number_and_a_proposal_that_works(self, folder):
        with pytest.raises(ColumnMeaningError, match=r"\(0: 2, 1: 1, 2: 1\)") as caught:
            opened(folder, self.NUMBERED)
        assert caught.value.values == {"0": 2, "1": 1, "2": 1}
        assert "--split-values 0=train,1=val,2=test says what each value means" in caught.value.on_command_line
        assert "Reading options… says what each value means" in caught.value.in_window
        catalog = opened(folder, self.NUMBERED, split_values=("0=train", "1=val", "2=test"))
        assert catalog.splits.tolist() == ["train", "val", "train", "test"]

    @pytest.mark.parametrize(
        ("values", "splits", "roles"),
        [
            ("0=test 1=train 2=train", "test train test train", "- - - -"),
            ("0=query 1=gallery 2=both", "test test test test", "query gallery query query&gallery"),
            ("0=train 1=none 2=test", "train - train test", "- - - -"),
        ],
    )
    def test_each_value_means_what_was_said(self, folder, values, splits, roles):
        catalog = opened(folder, self.NUMBERED, split_values=tuple(values.split()))
        assert [split or "-" for split in catalog.splits] == splits.split()
        assert [role.replace(" ", "") or "-" for role in catalog.roles] == roles.split()

    def test_a_value_to_be_skipped_leaves_its_rows_out_and_they_are_counted(self, folder):
        content = self.NUMBERED.replace("label", "label,target").replace("a,", "a,1,").replace("b,", "b,2,")
        catalog = opened(folder, content, split_values=("0=train", "1=skip", "2=test"))
        assert catalog.paths.tolist() == ["1.png", "3.png", "4.png"]
        assert catalog.targets[:, 0].tolist() == [1, 1, 2]
        assert "1 is left out as asked (first: 2)." in catalog.report.sentences

    def test_words_keep_their_meaning_beside_what_was_said(self, folder):
        content = "image,label,subset\n1,a,train\n2,b,winter\n3,b,\n"
        assert opened(folder, content, split_values=("winter=test",)).splits.tolist() == ["train", "test", ""]

    def test_any_column_divides_once_its_values_are_said(self, folder):
        content = "image,label,kind\n1,a,x\n2,b,y\n"
        chosen = {"split_column": "kind", "split_values": ("x=train", "y=test")}
        assert opened(folder, content, **chosen).splits.tolist() == ["train", "test"]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (NUMBERED, "The value '7' was explained, but in .* the column 'split' has none such"),
            ("image,label\n1,a\n2,b\n", "The value '0' was explained, but .* has no column of splits or roles"),
        ],
    )
    def test_a_value_that_no_column_has_is_refused(self, folder, content, message):
        with pytest.raises(DataError, match=message):
            opened(folder, content, split_values=("0=train", "1=train", "2=test", "7=test"))

    def test_folds_that_are_kept_as_an_attribute_are_said_with_the_way_to_use_them(self, folder):
        content = "image,label,fold\n1,a,0\n2,b,1\n3,c,2\n"
        catalog = opened(folder, content)
        assert catalog.attributes["fold"].tolist() == ["0", "1", "2"]
        (notice,) = catalog.report.notices
        assert notice.startswith("Column 'fold' looks like 3 folds of a cross-validation")
        option = "--split-column fold --split-values 0=test,1=train,2=train"
        assert on_command_line(notice).endswith(f" {option} divides by it.")
        used = opened(folder, content, split_column="fold", split_values=("0=test", "1=train", "2=train"))
        assert used.splits.tolist() == ["test", "train", "train"] and not used.report.notices
        assert not opened(folder, content, ignore_columns=("fold",)).report.notices
        assert not opened(folder, content.replace("1,a,0", "1,a,half")).report.notices

    def test_two_columns_that_contradict_each_other_are_refused(self, folder):
        content = "image,label,is_train,is_test\n1,a,1,0\n2,b,1,1\n"
        with pytest.raises(DataError, match=r"line 3: .*'is_train' and 'is_test' put it into test and train"):
            opened(folder, content)
        assert len(opened(folder, content, ignore_columns=("is_test",))) == 2


class TestBoxes:
    @pytest.mark.parametrize(
        ("columns", "cells"), [("bbox", '"[0, 0, 4, 4]"'), ("x,y,w,h", "0,0,4,4"), ("X,Y,Width,Height", "0,0,4,4")]
    )
    def test_boxes_in_a_form_that_is_not_read_are_said(self, folder, columns, cells):
        content = f"image,label,{columns}\n1,a,{cells}\n2,b,{cells}\n"
        catalog = opened(folder, content)
        (notice,) = (each for each in catalog.report.notices if "bounding boxes" in each)
        assert "the whole pictures are used" in notice and catalog.boxes is None and len(notice) < 300
        aside = opened(folder, content, ignore_columns=(columns.partition(",")[0],))
        assert not any("bounding boxes" in each for each in aside.report.notices)

    def test_boxes_that_are_read_are_not_said_to_be_unread(self, folder):
        catalog = opened(folder, "image,label,bbox,x1,y1,x2,y2\n1,a,-,0,0,4,4\n2,b,-,0,0,4,4\n")
        assert catalog.boxes is not None and not any("bounding boxes" in each for each in catalog.report.notices)


class TestRoles:
    def test_images_may_be_query_and_gallery(self, folder):
        content = "image,label,split,is_query,is_gallery\n1,a,test,1,1\n2,a,test,0,1\n3,a,test,1,0\n"
        assert opened(folder, content).roles.tolist() == ["query & gallery", "gallery", "query"]

    @pytest.mark.parametrize(
        ("column", "role", "other"), [("is_query", "query", "gallery"), ("is_gallery", "gallery", "query")]
    )
    def test_where_one_column_of_roles_is_alone_what_is_not_the_one_is_the_other(self, folder, column, role, other):
        content = f"image,label,split,{column}\n1,a,test,1\n2,a,test,0\n3,b,train,0\n"
        assert opened(folder, content).roles.tolist() == [role, other, ""]

    @pytest.mark.parametrize("both", ["both", "query & gallery", '"query,gallery"', "Query+Gallery"])
    def test_a_role_may_be_both(self, folder, both):
        content = f"image,label,role\n1,a,{both}\n2,a,gallery\n3,a,query\n"
        assert opened(folder, content).roles.tolist() == ["query & gallery", "gallery", "query"]

    def test_a_role_that_is_none_can_be_set_aside(self, folder):
        content = "image,label,role\n1,a,boss\n2,b,clerk\n"
        with pytest.raises(ColumnMeaningError) as caught:
            opened(folder, content)
        assert "--ignore-column role sets" in caught.value.on_command_line
        assert opened(folder, content, ignore_columns=("role",)).roles.tolist() == ["", ""]
        assert "--split-values boss=gallery,clerk=query says" in caught.value.on_command_line
        message = opened(folder, content, split_values=("boss=query", "clerk=gallery"))
        assert message.roles.tolist() == ["query", "gallery"] and message.splits.tolist() == ["test", "test"]


class TestDecimalCommas:
    def test_numbers_of_a_table_with_semicolons(self, folder):
        content = "image;label;target_w;target_s\n1;a;0,05;1.234,5\n2;b;1;2.234\n3;b;;1 234,5\n"
        catalog = opened(folder, content)
        expected = np.array([[0.05, 1234.5], [1, 2234], [np.nan, 1234.5]], np.float32)
        np.testing.assert_allclose(catalog.targets, expected)
        assert "'target_w' have a decimal comma: '0,05' is read as 0.05" in catalog.report.notices[0]

    def test_boxes_too(self, folder):
        catalog = opened(folder, "image;label;x1;y1;x2;y2\n1;a;1,5;2,5;3,2;4\n")
        assert catalog.boxes is not None and catalog.boxes.tolist() == [[1, 2, 4, 4]]

    def test_what_may_be_thousands_is_refused(self, folder):
        with pytest.raises(DataError, match=r"'1,234' in column 'target_w' is no number \(is the comma decimal"):
            opened(folder, 'image,label,target_w\n1,a,"1,234"\n2,b,"5,678"\n')
        assert opened(folder, 'image,label,target_w\n1,a,"1,23"\n').targets.tolist() == [[np.float32(1.23)]]


def test_the_numbers_of_an_embedding_are_no_attributes(folder):
    names = [f"embedding_{number}" for number in range(20)]
    catalog = opened(folder, f"filenames,{','.join(names)},labels\n1.png,{','.join('0' * 20)},a\n")
    assert [*catalog.attributes] == [] and catalog.classes == ("a",)
    assert "embedding_0, embedding_1, ..." in catalog.report.notices[0]


def test_no_sentence_is_long_however_many_columns_there_are(folder):
    names = [f"column_{number}_{'x' * 60}" for number in range(500)]
    row = ",".join(f"v{'y' * 300}{number}" for number in range(500))
    for options in ({}, {"label_column": names[0]}, {"split_column": "gone"}, {"image_column": names[0]}):
        with pytest.raises(DataError) as caught:
            opened(folder, f"{','.join(names)}\n{row}\n", **options)
        assert len(str(caught.value)) <= 700
