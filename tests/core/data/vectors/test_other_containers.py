"""Vectors in other programs' containers are refused with the way on."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.io

from core.data.vectors.other_containers import refuse_other_container
from core.errors import EmbeddingsError
from core.retrieval.embeddings import load_file


@pytest.mark.parametrize(
    "name", ["e.npy", "e.mat", "E.H5", "e.pth", "e.json", "e.pkl", "e.faiss", "e.npz.gz", "e.arrow"]
)
def test_a_container_is_named_and_so_is_the_way_on(tmp_path, name):
    (tmp_path / name).write_bytes(b"anything")
    with pytest.raises(EmbeddingsError, match=r"numpy\.savez\(|write_table|Unpack it") as refusal:
        load_file(tmp_path / name)
    assert len(str(refusal.value)) < 600 and "\n" not in str(refusal.value)


def test_the_way_on_from_a_re_identification_file_works_when_followed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    facts = {"query_f": np.eye(2), "gallery_f": np.eye(2), "query_label": [[1, 2]], "gallery_label": [[1, 2]]}
    scipy.io.savemat("result.mat", facts)
    with pytest.raises(EmbeddingsError) as refusal:
        refuse_other_container(tmp_path / "result.mat")
    code = str(refusal.value).partition("Convert it: ")[2].partition(", by the names")[0]
    exec(code, {"numpy": np, "scipy": scipy})  # noqa: S102 - our own sentence
    found = load_file(tmp_path / "FILE.npz")
    assert found.labels.tolist() == ["1", "2"] * 2 and found.roles.tolist() == ["query"] * 2 + ["gallery"] * 2
