from __future__ import annotations

import argparse
import io
import json
from pathlib import Path

import pytest

from core.commands import datasets
from core.data.official.sources import SOURCES
from core.errors import DataError
from core.progress import JsonLinesReporter, Reporter, TerminalReporter
from tests.core.data.pictures import put


def described(*words: str, reporter: Reporter | None = None) -> None:
    parser = argparse.ArgumentParser()
    datasets.add_arguments(parser)
    datasets.run(parser.parse_args(words), reporter or TerminalReporter(io.StringIO()))


@pytest.fixture
def shop(tmp_path) -> Path:
    for name in ("train/a/1.png", "train/a/2.png", "train/b/1.png", "query/c/1.png", "gallery/c/2.png", "test/3.png"):
        put(tmp_path / "shop" / name)
    (tmp_path / "shop" / "test" / "4.png").write_bytes(b"")
    return tmp_path / "shop"


def test_without_data_it_lists_what_can_be_opened(capsys):
    described()
    lines = capsys.readouterr().out.splitlines()
    kinds = [line.split("  ")[0] for line in lines]
    assert kinds[:3] == ["demo", "FOLDER", "FILE.csv, .tsv, .jsonl, .parquet"]
    assert kinds[3:7] == [
        "CUB_200_2011", "stanford_cars", "Stanford_Online_Products", "In-shop Clothes Retrieval Benchmark"
    ]  # fmt: skip
    assert kinds[7:] == [f"torchvision:{name}" for name in SOURCES]
    assert lines[-1].endswith("(4,997 MB to --download)")


def test_with_data_it_says_what_is_in_it_and_what_is_wrong(shop, capsys):
    described("--data", str(shop))
    assert capsys.readouterr().out.splitlines() == [
        f"shop: 6 images, 3 classes, in {shop}",
        "  train: 3 images, 2 classes",
        "  test: 3 images, 1 class, 1 query, 1 gallery",
        "6 of 7 images are used.",
        "1 cannot be read (first: test/4.png is empty).",
        "1 has no class (first: test/3.png).",
    ]


def test_continuous_targets_are_counted_and_a_table_without_classes_is_told(shop, capsys):
    table = shop / "train" / "table.csv"
    table.write_text("image,kind,target_a,target_b,target_c,target_d\na/1.png,x,1,2,3,4\n")
    described("--data", str(table))
    printed = capsys.readouterr().out
    assert "  4 continuous targets of an image: target_a, target_b, target_c, ...\n" in printed
    assert f"No image has a class: {table} has no label column (label, class, " in printed


def test_classes_can_be_left_out(shop, capsys):
    described("--data", str(shop), "--exclude-label", "a", "--exclude-label", "b")
    assert "3 are left out as asked" in capsys.readouterr().out


def test_programs_get_the_same_as_one_message(shop, capsys):
    stream = io.StringIO()
    described("--data", str(shop), reporter=JsonLinesReporter(stream))
    message = json.loads(stream.getvalue().splitlines()[-1])
    assert message["type"] == "result"
    assert message["sentences"][0] == f"shop: 6 images, 3 classes, in {shop}"
    assert message["messages"]["sentences"][0] == {
        "id": "images-used",
        "fields": {"used": 6, "listed": 7},
        "text": "6 of 7 images are used.",
    }
    assert capsys.readouterr().out == ""


def test_data_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match="is not there"):
        described("--data", str(tmp_path / "nowhere"))


def test_a_notice_is_told_once(tmp_path, capsys):
    put(tmp_path / "omniglot-py" / "images_background" / "Greek" / "character01" / "0001_01.png")
    stream = io.StringIO()
    described("--data", str(tmp_path), reporter=TerminalReporter(stream))
    output = stream.getvalue() + capsys.readouterr().out
    assert output.count("This is not Omniglot as published") == 1
