"""Walls that import-linter cannot see, because it takes another program's package as one."""

from __future__ import annotations

from tests.test_completeness import imported, modules


def test_state_knows_no_widget() -> None:
    """Neither itself nor by what it imports of ours, so that it is tested and read without a window."""
    files = dict(modules("core", "explorer"))
    state = [name for name in files if f"{name}.".startswith(("explorer.session.", "explorer.state."))]
    seen: dict[str, str] = dict.fromkeys(state, "itself")
    queue = list(state)
    while queue:
        name = queue.pop()
        for found in imported(files[name]):
            if (found in files or found.startswith("PySide6.")) and found not in seen:
                seen[found] = name
                queue.extend({found} & set(files))
    assert len(seen) > 20
    assert {
        found: name for found, name in seen.items() if found.startswith(("PySide6.QtWidgets", "PySide6.QtGui"))
    } == {}
