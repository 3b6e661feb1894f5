"""Every one of the reference vectors is some test's: none lies there unread."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.core.losses.golden_cases import FOLDER, Case

TESTS = Path(__file__).parents[1]


def modules() -> Iterator[ModuleType]:
    """The test modules that read reference vectors."""
    for path in sorted(TESTS.rglob("test_*.py")):
        if path != Path(__file__) and "golden_cases import" in path.read_text(encoding="utf-8"):
            yield importlib.import_module(".".join(path.relative_to(TESTS.parent).with_suffix("").parts))


def parameters(module: ModuleType) -> Iterator[Any]:
    """What the tests of a module are given, one after the other."""
    for function in vars(module).values():
        for mark in getattr(function, "pytestmark", ()):
            if mark.name == "parametrize":
                for given in mark.args[1]:
                    yield from given if isinstance(given, tuple) else (given,)


def test_every_reference_vector_is_given_to_a_test():
    methods = json.loads((FOLDER / "index.json").read_text())["methods"]
    stored = {(method, case["case"]) for method, entry in methods.items() for case in entry["cases"]}
    used = {
        (given.method, given.name) for module in modules() for given in parameters(module) if isinstance(given, Case)
    }
    assert len(stored) == 421
    assert stored - used == set()
