"""What is told of a protocol: nothing of its fields is left out, and the sentence is the one that papers know."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace

import pytest

from core.data.class_division import SharedClasses
from core.retrieval.collapse import Spread
from core.retrieval.protocol import ProtocolFields
from core.retrieval.protocol_wording import describe_protocol

PLAIN = ProtocolFields("leave-one-out", "cosine", 48, 0, 50, True)
ROLES = replace(PLAIN, kind="query to gallery", self_excluded=False)
EQUAL = Spread(48, 0.0, 1, 0, (), "cosine")
SAID = [
    (PLAIN, {}, "leave-one-out, cosine similarity, 48 queries, self excluded by row"),
    (ROLES, {}, "query to gallery, cosine similarity, 48 queries, 50 gallery images"),
    (ROLES, {"self_excluded": True}, "50 gallery images, self excluded by row"),
    (PLAIN, {"queries": 1}, "1 query, self"),
    (ROLES, {"gallery": 1}, "1 gallery image"),
    (PLAIN, {"distance": "euclidean"}, "Euclidean distance of the embeddings as they are"),
    (PLAIN, {"split": "test"}, "leave-one-out on split test, cosine"),
    (PLAIN, {"not_measured": 2}, ", 2 queries without another image of their class not measured"),
    (PLAIN, {"unlabelled": 3}, ", 3 unlabelled images in the gallery"),
    (PLAIN, {"without_target": 1}, ", 1 image without targets left out"),
    (PLAIN, {"spread": EQUAL}, "collapsed: all 48 vectors are equal; leave-one-out"),
    (PLAIN, {"origin": "2 of 50 rows have no vector"}, "by row; 2 of 50 rows have no vector"),
    (PLAIN, {"shared_classes": SharedClasses(("val",), 3, 9)}, ", train and val share 3 of 9 classes: known classes"),
    (PLAIN, {"trained_on": "birds"}, ", trained on other data, another division or other files (birds)"),
]


@pytest.mark.parametrize(("given", "changes", "said"), SAID)
def test_every_field_is_said(given, changes, said):
    assert said in describe_protocol(replace(given, **changes))


def test_no_field_is_forgotten():
    assert {name for _, changes, _ in SAID for name in changes} | {"kind"} == {item.name for item in fields(PLAIN)}


def test_fields_come_back_from_json_as_they_went():
    told = replace(PLAIN, spread=Spread(48, 0.5, 48, 1, ("3.png",), "euclidean"), split="val")
    assert ProtocolFields.from_json(json.loads(json.dumps(asdict(told)))) == told


def test_a_narrow_place_has_dots_between_parts_and_leaves_names_as_they_are():
    told = describe_protocol(replace(PLAIN, split="shoes, red", trained_on="a, b"), with_dots=True)
    parts = told.split(" · ")
    assert parts[:2] == ["leave-one-out on split shoes, red", "cosine similarity"]
    assert len(parts) == 5 and "(a, b)" in parts[-1]
