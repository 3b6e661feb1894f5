from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.data.catalog import Catalog
from core.data.readers.labels_json_reader import read_labels_json
from core.data.source import DataSource
from core.errors import DataError
from core.progress import Reporter
from tests.core.data.pictures import put


def opened(folder: Path, content: object) -> Catalog:
    (folder / "labels.json").write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_labels_json(DataSource(str(folder / "labels.json")), Reporter())


@pytest.fixture
def folder(tmp_path) -> Path:
    for name in ("1.png", "2.jpg", "more/3.png", "4.png", "5.png"):
        put(tmp_path / "things" / "data" / name)
    return tmp_path / "things"


def test_every_form_of_a_class_is_understood(folder):
    labels = {"1": 1, "2": "shoe", "more/3": {"label": "hat", "confidence": 0.5}, "4.png": None, "gone": 0}
    catalog = opened(folder, {"classes": ["hat", "shoe"], "labels": labels})
    assert (catalog.name, catalog.root) == ("things", folder / "data")
    assert dict(zip(catalog.paths.tolist(), catalog.labels.tolist(), strict=True)) == {
        "1.png": "shoe",
        "2.jpg": "shoe",
        "4.png": "",
        "5.png": "",
        "more/3.png": "hat",
    }
    assert catalog.report.counts == {"unlabelled": 2, "missing": 1}
    assert catalog.report.offenders["missing"] == ["gone"]


@pytest.mark.parametrize(("encoding", "assumed"), [("utf-16", False), ("utf-32", False), ("cp949", True)])
def test_other_encodings_are_told(folder, encoding, assumed):
    put(folder / "data" / "모자.png")
    text = json.dumps({"classes": ["신발"], "labels": {"모자": 0, "1": "모자"}}, ensure_ascii=False)
    (folder / "labels.json").write_text(text, encoding=encoding)
    catalog = read_labels_json(DataSource(str(folder / "labels.json")), Reporter())
    assert dict(zip(catalog.paths.tolist(), catalog.labels.tolist(), strict=True))["모자.png"] == "신발"
    assert any("labels.json is read as cp949" in message for message in catalog.report.notices) == assumed


def test_a_byte_order_mark_is_passed_over(folder):
    catalog = opened(folder, '\ufeff{"classes": ["hat", "shoe"], "labels": {"1": 1}}')
    assert catalog.labels[0] == "shoe"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "labels.json is not readable JSON"),
        ([], "labels.json has no 'labels' of pictures"),
        ({"labels": ["a"]}, "labels.json has no 'labels' of pictures"),
        ({"classes": "ab", "labels": {}}, "'classes' is a str; expected a list of names or null"),
        ({"classes": ["a"], "labels": {"1": 1}}, "1 has the class 1; expected a name or a number from 0 to 0"),
        ({"labels": {"1": 0}}, "1 has the class 0; expected a name or 'classes' that its number stands for"),
        ({"classes": ["a"], "labels": {"1": -1}}, "1 has the class -1"),
        ({"classes": ["a"], "labels": {"1": True}}, "1 has the class True"),
        ({"classes": ["a"], "labels": {"1": [0]}}, r"1 has the class \[0\]"),
    ],
)
def test_what_makes_no_sense_is_refused(folder, content, message):
    with pytest.raises(DataError, match=message):
        opened(folder, content)
