"""What is said of one image: its class, its file, the attributes that came with it, its size and split."""

from __future__ import annotations

from core.data.catalog import Catalog
from core.messages import Message
from explorer.appearance.hover_card import CardContent

MOST_ATTRIBUTES = 6


def card_of(catalog: Catalog, row: int, size: tuple[int, int] | None = None) -> CardContent:
    """The card of a catalog row; `size` is width and height in pixels, where they are known."""
    attributes = [
        Message("attribute-of-image", name=name, value=str(cells[row]))
        for name, cells in catalog.attributes.items()
        if str(cells[row])
    ]
    if len(attributes) > MOST_ATTRIBUTES:
        more = len(attributes) - MOST_ATTRIBUTES + 1
        attributes = [*attributes[: MOST_ATTRIBUTES - 1], Message("more-attributes", count=more)]
    pixels = [] if size is None else [Message("pixels-of-image", width=size[0], height=size[1])]
    facts = [*pixels, *filter(None, (str(catalog.splits[row]), str(catalog.roles[row])))]
    lines = (str(catalog.paths[row]).rpartition("/")[2], *attributes, *([" · ".join(facts)] if facts else ()))
    return CardContent(str(catalog.labels[row]) or Message("no-class"), lines)
