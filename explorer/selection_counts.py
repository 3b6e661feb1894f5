"""What a selection holds, counted by class; a click keeps the images of one class."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtWidgets import QFrame, QWidget

from core.messages import Message
from explorer.appearance.fitting import scrolling
from explorer.appearance.layouts import in_column, in_row
from explorer.appearance.plain import literal
from explorer.appearance.widgets import button, quiet_label
from explorer.session import Session

MOST, ROW, WIDTH = 200, 26, 260


class SelectionCounts(QWidget):
    """The classes of the selection of a session, those with the most selected images first."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        catalog, rows = session.catalog, session.selection.rows
        assert catalog is not None
        codes = catalog.codes[rows]
        counts = np.bincount(codes + 1, minlength=len(catalog.classes) + 1)
        order = [code for code in np.argsort(-counts, kind="stable").tolist() if counts[code]]
        listed = QWidget()
        lines = in_column(on=listed, spacing=0)
        for code in order[:MOST]:
            name = catalog.classes[code - 1] if code else Message("no-class")
            keep = button(literal(name), "quiet")
            keep.setToolTip(Message("keep-only-class", label=name))
            keep.clicked.connect(partial(self._keep, code - 1))
            lines.addLayout(in_row(keep, 1, quiet_label(f"{counts[code]:,}"), margins=(4, 0, 12, 0)))
        if len(order) > MOST:
            lines.addWidget(quiet_label(Message("more-classes", classes=len(order) - MOST)))
        area = scrolling(listed)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFixedHeight(min(listed.sizeHint().height(), 10 * ROW) + 2)
        title = quiet_label(Message("selection-of-classes", images=len(rows), classes=len(order)))
        in_column(title, area, on=self, margins=(8, 8, 4, 8), spacing=4)
        self.setMinimumWidth(WIDTH)

    def _keep(self, code: int) -> None:
        session = self._session
        assert session.catalog is not None
        rows = session.selection.rows
        session.selection.select(rows[session.catalog.codes[rows] == code])
        self.window().close()
