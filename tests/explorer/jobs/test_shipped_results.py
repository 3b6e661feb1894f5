"""What the demo shows at a first start is shipped, and fits the demo and its checkpoints as they are now."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core import paths
from core.data.catalog_opening import open_catalog
from core.data.source import DataSource
from core.projection.projection import load
from core.retrieval.embeddings import load_folder
from explorer.application import shipped_checkpoints
from explorer.jobs.artifact_paths import SHIPPED, ArtifactPaths


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ArtifactPaths:
    """Of an empty workspace."""
    monkeypatch.setenv(paths.WORKSPACE_VARIABLE, str(tmp_path))
    return ArtifactPaths(tmp_path)


@pytest.mark.usefixtures("results")
def test_every_shipped_checkpoint_has_its_embeddings_and_map(results: ArtifactPaths) -> None:
    catalog = open_catalog(DataSource("demo"), draw_later=True)
    a, b = (f"{catalog.fingerprint}-test-{info.identity}" for info in shipped_checkpoints())
    for name, of_map in ((a, f"{a}-umap-42.npz"), (b, f"{b}-umap-42-as-{a}.npz")):
        folder = results.path("embeddings", name)
        assert folder.parent.parent == SHIPPED, "run `python -m benchmarks.make_demo_results`"
        embeddings = load_folder(folder, catalog)
        assert np.array_equal(embeddings.rows, catalog.rows("test"))
        projection = load(results.path("maps", of_map))
        assert projection.method == "umap" and len(projection.xy) == len(embeddings)


def test_what_the_workspace_has_comes_first(results: ArtifactPaths, tmp_path: Path) -> None:
    (shipped,) = {path.name for path in (SHIPPED / "maps").glob("*-umap-42.npz")}
    assert results.path("maps", shipped) == SHIPPED / "maps" / shipped
    own = tmp_path / "maps" / shipped
    own.parent.mkdir()
    own.touch()
    assert results.path("maps", shipped) == own
    assert results.path("maps", "other.npz") == tmp_path / "maps" / "other.npz"
