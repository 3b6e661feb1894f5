"""The map's figures and parameters in words: pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from core.messages import Message

METHODS = {"umap": "UMAP", "pca": "PCA", "tsne": "t-SNE"}


def method_name(method: str) -> str:
    """How people write a projection's method."""
    return METHODS.get(method.lower(), method)


def describe_parameters(parameters: Mapping[str, object]) -> str:
    """ "15 neighbours · min_dist 0.1 · cosine · seed 42": what the map depends on, in a fixed order."""
    words = [form(parameters[name]) for name, form in _PARAMETERS.items() if name in parameters]
    return " · ".join(words)


def status(
    images: int,
    classes: int,
    selected: int,
    in_view: int,
    hidden_images: int = 0,
    drawn: int | None = None,
    left_out: int = 0,
) -> str:
    """The line under the map. `drawn` is given while only a sample of the images is drawn."""
    parts = [Message("images-counted", count=images), Message("classes-counted", count=classes)]
    if selected:
        parts.append(Message("images-selected", selected=selected))
    parts.append(Message("all-in-view") if in_view == images else Message("images-in-view", in_view=in_view))
    if hidden_images:
        parts.append(Message("images-hidden", images=hidden_images))
    if drawn is not None and drawn < images:
        parts.append(Message("sample-drawn", drawn=drawn))
    if left_out:
        parts.append(Message("unreadable-left-out", left_out=left_out))
    return " · ".join(parts)


def compared(images: int, overlap: tuple[int, float | None] | None, in_view: int) -> str:
    """The line under B's map; `overlap` are k and the share of the k nearest that A and B have in common, if known."""
    measured = ""
    if overlap is not None and overlap[1] is not None:
        measured = Message("overlap-with-a", k=overlap[0], per_cent=100 * overlap[1])
    return Message("compared-images", view="" if in_view else Message("none-in-view"), measured=measured, images=images)


def describe_hit(first_hit: int) -> tuple[str, bool | None]:
    """What the rank of a query's first hit says, and whether that is right; 0 none found, -1 not measured."""
    if first_hit < 0:
        return Message("hit-not-measured"), None
    if first_hit == 0:
        return Message("no-hit-among-nearest"), False
    if first_hit == 1:
        return Message("correct-at-rank-1"), True
    return Message("first-hit-at-rank", rank=first_hit), False


def _variance(shares: object) -> str:
    known = [float(share) for share in shares] if isinstance(shares, Sequence) else []
    return Message("share-of-variance", per_cent=100 * sum(known))


_PARAMETERS: dict[str, Callable[[object], str]] = {
    "variance": _variance,
    "neighbours": lambda count: Message("neighbours-of-map", count=count),
    "min_dist": "min_dist {}".format,
    "metric": "{}".format,
    "epochs": lambda count: Message("epochs-of-map", count=count),
    "seed": lambda seed: Message("seed-of-map", seed=seed),
}
