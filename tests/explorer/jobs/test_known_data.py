"""The list of data sets that were opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data.source import DEMO, DataSource
from explorer.jobs.known_data import MOST, load_known, remember

DEMO_SOURCE = DataSource(DEMO)
BIRDS = DataSource("/data/birds", exclude_labels=("owl",))


def test_the_demo_is_always_known(tmp_path: Path) -> None:
    assert load_known(tmp_path / "workspace") == [DEMO_SOURCE]


def test_what_was_opened_comes_back_newest_first(tmp_path: Path) -> None:
    known = remember(tmp_path, load_known(tmp_path), BIRDS)
    known = remember(tmp_path, known, DataSource("/data/cats"))
    assert known == [DataSource("/data/cats"), BIRDS, DEMO_SOURCE] == load_known(tmp_path)
    assert remember(tmp_path, known, BIRDS) == known, "what is known stays where it is"


def test_the_list_is_bounded(tmp_path: Path) -> None:
    known = load_known(tmp_path)
    for number in range(MOST + 5):
        known = remember(tmp_path, known, DataSource(f"/data/{number}"))
    assert len(known) == MOST
    assert load_known(tmp_path) == [*known, DEMO_SOURCE]


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}", '{"data": 5}', '{"data": ["birds"]}', '{"data": [{}]}'])
def test_a_damaged_list_counts_as_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / "library.json").write_text(text)
    assert load_known(tmp_path) == [DEMO_SOURCE]
