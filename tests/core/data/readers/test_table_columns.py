from __future__ import annotations

from pathlib import Path

import pytest

from core.data.readers.table_columns import TableColumn, columns_of
from core.data.source import DataSource


def test_columns_come_with_their_first_different_values(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("file,breed\n1.jpg,cat\n2.jpg,cat\n3.jpg,\n4.jpg,dog\n5.jpg,owl\n6.jpg,ant\n")
    assert columns_of(DataSource(str(path))) == [
        TableColumn("file", ("1.jpg", "2.jpg", "3.jpg"), {f"{number}.jpg": 1 for number in range(1, 7)}),
        TableColumn("breed", ("cat", "dog", "owl"), {"ant": 1, "cat": 2, "dog": 1, "owl": 1}),
    ]


def test_only_few_values_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [f"{number},{number % 3},{'x' if number < 1000 else number}" for number in range(1100)]
    path.write_text("file,fold,late\n" + "\n".join(rows))
    file, fold, late = columns_of(DataSource(str(path)))
    assert fold.values == {"0": 367, "1": 367, "2": 366} and list(fold.values) == ["0", "1", "2"]
    assert not file.values and not late.values


@pytest.mark.parametrize("location", ["demo", "torchvision:Omniglot", "/nowhere", "/nowhere.csv"])
def test_what_is_no_table_has_none(location: str) -> None:
    assert columns_of(DataSource(location)) == []
