"""Names in one string: what is found, how much there is, and giving up."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import numpy as np

from core.data.catalog import texts
from explorer.name_index import MOST_CLASSES, MOST_FILES, PORTION, NameIndex, NameMatches
from tests.explorer.factories import made_catalog


def never() -> bool:
    return False


def test_any_part_of_names_and_paths_is_found_in_any_case_and_composition() -> None:
    coat = unicodedata.normalize("NFD", "두루마기")
    catalog = made_catalog(("Hat", "hatpin", coat), images=2)
    index = NameIndex(catalog, np.arange(len(catalog)))
    hats = {code for code, name in enumerate(catalog.classes) if name.lower().startswith("hat")}
    found = index.find("HAT", never)
    assert set(found.classes) == hats and found.files == (0, 1, 2, 3)
    assert (found.all_classes, found.all_files) == (2, 4)
    assert index.find("pin/1", never).files == (3,)
    assert index.find("루마", never).files == (4, 5)
    assert index.find("  ", never) == NameMatches("  ")


def test_only_the_rows_asked_for_are_found() -> None:
    catalog = made_catalog(("Hat", "shoe"), images=2)
    found = NameIndex(catalog, np.array([1, 3])).find("a", never)
    assert found.files == (1,) and found.all_files == 1


def test_names_with_line_ends_do_not_shift_the_others() -> None:
    catalog = made_catalog(("Hat", "shoe"), images=2)
    paths = catalog.paths.copy()
    catalog = replace(catalog, paths=texts(["a\nb.png", *paths[1:].tolist()]))
    assert NameIndex(catalog, np.arange(4)).find("shoe/1", never).files == (3,)


def test_long_lists_are_counted_whole_and_listed_in_part() -> None:
    catalog = made_catalog(tuple(f"class {number}" for number in range(MOST_CLASSES + 1)), images=6)
    found = NameIndex(catalog, np.arange(len(catalog))).find("class", never)
    assert (len(found.classes), found.all_classes) == (MOST_CLASSES, MOST_CLASSES + 1)
    assert (len(found.files), found.all_files) == (MOST_FILES, 6 * (MOST_CLASSES + 1))


def test_a_search_that_nobody_waits_for_ends() -> None:
    catalog = made_catalog(("class",), images=2 * PORTION + 9)
    found = NameIndex(catalog, np.arange(len(catalog))).find("png", lambda: True)
    assert found.all_files == PORTION
