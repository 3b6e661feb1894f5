"""What has become of the files since a data set was opened."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.data.catalog_opening import open_catalog
from core.data.file_listing import keep_listing, read_listing
from core.data.recheck import recheck
from core.data.source import DataSource
from core.errors import StorageError
from tests.core.data.pictures import put


def test_new_missing_and_changed_files_are_told_apart(tiny_folder: Path) -> None:
    source = DataSource(str(tiny_folder))
    before = open_catalog(source)
    assert recheck(source, before).sentence == "tiny: all 48 images as before."
    put(tiny_folder / "blue disc" / "new.png")
    (tiny_folder / "red cross" / "0.png").unlink()
    Image.new("RGB", (50, 50), (1, 2, 3)).save(tiny_folder / "red square" / "0.png")
    found = recheck(source, before)
    assert (found.new, found.missing, found.changed) == (
        ("blue disc/new.png",),
        ("red cross/0.png",),
        ("red square/0.png",),
    )
    assert not found.is_as_before and len(found.catalog) == 48
    assert found.sentence == (
        "tiny has 1 new (first: blue disc/new.png), 1 missing (first: red cross/0.png), "
        "1 changed (first: red square/0.png) since it was opened; 48 images now."
    )


def test_other_classes_of_the_same_files_are_told(tmp_path: Path) -> None:
    put(tmp_path / "1.png")
    put(tmp_path / "2.png")
    table = tmp_path / "x.csv"
    table.write_text("image,label\n1.png,a\n2.png,b\n")
    before = open_catalog(DataSource(str(table)))
    table.write_text("image,label\n1.png,a\n2.png,c\n")
    found = recheck(DataSource(str(table)), before)
    assert found.is_read_otherwise and "with other classes, splits or attributes" in found.sentence


def test_files_beyond_those_that_are_compared_at_an_opening_are_listed_anew(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.data import catalog_cache

    monkeypatch.setattr(catalog_cache, "SMALLEST", 1)
    monkeypatch.setattr(catalog_cache, "COMPARED", 0)
    monkeypatch.setattr(catalog_cache, "STILL_SECONDS", 0.0)
    source = DataSource(str(tiny_folder))
    before = open_catalog(source)
    Image.new("RGB", (50, 50), (1, 2, 3)).save(tiny_folder / "red square" / "0.png")
    assert recheck(source, before).changed == ("red square/0.png",)


def test_a_kept_listing_is_compared_as_the_catalog_is(tiny_folder: Path, tmp_path: Path) -> None:
    source, kept = DataSource(str(tiny_folder)), tmp_path / "kept" / "files.npz"
    catalog = open_catalog(source)
    keep_listing(catalog, kept)
    listing = read_listing(kept)
    assert listing.paths.tolist() == catalog.paths.tolist() and listing.stamps.tolist() == catalog.stamps.tolist()
    assert recheck(source, listing).is_as_before
    (tiny_folder / "red cross" / "0.png").unlink()
    assert recheck(source, listing).missing == ("red cross/0.png",)


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_a_damaged_listing_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "files.npz").write_bytes(content)
    with pytest.raises(StorageError):
        read_listing(tmp_path / "files.npz")


def test_a_listing_with_a_damaged_head_is_refused(tmp_path: Path, tiny_folder: Path) -> None:
    kept = tmp_path / "listing.npz"
    keep_listing(open_catalog(DataSource(str(tiny_folder))), kept)
    written = kept.read_bytes()
    head = written.rindex(b"PK\x01\x02")
    array = io.BytesIO()
    np.save(array, np.zeros(3))
    # Encrypted, packed otherwise, of a later version of ZIP, cut short; another file of NumPy's.
    changes = ((8, 1), (10, 99), (6, 200))
    damaged = [written[: head + at] + bytes([value]) + written[head + at + 1 :] for at, value in changes]
    for content in (*damaged, written[:-9], array.getvalue(), b""):
        kept.write_bytes(content)
        with pytest.raises(StorageError):
            read_listing(kept)
