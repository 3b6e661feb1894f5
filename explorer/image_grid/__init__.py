"""A grid of very many pictures in groups, of which only those in view are drawn."""
