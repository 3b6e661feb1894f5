from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import paths
from core.data.catalog import Catalog, OpeningReport, natural_key, natural_order, stamp_of, texts
from core.errors import DataError
from tests.core.data.pictures import put


def catalog_of(root: Path = Path("/data"), **columns) -> Catalog:
    """Six images: two of class a2, two of a10, one of b, one without a class."""
    given = {
        "paths": [f"{number}.png" for number in range(6)],
        "labels": ["a10", "a2", "b", "", "a2", "a10"],
        "splits": ["train", "test", "test", "", "test", "train"],
        "roles": ["", "query", "gallery", "", "gallery", ""],
        "stamps": [f"10-{number}" for number in range(6)],
    }
    return Catalog(name="six", root=root, **{name: texts(columns.pop(name, given[name])) for name in given}, **columns)


def test_classes_are_in_natural_order_and_unlabelled_is_none():
    catalog = catalog_of()
    assert catalog.classes == ("a2", "a10", "b")
    assert catalog.codes.tolist() == [1, 0, 2, -1, 0, 1]
    assert len(catalog) == 6


def test_labels_stay_the_text_they_are():
    labels = ["1", "1.0", "001", "", " 1", "01"]
    catalog = catalog_of(labels=labels)
    assert catalog.labels.tolist() == labels
    assert len(catalog.classes) == 5
    assert [catalog.classes[code] if code >= 0 else "" for code in catalog.codes] == labels


def test_natural_order_never_depends_on_where_it_starts():
    names = ["1", "01", "001", "a1b", "a01b", "a10"]
    orders = {tuple(sorted(order, key=natural_key)) for order in itertools.permutations(names)}
    assert len(orders) == 1


def test_hangul_sorts_alike_whether_stored_as_syllables_or_as_letters():
    names = ["가방", "각도", "간식 2", "간식 10", "나비", "Café", "Cafeteria"]
    forms = itertools.cycle(("NFC", "NFD"))
    mixed = [unicodedata.normalize(next(forms), name) for name in names]
    found = [unicodedata.normalize("NFC", name) for name in natural_order(mixed)]
    assert found == ["Cafeteria", "Café", "가방", "각도", "간식 2", "간식 10", "나비"]


def test_natural_order_counts_digits_as_numbers():
    names = ["img10", "img9", "img", "Img1", "img1b", "7", "10", "img1", "9" * 6000, "양말2", "양말10"]
    assert sorted(names, key=natural_key) == [
        "7", "10", "9" * 6000, "Img1", "img", "img1", "img1b", "img9", "img10", "양말2", "양말10"
    ]  # fmt: skip


def test_rows_of_a_split_ascend_and_are_the_callers_own():
    catalog = catalog_of()
    rows = catalog.rows("test")
    assert rows.tolist() == [1, 2, 4] and rows.dtype == np.int64
    rows[:] = 0
    assert catalog.rows("test").tolist() == [1, 2, 4]
    assert catalog.rows().tolist() == [0, 1, 2, 3, 4, 5]
    assert catalog.split_counts() == [("train", 2), ("test", 3)]


def test_an_empty_split_is_refused_with_those_there_are():
    with pytest.raises(DataError, match=r"six has no images in split 'val'; it has: train, test, all\."):
        catalog_of().rows("val")
    with pytest.raises(DataError, match=r"it has: none, all\."):
        catalog_of(splits=[""] * 6).rows("test")


@pytest.mark.parametrize("name", ["labels", "splits", "roles", "stamps"])
def test_columns_of_different_lengths_are_refused(name):
    with pytest.raises(DataError, match=f"six: {name} has 1 entries for 6 images"):
        catalog_of(**{name: [""]})


def test_an_attribute_of_another_length_is_refused():
    with pytest.raises(DataError, match="attribute colour has 2 entries"):
        catalog_of(attributes={"colour": texts(["red", "blue"])})


def test_targets_of_another_shape_are_refused():
    with pytest.raises(DataError, match=r"targets have shape \(6, 2\), expected \(6, 1\)"):
        catalog_of(targets=np.zeros((6, 2), np.float32), target_names=("target_age",))


@pytest.mark.parametrize(("name", "word"), [("splits", "dev"), ("roles", "probe")])
def test_words_that_mean_nothing_are_refused(name, word):
    with pytest.raises(DataError, match=f"six: {name[:-1]} '{word}'; expected"):
        catalog_of(**{name: [word] * 6})


def test_a_catalog_cannot_be_changed():
    catalog = catalog_of(
        targets=np.zeros((6, 1), np.float32), target_names=("target",), attributes={"colour": texts(["red"] * 6)}
    )
    columns = (
        catalog.paths,
        catalog.labels,
        catalog.splits,
        catalog.roles,
        catalog.stamps,
        catalog.attributes["colour"],
    )
    for column in (*columns, catalog.targets):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = column[1]


