from __future__ import annotations

import errno
import os
import random
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from core import paths
from core.errors import StorageError
from core.storage import (
    TEMPORARY_SUFFIX,
    LineFile,
    atomic_file,
    atomic_path,
    open_regular,
    read_json,
    read_small,
    sweep_unfinished,
    write_json,
    write_text,
    write_with,
)

ENDLESS_WRITER = """
import sys
from pathlib import Path
from core.storage import atomic_file
path = Path(sys.argv[1])
version = 0
while True:
    version += 1
    with atomic_file(path) as handle:
        for _ in range(64):
            handle.write(bytes([version % 251]) * 32768)
    print(version, flush=True)
"""

WRITER_WITH_SMALL_DISK = """
import resource, sys
from pathlib import Path
from core.errors import StorageError
from core.storage import atomic_file
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    with atomic_file(Path(sys.argv[1])) as handle:
        handle.write(b"x" * 200_000)
except StorageError as error:
    print(error)
"""

WRITER_ON_A_FULL_DISK = """
import sys
from pathlib import Path
import numpy as np
from core.errors import StorageError
from core.storage import atomic_file, write_with

def array(place):
    with place.open("wb") as handle:
        np.save(handle, np.ones(500_000))

path = Path(sys.argv[1])
write_with(path, lambda place: place.write_bytes(b"old"))
for write in (lambda place: place.write_bytes(bytes(4_000_000)), array):
    try:
        write_with(path, write)
    except StorageError as error:
        print(error)
print(path.read_bytes().decode(), *(item.name for item in path.parent.iterdir()))
"""


def python(script: str, *arguments: str, **options) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=paths.PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


def test_a_file_is_there_only_when_it_is_complete(tmp_path):
    path = tmp_path / "new" / "file.bin"
    with atomic_file(path) as handle:
        handle.write(b"half")
        handle.flush()
        assert not path.exists()
        handle.write(b" and half")
    assert path.read_bytes() == b"half and half"
    assert names(path.parent) == ["file.bin"]


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "file.txt"
    write_text(path, "old")
    with pytest.raises(ZeroDivisionError), atomic_file(path, "w") as handle:
        handle.write("new")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file.txt"]


def test_a_library_sees_the_final_name_and_may_leave_things_beside_it(tmp_path):
    seen = []

    def write(place: Path) -> None:
        seen.append(place.name)
        place.with_name("scratch").write_text("litter")
        place.write_text("done")

    write_with(tmp_path / "table.parquet", write)
    assert seen == ["table.parquet"]
    assert names(tmp_path) == ["table.parquet"]
    assert (tmp_path / "table.parquet").read_text() == "done"


def test_a_library_that_writes_nothing_is_an_error(tmp_path):
    write_text(tmp_path / "file", "old")
    with pytest.raises(StorageError, match=r"Could not write .*file: No such file"):
        write_with(tmp_path / "file", lambda place: None)
    assert (tmp_path / "file").read_text() == "old"


def test_a_killed_writer_never_leaves_a_damaged_file(tmp_path):
    path = tmp_path / "file.bin"
    moments = random.Random(7)
    litter = 0
    for _ in range(8):
        with python(ENDLESS_WRITER, str(path)) as writer:
            writer.stdout.readline()
            time.sleep(moments.uniform(0.0, 0.03))
            writer.kill()
        written = path.read_bytes()
        assert len(written) == 64 * 32768
        assert len(set(written)) == 1
        litter += sweep_unfinished(tmp_path)
        assert names(tmp_path) == ["file.bin"]
    assert litter > 0, "no writer was killed while it wrote, so this test has shown nothing"


def test_sweeping_removes_leftovers_of_any_kind_and_nothing_else(tmp_path):
    (tmp_path / f"old{TEMPORARY_SUFFIX}").write_text("")
    folder = tmp_path / f".1-2{TEMPORARY_SUFFIX}"
    folder.mkdir()
    (folder / "model.safetensors").write_text("")
    (tmp_path / "kept.json").write_text("")
    assert sweep_unfinished(tmp_path) == 2
    assert names(tmp_path) == ["kept.json"]
    assert sweep_unfinished(tmp_path / "nowhere") == 0


