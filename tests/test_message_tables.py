"""Every message in the code has its words, with the fields that it is given, and all words are of some message."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from core import errors
from core.messages import languages
from core.messages.wording import templates

PROJECT = Path(__file__).parents[1]
ERRORS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.CoreError)}


@cache
def modules() -> list[tuple[str, list[ast.AST]]]:
    """The nodes of each file that says something."""
    files = [path for folder in ("core", "explorer") for path in sorted((PROJECT / folder).rglob("*.py"))]
    texts = {path: path.read_text(encoding="utf-8") for path in files}
    return [
        (path.relative_to(PROJECT).as_posix(), list(ast.walk(ast.parse(text))))
        for path, text in texts.items()
        if any(word in text for word in ("Message(", "require(", "raise "))
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
        at, besides = (1, {"key"}) if called(call) == "require" else (0, set())
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
