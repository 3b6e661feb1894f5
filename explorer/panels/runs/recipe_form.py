"""A recipe as a form, generated from its settings classes."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from core.losses import LOSSES
from core.messages import Message
from core.models.backbone_table import BACKBONES, PUBLISHED_WEIGHTS
from core.models.description import CONVNET_WIDTH, ModelDescription
from core.settings import Setting, dotted, settings_of
from core.training.recipe import TABLES, Recipe
from explorer.appearance.layouts import in_column
from explorer.appearance.widgets import SectionHeader
from explorer.panels.runs.dependent_settings import DependentSettings
from explorer.panels.runs.setting_row import SettingRow

LABEL_WIDTH = 128
TITLES = {
    "model": Message("model"),
    "loss": Message("loss"),
    "regularization": Message("regularization"),
    "memory": Message("cross-batch-memory"),
    "batch": Message("batches"),
    "training": Message("training"),
    "optimizer": Message("optimizer"),
    "schedule": Message("learning-rate-schedule"),
    "augmentation": Message("augmentation"),
    "validation": Message("model-selection"),
}
# A table that is new to recipes comes last, under its own name.
ORDER = tuple(dict.fromkeys((*TITLES, *TABLES)))
# What a value is warned of; it stands before the setting's own sentence.
CAUTIONS = {"validation.split": {"test": Message("best-on-test-is-optimistic")}}
WEIGHTS = ("random", *PUBLISHED_WEIGHTS)


class RecipeForm(QWidget):
    """Shows and edits a recipe's tables; ``changed()`` after every edit.

    The usual settings are shown, the rest on demand; all of them are kept.
    """

    changed = Signal()

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self._everything = False
        self._filling = False
        self._groups: dict[str, SettingsGroup] = {}
        for table in ORDER:
            group = SettingsGroup(table)
            group.changed.connect(self._on_changed)
            self._groups[table] = group
        in_column(*self._groups.values(), 1, on=self, margins=(0, 0, 0, 8), spacing=0)
        self.show_recipe(recipe)

    def show_recipe(self, recipe: Recipe) -> None:
        """Fill the form in."""
        values = recipe.as_dict()
        self._filling = True
        for table in ORDER:
            self._groups[table].fill(_settings(table, values[table]), values[table], self._everything)
        self._loss, self._model = values["loss"]["name"], dict(values["model"])
        self._losses: dict[str, dict[str, Any]] = {}
        self._dependent = DependentSettings(self.values(), lambda key: self._row(key).default)
        self._filling = False
        self._settle()
        self.changed.emit()

    def show_everything(self, on: bool) -> None:
        """Show all settings, or the usual ones."""
        self._everything = on
        for group in self._groups.values():
            group.show_everything(on)

    def values(self) -> dict[str, dict[str, Any]]:
        """Every table with its values, as the core reads them."""
        return {table: group.values() for table, group in self._groups.items()}

    def row(self, key: str) -> SettingRow | None:
        """The row of a dotted key such as "loss.margin"."""
        table, _, name = key.partition(".")
        return self._groups[table].rows.get(name) if table in self._groups else None

    def complain(self, key: str, sentence: str) -> bool:
        """Clear every complaint and make this one at its field; whether that is in sight.

        A field that is not among the usual ones is shown from then on.
        """
        for group in self._groups.values():
            for row in group.rows.values():
                row.complain("")
        concerned = self.row(key)
        if concerned is None:
            return False
        concerned.complain(sentence)
        if concerned.editor.isHidden():
            self._groups[key.partition(".")[0]].show_row(concerned)
            self._settle()
            return False
        # Nor is it in sight where the form is scrolled to another place.
        return not concerned.editor.visibleRegion().isEmpty()

    def _on_changed(self) -> None:
        if self._filling:
            return
        values = self.values()
        self._filling = True
        if values["loss"]["name"] != self._loss:
            self._losses[self._loss] = values["loss"]
            self._loss = values["loss"]["name"]
            loss_values = {**self._losses.get(self._loss, {}), "name": self._loss}
            self._groups["loss"].fill(_settings("loss", values["loss"]), loss_values, self._everything)
            self._settle()
        fitted = model_defaults_for(values["model"], self._model)
        for name, value in fitted.items():
            if value != values["model"][name]:
                self._groups["model"].rows[name].write(value)
        self._model = fitted
        for key, value in self._dependent.fitted(values, self.values()).items():
            self._row(key).write(value)
        self._filling = False
        self.changed.emit()

    def _row(self, key: str) -> SettingRow:
        row = self.row(key)
        assert row is not None, key
        return row

    def _settle(self) -> None:
        """Lay new rows out before they are painted, not one event later."""
        for group in self._groups.values():
            group.settle()
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))


class SettingsGroup(QWidget):
    """One table of a recipe under its heading; ``changed()`` after every edit."""

    changed = Signal()

    def __init__(self, table: str) -> None:
        super().__init__()
        self._table = table
        self.rows: dict[str, SettingRow] = {}
        self._body = QWidget()
        self._column = in_column(SectionHeader(TITLES.get(table, table.capitalize())), self._body, on=self, spacing=0)

    def fill(self, settings: tuple[Setting, ...], values: dict[str, Any], everything: bool) -> None:
        """Show these settings; the default where `values` has none. Rows are kept while the settings stay the same."""
        if [row.setting for row in self.rows.values()] != list(settings):
            self._rebuild(settings)
        for name, row in self.rows.items():
            row.write(values.get(name, row.setting.default))
        self.show_everything(everything)

    def values(self) -> dict[str, Any]:
        """The table."""
        return {name: row.read() for name, row in self.rows.items()}

    def show_everything(self, on: bool) -> None:
        """Show all rows, or the usual ones."""
        for row in self.rows.values():
            row.set_visible(on or not row.setting.rare)
        self.setVisible(on or not all(row.setting.rare for row in self.rows.values()))

    def show_row(self, row: SettingRow) -> None:
        """Show one row, though it is not among the usual ones."""
        row.set_visible(True)
        self.setVisible(True)

    def settle(self) -> None:
        """Lay the rows out now."""
        for layout in (self._body.layout(), self._column):
            if layout is not None:
                layout.activate()

    def _rebuild(self, settings: tuple[Setting, ...]) -> None:
        old, self._body = self._body, QWidget()
        self._column.replaceWidget(old, self._body)
        grid = QGridLayout(self._body)
        grid.setContentsMargins(14, 2, 14, 6)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        grid.setColumnStretch(2, 1)
        self.rows = {}
        for place, setting in enumerate(settings):
            suggestions = WEIGHTS if setting.name == "weights" else ()
            row = SettingRow(setting, suggestions, CAUTIONS.get(dotted(self._table, setting.name), {}), self)
            row.place(grid, place)
            row.changed.connect(self.changed)
            self.rows[setting.name] = row
        self._body.show()
        old.hide()
        # The row that asked for other settings may be among the old ones and is still talking.
        old.deleteLater()


def model_defaults_for(values: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """The [model] table with what a newly chosen backbone or its weights bring along.

    Only changes between `before` and `values` bring anything: what the user sets afterwards stays.
    """
    fitted = dict(values)
    spec, spec_before = BACKBONES[values["backbone"]], BACKBONES[before["backbone"]]
    if values["backbone"] != before["backbone"]:
        if spec.token != (values["pooling"] == "token"):
            fitted["pooling"] = "token" if spec.token else "avg"
        if spec.published_input:
            fitted["input_size"] = fitted["prepared_size"] = spec.published_input
        if not spec.published:
            fitted["weights"] = "random"
        if spec.channels:
            fitted["width"] = CONVNET_WIDTH
    standardisation, as_before = (spec.mean, spec.std), (spec_before.mean, spec_before.std)
    if fitted["weights"] in PUBLISHED_WEIGHTS and (
        before["weights"] not in PUBLISHED_WEIGHTS or standardisation != as_before
    ):
        fitted["mean"], fitted["std"] = map(list, standardisation)
    if fitted["input_size"] != before["input_size"]:
        fitted["prepared_size"] = max(fitted["prepared_size"], fitted["input_size"])
    return fitted


def _settings(table: str, values: dict[str, Any]) -> tuple[Setting, ...]:
    if table == "model":
        return settings_of(ModelDescription)
    if table == "loss":
        settings: type = LOSSES[values["name"]][0]
        help_text = Message("loss-function")
        name = Setting("name", str, values["name"], help_text, "", tuple(LOSSES))
        return (name, *settings_of(settings))
    return settings_of(TABLES[table])
