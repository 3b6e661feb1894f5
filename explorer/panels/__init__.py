"""The panels: one folder each. They do not import each other; they meet in the session."""
