"""Files that others put there are opened by `core.storage.open_regular`: a named pipe would keep an `open` waiting."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core import paths

READS = re.compile(r"(?<![\w.'(])open\((?!self)|\.open\((?!\)|self\.|archive|member)|\.read_text\(|\.read_bytes\(")
WRITES = re.compile(r"""\.open\((?:"[wa]b?"|"rb\+"|mode)""")
# Ours, of an installed copy, or a file that was found to be a regular one by the handle itself.
ALLOWED = {
    "core/storage.py": "the function itself",
    "core/messages/wording.py": "tables of a language, looked at before",
    "core/projection/compiled_code.py": "our own code",
    "core/retrieval/evaluation_file.py": "our own code",
    "core/study/provenance.py": "of the system",
    "core/training/run_directory.py": "our own messages, looked at before",
    "core/data/images.py": "the handle is looked at; millions of images are not asked twice",
    "core/data/official/unpack.py": "what we loaded, and its members",
    "core/data/official/fashion_mnist.py": "unpacks an open file",
    "core/data/vectors/other_containers.py": "text that is shown",
    "core/data/vectors/array_archive.py": "a member of an open archive",
    "core/__main__.py": "the null device",
    "explorer/appearance/theme.py": "our own style sheet",
    "explorer/application.py": "a method called so",
    "explorer/panels/gallery/pasted.py": "a buffer in memory",
    "core/child_process.py": "Popen",
}


@pytest.mark.parametrize("room", ["core", "explorer"])
def test_whatever_opens_a_file_opens_a_regular_one(room: str) -> None:
    found = []
    for path in sorted((paths.PROJECT / room).rglob("*.py")):
        name = path.relative_to(paths.PROJECT).as_posix()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            code = line.partition("#")[0]
            is_read = READS.search(WRITES.sub("", code).replace("Image.open(handle", ""))
            if is_read and "Popen" not in code and name not in ALLOWED:
                found.append(f"{name}:{number}: {line.strip()}")
    assert found == []


def test_what_is_allowed_is_there() -> None:
    assert [name for name in ALLOWED if not Path(paths.PROJECT, name).is_file()] == []
