"""The embeddings of a slot's model for the images that are shown, and the index to search them by."""

from __future__ import annotations

from core.messages import Message
from core.retrieval.embeddings import Embeddings, Origin, is_complete, load_folder
from core.retrieval.index import Index
from core.retrieval.protocol import Protocol
from explorer.state import subject
from explorer.state.derived import SHOWN, SOURCE, Child, Derived, Request, Stored


def _embed(request: Request) -> list[str]:
    shown = request[SHOWN]
    return [
        str(request[SOURCE].path), *shown.source.arguments(), "--split", shown.split,
        "--device", request.device, "--out", str(request.path),
    ]  # fmt: skip


def left_out(origin: Origin, name: str) -> str:
    """What is not shown of the split, or of the file `name`, and how that was read; "" when all is as expected."""
    unreadable = origin.unreadable
    if origin.description:
        return f"{name}: {origin.description}."
    if not unreadable:
        return ""
    if len(unreadable) == 1:
        return Message("image-left-out", name=unreadable[0])
    return Message("images-left-out", images=len(unreadable), first=unreadable[0])


EMBEDDINGS: Derived[Embeddings] = Derived(
    subject.EMBEDDINGS,
    needs=(SHOWN, SOURCE),
    child=Child("embed", _embed, lambda request: Message("loading-named", name=request[SOURCE].name)),
    stored=Stored(
        "",
        lambda folder, request: load_folder(folder, request[SHOWN].catalog),
        is_there=is_complete,
        title="embeddings",
    ),
    folder="embeddings",
)
# How a slot is measured, searched and mapped: one value for all of it.
PROTOCOL: Derived[Protocol] = Derived(
    "protocol",
    needs=(EMBEDDINGS,),
    compute=lambda request: Protocol.of(request[EMBEDDINGS]),
    subject=EMBEDDINGS.name,
)
INDEX: Derived[Index] = Derived(
    "index",
    needs=(EMBEDDINGS, PROTOCOL),
    compute=lambda request: Index(request[EMBEDDINGS], request[PROTOCOL]),
    subject=EMBEDDINGS.name,
)
