"""How rows are parted into groups."""

from __future__ import annotations

import numpy as np
import pytest

from explorer.image_grid.groups import parted


@pytest.mark.parametrize("groups", [1, 7, 300, 70_000])
def test_rows_are_parted_as_by_a_loop(groups: int) -> None:
    generator = np.random.default_rng(groups)
    codes = generator.integers(-2, groups, 2000).astype(np.int32)
    rows = generator.permutation(2000)[:1500]
    expected: dict[int, list[int]] = {}
    for row in rows.tolist():
        expected.setdefault(max(-1, int(codes[row])), []).append(row)
    parts = parted(rows, codes)
    found = parts.codes
    assert found.tolist() == [*sorted(code for code in expected if code >= 0), *([-1] if -1 in expected else [])]
    assert {int(code): part.tolist() for code, part in zip(found, parts.each(), strict=True)} == expected


def test_no_rows_are_no_groups() -> None:
    parts = parted(np.empty(0, np.int64), np.array([3, 1]))
    assert len(parts.codes) == len(parts.rows) == 0 and parts.each() == []
