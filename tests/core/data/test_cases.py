"""Files as people have them, where they lie beside the project: whatever is said of them is short and to the point."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.data.catalog_opening import open_catalog
from core.data.images import SUFFIXES
from core.data.readers.manifest_errors import OutsideError
from core.data.source import DataSource
from core.data.vectors.other_containers import refuse_other_container
from core.errors import CoreError
from core.looking import look
from core.paths import PROJECT
from core.remedies import in_window, on_command_line
from core.retrieval.embeddings import load_file

CASES = (PROJECT.parent / "shared" / "cases").resolve()
# Of a refusal, without the path of the data that it begins with, and of one notice.
LONGEST = 310
DEEPEST = 3


def _what_may_be_opened(case: Path) -> Iterator[Path]:
    yield case
    for folder, folders, files in os.walk(case):
        depth = len(Path(folder).relative_to(case).parts)
        folders[:] = sorted(folders) if depth < DEEPEST else []
        yield from (Path(folder) / name for name in folders)
        yield from (Path(folder) / name for name in sorted(files) if not name.lower().endswith(tuple(SUFFIXES)))


# Lines that convert a file's content have to be whole.
CODE = "numpy.savez"


def _said(path: Path) -> list[str]:
    try:
        return list(open_catalog(DataSource(str(path))).report.sentences)
    except CoreError as error:
        return [error.sentence]


@pytest.mark.parametrize("case", sorted(CASES.glob("case*")), ids=lambda case: case.name)
def test_what_is_said_is_short_and_names_no_option_in_the_window(case: Path) -> None:
    for path in _what_may_be_opened(case):
        for sentence in _said(path):
            assert "--" not in in_window(sentence), path
            short = on_command_line(sentence).replace(f"{case}/", "").replace(str(case), "")
            assert len(short) <= LONGEST, f"{path}: {len(short)}: {short}"


@pytest.mark.parametrize("case", sorted(CASES.glob("case*")), ids=lambda case: case.name)
def test_a_look_agrees_with_what_is_opened_then(case: Path) -> None:
    for path in _what_may_be_opened(case):
        source = DataSource(str(path))
        found = look(source)
        if found.kind not in ("data", "vectors"):
            continue
        try:
            catalog = open_catalog(source)
        except CoreError as error:
            # Files are looked for, and the labels of a whole FiftyOne set read, when it is opened.
            is_seen_later = isinstance(error, OutsideError) or error.message.id == "json-of-coco"
            assert found.problem is not None or is_seen_later, f"{path}: {error}"
            continue
        data = found.data
        assert found.problem is None and data is not None, f"{path}: {found.problem}"
        assert data.images >= len(catalog) or not data.is_all, path
        if data.is_all and data.classes:
            assert data.classes == len(catalog.classes), path


@pytest.mark.parametrize("case", sorted(CASES.glob("case*")), ids=lambda case: case.name)
def test_what_is_said_of_files_of_vectors_is_short(case: Path) -> None:
    for path in _what_may_be_opened(case):
        for read in (load_file, refuse_other_container):
            try:
                read(path)
            except CoreError as error:
                short = str(error).replace(f"{case}/", "").partition(CODE)[0]
                assert "--" not in error.in_window and len(short) <= LONGEST, f"{path}: {len(short)}: {short}"
