"""The map of a slot: UMAP, and the principal components until that is there. All are turned like the reference's."""

from __future__ import annotations

from pathlib import Path

from core.projection.projection import Projection, load, pca_map
from explorer.results.embeddings import EMBEDDINGS
from explorer.state.derived import Child, Derived, OfReference, Request, Stored

UMAP_SEED = 42


def _project(request: Request) -> list[str]:
    arguments = [str(request.path_of(EMBEDDINGS)), "--out", str(request.path), "--method", "umap"]
    arguments += ["--seed", str(UMAP_SEED)]
    return [*arguments, "--initial", str(request.path_of(MAP, request.reference))] if request.compared else arguments


def _file_stem(request: Request) -> str:
    like = f"-as-{request.reference_stem}" if request.compared else ""
    return f"{request.stem}-umap-{UMAP_SEED}{like}"


def _load(path: Path, _request: Request) -> Projection:
    return load(path)


def _components(request: Request) -> Projection:
    return pca_map(request[EMBEDDINGS], request.draft_of_reference(MAP))


MAP: Derived[Projection] = Derived(
    "map",
    needs=(EMBEDDINGS, OfReference("map")),
    child=Child("project", _project, lambda request: f"computing UMAP of {request.slot}"),
    stored=Stored(".npz", _load, title="map"),
    folder="maps",
    file_stem=_file_stem,
    draft=_components,
    stays=True,
)
