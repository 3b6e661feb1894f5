"""The form for a new run: from a preset to Start, with what it will do in plain words."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFrame,
    QGridLayout,
    QLineEdit,
    QWidget,
)

from core.errors import CoreError, InputError
from core.messages import Message
from core.training.recipe import Recipe, presets
from explorer.appearance.fitting import fit, keep_on_screen, scrolling
from explorer.appearance.layouts import in_column, in_row
from explorer.appearance.plain import Label
from explorer.appearance.widgets import button, quiet_label, restyle
from explorer.panels.runs.preset_choice import PresetChoice
from explorer.panels.runs.recipe_form import LABEL_WIDTH, RecipeForm
from explorer.panels.runs.run_summary import check_data, check_name, describe_data, summary
from explorer.panels.runs.setting_row import EDITOR_WIDTH
from explorer.session import Session

WANTED = QSize(920, 720)
DEVICES = {"auto": Message("device-automatic"), "cpu": "CPU", "cuda": "CUDA"}

# The preset for data that no preset is named after.
FOR_ANY = "small"


class NewRunDialog(QDialog):
    """Asks for everything that defines a run and starts it; does not block the window.

    Filled in from `recipe` when given (a run to do again), else from the preset that suits the open data.

    Attributes:
        recipe: as filled in; None while something is wrong with it.
        summary: what the run will do, in a sentence.
        complaint: what keeps it from starting, where no field in sight says so.
    """

    def __init__(self, session: Session, recipe: Recipe | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(Message("new-run"))
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session = session
        self.recipe: Recipe | None = None
        self._known = _presets()
        start = recipe or default_preset(self._known, session)
        self._origin = start
        self._make_head(start, duplicated=recipe is not None)
        self.form = RecipeForm(start)
        self._make_foot()
        self._arrange()
        fit(self, WANTED)
        self.form.changed.connect(self._on_changed)
        self._name.textChanged.connect(self._on_changed)
        self._device.currentIndexChanged.connect(self._on_changed)
        self._preset.chosen.connect(self._on_preset_chosen)
        session.catalog_changed.connect(self._on_changed)
        self._on_changed()

    def start(self) -> None:
        """Start the run and close; nothing happens while something is wrong."""
        if self.recipe is not None and self._session.source is not None:
            self._session.runs.start(self.recipe, self._session.source, self._device.currentData())
            self.accept()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        keep_on_screen(self)

    def _make_head(self, start: Recipe, duplicated: bool) -> None:
        self._preset = PresetChoice(self._known, start if duplicated else None)
        self._preset.choose(start)
        self._name = QLineEdit(start.name)
        self._device = QComboBox()
        for key, words in DEVICES.items():
            self._device.addItem(words, key)
        self._preset_note = quiet_label(about(start))
        self._name_note = quiet_label()
        self._data = Label()

    def _make_foot(self) -> None:
        self.summary = Label()
        self.summary.setWordWrap(True)
        self.complaint = Label()
        self.complaint.setWordWrap(True)
        restyle(self.complaint, "wrong", True)
        self._everything = QCheckBox(Message("all-settings"))
        self._everything.toggled.connect(self.form.show_everything)
        self._cancel = button(Message("cancel"), "quiet")
        self._cancel.clicked.connect(self.reject)
        self._cancel.setAutoDefault(False)
        self._start = button(Message("start"), "primary", "play")
        self._start.setDefault(True)
        self._start.clicked.connect(self.start)

    def _arrange(self) -> None:
        head = QGridLayout()
        head.setContentsMargins(14, 14, 14, 10)
        head.setHorizontalSpacing(12)
        head.setVerticalSpacing(6)
        head.setColumnMinimumWidth(0, LABEL_WIDTH)
        head.setColumnStretch(2, 1)
        head.addWidget(Label(Message("data")), 0, 0)
        head.addWidget(self._data, 0, 1, 1, 2)
        last_used = Message("device-last-used", device=self._session.device) if self._session.device else ""
        rows: tuple[tuple[str, QWidget, Label], ...] = (
            (Message("recipe"), self._preset, self._preset_note),
            (Message("name"), self._name, self._name_note),
            (Message("device"), self._device, quiet_label(last_used)),
        )
        for row, (words, editor, note) in enumerate(rows, start=1):
            editor.setFixedWidth(EDITOR_WIDTH)
            editor.setAccessibleName(words)
            label = Label(words)
            label.setBuddy(editor)
            note.setWordWrap(True)
            head.addWidget(label, row, 0)
            head.addWidget(editor, row, 1)
            head.addWidget(note, row, 2)
        everything = QWidget()
        in_column(head, _rule(), (self.form, 1), on=everything, spacing=0)
        buttons = in_row(self._everything, 1, self._cancel, self._start)
        foot = in_column(self.summary, self.complaint, buttons, margins=(14, 10, 14, 12), spacing=8)
        # All but Start scrolls: on a small screen there is no room for more.
        in_column((scrolling(everything), 1), _rule(), foot, on=self, spacing=0)

    def _on_preset_chosen(self, chosen: Recipe) -> None:
        self._origin = chosen
        self._preset_note.setText(about(chosen))
        self._name.setText(chosen.name)
        self.form.show_recipe(chosen)

    def _on_changed(self) -> None:
        catalog = self._session.catalog
        self._data.setText(describe_data(catalog))
        problem, self.recipe = "", None
        try:
            recipe = Recipe.from_dict({**self._words(), **self.form.values()})
            check_name(recipe.name)
            text = summary(recipe, check_data(catalog, recipe), self._device.currentData())
        except InputError as error:
            key = str(error.subject)
            at_field = self.form.complain(key, str(error))
            self._complain_about_name(str(error) if key == "name" else "")
            problem = "" if at_field or key == "name" else error.in_window
            self.summary.setText(Message("setting-not-valid-yet"))
        else:
            self.form.complain("", "")
            self._complain_about_name("")
            self.summary.setText(text)
            self.recipe = recipe
        self.complaint.setText(problem)
        self.complaint.setVisible(bool(problem))
        self._start.setEnabled(self.recipe is not None)

    def _words(self) -> dict[str, str]:
        """What the recipe says of itself: the name as typed, the rest as where it began."""
        origin = self._origin
        return {
            "name": self._name.text().strip(),
            "about": origin.about,
            "data": origin.data,
            "published_result": origin.published_result,
        }

    def _complain_about_name(self, sentence: str) -> None:
        restyle(self._name, "wrong", bool(sentence))
        restyle(self._name_note, "wrong", bool(sentence))
        self._name_note.setText(sentence or Message("run-name-explained"))


def about(recipe: Recipe) -> str:
    """What a preset is, and the result published for it."""
    if not recipe.published_result:
        return recipe.about
    return Message("recipe-with-published-result", about=recipe.about, published_result=recipe.published_result)


def default_preset(known: list[Recipe], session: Session) -> Recipe:
    """The preset named like the open data set, else the one for any photographs, else the defaults."""
    named = {recipe.name: recipe for recipe in known}
    wanted = (
        session.catalog.name.lower() if session.catalog else "",
        session.source.location if session.source else "",
        FOR_ANY,
    )
    return next((named[name] for name in wanted if name in named), Recipe(name="run"))


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
