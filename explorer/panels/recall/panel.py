"""The recall panel: how well every class retrieves, and how A and B differ."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QCursor, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QSplitter, QToolTip, QWidget

from core.messages import Message
from core.report.formats import FORMATS
from core.report.table import Table
from core.retrieval.evaluation import Evaluation
from core.retrieval.protocol_wording import describe_protocol
from explorer.appearance.layouts import divided, in_column, stacked
from explorer.appearance.widgets import EmptyState
from explorer.empty_panels import way_to_model
from explorer.measured_images import images_details, images_summary
from explorer.panels.panel import Panel
from explorer.panels.recall.class_bars import ClassBars
from explorer.panels.recall.class_measures import ClassMeasures, differences_of, measures_of
from explorer.panels.recall.class_table import ClassTable
from explorer.panels.recall.overall import FigureLine, Overall
from explorer.panels.recall.tables import table_of_classes, table_of_comparison, table_of_figures
from explorer.panels.recall.worst_queries import WorstQueries, worst_queries
from explorer.panels.recall.worst_strip import WorstStrip
from explorer.results.embeddings import EMBEDDINGS
from explorer.results.maps import MAP
from explorer.results.measures import COMPARISON, EVALUATION
from explorer.session import Session
from explorer.settings import Settings
from explorer.state.panel_filters import PanelFilter
from explorer.state.subject import Subject
from explorer.thumbnails import ThumbnailStore

MARGIN = 16
# Where it is told that nothing could be measured.
FAILURES = (EMBEDDINGS.name, EVALUATION.name)
TABLE_SHARE = 72
NARROWEST_SIDE = 344
LOWEST_SIDE = 150
WORDS_FROM = 216


class RecallPanel(Panel):
    """Table of classes at the left; overall figures, chart and worst queries at the right.

    `measures` chooses which overall figures are shown, and over what they are averaged.
    """

    def __init__(self, session: Session, thumbnails: ThumbnailStore, settings: Settings | None = None) -> None:
        super().__init__()
        self._session, self._settings = session, settings
        self._code_of: dict[str, int] = {}
        self._measured: tuple[Evaluation, ClassMeasures] | None = None
        self._empty = EmptyState()
        self._table = ClassTable()
        self._overall = Overall()
        self.measures = self._overall.menu
        self._bars = ClassBars()
        self._worst_title = FigureLine()
        self._worst = WorstStrip(thumbnails)
        self._stack = stacked(self._empty, self._split(), on=self)
        self._listen()
        chosen = None if settings is None else settings.measures()
        if chosen is not None:
            self.measures.choose(*chosen)
        self.measures.changed.connect(self._on_measures_chosen)
        self._on_catalog_changed()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._worst.show_words(self.height() >= WORDS_FROM)
        self._make_room()

    def _split(self) -> QSplitter:
        self._slot = slot = QWidget()
        # A fixed minimum: else the dock would grow whenever a focused class adds its worst queries.
        slot.setMinimumSize(NARROWEST_SIDE, LOWEST_SIDE)
        in_column(
            self._overall,
            (self._bars, 1),
            self._worst_title,
            self._worst,
            on=slot,
            margins=(MARGIN, 4, MARGIN, 0),
            spacing=4,
        )
        return divided(self._table, slot, TABLE_SHARE)

    def _listen(self) -> None:
        session = self._session
        session.catalog_changed.connect(self._on_catalog_changed)
        session.checkpoint.changed.connect(self._on_measured)
        session.results[EVALUATION].changed.connect(self._on_measured)
        # In a turn of its own: with the lists of the compare panel, ten thousand classes would hold the window up.
        session.results[MAP].changed.connect(self._warn)
        session.results[COMPARISON].changed.connect(self._show, Qt.ConnectionType.QueuedConnection)
        session.selection.focus_changed.connect(self._on_focus_changed)
        session.filter.changed.connect(self._show_worst)
        session.problems.changed.connect(self._on_problem)
        self._table.filter_box.textChanged.connect(self._on_classes_filtered)
        self._table.class_chosen.connect(self._on_class_chosen)
        self._table.classes_opened.connect(self._on_classes_opened)
        self._table.cleared.connect(partial(session.selection.set_focus, None))
        self._table.table.modelReset.connect(self._on_table_reset)
        self._bars.class_chosen.connect(self._on_class_chosen)
        self._worst.query_chosen.connect(session.selection.set_query)
        self._empty.command_wished.connect(self.command_wished)
        session.runs.changed.connect(self._show_what_is_missing)
        self.measures.copy_requested.connect(self._on_copy_requested)

    def _on_catalog_changed(self) -> None:
        catalog = self._session.catalog
        self._code_of = {} if catalog is None else {name: code for code, name in enumerate(catalog.classes)}
        self._measured = None
        self._show()

    def _on_measures_chosen(self) -> None:
        if self._settings is not None:
            self._settings.save_measures(self.measures.names, self.measures.macro)

    def _on_problem(self, subject: Subject, _sentence: str, _details: str) -> None:
        if self._is_of_measures(subject):
            self._show_what_is_missing()

    @property
    def _evaluation(self) -> Evaluation | None:
        return self._session.results[EVALUATION][self._session.reference]

    def _is_of_measures(self, subject: Subject) -> bool:
        return subject.slot == self._session.reference and subject.about in FAILURES

    def _on_measured(self, slot: str) -> None:
        # B's own evaluation is not shown: the comparison brings both, on the rows that they share.
        if slot == self._session.reference:
            self._show()

    def _on_focus_changed(self) -> None:
        self._table.focus_class(self._session.selection.focus)
        self._bars.focus_class(self._session.selection.focus)
        self._show_worst()

    def _on_table_reset(self) -> None:
        self._table.focus_class(self._session.selection.focus)

    def _on_classes_filtered(self, text: str) -> None:
        """Say in the row of chips which classes the table leaves out."""
        words = Message("classes-with-text", text=text.strip())
        hiding = PanelFilter(Message("recall"), words, self._table.filter_box.clear, "recall") if text.strip() else None
        self._session.panel_filters.put("recall", hiding)

    def _on_class_chosen(self, code: int) -> None:
        if code >= 0:
            self._session.selection.set_focus(code)

    def _on_classes_opened(self, codes: list[int]) -> None:
        self._session.selection.select(self._session.rows_of_classes([code for code in codes if code >= 0]))

    def _on_copy_requested(self, what: str, written_as: str) -> None:
        table = self._table_of(what)
        if table is not None:
            QGuiApplication.clipboard().setText(FORMATS[written_as](table))
            QToolTip.showText(QCursor.pos(), Message("copied-rows", rows=len(table.rows)), self)

    def _table_of(self, what: str) -> Table | None:
        """What is shown, as a table: the overall figures, or the classes as they are filtered and sorted."""
        session, measures = self._session, self._table.table.measures
        comparison, evaluation = session.comparison, session.results[EVALUATION][session.reference]
        if measures is None:
            return None
        if what == "classes":
            measured = evaluation if comparison is None else comparison.evaluation_a
            words = "" if measured is None else describe_protocol(measured.protocol)
            return table_of_classes(measures, self._table.table.shown, words)
        name = session.model_name(session.reference)
        if comparison is not None:
            return table_of_comparison(comparison, name, session.model_name(session.compared))
        if evaluation is None:
            return None
        return table_of_figures(evaluation, self.measures.names, self.measures.macro, name)

    def _show(self) -> None:
        """Show the comparison where there is one, else A's evaluation, else what to do."""
        measures = self._measures()
        self._table.table.show(measures)
        self._bars.show_measures(measures)
        if not measures:
            self._show_what_is_missing()
        self._stack.setCurrentIndex(1 if measures else 0)
        self._warn()
        self._on_focus_changed()

    def _measures(self) -> ClassMeasures | None:
        comparison, evaluation = self._session.comparison, self._evaluation
        if comparison is not None:
            self._overall.show_comparison(comparison)
            return differences_of(comparison, self._code_of)
        if evaluation is not None:
            self._overall.show_evaluation(evaluation)
            return self._measures_of(evaluation)
        return None

    def _measures_of(self, evaluation: Evaluation) -> ClassMeasures:
        """The columns of an evaluation, kept for the end of a comparison: ten thousand classes take long."""
        if self._measured is None or self._measured[0] is not evaluation:
            self._measured = evaluation, measures_of(evaluation, self._code_of)
        return self._measured[1]

    def _show_what_is_missing(self) -> None:
        way = way_to_model(self._session)
        title, text = self._what_is_missing()
        if self._session.has_model:
            self._empty.set(title, text)
        else:
            self._empty.set(title, text, way.words, "normal", way.command)

    def _what_is_missing(self) -> tuple[str, str]:
        if self._session.catalog is None:
            return Message("nothing-measured-yet"), Message("data-first-for-recall")
        if self._evaluation is not None:
            return Message("no-recall-without-classes"), Message("recall-needs-classes")
        if not self._session.has_model:
            return Message("nothing-measured-yet"), Message("checkpoint-first-for-recall")
        failed = next(
            (problem for problem in self._session.problems.all if self._is_of_measures(problem.subject)), None
        )
        if failed is not None:
            return Message("nothing-could-be-measured"), failed.sentence
        return Message("measuring-recall"), Message("table-appears-later")

    def _show_worst(self) -> None:
        worst = self._worst_of_focus()
        queries = worst.queries if worst is not None else []
        self._worst.show_queries(queries)
        self._worst.setVisible(bool(queries))
        is_told = worst is not None and bool(queries or worst.filtered_out)
        self._worst_title.set_text(worst.describe if worst is not None and is_told else "")
        self._make_room()

    def _worst_of_focus(self) -> WorstQueries | None:
        session, focus = self._session, self._session.selection.focus
        evaluation, embeddings = self._evaluation, session.results[EMBEDDINGS][session.reference]
        if session.catalog is None or focus is None or evaluation is None or embeddings is None:
            return None
        if session.comparison is not None:
            return None
        label, mask = session.catalog.classes[focus], session.filter.mask
        return worst_queries(evaluation, embeddings, label, mask=mask)

    def _warn(self) -> None:
        self._overall.set_images_text(images_summary(self._session), images_details(self._session))
        self._make_room()

    def _make_room(self) -> None:
        """Do without the chart where a caution and the figures need its place: else they would be cut."""
        below = [part for part in (self._worst_title, self._worst) if not part.isHidden()]
        heights = [min(part.sizeHint().height(), part.maximumHeight()) for part in (self._overall, *below)]
        column = self._slot.layout()
        assert column is not None
        margins = column.contentsMargins()
        around = margins.top() + margins.bottom() + len(heights) * column.spacing()
        needed = sum(heights) + around + self._bars.minimumSizeHint().height()
        self._bars.setVisible(self._slot.height() >= needed)
