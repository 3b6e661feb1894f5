"""Words that users of the field misread do not return to what the program says."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# What was said -> what is said instead. Compared without case, in messages and in texts that are not docstrings.
REFUSED = {
    "on its way": "the task itself",
    "remembering what was found": "saving the index",
    "looking for changes in": "checking ... files for changes",
    "arranging the map": "computing UMAP",
    "getting ready": "starting, or the task itself",
    "nothing to search with": "No model selected",
    "shipped checkpoint": "Demo checkpoints",
    "table of images…": "Open manifest",
    "start from": "Recipe",
    "memory of past batches": "Cross-batch memory (XBM)",
    "choosing the checkpoint": "Model selection",
    "how often every training image": "Passes over the training set",
    "neighbours kept": "Overlap of the k nearest, A and B",
    "first miss": "First wrong",
    "right within": "Correct in top k",
    "dimmed by the legend": "hidden",
    "stopped as asked": "stopped by you",
    "(unfinished)": "(partial)",
    ", unfinished": "(partial)",
    "use as a": "Set as A",
    "compare as b": "Set as B",
    "end the comparison": "Clear B",
    "aligned to a": "Initialised from A's layout",
    "select mode": "Lasso",
    "pan mode": "Pan",
    "a place to the middle": "Centre here",
    "terms of the loss": "Loss components",
    "levels of mdr": "MDR levels",
    "distances of mdr": "MDR distances",
}
# Sentences in which the words mean what they say.
ALLOWED = {
    "core/commands/project.py": {"start from"},
}


def _said(path: Path) -> Iterator[str]:
    """Every text of a table of messages, or of a module but its docstrings."""
    if path.suffix == ".toml":
        yield from tomllib.loads(path.read_text(encoding="utf-8")).values()
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    described = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, described) and _has_one(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def _has_one(node: ast.AST) -> bool:
    return ast.get_docstring(node, clean=False) is not None  # type: ignore[arg-type]


@pytest.mark.parametrize("folder", ["core", "explorer"])
def test_no_refused_word_is_said(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)} says {text!r}; better: {better}"
        for path in sorted([*(ROOT / folder).rglob("*.py"), *(ROOT / folder / "messages" / "en").glob("*.toml")])
        for text in _said(path)
        for words, better in REFUSED.items()
        if words in text.casefold() and words not in ALLOWED.get(path.relative_to(ROOT).as_posix(), ())
    ]
    assert not found, "\n".join(found)


def test_what_is_said_is_found(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(
        '"""Use as A."""\nsaid = f"Use as {1}"\ndef other():\n    "Pan mode"\n    return "Pan"\n'
    )
    assert list(_said(tmp_path / "module.py")) == ["Use as ", "Pan"]
