from __future__ import annotations

import pytest

from core.one_line import OneLineParser, on_one_line


def test_control_characters_are_shown_and_letters_stay():
    assert on_one_line("a\nb\x1b[0m é 한글") == "a\\nb\\x1b[0m é 한글"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--numbr", "3"], "tool: unrecognized arguments: --numbr 3; see tool --help.\n"),
        (["--number", "x\ny"], "tool: argument --number: invalid int value: 'x\\ny'; see tool --help.\n"),
    ],
)
def test_a_mistake_is_one_line_and_ends_with_2(words, message, capsys):
    parser = OneLineParser(prog="tool")
    parser.add_argument("--number", type=int)
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(words)
    assert ended.value.code == 2
    printed = capsys.readouterr()
    assert printed.err == message and printed.out == ""
