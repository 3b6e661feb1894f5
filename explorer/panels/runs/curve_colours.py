"""The colours of curves, told apart by people with the common kinds of colour blindness too."""

from __future__ import annotations

from explorer.appearance import theme

# The first is the theme's accent.
DARK_COLOURS = ("#4c8dff", "#d0913a", "#4fc3b0", "#d97bb6", "#a58bf5", "#c9c04a", "#e5645f", "#9aa3af")
LIGHT_COLOURS = ("#1a64d8", "#a05f00", "#0f7d6c", "#a8397f", "#6b47c9", "#7a7300", "#c93c37", "#5b6470")
MOST = len(DARK_COLOURS)


def colour(index: int) -> str:
    """The colour "#rrggbb" of the curve in that place of a legend, in the present theme."""
    colours = DARK_COLOURS if theme.current().name == "dark" else LIGHT_COLOURS
    return colours[index % MOST]