def test_a_file_that_cannot_be_flushed_to_the_disk_does_not_count_as_written(tmp_path, monkeypatch):
    write_text(tmp_path / "file", "old")

    def refuse(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageError, match=r"Could not write .*file: Input/output error\."):
        write_text(tmp_path / "file", "new")
    assert (tmp_path / "file").read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_file_beyond_the_allowed_size_keeps_the_old_one(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    words, errors = python(WRITER_WITH_SMALL_DISK, str(path)).communicate()
    assert words == f"Could not write {path}: File too large.\n", errors
    assert path.read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_full_disk_is_told_with_what_is_free(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = ["unshare", "-Urm", "sh", "-c", f'mount -t tmpfs -o size=1m tmpfs "{folder}" && exec "$@"', "sh"]
    script = [sys.executable, "-c", WRITER_ON_A_FULL_DISK, str(folder / "file")]
    try:
        done = subprocess.run([*mounted, *script], capture_output=True, text=True, cwd=paths.PROJECT)
    except FileNotFoundError:
        pytest.skip("needs unshare to have a small disk")
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip(f"may not mount a small disk: {done.stderr.strip()}")
    first, second, kept = done.stdout.splitlines()
    for sentence in (first, second):
        assert sentence == f"Could not write {folder / 'file'}: the disk is full (1.0 MB free)."
    assert kept == "old file"


def test_a_write_that_fails_elsewhere_names_that_file(tmp_path):
    with pytest.raises(StorageError) as caught, atomic_path(tmp_path / "copy") as place:
        place.write_bytes((tmp_path / "original").read_bytes())
    assert str(caught.value) == (
        f"Could not write {tmp_path / 'copy'}: No such file or directory ({tmp_path / 'original'})."
    )
    assert caught.value.subject == tmp_path / "copy"


@pytest.mark.parametrize("place", ["file/inside", "file/inside/deeper", "x" * 256, "folder"])
def test_a_place_that_cannot_be_written_is_a_storage_error(tmp_path, place):
    (tmp_path / "file").write_text("old")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "something").write_text("")
    before = names(tmp_path)
    with pytest.raises(StorageError, match="Could not write"):
        write_text(tmp_path / place, "text")
    assert names(tmp_path) == before
    assert (tmp_path / "file").read_text() == "old"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_a_storage_error(tmp_path):
    write_text(tmp_path / "locked" / "file", "old")
    (tmp_path / "locked").chmod(0o555)
    try:
        with pytest.raises(StorageError, match="Permission denied"):
            write_text(tmp_path / "locked" / "file", "new")
        assert (tmp_path / "locked" / "file").read_text() == "old"
    finally:
        (tmp_path / "locked").chmod(0o755)


@pytest.mark.parametrize("name", ["x" * 255, "한" * 85, os.fsdecode(b"caf\xe9.json")])
def test_every_name_the_system_allows_can_be_written(tmp_path, name):
    write_json(tmp_path / name, [1])
    assert read_json(tmp_path / name) == [1]
    assert names(tmp_path) == [name]


@pytest.mark.skipif(os.name != "posix", reason="rights of this kind exist on POSIX only")
@pytest.mark.parametrize(("mask", "rights"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_the_rights_follow_the_umask_whatever_a_library_sets(tmp_path, mask, rights):
    def write(place: Path) -> None:
        place.write_text("")
        place.chmod(0o400 | 0o200)

    previous = os.umask(mask)
    try:
        write_with(tmp_path / "file", write)
        assert os.umask(mask) == mask
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == rights


def test_writers_in_many_threads_do_not_disturb_each_other(tmp_path):
    def write(number: int) -> None:
        for version in range(10):
            write_text(tmp_path / f"own {number}", f"{version}")
            write_text(tmp_path / "shared", f"{number}" * 5000)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(tmp_path / f"own {number}").read_text() for number in range(6)} == {"9"}
    assert len(set((tmp_path / "shared").read_text())) == 1
    assert len(names(tmp_path)) == 7


def test_json_goes_there_and_back(tmp_path):
    value = {"words": "양말", "file": os.fsdecode(b"\xff.png"), "numbers": [1, 2.5, None]}
    write_json(tmp_path / "value.json", value)
    assert read_json(tmp_path / "value.json") == value
    write_json(tmp_path / "value.json", {"words": "양말"})
    assert "양말" in (tmp_path / "value.json").read_text(encoding="utf-8")


def test_nan_is_refused_and_the_old_file_kept(tmp_path):
    write_json(tmp_path / "value.json", 1)
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "value.json", float("nan"))
    assert read_json(tmp_path / "value.json") == 1


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe", b"[" * 100_000, b"1" * 5000])
def test_damaged_json_is_a_storage_error(tmp_path, content):
    path = tmp_path / "value.json"
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"value\.json is not readable JSON"):
        read_json(path)


def test_missing_json_is_a_storage_error(tmp_path):
    with pytest.raises(StorageError, match=r"Could not read .*gone\.json: No such file"):
        read_json(tmp_path / "gone.json")


def test_a_text_file_is_utf8_with_plain_line_ends(tmp_path):
    write_text(tmp_path / "text", "a\n한\n")
    assert (tmp_path / "text").read_bytes() == "a\n한\n".encode()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listening_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


OTHER_THAN_FILES = [
    (pipe, "a named pipe"),
    (listening_socket, "a socket"),
    (Path.mkdir, "a folder"),
    (lambda path: path.symlink_to("/dev/zero"), "a device"),
]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize(("make", "words"), OTHER_THAN_FILES, ids=[words for _, words in OTHER_THAN_FILES])
def test_only_a_regular_file_is_read_and_any_other_is_refused_at_once(tmp_path, monkeypatch, make, words):
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    path = Path("x.json")
    make(path)
    with pytest.raises(OSError, match=f"{words}, not a regular file"):
        open_regular(path)
    with pytest.raises(StorageError, match=rf"Could not read x\.json: {words}, not a regular file\.$"):
        read_json(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_file_that_became_a_pipe_after_it_was_looked_at_is_refused_too(tmp_path, monkeypatch):
    regular, path = tmp_path / "regular", tmp_path / "pipe"
    regular.touch()
    os.mkfifo(path)
    facts = regular.stat()
    monkeypatch.setattr(os, "stat", lambda *_, **__: facts)
    with pytest.raises(OSError, match="a named pipe"):
        open_regular(path)


def test_a_small_file_is_read_whole_and_a_larger_one_refused(tmp_path):
    path = tmp_path / "notes"
    path.write_bytes(b"12345678")
    link = tmp_path / "link"
    link.symlink_to(path)
    assert read_small(link, 8) == b"12345678"
    with open_regular(link) as handle:
        assert handle.read(3) == b"123"
    with pytest.raises(StorageError, match="more than the 7 bytes expected"):
        read_small(path, 7)
    with pytest.raises(StorageError, match="Could not read"):
        read_small(Path("a\0b"))


def test_lines_are_added_whole(tmp_path):
    path = tmp_path / "lines"
    for line in ("one\n", "é\n"):
        lines = LineFile(path)
        lines.write(line)
        lines.close()
    assert path.read_bytes() == "one\né\n".encode()


def test_a_full_disk_names_the_file_the_need_and_what_is_free_and_leaves_no_half_line(tmp_path, monkeypatch):
    path = tmp_path / "messages.jsonl"
    lines, write = LineFile(path), os.write
    lines.write("first\n")
    room = [4]

    def with_little_room(handle, content):
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = write(handle, content[: room[0]])
        room[0] -= taken
        return taken

    monkeypatch.setattr(os, "write", with_little_room)
    with pytest.raises(StorageError, match=rf"Could not write {path}: the disk is full \(7 bytes needed, .* free\)\.$"):
        lines.write("second\n")
    monkeypatch.setattr(os, "write", write)
    lines.write("third\n")
    lines.close()
    assert path.read_bytes() == b"first\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_lines_go_into_a_regular_file_alone(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(StorageError, match="a named pipe, not a regular file"):
        LineFile(tmp_path / "pipe")
    os.close(reading)
    with pytest.raises(StorageError, match="Could not write"):
        LineFile(tmp_path / "pipe")
