"""Options are named to who types them: by commands, and as remedies. What the window shows as well names none."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Only commands say these.
TYPED = (
    "core/commands/", "core/study/", "core/one_line.py", "core/retrieval/report.py", "core/retrieval/per_query.py",
    "explorer/start.py",
)  # fmt: skip
OF_COMMANDS = ("Remedy", "add_argument", "InputError")
OPTION = re.compile(r"(?<![\w-])--[a-z]")
# Nothing but options and what they are given, as "--device", "--data={}" or "--split-column {} {}".
ARGUMENT = re.compile(r"(--[a-z-]*[={}\s\"]*)+")


def _naming_options(source: str) -> Iterator[str]:
    """Texts of a module that name an option and are neither a remedy nor a whole command."""
    tree = ast.parse(source)
    passed_over = {id(node) for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node) in OF_COMMANDS}
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if id(node) in passed_over or _is_docstring(node):
            continue
        text = _text(node)
        if text is None:
            waiting += ast.iter_child_nodes(node)
        elif OPTION.search(text) and "python -m core" not in text and not ARGUMENT.fullmatch(text):
            yield text


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def test_no_text_that_the_window_may_show_names_an_option() -> None:
    found = [
        f"{path.relative_to(ROOT)} says {text!r}"
        for folder in ("core", "explorer")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not path.relative_to(ROOT).as_posix().startswith(TYPED)
        for text in _naming_options(path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


def test_a_text_with_an_option_is_found_wherever_it_stands() -> None:
    source = '''
"""--docs"""
raise DataError(f"{path} is away; name it with --base {folder}.")
told = Sentence("Away.", Remedy("--base FOLDER", "names it"))
start(["--device", f"--data={place}"], "`python -m core embed --out X` makes it.")
'''
    assert list(_naming_options(source)) == ["{} is away; name it with --base {}."]
