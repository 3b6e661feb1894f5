"""The neighbours panel: a query, what it retrieves, right or wrong, and the walk from one image to the next."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import (
    QComboBox,
    QStackedWidget,
    QWidget,
)

from core.data.images import SUFFIXES, thumbnail
from core.messages import Message
from core.retrieval.protocol_wording import DISTANCE_NAMES
from explorer.appearance import theme
from explorer.appearance.elided import ElidedLabel
from explorer.appearance.layouts import in_column, in_row
from explorer.appearance.number_format import of_slots
from explorer.appearance.plain import Label
from explorer.appearance.widgets import EmptyState, ProblemStrip, SectionHeader, Segmented, quiet_label
from explorer.commands import icon_button
from explorer.dropped import first_image
from explorer.empty_panels import way_to_model
from explorer.file_dialogs import ask_for_file
from explorer.jobs.runner import JobRunner
from explorer.jobs.shown_work import ShownWork
from explorer.panels.gallery.pasted import PASTED, keep_pasted, named_in
from explorer.panels.gallery.query_card import LARGE, QueryCard
from explorer.panels.gallery.result_grid import ResultGrid
from explorer.panels.gallery.result_list import ResultItem, results_of
from explorer.panels.panel import Panel
from explorer.preview import Preview
from explorer.results.embeddings import INDEX
from explorer.results.maps import MAP
from explorer.results.neighbours import NEIGHBOURS, QueryResult
from explorer.session import Session
from explorer.state.panel_filters import PanelFilter
from explorer.state.problems import Problem
from explorer.state.slots import SlotKey
from explorer.state.subject import DROPPED, QUERY, Subject
from explorer.thumbnails import ThumbnailStore, as_qimage

NO_QUERY = Message("how-to-query")
CHOICES_OF_K = (5, 10, 20, 50, 100, 200)


class GalleryPanel(Panel):
    """Shows what the session's query retrieves, on one slot or on both; a drop, a paste or a file is a query too.

    `header`, the heading with its buttons, is not inside the panel: whoever docks it puts it on top.
    """

    def __init__(self, session: Session, thumbnails: ThumbnailStore, runner: JobRunner) -> None:
        super().__init__()
        self._session, self._runner = session, runner
        self._shown = ShownWork(session, runner)
        self._file_image: QImage | None = None
        self._preview: Preview | None = None
        self._previewed: tuple[SlotKey, int | None] = (session.reference, None)
        # A click beside everything is enough for the keys.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAccessibleName(Message("neighbours"))

        self.header: SectionHeader = SectionHeader(Message("neighbours"))
        self._open = icon_button("query.open", "image")
        self._back = icon_button("query.back", "back")
        self._forward = icon_button("query.forward", "forward")
        for part in (self._open, self._back, self._forward):
            self.header.add(part)
        self._card = QueryCard(session, thumbnails)
        self._filter = Segmented({"all": Message("all"), "wrong": Message("wrong-only")}, name=Message("results-shown"))
        self._k = QComboBox()
        self._k.setAccessibleName(Message("number-of-neighbours"))
        for k in CHOICES_OF_K:
            self._k.addItem(str(k), k)
        self._k.setCurrentText(str(session.selection.k))
        self._grids = {slot: ResultGrid(thumbnails, Message("neighbours-in", slot=slot)) for slot in session.slots}
        self._titles = {slot: Label(slot) for slot in session.slots}
        # The only words of its row that may give way: two maps beside it need the room.
        self._measure = ElidedLabel(DISTANCE_NAMES["cosine"], Qt.TextElideMode.ElideRight)
        self._measure.setProperty("quiet", True)
        self._caution = quiet_label(small=True)
        self._caution.setWordWrap(True)
        self._caution.setContentsMargins(14, 0, 14, 6)
        self._counts = {slot: quiet_label(small=True) for slot in session.slots}
        self._problem, self._failed = ProblemStrip(), QUERY
        self._problem.retry_requested.connect(self._retry)
        self._empty = EmptyState()
        self._empty.command_wished.connect(self.command_wished)
        session.runs.changed.connect(self._on_runs_changed)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._build_results())

        in_column(self._problem, (self._stack, 1), on=self, spacing=0)
        self._connect()
        self._show_all()

    def results(self, slot: SlotKey) -> list[ResultItem]:
        """What one slot's grid lists now, nearest first."""
        return list(self._grids[slot].list.items)

    def calls(self) -> dict[str, Callable[..., object]]:
        return {
            "query.back": self._session.selection.back,
            "query.forward": self._session.selection.forward,
            "query.open": self._on_open,
            "query.paste": self.paste,
            "query.file": self.query_by_file,
            "neighbours.preview": self.preview,
        }

    # Building

    def _build_results(self) -> QWidget:
        k_label = quiet_label("k")
        k_label.setBuddy(self._k)
        controls = in_row(self._filter, k_label, self._k, 1, self._measure, margins=(14, 0, 14, 8), spacing=8)
        self._columns = {slot: self._build_column(slot) for slot in self._session.slots}
        columns = in_row(*((part, 1) for part in self._columns.values()), margins=(14, 0, 6, 0), spacing=10)
        page = QWidget()
        in_column(self._card, controls, self._caution, (columns, 1), on=page, spacing=0)
        return page

    def _build_column(self, slot: SlotKey) -> QWidget:
        part = QWidget()
        part.setObjectName(f"column {slot}")
        font = self._titles[slot].font()
        font.setBold(True)
        self._titles[slot].setFont(font)
        head = in_row(self._titles[slot], 1)
        in_column(head, self._counts[slot], (self._grids[slot], 1), on=part, spacing=4)
        return part

    def _connect(self) -> None:
        session = self._session
        session.selection.query_changed.connect(self._on_query_changed)
        session.results[NEIGHBOURS].changed.connect(self._on_neighbours_changed)
        session.checkpoint.changed.connect(self._show_all)
        session.results[MAP].changed.connect(self._show_caution)
        session.catalog_changed.connect(self._show_all)
        session.problems.changed.connect(self._on_problem)
        session.selection.k_changed.connect(self._on_k_changed)
        session.filter.changed.connect(self._show_all_results)
        self._back.clicked.connect(session.selection.back)
        self._forward.clicked.connect(session.selection.forward)
        self._open.clicked.connect(self._on_open)
        self._filter.chosen.connect(self._on_filter_chosen)
        self._k.activated.connect(self._on_k_chosen)
        self._card.missed_chosen.connect(self._on_chosen)
        self._card.picture.clicked.connect(self.preview)
        for slot, grid in self._grids.items():
            grid.chosen.connect(self._on_chosen)
            grid.preview_requested.connect(partial(self._preview_row, slot))
            grid.selection_wished.connect(session.selection.select)
        session.selection.rows_changed.connect(self._mark_selected)
        theme.notifier.changed.connect(self._tint_titles)
        self._tint_titles()

    # Showing

    def _on_runs_changed(self) -> None:
        if not self._session.has_model:
            self._show_all()

    def _show_all(self) -> None:
        session = self._session
        asked = session.selection.query is not None or session.selection.query_image is not None
        self._stack.setCurrentIndex(1 if asked else 0)
        if session.has_model:
            self._empty.set(Message("no-query-yet"), NO_QUERY)
        else:
            way = way_to_model(session)
            title, text = Message("no-neighbours-yet"), Message("model-first-for-neighbours")
            self._empty.set(title, text, way.words, "normal", way.command)
        self._back.setEnabled(session.selection.can_go_back)
        self._forward.setEnabled(session.selection.can_go_forward)
        self.header.set_text(Message("neighbours-a-and-b") if session.comparing else Message("neighbours"))
        for slot in session.slots:
            self._titles[slot].setVisible(session.comparing)
            self._columns[slot].setVisible(slot == session.reference or session.checkpoint[slot] is not None)
            self._show_results(slot)
        self._show_caution()
        self._card.show_query(self._file_image)

    def _show_caution(self) -> None:
        """Say where an order means nothing."""
        session = self._session
        doubts = {slot: _why_in_doubt(session, slot) for slot in session.slots}
        alone = doubts[session.reference]
        sentences = of_slots(doubts) if session.comparing else [alone] if alone else []
        self._caution.setText(f"⚠ {' · '.join(sentences)}" if sentences else "")
        self._caution.setVisible(bool(sentences))

    def _show_results(self, slot: SlotKey) -> None:
        found, catalog = self._session.results[NEIGHBOURS][slot], self._session.catalog
        grid, count = self._grids[slot], self._counts[slot]
        if found is None or catalog is None:
            # While the answer for a row is on its way the old one stays, so that a click does not flicker.
            if self._session.results[INDEX][slot] is None or self._session.selection.query_image is not None:
                grid.list.show([])
            count.hide()
            return
        reference = self._session.reference
        other = self._session.results[NEIGHBOURS][reference] if slot != reference else None
        results = results_of(found, catalog, self._filter.value == "wrong", other, self._session.filter.mask)
        grid.list.show(results)
        grid.scrollToTop()
        outside = sum(result.filtered_out for result in results)
        count.setText(Message("results-filtered-out", count=outside, of=len(results)) if results else _why_none(found))
        count.setVisible(bool(outside) or not results)

    def _on_query_changed(self) -> None:
        self._file_image = None
        if not self._problems_of_query:
            self._problem.clear()
        self._runner.give_up("query picture")
        image = self._session.selection.query_image
        if image is not None:
            work, failed = partial(thumbnail, image, LARGE * 2), partial(self._session.problems.set, QUERY)
            self._runner.submit("query picture", work, self._on_file_image, failed)
        self._show_all()

    def _on_neighbours_changed(self, slot: SlotKey) -> None:
        self._measure.setText(_describe_measure(self._session))
        # What the others share with the reference is marked.
        for other in self._session.slots if slot == self._session.reference else (slot,):
            self._show_results(other)
        self._show_caution()
        self._card.show_query(self._file_image)

    def _on_file_image(self, image: object) -> None:
        self._file_image = as_qimage(image)  # type: ignore[arg-type]
        self._card.show_query(self._file_image)

    def _on_problem(self, subject: Subject, sentence: str, _details: str) -> None:
        if subject.about != QUERY.about:
            return
        # Each slot may have one of its own: where one is over, another is still so.
        known = self._problems_of_query
        shown = self._session.problems.get(subject) or (known[-1] if known else None)
        if shown is None:
            self._problem.clear()
            return
        self._failed = shown.subject
        self._problem.show_problem(shown.sentence, shown.details, retry=shown.retry is not None)
        for slot in self._session.slots if sentence else ():
            # No answer will take the place of the old one.
            if self._session.results[NEIGHBOURS][slot] is None:
                self._grids[slot].list.show([])

    @property
    def _problems_of_query(self) -> list[Problem]:
        return [problem for problem in self._session.problems.all if problem.subject.about == QUERY.about]

    def _retry(self) -> None:
        self._session.problems.retry(self._failed)

    def _tint_titles(self) -> None:
        tokens = theme.current()
        for slot, title in self._titles.items():
            title.setStyleSheet(f"color: {tokens.of_slot(slot == self._session.reference)}")

    # Wishes

    def _on_chosen(self, row: int) -> None:
        self._session.selection.select([row], query=row)

    def _mark_selected(self) -> None:
        # An image that is selected as the query alone is no selection.
        selection = self._session.selection
        for grid in self._grids.values():
            grid.set_selected(selection.rows if selection.holds_images else selection.rows[:0])

    def _on_filter_chosen(self, key: str) -> None:
        hiding = PanelFilter(Message("neighbours"), Message("wrong-only"), self._show_right_too, "neighbours")
        self._session.panel_filters.put("neighbours", hiding if key == "wrong" else None)
        self._show_all_results()

    def _show_right_too(self) -> None:
        self._filter.choose("all")
        self._on_filter_chosen("all")

    def _show_all_results(self) -> None:
        for slot in self._session.slots:
            self._show_results(slot)

    def _on_k_chosen(self, _place: int) -> None:
        self._session.selection.set_k(int(self._k.currentData()))

    def _on_k_changed(self) -> None:
        self._k.setCurrentText(str(self._session.selection.k))

    def _on_open(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in sorted(SUFFIXES))
        name = ask_for_file(self._session, self, Message("open-query-image"), Message("image-files", patterns=patterns))
        if name:
            self._session.selection.set_query_image(Path(name))

    def query_by_file(self, path: Path, is_pasted: bool = False) -> None:
        """Ask for the neighbours of an image file, and say so."""
        self._session.selection.set_query_image(path)
        self._show_message(Message("neighbours-of-file", pasted=is_pasted, name=path.name))

    def paste(self) -> None:
        """Ask for the neighbours of the image, or of the image file or its path, in the clipboard."""
        clipboard = QGuiApplication.clipboard()
        self._search_pasted(named_in(clipboard.mimeData()), clipboard.image())

    def _search_pasted(self, named: list[Path], image: QImage) -> None:
        """The first image file that was named, else the picture itself; a drive may be slow to answer."""
        words = Message("looking-at", name=named[0].name) if named else Message("saving-the-pasted-image")
        work = partial(_pasted_file, named, image, self._session.workspace / PASTED)
        again = partial(self._search_pasted, named, image)
        self._shown.submit("paste", DROPPED, words, work, self._on_pasted, again)

    def _on_pasted(self, found: tuple[Path, bool] | None) -> None:
        if found is None:
            self._show_message(Message("clipboard-without-image"))
            return
        path, is_stored = found
        if is_stored:
            self._session.selection.set_query_image(path)
            self._show_message(Message("neighbours-of-pasted-image"))
        else:
            self.query_by_file(path, is_pasted=True)

    def _show_message(self, sentence: str) -> None:
        if not self._problems_of_query:
            self._problem.show_problem(sentence, grave=False)

    # Preview

    def _preview_row(self, slot: SlotKey, row: int) -> None:
        catalog = self._session.catalog
        if catalog is not None:
            self._previewed = (slot, row)
            self._ready_preview().show_row(catalog, row)

    def _ready_preview(self) -> Preview:
        if self._preview is None:
            self._preview = Preview(self._runner, self.window())
            self._preview.stepped.connect(self._on_preview_stepped)
            self._preview.closed.connect(self._on_preview_closed)
        return self._preview

    def preview(self) -> None:
        """Show the query at full size; nothing where there is none."""
        session = self._session
        if session.selection.query is not None:
            self._preview_row(session.reference, session.selection.query)
        elif session.selection.query_image is not None:
            self._previewed = (session.reference, None)
            image = session.selection.query_image
            self._ready_preview().show_picture(image, image.name)

    def _on_preview_stepped(self, step: int) -> None:
        slot, row = self._previewed
        rows = [result.row for result in self._grids[slot].list.items]
        if not rows:
            return
        place = rows.index(row) + step if row in rows else 0 if step > 0 else -1
        self._preview_row(slot, rows[place % len(rows)])

    def _on_preview_closed(self) -> None:
        """The result looked at last is the one in hand."""
        slot, row = self._previewed
        places = self._grids[slot].indices_of(row) if row is not None else []
        if places:
            self._grids[slot].setCurrentIndex(self._grids[slot].list.index(places[0]))


