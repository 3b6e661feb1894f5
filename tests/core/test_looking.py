"""What a path is, told without reading all: each kind, and how much of it is read."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from core.data import data_look
from core.data.catalog_opening import open_catalog
from core.data.data_look import MOST_BYTES, MOST_ENTRIES, MOST_ROWS, look_at_data
from core.data.readers import text_file
from core.data.readers.manifest_errors import ColumnMeaningError, MissingColumnError
from core.data.source import DEMO, DataSource
from core.errors import Cancelled
from core.looking import kind_of, look
from core.paths import RESOURCES
from tests.conftest import RealData
from tests.core.data.pictures import put


def at(location: Path | str, **options: object) -> data_look.DataLook:
    return look_at_data(DataSource(str(location), **options))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("x.safetensors", "checkpoint"),
        ("x.NPZ", "vectors"),
        ("x.csv", "data"),
        ("x.parquet", "data"),
        ("x.jpg", "picture"),
        ("x.mp3", "data"),
        ("folder", "data"),
        ("torchvision:Food101", "data"),
        (DEMO, "data"),
    ],
)
def test_a_kind_is_told_by_the_name(tmp_path: Path, name: str, kind: str) -> None:
    location = name if ":" in name or name == DEMO else str(tmp_path / name)
    if name == "folder":
        (tmp_path / name).mkdir()
    assert kind_of(location) == kind


def test_a_folder_is_understood_as_opening_it_does(tiny_folder: Path) -> None:
    found, catalog = at(tiny_folder), open_catalog(DataSource(str(tiny_folder)))
    assert (found.images, found.classes, found.is_all) == (len(catalog), len(catalog.classes), True)
    assert len({path.parent.name for path in found.pictures}) == 8 and all(path.is_file() for path in found.pictures)
    assert found.problem is None and found.splits == {}


def test_a_folder_with_splits_says_how_many_each_has(tmp_path: Path) -> None:
    for split, count in (("train", 3), ("test", 2)):
        for label in "ab":
            for number in range(count):
                put(tmp_path / split / label / f"{number}.png")
    assert at(tmp_path).splits == {"train": 6, "test": 4}


def test_a_table_has_columns_with_examples_meanings_and_pictures(tmp_path: Path) -> None:
    for name in ("1.png", "2.png", "3.png"):
        put(tmp_path / "pics" / name)
    table = tmp_path / "list.csv"
    table.write_text(
        "file_name,breed,label,split\n1.png,x,cat,train\n2.png,y,dog,test\nD:\\old\\pics\\3.png,y,dog,test\n"
    )
    found = at(table)
    assert [(column.name, column.examples) for column in found.columns][1] == ("breed", ("x", "y"))
    assert found.meanings == {"file_name": "image", "label": "label", "split": "split"}
    assert {path.name for path in found.pictures} == {"1.png", "2.png", "3.png"}
    assert (found.images, found.classes, found.is_all, found.splits) == (3, 2, True, {"train": 1, "test": 2})


def test_what_was_chosen_of_columns_is_what_is_understood(tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_text("file_name,breed,label\n1.png,x,cat\n2.png,y,cat\n")
    found = at(table, label_column="breed")
    assert found.meanings["breed"] == "label" and found.classes == 2


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("file,breed\n1.png,x\n2.png,y\n", MissingColumnError),
        ("image,label,split\n1.png,a,0\n2.png,b,1\n", ColumnMeaningError),
    ],
)
def test_a_question_of_the_reader_is_told_with_the_columns(tmp_path: Path, text: str, kind: type) -> None:
    (tmp_path / "x.csv").write_text(text)
    found = at(tmp_path / "x.csv")
    assert isinstance(found.problem, kind) and len(found.columns) == len(text.splitlines()[0].split(","))


def test_a_table_in_a_folder_of_classes_that_names_none_leaves_it_to_the_folders(tiny_folder: Path) -> None:
    (tiny_folder / "metadata.csv").write_text("x,y\n1,2\n")
    found = at(tiny_folder)
    assert found.problem is None and found.classes == 8


def test_a_folder_of_pictures_with_its_table_beside_it_is_read_by_the_table(tmp_path: Path) -> None:
    for number in range(4):
        put(tmp_path / "train" / f"{number}.png")
    (tmp_path / "train.csv").write_text("Image,Id\n0.png,a\n1.png,b\n2.png,a\n3.png,b\n")
    found, catalog = at(tmp_path), open_catalog(DataSource(str(tmp_path)))
    assert found.problem is None and (found.images, found.classes) == (len(catalog), len(catalog.classes)) == (4, 2)
    assert found.sentence == f"{tmp_path} is listed by its train.csv." and len(found.pictures) == 4


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".csv"])
def test_long_lines_are_no_problem(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("1.png", "2.png"):
        put(tmp_path / name)
    words = " ".join(["word"] * 24_000)
    rows = [{"image": name, "label": name, **{f"c{at}": words for at in range(3)}} for name in ("1.png", "2.png")]
    texts = {".json": json.dumps(rows), ".jsonl": "\n".join(map(json.dumps, rows))}
    header = ",".join(rows[0])
    texts[".csv"] = "\n".join([header, *(",".join(row.values()) for row in rows)])
    (tmp_path / f"x{suffix}").write_text(texts[suffix])
    found, catalog = at(tmp_path / f"x{suffix}"), open_catalog(DataSource(str(tmp_path / f"x{suffix}")))
    assert found.problem is None and (found.images, found.classes) == (len(catalog), len(catalog.classes)) == (2, 2)
    monkeypatch.setattr(data_look, "MOST_BYTES_OF_JSON", 100)
    if suffix == ".json":
        assert at(tmp_path / "x.json").problem is None, "too long for a look, and opened all the same"


def test_vectors_with_sides_of_one_are_vectors(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", features=np.ones((5, 3, 1, 1), np.float32))
    found = look(DataSource(str(tmp_path / "x.npz")))
    assert (found.kind, found.sentence) == ("vectors", "x.npz holds 5 vectors of 3 numbers (features).")


@pytest.mark.parametrize("name", ["x" * 400, "x" * 400 + ".safetensors", "x" * 400 + ".json", "a\0b", "\ud800"])
def test_a_name_that_no_file_can_have_is_not_there(tmp_path: Path, name: str) -> None:
    found = look(DataSource(str(tmp_path / name)))
    assert found.problem is not None and found.problem.message.id == "data-missing"


def test_pictures_that_are_elsewhere_are_said_and_no_error_yet(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("image,label\n/content/a/1.png,a\n/content/a/2.png,b\n")
    found = at(tmp_path / "x.csv")
    assert not found.pictures and "/content/a/1.png" in found.notes[0] and found.problem is None


def test_a_parquet_of_a_million_rows_is_counted_but_not_read(tmp_path: Path) -> None:
    table = pa.table({"image": [f"{row}.png" for row in range(300_000)], "label": ["a", "b", "c"] * 100_000})
    pq.write_table(table, tmp_path / "x.parquet")
    found = at(tmp_path / "x.parquet")
    assert found.images == 300_000 and found.classes == 3 and not found.is_all
    assert sum(found.columns[1].values.values()) == MOST_ROWS


def test_of_a_large_table_the_beginning_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "x.csv"
    table.write_text("image,label\n" + "".join(f"{row:09}.png,class {row % 7}\n" for row in range(100_000)))
    read: list[int] = []

    class Counted(io.BufferedReader):
        def read(self, size: int | None = -1) -> bytes:  # type: ignore[override]
            content = super().read(size)
            read.append(len(content))
            return content

    monkeypatch.setattr(text_file, "open_regular", lambda path: Counted(io.FileIO(path)))
    found = at(table)
    assert 0 < sum(read) <= MOST_BYTES + 1 < table.stat().st_size / 4
    assert not found.is_all and 5_000 < found.images < 100_000 and found.classes == 7


def test_of_a_folder_some_hundred_entries_are_gone_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for label in "ab":
        (tmp_path / label).mkdir()
        for number in range(3 * MOST_ENTRIES):
            (tmp_path / label / f"{number}.jpg").touch()
    for number in range(3 * MOST_ENTRIES):
        (tmp_path / f"{number}.txt").touch()
    gone_through: list[int] = []
    scan = os.scandir

    class Counted:
        def __init__(self, folder: Path | str) -> None:
            self._entries, self._place = scan(folder), len(gone_through)
            gone_through.append(0)

        def __enter__(self) -> Counted:
            return self

        def __exit__(self, *_: object) -> None:
            self._entries.close()

        def __iter__(self) -> Counted:
            return self

        def __next__(self) -> os.DirEntry[str]:
            entry = next(self._entries)
            gone_through[self._place] += 1
            return entry

    monkeypatch.setattr(os, "scandir", Counted)
    found = at(tmp_path)
    assert 0 < len(gone_through) < 25 and max(gone_through) <= 1_000 < sum(1 for _ in tmp_path.rglob("*"))
    assert not found.is_all and found.images <= 2 * MOST_ENTRIES


def test_a_look_ends_when_nobody_waits_for_it(tiny_folder: Path) -> None:
    with pytest.raises(Cancelled):
        look(DataSource(str(tiny_folder)), lambda: True)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: folder.mkdir(), "it is empty"),
        (lambda folder: folder.write_text("no table"), "is no manifest; expected a folder, a file"),
        (lambda folder: None, "is not there"),
    ],
)
def test_what_is_nothing_says_why(tmp_path: Path, make, says: str) -> None:
    make(tmp_path / "thing.odd")
    found = look(DataSource(str(tmp_path / "thing.odd")))
    assert found.problem is not None and says in str(found.problem)


def test_vectors_are_told_by_their_headers(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", embeddings=np.zeros((200, 16), np.float32), labels=np.array(["a"] * 200))
    assert look(DataSource(str(tmp_path / "x.npz"))).sentence == "x.npz holds 200 vectors of 16 numbers (embeddings)."
    np.savez(tmp_path / "y.npz", labels=np.arange(3))
    assert "none is a table of numbers" in str(look(DataSource(str(tmp_path / "y.npz"))).problem)
    (tmp_path / "z.npz").write_bytes(b"nonsense")
    assert look(DataSource(str(tmp_path / "z.npz"))).problem is not None


def test_a_checkpoint_is_told_by_its_details(tmp_path: Path) -> None:
    found = look(DataSource(str(RESOURCES / "demo" / "longer.safetensors")))
    assert found.kind == "checkpoint" and found.problem is None and "longer" in found.sentence
    (tmp_path / "weights.safetensors").write_bytes(b"")
    assert "weights.json" in str(look(DataSource(str(tmp_path / "weights.safetensors"))).problem)


def test_a_run_says_what_it_was_trained_on(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    found = look(DataSource(str(tmp_path)))
    assert found.kind == "run" and "does not say on which data" in found.sentence


def test_a_picture_alone_is_no_data(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "1.png")
    assert "open the folder that holds it" in str(look(DataSource(str(tmp_path / "1.png"))).problem)


def test_real_photographs_are_found_by_their_ids(real_data: RealData) -> None:
    found = at(real_data.clothing)
    assert found.meanings == {"image": "image", "label": "label"} and len(found.pictures) == data_look.PICTURES
