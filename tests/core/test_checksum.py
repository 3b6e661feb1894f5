from __future__ import annotations

import json
import tomllib

import pytest

import core
from core import paths
from core.checksum import believed_line, check_text, line_with_checksum, read_checked, with_checksum, write_checked
from core.errors import CoreError, NewerVersionError, StorageError

VALUES = {"format": 1, "name": "é", "figures": (0.1, 1e-9), "by k": {"1": 0.5}, "last": "a" * 63}


def test_what_was_written_is_read_back_and_says_who_wrote_it(tmp_path):
    path = tmp_path / "x.json"
    write_checked(path, VALUES)
    read = read_checked(path, 1)
    assert read.pop("written_by") == f"embedding-explorer {core.__version__}"
    assert read == {**VALUES, "figures": [0.1, 1e-9]}
    write_checked(path, {**read, "more": 1})
    assert read_checked(path, 1)["more"] == 1


def test_the_version_is_that_of_the_package():
    project = tomllib.loads((paths.PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    assert core.__version__ == project["project"]["version"]


def test_any_flipped_bit_is_noticed_or_changes_nothing(tmp_path):
    path = tmp_path / "x.json"
    write_checked(path, VALUES)
    whole, read = path.read_bytes(), read_checked(path, 1)
    for place in range(len(whole)):
        for bit in range(8):
            content = bytearray(whole)
            content[place] ^= 1 << bit
            path.write_bytes(content)
            try:
                # An exponent's letter may be large, as in 1E-9: the same number.
                assert read_checked(path, 1) == read
            except (StorageError, NewerVersionError):
                continue


def test_what_has_no_checksum_is_believed(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps(VALUES))
    assert read_checked(path, 1)["name"] == "é"


@pytest.mark.parametrize(("content", "words"), [("[1]", "a list"), ("null", "a null"), ("3", "a number")])
def test_what_is_no_object_is_refused(tmp_path, content, words):
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(StorageError, match=f"holds {words}, expected a JSON object"):
        read_checked(path, 1)


def test_a_newer_format_is_refused_with_the_version_that_wrote_it(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"format": 999, "written_by": "embedding-explorer 7.3", "what": "ever"}))
    with pytest.raises(NewerVersionError, match=r"newer version \(embedding-explorer 7\.3, format 999; this one, "):
        read_checked(path, 1)


def test_a_text_with_a_checksum_is_readable_toml_and_notices_any_flipped_bit(tmp_path):
    text = with_checksum('name = "small"\nrate = 1e-3\n')
    assert tomllib.loads(text) == {"name": "small", "rate": 1e-3}
    check_text(tmp_path, text.encode())
    check_text(tmp_path, b'name = "of an older version"\n')
    for place in range(len(text)):
        for bit in range(8):
            content = bytearray(text.encode())
            content[place] ^= 1 << bit
            with pytest.raises((CoreError, ValueError)):
                check_text(tmp_path, bytes(content))
                tomllib.loads(content.decode())


def test_each_flipped_bit_of_a_line_is_noticed():
    line = line_with_checksum('{"type": "step", "loss": 0.5}')
    assert believed_line(f"{line}\n".encode()) == b'{"type": "step", "loss": 0.5}'
    assert json.loads(line)["loss"] == 0.5
    for place in range(8 * len(line)):
        content = bytearray(line.encode())
        content[place // 8] ^= 1 << place % 8
        with pytest.raises(ValueError, match="checksum"):
            believed_line(bytes(content))


def test_a_line_without_a_checksum_is_of_an_older_version():
    for line in (b'{"type": "started", "pid": 12345678}', b'{"type": "x", "cry": "12"}', b"", b"no JSON"):
        assert believed_line(line + b"\n") == line
