from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from core.data.catalog_opening import open_catalog
from core.data.source import DataSource
from core.errors import DataError
from tests.core.data.pictures import put


def export(root: Path, samples: object) -> DataSource:
    root.mkdir(exist_ok=True)
    (root / "metadata.json").write_text("{}")
    (root / "samples.json").write_text(json.dumps({"samples": samples}))
    return DataSource(str(root))


def sample(file: str, label: str, *tags: str) -> dict[str, object]:
    field = {"_cls": "Classification", "label": label}
    return {"filepath": file, "tags": list(tags), "other": {"_cls": "Detection", "label": "x"}, "ground_truth": field}


def test_classes_are_the_labels_and_tags_the_splits(tmp_path):
    for name in ("1", "2", "3"):
        put(tmp_path / "data" / f"{name}.png")
    samples = [
        sample("data/1.png", "cat", "sun", "train"),
        sample("data/2.png", "dog", "test"),
        {"filepath": "data/3.png"},
    ]
    catalog = open_catalog(export(tmp_path, samples))
    assert catalog.labels.tolist() == ["cat", "dog", ""]
    assert catalog.splits.tolist() == ["train", "test", ""]


def test_labels_that_are_no_classes_are_said(tmp_path):
    put(tmp_path / "data" / "1.png")
    boxes = {"_cls": "Detections", "detections": [{"label": "cat"}]}
    catalog = open_catalog(export(tmp_path, [{"filepath": "data/1.png", "ground_truth": boxes}]))
    assert catalog.classes == () and catalog.report.notices[0].startswith("The labels are Detections, of which a")
    with pytest.raises(DataError, match="lists no samples"):
        open_catalog(export(tmp_path, []))


def test_the_encoding_is_told_or_named(tmp_path):
    put(tmp_path / "data" / "1.png")
    source = export(tmp_path, [])
    text = json.dumps({"samples": [sample("data/1.png", "고양이")]}, ensure_ascii=False)
    (tmp_path / "samples.json").write_text(text, encoding="utf-16")
    assert open_catalog(source).classes == ("고양이",)
    (tmp_path / "samples.json").write_text(text, encoding="cp949")
    assert open_catalog(dataclasses.replace(source, encoding="cp949")).classes == ("고양이",)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([sample("/home/x/1.png", "cat")], "sample 1: /home/x/1.png lies outside of the folder"),
        ([sample("../1.png", "cat")], "lies outside"),
        ([{"tags": []}], "sample 1 has no 'filepath'"),
        ([3], "sample 1 has no 'filepath'"),
        ({"a": 1}, "has no list of 'samples'"),
    ],
)
def test_what_is_no_sample_is_refused_with_its_number(tmp_path, samples, message):
    with pytest.raises(DataError) as caught:
        open_catalog(export(tmp_path, samples))
    assert message in str(caught.value)
