"""What is cached stays within its bounds; what was used last stays longest."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np

from core.array_file import load_arrays
from core.disk_cache import make_room, mark_used, store


def names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


def aged(folder: Path, sizes: dict[str, int]) -> None:
    """Files of so many bytes, the first of them not used for longest."""
    for age, (name, size) in enumerate(sizes.items()):
        (folder / name).write_bytes(bytes(size))
        os.utime(folder / name, (1000 + age, 1000 + age))


def test_room_is_made_by_what_was_not_used_for_longest(tmp_path):
    aged(tmp_path, {"a": 10, "b": 30, "c": 10, "d": 10})
    make_room(tmp_path.iterdir(), 60)
    assert names(tmp_path) == ["a", "b", "c", "d"]
    mark_used(tmp_path / "a")
    make_room(tmp_path.iterdir(), 59)
    assert names(tmp_path) == ["a", "c", "d"]
    make_room(tmp_path.iterdir(), 1)
    assert names(tmp_path) == ["a"]


def test_what_another_process_removes_meanwhile_or_holds_is_left_to_it(tmp_path, monkeypatch):
    aged(tmp_path, {"held": 10, "old": 10, "new": 10})
    remove = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.name == "held":
            raise PermissionError(errno.EACCES, "is being used by another process")
        remove(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    make_room([tmp_path / "gone", *tmp_path.iterdir()], 20)
    assert names(tmp_path) == ["held", "new"]
    mark_used(tmp_path / "gone")


def test_room_for_what_is_to_come_may_take_all(tmp_path):
    aged(tmp_path, {"a": 10, "b": 30, "c": 10})
    make_room(tmp_path.iterdir(), 60, need=15)
    assert names(tmp_path) == ["b", "c"]
    make_room(tmp_path.iterdir(), 60, need=60)
    assert names(tmp_path) == []


def test_storing_removes_others_of_its_kind_only(tmp_path):
    aged(tmp_path, {"old.npz": 5000, "older.txt": 5000})
    store(tmp_path / "new.npz", {"ones": np.ones(3)}, 4000)
    assert names(tmp_path) == ["new.npz", "older.txt"]
    assert load_arrays(tmp_path / "new.npz")["ones"].tolist() == [1, 1, 1]
