"""The overall figures beside the per-class table: of one checkpoint, or of A against B."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from core.comparison import Comparison
from core.messages import Message
from core.retrieval.evaluation import Evaluation
from core.retrieval.protocol_wording import describe_protocol
from explorer.appearance import theme
from explorer.appearance.elided import ElidedLabel
from explorer.appearance.layouts import in_column, in_row
from explorer.appearance.metric_label import MetricLabel
from explorer.appearance.number_format import per_cent
from explorer.appearance.widgets import IconButton
from explorer.panels.recall.measure_menu import MeasureMenu
from explorer.panels.recall.overall_measures import means_of, overall_measures

WORDS_PIXELS = 12
BETWEEN_FIGURES = 24
# Between figures where the panel is narrow.
LEAST_BETWEEN = 8


class Overall(QWidget):
    """Protocol, large figures and, for a comparison, what they rest on.

    `menu` chooses the figures, and asks for copies of them.
    """

    def __init__(self) -> None:
        super().__init__()
        self._evaluation: Evaluation | None = None
        self._protocol = FigureLine()
        self._figures = {name: MetricLabel(name, measure.explanation) for name, measure in overall_measures().items()}
        self._recall_a = MetricLabel("R@1 A", Message("recall-of-slot", slot="A"), "accent")
        self._recall_b = MetricLabel("R@1 B", Message("recall-of-slot", slot="B"), "second")
        self._difference = MetricLabel("B − A", Message("difference-of-recall-tip"))
        self._of_both = (self._recall_a, self._recall_b, self._difference)
        self.menu = MeasureMenu(self)
        self.menu.changed.connect(self._on_menu_changed)
        self._more = IconButton("more", Message("choose-or-copy-measures"))
        self._more.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)
        self._more.setMenu(self.menu)
        self._images = FigureLine(quiet=False)
        self._changes = FigureLine(quiet=False)
        self._overlap = FigureLine()
        self._row = QHBoxLayout()
        self._lay_out()

    @property
    def _all_figures(self) -> tuple[MetricLabel, ...]:
        return (*self._figures.values(), *self._of_both)

    def show_evaluation(self, evaluation: Evaluation) -> None:
        """Show what one checkpoint reaches."""
        self._evaluation = evaluation
        macro = self.menu.macro
        average = [Message("mean-over-classes", classes=evaluation.by_class.measured)] if macro else []
        words = describe_protocol(evaluation.protocol, *average, with_dots=True)
        whole = describe_protocol(evaluation.protocol, *average)
        self._protocol.set_text(words[:1].upper() + words[1:], whole=whole)
        means = means_of(evaluation, macro)
        for name, figure in self._figures.items():
            figure.show_number(per_cent(means.get(name)))
            figure.setVisible(name in self.menu.names)
        self._show_figures(compared=False)
        self._changes.set_text("")
        self._overlap.set_text("")

    def show_comparison(self, comparison: Comparison) -> None:
        """Show both checkpoints on the queries they share, and how far chance could explain the difference."""
        queries = comparison.evaluation_a.protocol.queries
        recall_a, recall_b = comparison.evaluation_a.recall[1], comparison.evaluation_b.recall[1]
        known = recall_a is not None and recall_b is not None
        interval = comparison.intervals.difference if known else None
        drawn = "" if interval is None else Message("protocol-interval", unit=interval.unit)
        protocol = describe_protocol(comparison.evaluation_a.protocol)
        self._protocol.set_text(Message("paired-over-queries", queries=queries, interval=drawn), whole=protocol)
        self._recall_a.show_number(per_cent(recall_a))
        self._recall_b.show_number(per_cent(recall_b))
        self._difference.show_difference(recall_a, recall_b, interval)
        self._show_figures(compared=True)
        self._changes.set_text(_describe_changes(comparison))
        overlap = "n/a" if comparison.neighbour_overlap is None else f"{100 * comparison.neighbour_overlap:.0f} %"
        self._overlap.set_text(Message("overlap-of-k-nearest-is", k=comparison.k, overlap=overlap))

    def set_images_text(self, short: str, whole: str) -> None:
        """Say above the figures which images they rest on; the tooltip says the `whole` of it."""
        self._images.set_text(short, whole=whole)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._space_figures()

    def _space_figures(self) -> None:
        """Figures stand wide apart where there is room, and are whole where there is little."""
        widths = [figure.sizeHint().width() for figure in self._all_figures if not figure.isHidden()]
        room = (self.width() - sum(widths)) // len(widths)
        self._row.setSpacing(min(BETWEEN_FIGURES, max(LEAST_BETWEEN, room)))

    def _lay_out(self) -> None:
        top = in_row((self._protocol, 1), self._more, spacing=4)
        figures = self._row
        for figure in self._all_figures:
            figures.addWidget(figure)
        figures.addStretch(1)
        in_column(top, self._images, figures, self._changes, self._overlap, on=self, spacing=4)

    def _show_figures(self, compared: bool) -> None:
        self.menu.set_compared(compared)
        for figure in self._of_both:
            figure.setVisible(compared)
        if compared:
            self._evaluation = None
            for figure in self._figures.values():
                figure.hide()
        self._space_figures()

    def _on_menu_changed(self) -> None:
        if self._evaluation is not None:
            self.show_evaluation(self._evaluation)


class FigureLine(ElidedLabel):
    """One line that gives up its end where the panel is narrow; hidden while it has nothing to say."""

    def __init__(self, quiet: bool = True) -> None:
        super().__init__(where=Qt.TextElideMode.ElideRight)
        self.setProperty("quiet", quiet)
        self.setFont(theme.number_font(WORDS_PIXELS))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hide()

    def set_text(self, text: str, whole: str = "") -> None:
        """Show `text`; the tooltip says `whole`, or the text itself."""
        self.setText(text)
        self.setToolTip(whole or text)
        self.setVisible(bool(text))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())


def _describe_changes(comparison: Comparison) -> str:
    chance = comparison.mcnemar_p
    texts = "n/a" if chance is None else "p < 0.001" if chance < 0.001 else f"p = {chance:.3f}"
    # Short enough for the narrowest panel: p stands last.
    return Message("fixes-and-breaks", fixed=len(comparison.fixed), broken=len(comparison.broken), chance=texts)
