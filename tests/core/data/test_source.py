from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from core.data.source import DataSource, add_data_arguments, source_from_arguments
from core.errors import DataError


def parsed(*words: str, required: bool = True) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_data_arguments(parser, required=required)
    return parser.parse_args(words)


@pytest.mark.parametrize(
    "source",
    [
        DataSource("demo"),
        DataSource("/data/shop"),
        DataSource("/data/-x.csv", "-image", "label", "fold", "part", ("Not sure", "-1", "", "--data", "양말")),
        DataSource("/data/x.csv", base="/data/-all images"),
        DataSource("/data", folders=("a=b=train", "extra=skip"), divide_by_class=0.3, divide_seed=7),
        DataSource("/data/x.csv", target_columns=("-age", "양말"), ignore_columns=("set",), encoding="gb18030"),
        DataSource("/data/x.csv", split_column="fold", split_values=("0=test", "a,b=train", "c=d=skip", "-1=none")),
    ],
)
def test_the_arguments_of_a_source_make_it_again(source):
    assert source_from_arguments(parsed(*source.arguments())) == source


def test_a_source_goes_through_json():
    source = DataSource("/data", label_column="label", exclude_labels=("a", "b"), split_values=("0=train",))
    values = source.as_dict()
    values |= {name: [*values[name]] for name in ("exclude_labels", "split_values")}
    assert DataSource.from_dict({**values, "from_a_newer_version": 1}) == source


def test_a_location_is_made_absolute_for_other_folders_to_find(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/someone")
    assert source_from_arguments(parsed("--data", "shop/images.csv")).location == str(tmp_path / "shop" / "images.csv")
    assert source_from_arguments(parsed("--data", "~/shop")).location == str(Path("/home/someone/shop"))
    assert source_from_arguments(parsed("--data", "./demo")).location == str(tmp_path / "demo")
    assert source_from_arguments(parsed("--data", "demo")).location == "demo"
    assert source_from_arguments(parsed("--data", "")).location == ""


def test_data_may_be_left_out_only_where_it_may():
    assert parsed(required=False).data is None
    with pytest.raises((argparse.ArgumentError, SystemExit)):
        parsed()


def test_what_a_folder_stands_for_may_be_said_and_keeps_its_equals_signs():
    assert DataSource("/data", folders=("a=b=Train", "extra = skip")).folder_meanings == {
        "a=b": "train",
        "extra": "skip",
    }


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"divide_by_class": 0.0}, "share of the classes to train on is 0.0; expected a number above"),
        ({"divide_by_class": 1}, "to train on is 1;"),
        ({"divide_by_class": float("nan")}, "train on is nan"),
        ({"divide_by_class": "half"}, "train on is half"),
        ({"divide_seed": -1}, "The seed of the division by class is -1; expected a whole number"),
        ({"folders": ("extra",)}, "A folder is explained as 'extra'; expected NAME=MEANING"),
        ({"split_values": ("0",)}, "explained as '0'; expected VALUE=MEANING"),
        ({"split_values": ("=train",)}, "explained as '=train'"),
        ({"split_values": ("0=learn",)}, "one of train, val, test, query, gallery, both, none, skip"),
        ({"folders": ("extra=learn",)}, "one of train, val, test, query, gallery, class, none, skip"),
    ],
)
def test_what_makes_no_sense_is_refused(values, words):
    with pytest.raises(DataError, match=words):
        DataSource("/data", **values)


def test_values_of_splits_are_said_in_one_option_or_several():
    source = source_from_arguments(
        parsed("--data=x.csv", "--split-values=0=Train, 1 = test", "--split-values=x,y=skip")
    )
    assert source.value_meanings == {"0": "train", "1": "test", "x,y": "skip"}
    with pytest.raises(DataError, match="explained as '1'; expected VALUE=MEANING"):
        source_from_arguments(parsed("--data=x.csv", "--split-values=0=train,1"))


@pytest.mark.parametrize("encoding", ["klingon", "base64", "rot13", "utf-8\0"])
def test_an_encoding_that_is_none_is_refused(encoding):
    with pytest.raises(DataError, match=r"The encoding is '.*'; expected an encoding's name, such as utf-8"):
        DataSource("/data/x.csv", encoding=encoding)


def test_a_seed_without_a_division_by_class_is_refused_instead_of_unused():
    with pytest.raises(
        DataError, match=r"A seed \(4\) draws the classes of a division by class, and no share"
    ) as caught:
        source_from_arguments(parsed("--data=x.csv", "--divide-seed=4"))
    assert "--divide-by-class 0.5 makes half" in caught.value.on_command_line
