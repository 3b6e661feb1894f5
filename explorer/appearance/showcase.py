"""Every widget of the window in one picture, for looking at the themes.

python -m explorer.appearance.showcase [--theme dark|light] [--screenshot FILE.png]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDockWidget,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QMainWindow,
    QMenu,
    QProgressBar,
    QRadioButton,
    QSlider,
    QSpinBox,
    QTableView,
    QTabWidget,
    QToolBar,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from explorer.appearance import icons, theme
from explorer.appearance.tables import flatten
from explorer.appearance.widgets import (
    Chip,
    EmptyState,
    IconButton,
    Pill,
    ProblemStrip,
    SectionHeader,
    Segmented,
    button,
    inset,
    quiet_label,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Show the showcase, or save it and end."""
    parser = argparse.ArgumentParser(description="Every widget of the window in one picture.")
    parser.add_argument("--theme", choices=("dark", "light"), default="dark")
    parser.add_argument("--screenshot", metavar="FILE.png", default="")
    options = parser.parse_args(arguments)
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    theme.apply(application, options.theme)
    window = Showcase()
    window.show()
    if options.screenshot:
        QTimer.singleShot(100, window, lambda: window.photograph(options.screenshot))
    return application.exec()


class Showcase(QMainWindow):
    """A window with one of everything; nothing in it is real."""

    def __init__(self) -> None:
        super().__init__()
        self.resize(1440, 900)
        self.setWindowTitle("Showcase")
        self.addToolBar(self._top_bar())
        self.setDockOptions(QMainWindow.DockOption.AllowTabbedDocks)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.setCentralWidget(_controls())
        self._dock("Library", _library(), Qt.DockWidgetArea.LeftDockWidgetArea)
        self._dock("Neighbours", _outcomes(), Qt.DockWidgetArea.RightDockWidgetArea)
        first = self._dock("Recall", _table(), Qt.DockWidgetArea.BottomDockWidgetArea)
        for name in ("Training", "Selection"):
            self.tabifyDockWidget(first, self._dock(name, QWidget(), Qt.DockWidgetArea.BottomDockWidgetArea))
        first.raise_()
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().addWidget(quiet_label("CPU (2 cores)"))
        self.statusBar().addPermanentWidget(quiet_label("embedding 1,200 of 5,403 images, 12 s left"))
        self.statusBar().addPermanentWidget(_progress(30))

    def photograph(self, path: str) -> None:
        """Save what is shown and end."""
        self.grab().save(path)
        self.close()
        QApplication.quit()

    def _top_bar(self) -> QToolBar:
        bar = QToolBar("Top bar")
        bar.setMovable(False)
        bar.setIconSize(QSize(16, 16))
        chips = [
            Chip("Data", "clothing"),
            Chip("A", "ms + mdr · epoch 24", "accent"),
            Chip("B", "triplet · epoch 30", "second"),
            Chip("Split", "test"),
            Chip("Colour", "class"),
        ]
        chips[2].set_outlined(True)
        chips[3].setEnabled(False)
        for chip in chips:
            menu = QMenu(chip)
            menu.addAction("One")
            chip.setMenu(menu)
            bar.addWidget(chip)
        for name in ("search", "sun", "moon"):
            bar.addWidget(IconButton(name, name))
        return bar

    def _dock(self, title: str, content: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setWidget(content)
        if area != Qt.DockWidgetArea.BottomDockWidgetArea:
            dock.setTitleBarWidget(SectionHeader(title))
        self.addDockWidget(area, dock)
        return dock


def _library() -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    header = SectionHeader("Data sets")
    header.add(IconButton("plus", "Open a folder", "Ctrl+O"))
    names = QListWidget()
    # A row laid out before its view wears the style sheet would keep the height it has without.
    names.ensurePolished()
    names.addItems(["clothing", "omniglot", "demo wardrobe"])
    names.setCurrentRow(0)
    runs = QTreeWidget()
    runs.ensurePolished()
    runs.setHeaderHidden(True)
    run = QTreeWidgetItem(runs, ["ms + mdr"])
    QTreeWidgetItem(run, ["epoch 24"])
    QTreeWidgetItem(runs, ["triplet"])
    run.setExpanded(True)
    for widget in (header, names, SectionHeader("Runs"), runs):
        column.addWidget(widget)
    foot = QHBoxLayout()
    foot.setContentsMargins(14, 8, 14, 14)
    foot.addWidget(button("New run", "primary"))
    column.addLayout(foot)
    return box


def _outcomes() -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(14, 8, 14, 8)
    pills = QHBoxLayout()
    pills.addWidget(Pill("right", "right"))
    pills.addWidget(Pill("wrong", "wrong"))
    pills.addWidget(Pill("not measured", "neutral"))
    pills.addStretch(1)
    column.addLayout(pills)
    column.addWidget(Segmented(["All", "Wrong only"]))
    strip = ProblemStrip()
    strip.show_problem("The run triplet ended: the trainer was killed (signal 9) in epoch 3.", "trainer.log ...")
    column.addWidget(strip)
    column.addWidget(EmptyState("Nothing selected", "Click a point on the map to see its neighbours.", "Pick one"), 1)
    return box


def _controls() -> QWidget:
    box = QWidget()
    grid = QGridLayout(box)
    grid.setContentsMargins(24, 24, 24, 24)
    grid.setSpacing(12)
    field = QLineEdit()
    field.setPlaceholderText("Search classes")
    wrong = QLineEdit("minus one")
    wrong.setProperty("wrong", True)
    choice = QComboBox()
    choice.addItems(["multi-similarity", "triplet"])
    number = QSpinBox()
    number.setValue(24)
    inset(number)
    ticked = QCheckBox("Normalise")
    ticked.setChecked(True)
    dot = QRadioButton("Random weights")
    dot.setChecked(True)
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setValue(40)
    disabled = button("Stop")
    disabled.setEnabled(False)
    widgets: list[QWidget] = [
        field, wrong, choice, number, ticked, QCheckBox("Compare"), dot, QRadioButton("ImageNet weights"), slider,
        _progress(60), button("Start", "primary", "play"), button("Duplicate", icon="duplicate"), disabled,
        button("Cancel", "quiet"), button("Delete run", "danger", "trash"),
    ]  # fmt: skip
    for index, widget in enumerate(widgets):
        grid.addWidget(widget, index // 3, index % 3)
    family = QGridLayout()
    for index, name in enumerate(icons.PATHS):
        drawn = IconButton(name, name, checkable=index == 0)
        drawn.setChecked(index == 0)
        family.addWidget(drawn, index // 16, index % 16)
    grid.addLayout(family, len(widgets) // 3 + 1, 0, 1, 3)
    grid.setRowStretch(len(widgets) // 3 + 2, 1)
    return box


def _progress(value: int) -> QProgressBar:
    bar = QProgressBar()
    bar.setTextVisible(False)
    bar.setValue(value)
    return bar


def _table() -> QWidget:
    model = QStandardItemModel(0, 4)
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    for column, name in enumerate(("Class", "Images", "R@1", "Most confused with")):
        item = QStandardItem(name)
        if column in (1, 2):
            item.setTextAlignment(right)
        model.setHorizontalHeaderItem(column, item)
    for row in (("Undershirt", "118", "38.1", "T-Shirt 41 %"), ("Polo", "120", "44.2", "T-Shirt 33 %")):
        items = [QStandardItem(cell) for cell in row]
        for item in items[1:3]:
            item.setTextAlignment(right)
        model.appendRow(items)
    view = QTableView()
    model.setParent(view)
    view.setModel(model)
    flatten(view)
    view.sortByColumn(2, Qt.SortOrder.DescendingOrder)
    view.selectRow(1)
    return view


if __name__ == "__main__":
    sys.exit(main())
