"""What classes and splits were read from is told as fields, beside the words for it; also of a kept catalog."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import paths
from core.data import catalog_cache
from core.data.catalog import OpeningReport
from core.data.catalog_opening import open_catalog
from core.data.reading import Reading
from core.data.source import DataSource
from tests.core.data.pictures import put

FILES = ("a/1.png", "a/2.png", "b/3.png", "b/4.png")


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(paths.WORKSPACE_VARIABLE, str(tmp_path / "workspace"))
    monkeypatch.setattr(catalog_cache, "SMALLEST", 1)


@pytest.mark.parametrize(
    ("files", "table", "expected"),
    [
        (FILES, "", Reading("folders", "", "halves")),
        (("a/1.png", "a/2.png"), "", Reading("folders", "", "nothing")),
        (("train/a/1.png", "test/b/2.png"), "", Reading("folders", "", "folders")),
        (("a_1.png", "a_2.png", "b_1.png", "b_2.png"), "", Reading("names", "", "nothing")),
        (FILES, "image,brand,label\na/1.png,x,u\nb/3.png,x,v\n", Reading("column", "label", "halves")),
        (
            FILES,
            "image,category,split\na/1.png,x,train\nb/3.png,x,test\n",
            Reading("column", "category", "column", "split"),
        ),
        (
            FILES,
            "image,label,is_train\na/1.png,x,1\nb/3.png,x,0\n",
            Reading("column", "label", "column", "is_train"),
        ),
        (
            ("train/a/1.png", "test/b/2.png"),
            "image,kids\ntrain/a/1.png,yes\ntest/b/2.png,no\n",
            Reading("folders", "", "folders"),
        ),
    ],
)
def test_it_says_what_the_reader_went_by(tmp_path: Path, files: tuple[str, ...], table: str, expected: Reading) -> None:
    folder = tmp_path / "data"
    for file in files:
        put(folder / file)
    if table:
        (folder / "manifest.csv").write_text(table)
    source = DataSource(str(folder / "manifest.csv" if table else folder))
    assert open_catalog(source).report.reading == expected
    assert open_catalog(source).report.reading == expected, "kept"


def test_a_division_that_was_asked_for_is_one_whatever_was_given(tmp_path: Path) -> None:
    for file in ("train/a/1.png", "test/b/2.png"):
        put(tmp_path / "data" / file)
    report = open_catalog(DataSource(str(tmp_path / "data"), divide_by_class=0.5, divide_seed=3)).report
    assert report.reading == Reading("folders", "", "share")


def test_it_is_read_back_as_it_was_written() -> None:
    report = OpeningReport(3, 2, reading=Reading("column", "brand", "column", "part"))
    assert OpeningReport.from_dict(report.as_dict()) == report