def test_the_fingerprint_is_the_same_in_every_process():
    script = (
        "from tests.core.data.test_catalog import catalog_of; catalog = catalog_of(); "
        "print(catalog.fingerprint, catalog.classes)"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=paths.PROJECT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert printed == {f"{catalog_of().fingerprint} {catalog_of().classes}\n"}
    assert len(catalog_of().fingerprint) == 16


@pytest.mark.parametrize("name", ["paths", "labels", "splits", "roles", "stamps"])
def test_the_fingerprint_changes_with_every_column_that_matters(name):
    catalog = catalog_of()
    column = getattr(catalog, name).copy()
    column[2] = "train" if name == "splits" else "query" if name == "roles" else "other"
    assert replace(catalog, **{name: column}).fingerprint != catalog.fingerprint


def test_the_fingerprint_changes_with_targets_and_order():
    catalog = catalog_of()
    targets = np.zeros((6, 1), np.float32)
    with_targets = replace(catalog, targets=targets, target_names=("target",))
    others = targets.copy()
    others[0] = np.nan
    other_targets = replace(catalog, targets=others, target_names=("target",))
    turned = catalog_of(**{n: getattr(catalog, n)[::-1] for n in ("paths", "labels", "splits", "roles", "stamps")})
    assert len({c.fingerprint for c in (catalog, with_targets, other_targets, turned)}) == 4


def test_the_fingerprint_tells_neighbouring_texts_apart():
    one = catalog_of(labels=["ab", "c", "", "", "", ""])
    assert one.fingerprint != catalog_of(labels=["a", "bc", "", "", "", ""]).fingerprint
    assert one.fingerprint != catalog_of(labels=['ab", "c', "", "", "", "", ""]).fingerprint


def test_the_fingerprint_is_about_images_not_about_where_they_lie():
    catalog = catalog_of()
    moved = replace(catalog, root=Path("/elsewhere"), name="other", attributes={"colour": texts(["red"] * 6)})
    assert moved.fingerprint == catalog.fingerprint


def test_names_that_are_no_text_have_a_fingerprint_too():
    paths = [os.fsdecode(bytes([255, number])) for number in range(6)]
    others = [os.fsdecode(bytes([254, number])) for number in range(6)]
    assert catalog_of(paths=paths).fingerprint != catalog_of(paths=others).fingerprint


def test_a_row_is_found_by_its_file_under_any_name(tmp_path, monkeypatch):
    files = [put(tmp_path / "data" / f"{number}.png") for number in range(6)]
    (tmp_path / "link").symlink_to("data")
    (tmp_path / "shortcut.png").symlink_to("data/4.png")
    put(tmp_path / "outside.png")
    catalog = catalog_of(tmp_path / "data", stamps=[stamp_of(file.stat()) for file in files])
    assert catalog.path(3) == files[3]
    assert catalog.row_of(files[3]) == 3
    assert catalog.row_of(tmp_path / "data" / ".." / "data" / "3.png") == 3
    assert catalog.row_of(tmp_path / "link" / "2.png") == 2
    assert catalog.row_of(tmp_path / "shortcut.png") == 4
    monkeypatch.chdir(tmp_path / "data")
    assert catalog.row_of(Path("5.png")) == 5
    assert catalog.row_of(tmp_path / "outside.png") is None
    assert catalog.row_of(tmp_path / "gone.png") is None


def test_a_path_may_lead_out_of_the_root(tmp_path):
    outside = put(tmp_path / "outside.png")
    paths = ["../outside.png", str(tmp_path / "x.png"), "2", "3", "4", "5"]
    catalog = catalog_of(tmp_path / "data", paths=paths)
    assert catalog.row_of(outside) == 0
    assert catalog.path(1) == tmp_path / "x.png"


def test_the_report_says_everything_in_order():
    report = OpeningReport(
        listed=1200,
        used=1190,
        counts={"missing": 9, "duplicate": 1, "unreadable": 0},
        offenders={"missing": ["a.png", "b.png"], "duplicate": ["c.png"]},
        split_rule="No split was given.",
    )
    assert report.sentences == (
        "1,190 of 1,200 images are used.",
        "9 have no image file (first: a.png, b.png).",
        "1 lists an image a second time (first: c.png).",
        "No split was given.",
    )


@given(st.lists(st.one_of(st.from_regex(r"[a-z]?[0-9]{1,4}\.png", fullmatch=True), st.text(max_size=8)), unique=True))
def test_the_quick_natural_order_is_the_natural_order(names):
    assert natural_order(names) == sorted(names, key=natural_key)


@given(st.lists(st.text("aB .가0179", max_size=6), unique=True))
def test_natural_order_compares_text_with_text_and_numbers_with_numbers(names):
    def slowly(name):
        parts = [part for part in re.split(r"(\d+)", name) if part]
        return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts]

    found = [slowly(name) for name in sorted(names, key=natural_key)]
    assert found == sorted(found)
