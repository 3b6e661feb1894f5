"""The map: every image a disc at the place of its embedding."""
