"""The map of a slot: UMAP, and the principal components until that is there. All are turned like the reference's."""

from __future__ import annotations

from core.messages import Message
from core.projection.projection import Projection, load, pca_map
from explorer.results.embeddings import EMBEDDINGS, PROTOCOL
from explorer.state.derived import Child, Derived, OfReference, Request, Stored

UMAP_SEED = 42


def _project(request: Request) -> list[str]:
    arguments = [str(request.path_of(EMBEDDINGS)), "--out", str(request.path), "--method", "umap"]
    arguments += ["--seed", str(UMAP_SEED)]
    return [*arguments, "--initial", str(request.path_of(MAP, request.reference))] if request.compared else arguments


def _file_stem(request: Request) -> str:
    """Maps by Euclidean distance have names of their own: older versions drew all by cosine."""
    made = f"-umap-{UMAP_SEED}"
    like = f"-as-{request.path_of(MAP, request.reference).stem.replace(made, '')}" if request.compared else ""
    by = "-euclidean" if request[PROTOCOL].distance == "euclidean" else ""
    return f"{request.stem(request.slot)}{made}{by}{like}"


MAP: Derived[Projection] = Derived(
    "map",
    needs=(EMBEDDINGS, PROTOCOL, OfReference("map")),
    child=Child("project", _project, lambda request: Message("computing-umap", slot=request.slot)),
    stored=Stored(".npz", lambda path, _: load(path), title="map"),
    folder="maps",
    file_stem=_file_stem,
    draft=lambda request: pca_map(request[EMBEDDINGS], request.draft_of_reference(MAP)),
    stays=True,
)
