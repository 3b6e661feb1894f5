"""Tables of numbers as text, as LightlyTrain and others write them."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import EmbeddingsError
from core.retrieval.embeddings import load_file


@pytest.mark.parametrize(("name", "separator"), [("e.csv", ","), ("e.csv", ";"), ("e.tsv", "\t")])
def test_a_table_of_numbered_columns_is_read(tmp_path, name, separator):
    lines = ["filenames,embedding_0,embedding_1,labels", "a/1.jpg,0.5,-1,001", "b/2.jpg,1e-3,2,02"]
    (tmp_path / name).write_text("\n".join(lines).replace(",", separator))
    found = load_file(tmp_path / name)
    np.testing.assert_allclose(found.vectors, [[0.5, -1], [1e-3, 2]])
    assert found.labels.tolist() == ["001", "02"] and found.paths.tolist() == ["a/1.jpg", "b/2.jpg"]


def test_a_row_without_numbers_is_left_out(tmp_path):
    (tmp_path / "e.csv").write_text("label,e0,e1\na,1,2\nb,,\nc,3,4\n")
    found = load_file(tmp_path / "e.csv")
    assert found.rows.tolist() == [0, 2] and "1 of 3 rows (row 1) has no vector" in found.origin.left_out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"image,label\na.jpg,b\n", "no array 'embeddings'; it has 'image'"),
        (b"label,e0,e1\na,1,x\n", "cannot be read as a table of vectors"),
        (b"label,e0,e1\na,1\n", "cannot be read as a table of vectors"),
        (b"\xff\xfe\x00", "cannot be read as a table of vectors"),
        (b"", "cannot be read as a table of vectors"),
        (b"a,a\n1,2\n", "two columns have one name"),
    ],
)
def test_other_tables_are_refused_in_a_sentence(tmp_path, content, words):
    (tmp_path / "e.csv").write_bytes(content)
    with pytest.raises(EmbeddingsError, match=words):
        load_file(tmp_path / "e.csv")
