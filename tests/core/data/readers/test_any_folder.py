"""Whatever lies in a folder, opening it gives a catalog or one sentence, and no class is a split in silence."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from core.data.catalog import Catalog
from core.data.catalog_opening import open_catalog
from core.data.readers.folder_division import divide
from core.data.source import FOLDER_MEANINGS, DataSource
from core.data.split_names import hinted_words, split_word
from core.errors import CoreError
from tests.core.data.pictures import put

NAMES = (
    "train", "test_set", "val2017", "Training", "trainA", "trainval", "train_all", "bullet_train", "query", "gallery",
    "multi-query", "seg_pred", "extra", "unlabeled", "images", "data", "tr", "cats", "dogs", "fold_1", "fold_2", "seen",
    "unseen", "0002", "-1", "@eaDir", "__MACOSX", ".hidden", "_unlabeled", "caf\udce9", "<img src=x>", "line\nbreak",
    "모자", "=cmd", "list_query.txt", "train.csv", "labels.json", "metadata.csv", "samples.json", "images.txt",
)  # fmt: skip
FILES = (
    "1.png", "2.JPG", "nosuffix", "x.jpg_large", "0002_c1s1_000451_03.jpg", "notes.txt", "train.csv", "test.csv",
    "labels.csv", "labels.json", "data.json", "metadata.jsonl", "manifest.csv", "samples.json", "metadata.json",
    "images.txt", "image_class_labels.txt", "list_query.txt", "list_eval_partition.txt", "images.zip", "x.parquet",
    "x.arrow", "tensors.tsv", "Thumbs.db", "caf\udce9.png", "train_test_split.txt", "x.json", "manifest.parquet",
)  # fmt: skip
KINDS = ("picture", "empty", "text", "json", "table", "fifo", "socket", "dangling", "loop", "folder", "bytes")
CONTENT = {
    "empty": b"",
    "text": b"1 2\nimage_name evaluation_status\na b\n",
    "json": b'{"labels": {"1": 0, "2": [1]}, "samples": [{"filepath": "1.png"}, 3], "classes": ["a"]}',
    "table": b"image,label,split\n1.png,a,train\n2.JPG,b,elsewhere\n",
    "bytes": bytes(range(256)),
}
holders = st.lists(st.sampled_from(NAMES), max_size=4).map("/".join)
entries = st.tuples(holders, st.sampled_from(FILES), st.sampled_from(KINDS))
FAST = settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def make(root: Path, holder: str, name: str, kind: str) -> None:
    """One thing of a kind, where nothing else is in its way."""
    path = root / holder / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(path):
            return
        if kind in CONTENT:
            path.write_bytes(CONTENT[kind])
        elif kind == "picture":
            put(path) if path.suffix.lower() in (".png", ".jpg") else shutil.copy(put(root / "0.png"), path)
        elif kind == "fifo":
            os.mkfifo(path)
        elif kind == "socket":
            with socket.socket(socket.AF_UNIX) as door:
                door.bind(str(path))
        elif kind == "folder":
            path.mkdir()
        else:
            path.symlink_to("nowhere" if kind == "dangling" else path.name)
    except OSError:
        # A name that is there already, or too long for a socket.
        pass


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes and sockets as files exist on POSIX only")
@pytest.mark.timeout(120)
@seed(20260)
@FAST
@given(st.lists(entries, max_size=12), st.sampled_from(["", *FOLDER_MEANINGS]))
def test_any_tree_gives_a_catalog_or_a_sentence(things, meaning):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "set"
        root.mkdir()
        for holder, name, kind in things:
            make(root, holder, name, kind)
        meanings = (f"cats={meaning}",) if meaning else ()
        try:
            catalog = open_catalog(DataSource(str(root), folders=meanings))
        except CoreError as error:
            assert str(error)
            assert len(str(error)) < 1_500
        else:
            assert isinstance(catalog, Catalog)
            require_said(catalog.classes, catalog.report.notices)


def require_said(classes, notices) -> None:
    """A class with a folder called like a split is never there without a word."""
    called = [name for label in classes for name in label.split("/") if split_word(name) or hinted_words(name)]
    assert not called or any("split" in notice or "table" in notice or "classes are" in notice for notice in notices)


@seed(20261)
@settings(FAST, max_examples=200)
@given(st.lists(holders, min_size=1, max_size=8, unique=True))
def test_any_names_of_folders_are_split_asked_about_or_said(names):
    division = divide(names)
    assert set(division.assignments) == set(names)
    assert all(place.split in ("", "train", "val", "test") for place in division.assignments.values())
    if not division.question:
        require_said({place.label for place in division.assignments.values()}, division.notices)
