"""Every message in the code has its words, with the fields that it is given, and all words are of some message.

What the window says stands in its tables alone.
"""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import explorer  # noqa: F401 - adds the words of the window
from core import errors
from core.messages import languages, wording

PROJECT = Path(__file__).parents[1]
# What is no words to a person: keys, names of programs, what the field writes the same everywhere, names of threads.
KEYS = re.compile(
    r"((Ctrl|Alt|Shift)\+\S+|Left|Right|Up|Down|Home|End|PgUp|PgDown|Return|Enter|Space|Esc|Del|Backspace| )+"
)
NO_WORDS = {
    *("Embedding Explorer", "PyTorch", "NumPy", "Python", "Qt", ", PySide6 ", "PySide6", "PySide6-Essentials"),
    *("R@1 A", "R@1 B", "B − A", "p < 0.001", "min_dist {}", " min", " h ", " LR ×", "Ctrl+"),
    *("look up", "let go", "row of the image file", "opened files", "left out", "query picture", "import plots"),
    *("groups of images", "size of image", "kept thumbnails", "column facts", "legend search"),
    *("child ", "stop child", "map kernels", "read ", "serve ", "draft of ", "column ", "pasted image.png"),
    *("run ", "insist on stopping ", "stop ", "start ", "started ", "delete "),
    "QLineEdit { min-height: 18px; max-height: 20px; }",
    *("mean distance", " mass", " weight", "level "),
}
# Drawn paths, style sheets, and help on the command line.
HELP, CODE = ("help", "description", "epilog", "metavar"), ("setStyleSheet", "cast", "compile", "sub")
WITHOUT_WORDS = ("explorer/appearance/icons.py", "explorer/appearance/theme.py")
ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.CoreError)}


def templates(language: str) -> dict[str, str]:
    return {name: words for room in wording.ROOMS for name, words in wording.tables_of(room, language).items()}


@cache
def modules() -> list[tuple[str, list[ast.AST]]]:
    """The nodes of each file that says something."""
    files = [path for folder in ("core", "explorer") for path in sorted((PROJECT / folder).rglob("*.py"))]
    texts = {path: path.read_text(encoding="utf-8") for path in files}
    return [
        (path.relative_to(PROJECT).as_posix(), list(ast.walk(ast.parse(text))))
        for path, text in texts.items()
        if any(word in text for word in ("Message(", "require(", "raise ")) or path.is_relative_to(PROJECT / "explorer")
    ]


def calls(*names: str) -> Iterator[tuple[str, ast.Call]]:
    for file, nodes in modules():
        for node in nodes:
            if isinstance(node, ast.Call) and called(node) in names:
                yield f"{file}:{node.lineno}", node


def called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


@cache
def used() -> list[tuple[str, str, set[str], set[str]]]:
    """Where, id, fields that are given, and fields that are given besides and need not be named."""
    found = []
    for place, call in calls("Message", "require"):
        at, besides = (1, {"key", "value"}) if called(call) == "require" else (0, set())
        ids = call.args[at]
        if isinstance(ids, ast.Name | ast.Attribute):
            continue  # passed on
        for each in [ids.body, ids.orelse] if isinstance(ids, ast.IfExp) else [ids]:
            assert isinstance(each, ast.Constant), f"{place}: an id is written where it is used"
            assert all(word.arg for word in call.keywords), f"{place}: fields are written where they are used"
            found.append((place, str(each.value), {str(word.arg) for word in call.keywords}, besides))
    return found


def from_tables() -> set[str]:
    """Ids that a module keeps in a table or hands to a function, where it makes messages of them."""
    return {
        str(node.value)
        for _, nodes in modules()
        if any(isinstance(node, ast.Name) and node.id == "message_id" for node in nodes)
        for node in nodes
        if isinstance(node, ast.Constant)
    }


def fields_of(template: str) -> set[str]:
    found = set()
    for _, name, spec, _ in string.Formatter().parse(template):
        if name is not None:
            found |= {name} | fields_of(spec or "")
    return found


def test_every_message_has_words_that_name_its_fields():
    english = {name: fields_of(template) for name, template in templates("en").items()}
    wrong = [
        f"{place}: {name} is given {sorted(given)}, and names {sorted(english.get(name, {'nothing'}))}"
        for place, name, given, besides in used()
        if name not in english or not given <= english[name] <= given | besides
    ]
    assert not wrong, "\n".join(wrong)


def test_all_words_are_of_some_message():
    known = {name for _, name, _, _ in used()} | from_tables() | {"text"}
    assert sorted(set(templates("en")) - known) == []


@pytest.mark.parametrize("language", languages())
def test_a_language_names_the_fields_that_english_names(language):
    english, here = templates("en"), templates(language)
    assert sorted(set(here) - set(english)) == []
    assert [name for name in here if fields_of(here[name]) - fields_of(english[name])] == []


def test_no_error_of_the_core_is_words_written_beside_it():
    local = {
        node.name
        for _, nodes in modules()
        for node in nodes
        if isinstance(node, ast.ClassDef) and {getattr(base, "id", "") for base in node.bases} & ERRORS
    }
    written = [
        place
        for place, call in calls(*ERRORS, *local, "notice", "remade")
        if place.startswith("core/")
        and call.args
        and isinstance(call.args[0], ast.JoinedStr | ast.BinOp | ast.Constant)
    ]
    assert written == []


def test_no_words_of_the_window_are_written_outside_its_tables():
    written = [
        f"{file}:{node.lineno}: {node.value!r}"
        for file, nodes in modules()
        if file.startswith("explorer/") and file not in WITHOUT_WORDS
        for others in [not_said(nodes)]
        for node in nodes
        if isinstance(node, ast.Constant) and node not in others and is_words(node.value)
    ]
    assert written == []


def not_said(nodes: list[ast.AST]) -> set[ast.AST]:
    """Docstrings, code in strings, what programmers alone meet, and the help of options, which stays as it is."""
    docstrings = {node.value for node in nodes if isinstance(node, ast.Expr)}
    arguments = [node.value for node in nodes if isinstance(node, ast.keyword) and node.arg in HELP]
    calls_of_code = [node for node in nodes if isinstance(node, ast.Call) and called(node) in CODE]
    arguments += [argument for call in calls_of_code for argument in call.args]
    raised = [node.exc for node in nodes if isinstance(node, ast.Raise)]
    arguments += [call for call in raised if isinstance(call, ast.Call) and called(call) == "ValueError"]
    return docstrings | {part for argument in arguments for part in ast.walk(argument)}


def is_words(value: object) -> bool:
    """Whether a literal is a phrase, or begins as a sentence or a title does."""
    if not isinstance(value, str) or value in NO_WORDS or KEYS.fullmatch(value):
        return False
    is_phrase = re.search(r"[^\W\d_]{2}", value) and re.search(r"\w[^\w]* |[ …][^\w]*\w", value)
    return bool(is_phrase or re.match(r"\W*[A-Z][a-z]", value))


@pytest.mark.parametrize(
    ("literal", "said"),
    [("No map", True), ("Open…", True), (" in A", True), ("map.fit", False), ("Ctrl+Shift+O", False), ("B − A", False)],
)
def test_words_are_told_from_keys(literal, said):
    assert is_words(literal) is said


def test_rooms_have_no_id_in_common():
    rooms = [set(wording.tables_of(room, "en")) for room in wording.ROOMS]
    assert len(rooms) == 2 and not rooms[0] & rooms[1]
