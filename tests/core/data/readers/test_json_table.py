from __future__ import annotations

import json

import pytest

from core.data.catalog_opening import open_catalog
from core.data.source import DataSource
from core.errors import DataError
from tests.core.data.pictures import put


@pytest.fixture
def folder(tmp_path):
    for name in ("1.png", "2.png"):
        put(tmp_path / "set" / name)
    return tmp_path / "set"


def opened(folder, values):
    (folder / "list.json").write_text(values if isinstance(values, str) else json.dumps(values))
    return open_catalog(DataSource(str(folder / "list.json")))


@pytest.mark.parametrize(
    "values",
    [
        [{"image": "1.png", "label": "001"}, {"image": "2.png", "label": 1.0}],
        {"data": [{"image": "1.png", "label": "001"}, {"image": "2.png", "label": 1.0}]},
        {"1.png": "001", "2.png": 1.0},
        {"1.png": {"label": "001"}, "2.png": {"label": 1.0}},
        {"image": ["1.png", "2.png"], "label": ["001", 1.0]},
        {"image": {"0": "1.png", "1": "2.png"}, "label": {"0": "001", "1": 1.0}},
        [["1.png", "001"], ["2.png", 1.0]],
        {"001": ["1.png"], "1.0": ["2.png"]},
        {"0": {"image": "1.png", "label": "001"}, "1": {"image": "2.png", "label": 1.0}},
        '{"image": "1.png", "label": "001"}\n{"image": "2.png", "label": 1.0}\n',
    ],
)
def test_plain_json_is_a_table(folder, values):
    catalog = opened(folder, values)
    assert catalog.paths.tolist() == ["1.png", "2.png"] and catalog.labels.tolist() == ["001", "1.0"]


@pytest.mark.parametrize(
    "parts",
    [
        ([{"image": "1.png", "label": "a"}], [{"image": "2.png", "label": "b"}]),
        ({"1.png": "a"}, {"2.png": "b"}),
        ([["1.png", "a"]], [["2.png", "b"]]),
    ],
)
def test_a_table_for_each_split_is_one_table(folder, parts):
    catalog = opened(folder, {"train_set": parts[0], "test": parts[1]})
    assert catalog.splits.tolist() == ["train", "test"] and catalog.labels.tolist() == ["a", "b"]


def test_names_alone_for_each_split_are_no_classes(folder):
    for name in ("a/3.png", "b/4.png"):
        put(folder / name)
    catalog = opened(folder, {"train": ["a/3.png"], "test": ["b/4.png"]})
    assert catalog.splits.tolist() == ["train", "test"] and catalog.labels.tolist() == ["a", "b"]


def test_a_list_of_records_in_jsonl_is_read_as_json(folder):
    (folder / "x.jsonl").write_text('[{"image": "1.png", "label": "a"},\n {"image": "2.png", "label": "b"}]')
    assert open_catalog(DataSource(str(folder / "x.jsonl"))).labels.tolist() == ["a", "b"]


def test_a_record_without_a_class_is_unlabelled(folder):
    catalog = opened(folder, [{"image": "1.png", "label": "a"}, {"image": "2.png", "label": None}])
    assert catalog.labels.tolist() == ["a", ""]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"images": [], "annotations": [], "categories": []}, r"file of annotations \(COCO, iNaturalist\)"),
        ({"version": 1}, "is no table; expected a list of records"),
        ([1, 2], "is no table; expected a list of records"),
        ([], "is no table; expected a list of records"),
        ("{", "is not readable JSON"),
        ("[" * 100_000, "is not readable JSON"),
        ([{"a": 1}], "has no image column"),
    ],
)
def test_what_is_no_table_is_said(folder, values, message):
    with pytest.raises(DataError, match=message) as caught:
        opened(folder, values)
    assert len(str(caught.value)) < 700
