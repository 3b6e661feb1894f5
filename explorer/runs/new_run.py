"""The form for a new run: from a preset to Start, with what it will do in plain words."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from core.data.catalog import Catalog, Rows
from core.errors import CoreError, RecipeError
from core.training.recipe import Recipe, presets
from explorer.appearance.widgets import button, quiet_label, restyle
from explorer.runs.recipe_form import LABEL_WIDTH, RecipeForm
from explorer.runs.setting_row import EDITOR_WIDTH
from explorer.session import Session

DEVICES = {"auto": "automatic", "cpu": "CPU", "cuda": "CUDA"}
PLACES = {"auto": "on the GPU if there is one", "cpu": "on the CPU", "cuda": "on the GPU"}

# The preset for data that no preset is named after.
FOR_ANY = "small"


class NewRunDialog(QDialog):
    """Asks for everything that defines a run and starts it; does not block the window.

    Filled in from `recipe` when given (a run to do again), else from the preset that suits the open data.
    """

    def __init__(self, session: Session, recipe: Recipe | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("New run")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(780, 720)
        self._session = session
        self._ready: Recipe | None = None
        self._known = _presets()
        start = recipe or suiting(self._known, session)
        self._about = start.about
        self._make_head(start, duplicated=recipe is not None)
        self._form = RecipeForm(start)
        self._make_foot()
        self._arrange()
        self._form.changed.connect(self._on_changed)
        self._name.textChanged.connect(self._on_changed)
        self._device.currentIndexChanged.connect(self._on_changed)
        self._preset.activated.connect(self._on_preset_chosen)
        session.catalog_changed.connect(self._on_changed)
        self._on_changed()

    @property
    def form(self) -> RecipeForm:
        """The settings."""
        return self._form

    @property
    def summary(self) -> str:
        """What the run will do, in a sentence."""
        return self._summary.text()

    @property
    def complaint(self) -> str:
        """What keeps it from starting, where no visible field says so."""
        return self._problem.text()

    @property
    def recipe(self) -> Recipe | None:
        """The recipe as filled in; None while something is wrong with it."""
        return self._ready

    def start(self) -> None:
        """Start the run and close; nothing happens while something is wrong."""
        if self._ready is not None and self._session.source is not None:
            self._session.start_run(self._ready, self._session.source, self._device.currentData())
            self.accept()

    def _make_head(self, start: Recipe, duplicated: bool) -> None:
        self._preset = QComboBox()
        self._preset.addItems([preset.name for preset in self._known])
        if duplicated:
            self._preset.insertItem(0, f"{start.name} (duplicate)")
            self._known.insert(0, start)
        self._preset.setCurrentIndex(next((i for i, known in enumerate(self._known) if known is start), 0))
        self._name = QLineEdit(start.name)
        self._device = QComboBox()
        for key, words in DEVICES.items():
            self._device.addItem(words, key)
        self._preset_note = quiet_label(start.about)
        self._name_note = quiet_label()
        self._data = QLabel()
        for editor, name in ((self._preset, "Start from"), (self._name, "Name"), (self._device, "Device")):
            editor.setFixedWidth(EDITOR_WIDTH)
            editor.setAccessibleName(name)

    def _make_foot(self) -> None:
        self._summary = QLabel()
        self._summary.setWordWrap(True)
        self._problem = QLabel()
        self._problem.setWordWrap(True)
        restyle(self._problem, "wrong", True)
        self._everything = QCheckBox("All settings")
        self._everything.toggled.connect(self._form.show_everything)
        self._cancel = button("Cancel", "quiet")
        self._cancel.clicked.connect(self.reject)
        self._cancel.setAutoDefault(False)
        self._start = button("Start", "primary", "play")
        self._start.setDefault(True)
        self._start.clicked.connect(self.start)

    def _arrange(self) -> None:
        head = QGridLayout()
        head.setContentsMargins(14, 14, 14, 10)
        head.setHorizontalSpacing(12)
        head.setVerticalSpacing(6)
        head.setColumnMinimumWidth(0, LABEL_WIDTH)
        head.setColumnStretch(2, 1)
        head.addWidget(QLabel("Data"), 0, 0)
        head.addWidget(self._data, 0, 1, 1, 2)
        last_used = f"Last used: {self._session.device}." if self._session.device else ""
        rows: tuple[tuple[str, QWidget, QLabel], ...] = (
            ("Start from", self._preset, self._preset_note),
            ("Name", self._name, self._name_note),
            (
                "Device",
                self._device,
                quiet_label(last_used),
            ),
        )
        for row, (words, editor, note) in enumerate(rows, start=1):
            label = QLabel(words)
            label.setBuddy(editor)
            note.setWordWrap(True)
            head.addWidget(label, row, 0)
            head.addWidget(editor, row, 1)
            head.addWidget(note, row, 2)
        scroll = QScrollArea()
        scroll.setWidget(self._form)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        buttons = QHBoxLayout()
        buttons.addWidget(self._everything)
        buttons.addStretch(1)
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._start)
        foot = QVBoxLayout()
        foot.setContentsMargins(14, 10, 14, 12)
        foot.setSpacing(8)
        foot.addWidget(self._summary)
        foot.addWidget(self._problem)
        foot.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(_rule())
        column.addWidget(scroll, 1)
        column.addWidget(_rule())
        column.addLayout(foot)

    def _on_preset_chosen(self, place: int) -> None:
        chosen = self._known[place]
        self._about = chosen.about
        self._preset_note.setText(chosen.about)
        self._name.setText(chosen.name)
        self._form.show_recipe(chosen)

    def _on_changed(self) -> None:
        catalog = self._session.catalog
        self._data.setText(data_words(catalog))
        problem, self._ready = "", None
        try:
            recipe = Recipe.from_dict({"name": self._name.text().strip(), "about": self._about, **self._form.values()})
            check_name(recipe.name)
            opened = check_data(catalog, recipe)
        except RecipeError as error:
            key = str(error.subject)
            at_field = self._form.complain(key, str(error))
            self._complain_about_name(str(error) if key == "name" else "")
            problem = "" if at_field or key == "name" else str(error)
            self._summary.setText("Something above cannot be used yet.")
        else:
            self._form.complain("", "")
            self._complain_about_name("")
            self._summary.setText(summary(recipe, opened, self._device.currentData()))
            self._ready = recipe
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._start.setEnabled(self._ready is not None)

    def _complain_about_name(self, sentence: str) -> None:
        restyle(self._name, "wrong", bool(sentence))
        restyle(self._name_note, "wrong", bool(sentence))
        self._name_note.setText(sentence or "Also the name of the run's folder.")


def suiting(known: list[Recipe], session: Session) -> Recipe:
    """The preset named like the open data set, else the one for any photographs, else the defaults."""
    named = {recipe.name: recipe for recipe in known}
    wanted = (
        session.catalog.name.lower() if session.catalog else "",
        session.source.location if session.source else "",
        FOR_ANY,
    )
    return next((named[name] for name in wanted if name in named), Recipe(name="run"))


def check_name(name: str) -> None:
    """Raises RecipeError when a run cannot be called that."""
    if not name:
        raise RecipeError("A run needs a name.", "name")
    if any(letter in '/\\:*?"<>|' for letter in name) or name.startswith("."):
        raise RecipeError(
            f"'{name}' cannot be a folder's name: leave out / \\ : * ? \" < > | and a dot in front.", "name"
        )


def check_data(catalog: Catalog | None, recipe: Recipe) -> Catalog:
    """The open data; raises RecipeError when there is nothing for the recipe's loss to learn from."""
    if catalog is None:
        raise RecipeError("No data set is open; open one to train on it.", "data")
    if recipe.loss.learns_from == "targets":
        if catalog.targets is None or not catalog.target_names:
            raise RecipeError(
                f"{catalog.name} has no continuous targets, from which the {recipe.loss.name} loss learns.", "loss.name"
            )
        return catalog
    classes = len(training_classes(catalog))
    if classes < 2:
        count = "1 class" if classes == 1 else "no classes"
        raise RecipeError(f"{catalog.name} has {count} in split 'train'; expected at least 2.", "data")
    return catalog


