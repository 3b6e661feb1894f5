"""What columns of text hold, judged by all of their cells."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from core.data.catalog import texts
from core.data.column_kinds import encoded, kind_of


def seconds(*date: int) -> float:
    return datetime(*date, tzinfo=UTC).timestamp()  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", "-3", ".5", "4.", "1e-3"], "number"),
        (["1", " 2 ", "nan", "NaN"], "number"),
        (["0", "10"], "number"),
        # Codes, not quantities.
        (["00123", "4"], "text"),
        (["1234567890123456"], "text"),
        (["+82101234567"], "text"),
        (["1", "2", "three"], "text"),
        (["1,5", "2,5"], "text"),
        (["1", "inf"], "text"),
        (["1e999"], "text"),
        (["nan"], "text"),
        (["12 %"], "text"),
        (["yes", "No"], "yes/no"),
        (["True"], "yes/no"),
        (["예", "아니요"], "yes/no"),
        (["yes", "YES"], "text"),
        (["yes", "true"], "text"),
        (["yes", "no", "perhaps"], "text"),
        (["2024-02-29", "2024-03-01 12:30"], "date"),
        (["2023-02-29"], "text"),
        (["2024-02-03", "3.2.2024"], "text"),
        (["2024-13-01"], "text"),
        (["2024-01-01 25:00"], "text"),
        # Nothing tells which is the month.
        (["03/04/2024", "05/06/2024"], "text"),
        (["양말", "모자"], "text"),
        ([], "text"),
    ],
)
def test_the_kind_of_cells(cells: list[str], kind: str) -> None:
    words, _ = encoded(texts(cells))
    assert kind_of(words)[0] == kind


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["2024-03-05"], [seconds(2024, 3, 5)]),
        (["2024-03-05T07:08:09.5Z"], [seconds(2024, 3, 5, 7, 8, 9) + 0.5]),
        (
            ["2024-03-05 07:08+09:00", "1969-12-31 00:00-01:30"],
            [seconds(2024, 3, 4, 22, 8), seconds(1969, 12, 31, 1, 30)],
        ),
        (["2024/3/5", "2024/12/31"], [seconds(2024, 3, 5), seconds(2024, 12, 31)]),
        (["2024. 3. 5.", "2024.03.06"], [seconds(2024, 3, 5), seconds(2024, 3, 6)]),
        (["2024년 3월 5일"], [seconds(2024, 3, 5)]),
        (["2024:03:05 10:11:12"], [seconds(2024, 3, 5, 10, 11, 12)]),
        (["5.3.2024"], [seconds(2024, 3, 5)]),
        (["05/03/2024", "13/03/2024"], [seconds(2024, 3, 5), seconds(2024, 3, 13)]),
        (["05/03/2024", "03/13/2024"], [seconds(2024, 5, 3), seconds(2024, 3, 13)]),
        (["05/05/2024"], [seconds(2024, 5, 5)]),
    ],
)
def test_dates_in_seconds(cells: list[str], expected: list[float]) -> None:
    kind, numbers = kind_of(encoded(texts(cells))[0])
    assert kind == "date" and numbers is not None
    assert numbers.tolist() == expected


def test_numbers_and_answers_by_value() -> None:
    _, numbers = kind_of(texts(["1e3", "-.25", "7."]))
    assert numbers is not None and numbers.tolist() == [1000.0, -0.25, 7.0]
    _, answers = kind_of(texts(["Yes", "no"]))
    assert answers is not None and answers.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("odd", ["", "\udcff"])
def test_cells_become_codes_into_their_different_texts(odd: str) -> None:
    """The same whether the cells are text or hold the bytes of a file name that is none."""
    words, codes = encoded(texts(["b", "", "a", "  ", "b", *([odd] if odd else [])]))
    assert words.tolist() == ["b", "a", *([odd] if odd else [])]
    assert codes.dtype == np.int32 and codes[:5].tolist() == [0, -1, 1, -1, 0]
    assert kind_of(words)[0] == "text"
