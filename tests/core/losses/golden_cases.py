"""The reference vectors in tests/golden, computed with the authors' own code."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parents[2] / "golden"


@dataclass(frozen=True)
class Case:
    method: str
    name: str
    hyper: Mapping[str, Any]
    note: str
    entries: Mapping[str, Any]

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def __getitem__(self, key: str) -> np.ndarray:
        return np.asarray(self.entries[key])


def cases(method: str) -> Iterator[Case]:
    """Every case of one method, its arrays read."""
    entry = json.loads((FOLDER / "index.json").read_text())["methods"][method]
    with np.load(FOLDER / entry["file"]) as store:
        for case in entry["cases"]:
            arrays = {key: store[place[0]] for key, place in case["arrays"].items()}
            yield Case(method, case["case"], case["hyper"], case.get("note", ""), {**case["values"], **arrays})


def assert_matches(case: Case, key: str, value: np.ndarray) -> None:
    """Compare with a stored array, or with its first rows and its checksum where only those were kept."""
    np.testing.assert_allclose(value[: len(case[key])], case[key], rtol=2e-7, atol=1e-9)
    if f"{key}__chk" in case:
        flat = value.ravel()
        sums = [flat.sum(), np.abs(flat).sum(), (flat * np.cos(np.arange(flat.size))).sum()]
        np.testing.assert_allclose(sums, case[f"{key}__chk"], rtol=1e-8, atol=1e-10)
