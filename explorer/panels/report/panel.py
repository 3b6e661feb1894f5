"""The report line: what was understood of the open data, each part of it a chip that opens its choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QMargins, QSize
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QMenu

from core.data.catalog import Catalog
from core.data.source import DataSource, is_name
from core.messages import Message
from explorer.appearance import theme
from explorer.appearance.flow import Flow
from explorer.appearance.plain import Label, literal
from explorer.appearance.widgets import Chip, quiet_label
from explorer.commands import Commands
from explorer.data_account import DataAccount, account_of
from explorer.file_dialogs import ask_for_folder
from explorer.panels.panel import Panel
from explorer.panels.report.choices import Choice, class_choices, split_choices
from explorer.reading_form import BASE_ROW, CLASS_ROW, SPLIT_ROW
from explorer.session import Session

Fill = Callable[[QMenu, Catalog, DataSource], None]
LINE = 28
MARGINS = QMargins(16, 9, 16, 9)


class ReportPanel(Panel):
    """A sentence that is checked at a glance and changed in place; it is as high as its lines need."""

    def __init__(self, session: Session, commands: Commands) -> None:
        super().__init__()
        self._session, self._commands = session, commands
        self.setAccessibleName(Message("report"))
        self._nothing = quiet_label(Message("report-without-data"))
        self._images, self._classes, self._parts = Label(), Label(), quiet_label()
        for label in (self._images, self._classes):
            label.setFont(theme.text_font(weight=label.font().Weight.DemiBold))
        self._class, self._split = Chip(Message("report-class")), Chip(Message("report-split"))
        self._folder = Chip(Message("report-folder"))
        self._troubles: dict[str, Chip] = {}
        self._row = Flow(self, MARGINS, spacing=8, line_spacing=6)
        for part in (self._nothing, self._images, self._classes, self._class, self._split, self._parts):
            self._row.addWidget(part)
        self._row.addWidget(self._folder)
        self._open_with(self._class, self._fill_classes)
        self._open_with(self._split, self._fill_splits)
        self._open_with(self._folder, self._fill_folder)
        session.catalog_changed.connect(self._show)
        self._show()

    @property
    def chips(self) -> list[Chip]:
        """Those that are shown, in their order."""
        placed = (self._row.itemAt(index) for index in range(self._row.count()))
        return [chip for item in placed if item and isinstance(chip := item.widget(), Chip) and not chip.isHidden()]

    @property
    def sentence(self) -> str:
        """All that the line says."""
        placed = (self._row.itemAt(index) for index in range(self._row.count()))
        words = []
        for item in placed:
            widget = item.widget() if item else None
            if isinstance(widget, Chip) and not widget.isHidden():
                words.append(widget.accessibleName())
            elif isinstance(widget, Label) and not widget.isHidden():
                words.append(widget.text())
        return " · ".join(words)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._be_high_enough()

    def sizeHint(self) -> QSize:
        return QSize(self.width(), self._row.heightForWidth(self.width()))

    # Steps

    def _show(self) -> None:
        session = self._session
        is_open = session.catalog is not None and session.source is not None
        self._nothing.setVisible(not is_open)
        for part in (self._images, self._classes, self._class, self._split, self._parts, self._folder):
            part.setVisible(is_open)
        for chip in self._troubles.values():
            self._row.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self._troubles.clear()
        if session.catalog is not None and session.source is not None:
            self._tell(account_of(session.catalog, session.source))
        self._row.invalidate()
        self._be_high_enough()

    def _tell(self, account: DataAccount) -> None:
        self._images.setText(account.images)
        self._classes.setText(account.classes)
        self._class.set_value(account.classes_by)
        self._class.setVisible(bool(account.classes_by))
        self._split.set_value(account.divided_by)
        self._parts.setText(account.parts)
        self._parts.setVisible(bool(account.parts))
        self._folder.set_value(account.folder)
        self._folder.setVisible(bool(account.folder))
        catalog = self._session.catalog
        if catalog is not None:
            self._class.setToolTip(Message("report-class-tip"))
            self._folder.setToolTip(str(catalog.root))
            self._split.setToolTip(catalog.report.split_rule or Message("splits-as-given"))
        for kind, words in account.troubles.items():
            chip = Chip(Message("report-trouble"), words)
            chip.setToolTip(Message("report-trouble-tip"))
            self._open_with(chip, partial(self._fill_trouble, kind))
            self._troubles[kind] = chip
            self._row.addWidget(chip)
            chip.show()

    def _be_high_enough(self) -> None:
        height = max(LINE + MARGINS.top() + MARGINS.bottom(), self._row.heightForWidth(self.width()))
        if self.minimumHeight() != height:
            self.setFixedHeight(height)

    # Menus

    def _open_with(self, chip: Chip, fill: Fill) -> None:
        """Let a chip open a menu that is filled when it opens."""
        menu = QMenu(chip)
        menu.setToolTipsVisible(True)

        def fill_anew() -> None:
            menu.clear()
            if self._session.catalog is not None and self._session.source is not None:
                fill(menu, self._session.catalog, self._session.source)

        menu.aboutToShow.connect(fill_anew)
        chip.setMenu(menu)

    def _fill_classes(self, menu: QMenu, catalog: Catalog, source: DataSource) -> None:
        self._add_choices(menu, class_choices(catalog, source))
        self._add_dialog(menu, CLASS_ROW)

    def _fill_splits(self, menu: QMenu, catalog: Catalog, source: DataSource) -> None:
        self._add_choices(menu, split_choices(catalog, source))
        self._add_dialog(menu, SPLIT_ROW)

    def _fill_folder(self, menu: QMenu, catalog: Catalog, source: DataSource) -> None:
        _add_words(menu, [str(catalog.root)])
        menu.addAction(Message("copy-path"), partial(QGuiApplication.clipboard().setText, str(catalog.root)))
        if catalog.has_columns and not is_name(source.location):
            self._add_other_folder(menu, catalog, source)
            self._add_dialog(menu, BASE_ROW)

    def _fill_trouble(self, kind: str, menu: QMenu, catalog: Catalog, source: DataSource) -> None:
        report = catalog.report
        first = list(report.offenders.get(kind, ()))
        _add_words(menu, first)
        if (more := report.counts[kind] - len(first)) > 0 and first:
            _add_words(menu, [Message("trouble-and-more", count=more)])
        if kind in ("missing", "unpictured") and catalog.has_columns and not is_name(source.location):
            menu.addSeparator()
            self._add_other_folder(menu, catalog, source)
        if kind == "excluded" and source.exclude_labels:
            menu.addSeparator()
            again = replace(source, exclude_labels=())
            menu.addAction(Message("use-classes-left-out"), partial(self._session.open_data, again))
        self._add_dialog(menu, BASE_ROW if kind in ("missing", "unpictured") else "")

    def _add_choices(self, menu: QMenu, choices: Sequence[Choice]) -> None:
        for choice in choices:
            action = menu.addAction(literal(choice.words))
            action.setCheckable(True)
            action.setChecked(choice.chosen)
            if not choice.chosen:
                action.triggered.connect(partial(self._session.open_data, choice.source))

    def _add_other_folder(self, menu: QMenu, catalog: Catalog, source: DataSource) -> None:
        menu.addAction(Message("choose-folder-of-images"), partial(self._choose_folder, catalog, source))

    def _add_dialog(self, menu: QMenu, row: str) -> None:
        if menu.actions():
            menu.addSeparator()
        menu.addAction(Message("reading-options"), partial(self._commands.run, "data.reading", row))

    def _choose_folder(self, catalog: Catalog, source: DataSource) -> None:
        folder = ask_for_folder(self._session, self, Message("folder-of-all-images"), str(catalog.root))
        if folder:
            self._session.open_data(replace(source, base=folder))


def _add_words(menu: QMenu, lines: Sequence[str]) -> None:
    """Lines to be read, not chosen."""
    for line in lines:
        menu.addAction(literal(line)).setEnabled(False)
