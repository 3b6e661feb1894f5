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
    "content",
    [
        "label,e0,e1\nä,0.5,1\nb,2,3\n".encode("utf-16"),
        "\ufefflabel,e0,e1\r\nä,0.5,1\r\nb,2,3\r\n".encode(),
        "label;e0;e1\nä;0,5;1\nb;2;3\n".encode(),
        "label|e0|e1\nä|0.5|1\nb|2|3\n".encode(),
        "# made by hand\n\n# label,e0,e1\nä,0.5,1\nb,2,3\n".encode(),
        "label,e0,e1\nä,0.5,1\nb,2,3\n".encode("utf-16-le"),
    ],
)
def test_other_encodings_separators_and_comments_are_read(tmp_path, content):
    (tmp_path / "e.csv").write_bytes(content)
    found = load_file(tmp_path / "e.csv")
    np.testing.assert_array_equal(found.vectors, [[0.5, 1], [2, 3]])
    assert found.labels.tolist() == ["ä", "b"]
    assert ("1 comment" in found.origin.read_as) == content.startswith(b"#")
    assert ("the text is read as utf-16-le" in found.origin.read_as) == content.startswith(b"l\0")


@pytest.mark.parametrize(
    ("content", "vectors"),
    [
        ("path,label,x,y\na.png,c,1,2\nb.png,d,3,4\n", [[1, 2], [3, 4]]),
        ("path,label,X,Y,Z\na.png,c,1,2,9\nb.png,d,3,4,8\n", [[1, 2, 9], [3, 4, 8]]),
        ('x,y\n"[1, 2]",c\n"[3, 4]",d\n', [[1, 2], [3, 4]]),
    ],
)
def test_x_and_y_that_are_numbers_are_one_vector(tmp_path, content, vectors):
    (tmp_path / "e.csv").write_text(content)
    found = load_file(tmp_path / "e.csv")
    np.testing.assert_array_equal(found.vectors, vectors)
    assert found.labels.tolist() == ["c", "d"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"image,label\na.jpg,b\n", "no column 'embeddings'; it has 'image'"),
        (b"label,e0,e1\na,1,x\n", "cannot be read as a table of vectors"),
        (b"label,e0,e1\na,1\n", "cannot be read as a table of vectors"),
        (b"\xff\xfe\x00", "begins like UTF-16 text, but is none|cannot be read as a table of vectors"),
        ("label,e0,e1\n猫,1,2\n狗,3,4\n".encode("gbk"), "not UTF-8, and which encoding it is in is not certain"),
        (b"0.5,1.5,-2\n0.25,1,2\n", "its first line is numbers and no heading"),
        (b"label,e0,e1\n", "has no rows|no number in any of 0 rows"),
        (b"", "cannot be read as a table of vectors"),
        (b"a,a\n1,2\n", "two columns have one name"),
    ],
)
def test_other_tables_are_refused_in_a_sentence(tmp_path, content, words):
    (tmp_path / "e.csv").write_bytes(content)
    with pytest.raises(EmbeddingsError, match=words):
        load_file(tmp_path / "e.csv")
