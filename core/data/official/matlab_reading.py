"""`python -m core.data.official.matlab_reading FILE NAME...`: named variables of a MATLAB file, as JSON.

A program of its own, because SciPy 1.17 reads damaged files until they end it.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
from scipy.io import loadmat


def main(path: str, *names: str) -> None:
    """Print {name: list of values, or {field: list of values}} of those that are there; fail as SciPy does."""
    found = loadmat(path, squeeze_me=True, variable_names=names)
    variables = {name: _by_field(np.atleast_1d(found[name])) for name in names if name in found}
    json.dump(variables, sys.stdout, default=_plain)


def _by_field(values: np.ndarray[Any, Any]) -> Any:
    return {name: values[name] for name in values.dtype.names} if values.dtype.names else values


def _plain(value: Any) -> Any:
    """What an array holds, as JSON knows it."""
    if not isinstance(value, np.ndarray | np.generic):
        raise TypeError(f"it holds a {type(value).__name__}")
    return value.tolist()


if __name__ == "__main__":
    main(*sys.argv[1:])
