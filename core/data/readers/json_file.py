"""A JSON file from anywhere, whatever its text is encoded in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.data.readers.text_file import read_text
from core.errors import DataError
from core.messages import Message


def read_json_file(path: Path, encoding: str = "", most_bytes: int = 0) -> tuple[Any, list[Message]]:
    """The values in a file, in the named encoding or in the one that is told; what was assumed of that.

    Raises DataError when it cannot be read or is no JSON, EncodingError as `read_text` does.
    """
    text = read_text(path, encoding, most_bytes)
    try:
        return json.loads(text.text), [text.notice] if text.notice else []
    except (ValueError, RecursionError) as error:
        raise DataError(Message("json-not-readable", path=path, reason=error), path) from error