def _pasted_file(named: list[Path], image: QImage, folder: Path) -> tuple[Path, bool] | None:
    """The file to search by, and whether it was made of the picture; None for neither."""
    file = first_image(named)
    if file is not None:
        return file, False
    return None if image.isNull() else (keep_pasted(image, folder), True)


def _why_none(found: QueryResult) -> str:
    if not len(found.rows):
        return Message("no-other-image")
    if found.right is None:
        return Message("no-wrong-without-class")
    return Message("no-wrong-results")


def _why_in_doubt(session: Session, slot: SlotKey) -> str:
    """Why the order of a slot's results may say nothing of the images, "" where it says something."""
    found = session.results[NEIGHBOURS][slot]
    if found is not None and len(found.rows) > 1 and np.ptp(found.similarities) == 0:
        return Message("all-equally-near")
    return session.collapse_of(slot)


def _describe_measure(session: Session) -> str:
    """What near is, on each slot where that differs; shorter where there is less room, beside two maps."""
    words = {"cosine": Message("cosine"), "euclidean": Message("euclidean")} if session.comparing else DISTANCE_NAMES
    found = session.results[NEIGHBOURS]
    of = {slot: words[result.distance] for slot in session.slots if (result := found[slot]) is not None}
    if len(set(of.values())) == 1:
        return next(iter(of.values()))
    return " · ".join(f"{slot}: {measure}" for slot, measure in of.items()) or words["cosine"]