def training_classes(catalog: Catalog) -> Rows:
    """(C,) how many labelled training images each class has, without the classes that have none."""
    codes = catalog.codes[catalog.splits == "train"]
    counts = np.bincount(codes[codes >= 0])
    return counts[counts > 0]


def steps_per_epoch(recipe: Recipe, counts: Rows) -> int:
    """About how many batches show every image; a class much larger than the others decides."""
    if recipe.training.steps_per_epoch or not len(counts):
        return recipe.training.steps_per_epoch
    groups = -(-counts // recipe.batch.images)
    turns = 4 if recipe.augmentation.quarter_turns else 1
    return max(int(groups.max()), math.ceil(turns * int(groups.sum()) / min(recipe.batch.classes, turns * len(counts))))


def data_words(catalog: Catalog | None) -> str:
    """The open data set in a line."""
    if catalog is None:
        return "none open"
    counts = training_classes(catalog)
    return f"{catalog.name} · {int(counts.sum()):,} training images of {len(counts):,} classes"


def summary(recipe: Recipe, catalog: Catalog, device: str) -> str:
    """What a run will do, in plain words."""
    if recipe.loss.learns_from == "targets":
        return _summary_by_targets(recipe, catalog, device)
    batch, counts = recipe.batch, training_classes(catalog)
    turned = " (four times as many when turned by quarters)" if recipe.augmentation.quarter_turns else ""
    steps = steps_per_epoch(recipe, counts)
    classes = min(batch.classes, len(counts) * (4 if turned else 1))
    return (
        f"Trains {recipe.model.backbone} on {len(counts):,} classes{turned} of {catalog.name} "
        f"with the {recipe.loss.name} loss: "
        f"{recipe.training.epochs} epochs of about {steps:,} batches of {classes} × {batch.images} images, "
        f"{PLACES[device]}. Recall is measured after every epoch on the test split."
    )


def _summary_by_targets(recipe: Recipe, catalog: Catalog, device: str) -> str:
    assert catalog.targets is not None
    train = catalog.targets[catalog.splits == "train"]
    images = int(np.isfinite(train).all(axis=1).sum())
    steps = recipe.training.steps_per_epoch or images
    return (
        f"Trains {recipe.model.backbone} on {images:,} images of {catalog.name} "
        f"with the {recipe.loss.name} loss by {', '.join(catalog.target_names)}: "
        f"{recipe.training.epochs} epochs of {steps:,} batches of {min(recipe.batch.size, images)} images, "
        f"{PLACES[device]}. Recall is measured after every epoch on the test split."
    )


def _presets() -> list[Recipe]:
    try:
        return presets()
    except CoreError:
        # A damaged preset must not keep anybody from training with the defaults.
        return []


def _rule() -> QFrame:
    rule = QFrame()
    rule.setProperty("rule", True)
    return rule
