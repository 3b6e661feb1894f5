from __future__ import annotations

from pathlib import Path

import pytest

from core.data.source import DataSource
from core.data.table_columns import Column, columns_of


def test_columns_come_with_their_first_different_values(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("file,breed\n1.jpg,cat\n2.jpg,cat\n3.jpg,\n4.jpg,dog\n5.jpg,owl\n6.jpg,ant\n")
    assert columns_of(DataSource(str(path))) == [
        Column("file", ("1.jpg", "2.jpg", "3.jpg")),
        Column("breed", ("cat", "dog", "owl")),
    ]


@pytest.mark.parametrize("location", ["demo", "torchvision:Omniglot", "/nowhere", "/nowhere.csv"])
def test_what_is_no_table_has_none(location: str) -> None:
    assert columns_of(DataSource(location)) == []
