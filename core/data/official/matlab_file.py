"""The variables of a MATLAB file (version 5, as Cars-196 and Flowers102 were published)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from core.child_process import environment
from core.data.readers.index_file import require_regular
from core.errors import DataError
from core.messages import Message

READER = "core.data.official.matlab_reading"
LONGEST = 60.0  # seconds; Cars-196 takes half of one

Values = list[Any]
Records = dict[str, Values]


def variables_of(path: Path, names: tuple[str, ...]) -> dict[str, Values | Records]:
    """The named variables: lists of numbers or text, and records for `fields_of`.

    Raises DataError when the file is damaged, of another version, or lacks one of them.
    """
    require_regular(path)
    if not path.exists():
        raise DataError(Message("matlab-file-missing", path=path), path)
    found = _read(path, names)
    if lacking := [name for name in names if name not in found]:
        raise DataError(Message("matlab-variable-missing", path=path, variable=lacking[0], names=names), lacking[0])
    return found


def fields_of(path: Path, records: Values | Records, names: tuple[str, ...]) -> Records:
    """The named fields of records, each a list. Raises DataError when there is no such field."""
    there = records if isinstance(records, dict) else {}
    if lacking := [name for name in names if name not in there]:
        raise DataError(
            Message("matlab-field-missing", path=path, field=lacking[0], fields=", ".join(there) or "none"), lacking[0]
        )
    return {name: there[name] for name in names}


def _read(path: Path, names: tuple[str, ...]) -> dict[str, Values | Records]:
    try:
        reading = subprocess.run(
            [sys.executable, "-m", READER, str(path.absolute()), *names],
            capture_output=True,
            env=environment(),
            timeout=LONGEST,
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise DataError(Message("matlab-file-too-slow", path=path, seconds=LONGEST), path) from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").split("\n")
        status = Message("scipy-ended", status=error.returncode)
        why = said[-2] if error.returncode > 0 and len(said) > 1 else status
        raise DataError(Message("matlab-file-not-readable", path=path, reason=why), path) from error
    found: dict[str, Values | Records] = json.loads(reading.stdout)
    return found
