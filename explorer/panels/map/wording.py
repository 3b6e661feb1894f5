"""The map's figures and parameters in words: pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from core.wording import counted

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
    hidden_groups: int = 0,
    drawn: int | None = None,
    left_out: int = 0,
) -> str:
    """The line under the map. `drawn` is given while only a sample of the images is drawn."""
    parts = [counted(images, "image"), counted(classes, "class", "classes")]
    if selected:
        parts.append(f"{selected:,} selected")
    parts.append("all in view" if in_view == images else f"{in_view:,} in view")
    if hidden_groups:
        parts.append(f"{counted(hidden_images, 'image')} hidden")
    if drawn is not None and drawn < images:
        parts.append(f"a sample of {drawn:,} drawn while moving")
    if left_out:
        parts.append(f"{left_out:,} unreadable left out")
    return " · ".join(parts)


def compared(images: int, overlap: tuple[int, float | None] | None, in_view: int) -> str:
    """The line under B's map; `overlap` are k and the share of the k nearest that A and B have in common, if known."""
    measured = ""
    if overlap is not None and overlap[1] is not None:
        measured = f"{overlap[0]} nearest: {100 * overlap[1]:.0f} % overlap with A · "
    return f"{'' if in_view else 'none in view · '}{measured}{counted(images, 'image')}"


def describe_hit(first_hit: int) -> tuple[str, bool | None]:
    """What the rank of a query's first hit says, and whether that is right; 0 none found, -1 not measured."""
    if first_hit < 0:
        return "not measured: no other image of its class", None
    if first_hit == 0:
        return "no hit among the nearest", False
    if first_hit == 1:
        return "correct at rank 1", True
    return f"first hit at rank {first_hit:,}", False


def _variance(shares: object) -> str:
    known = [float(share) for share in shares] if isinstance(shares, Sequence) else []
    return f"{100 * sum(known):.0f} % of the variance"


_PARAMETERS: dict[str, Callable[[object], str]] = {
    "variance": _variance,
    "neighbours": "{} neighbours".format,
    "min_dist": "min_dist {}".format,
    "metric": "{}".format,
    "epochs": "{} epochs".format,
    "seed": "seed {}".format,
}
