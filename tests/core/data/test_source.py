from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from core.data.source import DataSource, add_data_arguments, source_from_arguments


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
    ],
)
def test_the_arguments_of_a_source_make_it_again(source):
    assert source_from_arguments(parsed(*source.arguments())) == source


def test_a_source_goes_through_json():
    source = DataSource("/data", label_column="label", exclude_labels=("a", "b"))
    values = source.as_dict()
    values["exclude_labels"] = [*values["exclude_labels"]]
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
