"""What a column is used as is a change of the source that the reader goes by."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data.data_look import look_at_data
from core.data.source import DataSource
from explorer.opening.column_uses import released_by, with_use


@pytest.fixture
def table(tmp_path: Path) -> DataSource:
    (tmp_path / "x.csv").write_text("image,label,species,split,score\n1.png,a,x,train,0.5\n2.png,b,y,test,0.25\n")
    return DataSource(str(tmp_path / "x.csv"))


@pytest.mark.parametrize(
    ("column", "use", "meanings"),
    [
        ("species", "label", {"image": "image", "species": "label", "split": "split"}),
        ("species", "image", {"species": "image", "label": "label", "split": "split"}),
        ("split", "", {"image": "image", "label": "label"}),
        ("score", "target", {"image": "image", "label": "label", "split": "split", "score": "target"}),
    ],
)
def test_a_choice_is_what_the_reader_understands(
    table: DataSource, column: str, use: str, meanings: dict[str, str]
) -> None:
    before = look_at_data(table)
    after = look_at_data(with_use(table, before.meanings, column, use))
    assert after.meanings == meanings
    back = with_use(after.source, after.meanings, column, before.meanings.get(column, ""))
    assert look_at_data(back).meanings.get(column) == before.meanings.get(column)


def test_of_two_columns_the_one_before_is_released(table: DataSource) -> None:
    meanings = look_at_data(table).meanings
    assert released_by(meanings, "species", "label") == "label"
    assert released_by(meanings, "label", "label") == released_by(meanings, "score", "target") == ""
