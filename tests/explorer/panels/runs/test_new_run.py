"""The form for a new run: generated fields, complaints where they belong, and what Start hands over."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QPushButton, QScrollArea

from core.data.catalog import Catalog, texts
from core.data.source import DataSource
from core.errors import RecipeError
from core.losses import LOSSES
from core.sampling.samplers import ClassBalancedBatches
from core.settings import settings_of
from core.training.recipe import TABLES, Recipe, override, presets
from explorer.panels.runs.new_run import NewRunDialog, default_preset
from explorer.panels.runs.preset_choice import PresetChoice
from explorer.panels.runs.run_summary import check_data, check_name, class_sizes, steps_per_epoch, summary
from explorer.session import Session


@pytest.fixture
def dialog(session: Session, qtbot) -> NewRunDialog:
    made = NewRunDialog(session)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    return made


def start_button(dialog: NewRunDialog) -> QPushButton:
    return next(made for made in dialog.findChildren(QPushButton) if made.text() == "Start")


def choose_preset(dialog: NewRunDialog, name: str) -> None:
    choice = dialog.findChild(PresetChoice)
    choice.setCurrentText(name)
    choice.activated.emit(choice.currentIndex())


def test_every_preset_survives_the_form(dialog) -> None:
    for preset in presets():
        choose_preset(dialog, preset.name)
        assert dialog.recipe is not None, dialog.complaint.text()
        assert dialog.recipe == preset


def test_presets_stand_under_the_data_they_are_published_for(dialog) -> None:
    choice = dialog.findChild(PresetChoice)
    group, groups = "", {}
    for place in range(choice.count()):
        if choice.itemData(place) is None:
            group = choice.itemText(place)
            assert not choice.model().item(place).isEnabled()
        groups.setdefault(group, []).append(choice.itemText(place))
    assert next(iter(groups)) == "For any data" and "small" in groups["For any data"]
    assert "cub-mdr" in groups["CUB-200-2011"]
    choose_preset(dialog, "cub-mdr")
    notes = [label.text() for label in dialog.findChildren(QLabel)]
    published = next(preset for preset in presets() if preset.name == "cub-mdr")
    assert f"{published.about}\nPublished result: {published.published_result}." in notes


def test_every_table_of_a_recipe_is_in_the_form(dialog) -> None:
    assert dialog.form.values().keys() == {"model", "loss", *TABLES}
    assert dialog.form.row("memory.size").editor.isVisibleTo(dialog)
    assert dialog.form.row("loss.epsilon").editor.isVisibleTo(dialog)
    assert not dialog.form.row("loss.legacy_self_pair").editor.isVisibleTo(dialog)


def test_classes_kept_apart_are_told_and_checked(dialog) -> None:
    dialog.form.row("validation.split").write("held-out classes")
    assert "which keeps 1 of 3 training classes apart" in dialog.complaint.text()
    assert not start_button(dialog).isEnabled()
    catalog = dialog._session.catalog
    wide = replace(catalog, labels=texts([f"class {index // 3:02d}" for index in range(len(catalog))]))
    dialog._session.set_catalog(DataSource("shapes"), wide, "test")
    assert "on 6 classes of shapes" in dialog.summary.text()
    assert "2 training classes are held out, on which the best checkpoint is selected" in dialog.summary.text()
    assert "Only it and the last are kept" in dialog.summary.text()


@pytest.mark.parametrize("loss", LOSSES)
def test_a_losss_settings_come_with_their_sentences(dialog, loss: str) -> None:
    dialog.form.row("loss.name").write(loss)
    assert dialog.recipe.loss.name == loss
    for setting in settings_of(LOSSES[loss][0]):
        row = dialog.form.row(f"loss.{setting.name}")
        assert row.note.text().startswith(setting.help)
        assert setting.paper in row.paper.text() and bool(row.paper.text()) == bool(setting.paper)
        assert row.label.buddy() is row.editor
        assert row.editor.accessibleName()


def test_the_cores_sentence_stands_at_the_field(dialog) -> None:
    dialog.form.row("loss.alpha").editor.setText("-1")
    assert dialog.form.row("loss.alpha").note.text() == "loss.alpha is -1.0; expected a number above 0."
    assert not start_button(dialog).isEnabled() and dialog.recipe is None
    dialog.form.row("loss.alpha").editor.setText("three")
    assert dialog.form.row("loss.alpha").note.text() == "loss.alpha is 'three'; expected a number."
    dialog.form.row("loss.alpha").editor.setText("3")
    assert dialog.form.row("loss.alpha").note.text().startswith("Scale of positive pairs")
    assert start_button(dialog).isEnabled() and dialog.recipe.loss.alpha == 3.0


def test_a_complaint_about_a_hidden_field_is_said_below(dialog) -> None:
    dialog.form.row("optimizer.clip_norm").write(-1.0)
    assert "optimizer.clip_norm is -1.0" in dialog.complaint.text()
    dialog.form.show_everything(True)
    row = dialog.form.row("optimizer.clip_norm")
    row.write(-2.0)
    assert "optimizer.clip_norm is -2.0" in row.note.text()
    assert "optimizer.clip_norm is -2.0" in dialog.complaint.text(), "for the field is far below"
    dialog.findChild(QScrollArea).ensureWidgetVisible(row.editor)
    row.write(-3.0)
    assert dialog.complaint.text() == "" and "optimizer.clip_norm is -3.0" in row.note.text()


def test_a_backbone_brings_what_it_needs(dialog) -> None:
    for backbone in ("vit_b_16", "resnet18", "convnet"):
        dialog.form.row("model.backbone").write(backbone)
        assert dialog.recipe is not None, dialog.complaint.text()
        assert dialog.recipe.model.backbone == backbone
    dialog.form.row("model.backbone").write("resnet18")
    dialog.form.row("model.weights").write("imagenet")
    assert dialog.recipe.model.mean == (0.485, 0.456, 0.406)
    dialog.form.row("model.backbone").write("googlenet")
    assert (dialog.recipe.model.mean, dialog.recipe.model.std) == ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    dialog.form.row("model.mean").write((0.4, 0.4, 0.4))
    dialog.form.row("model.embedding_size").write(32)
    assert dialog.recipe.model.mean == (0.4, 0.4, 0.4)
    dialog.form.row("model.backbone").write("resnet34")
    assert dialog.recipe.model.mean == (0.485, 0.456, 0.406)
    dialog.form.row("model.mean").write((0.4, 0.4, 0.4))
    dialog.form.row("model.backbone").write("resnet50")
    assert dialog.recipe.model.mean == (0.4, 0.4, 0.4), "ResNets expect the same"


def test_the_summary_says_what_will_happen(dialog) -> None:
    dialog.form.show_recipe(override(Recipe(name="one"), "training.epochs=12", "batch.classes=2", "batch.images=4"))
    assert dialog.summary.text() == (
        "Trains convnet on 3 classes of shapes with the multi-similarity loss: 12 epochs of about 3 batches of "
        "2 × 4 images, on the GPU if there is one. Recall is measured after every epoch on the test split. "
        "Only the best checkpoint by it, and the last, are kept."
    )


def test_the_summary_counts_in_the_singular(dialog) -> None:
    recipe = override(Recipe(name="one"), "training.epochs=1", "training.steps_per_epoch=1", "batch.classes=2")
    dialog.form.show_recipe(recipe)
    assert ": 1 epoch of about 1 batch of 2 ×" in dialog.summary.text()
    dialog.form.show_recipe(override(recipe, "loss.name=log-ratio"))
    assert ": 1 epoch of 1 batch of " in dialog.summary.text()


def test_batches_are_no_larger_than_the_data(dialog) -> None:
    dialog.form.show_recipe(override(Recipe(name="one"), "batch.classes=24", "batch.images=4"))
    assert "about 2 batches of 3 × 4 images" in dialog.summary.text()


def test_start_hands_over_recipe_data_and_device(dialog, session, qtbot) -> None:
    dialog.form.row("training.epochs").write(2)
    with qtbot.waitSignal(session.runs.start_requested) as wish:
        qtbot.keyClick(dialog, Qt.Key.Key_Return)
    recipe, source, device = wish.args
    assert (recipe.training.epochs, source, device) == (2, DataSource("shapes"), "auto")
    assert not dialog.isVisible()


def test_a_run_is_duplicated_with_all_its_settings(session, qtbot) -> None:
    recipe = override(Recipe(name="before"), "loss.name=triplet", "loss.margin=0.4", "schedule.name=step")
    made = NewRunDialog(session, recipe)
    qtbot.addWidget(made)
    assert made.recipe == recipe


def test_without_data_it_says_so(tmp_path, qtbot) -> None:
    made = NewRunDialog(Session(tmp_path))
    qtbot.addWidget(made)
    assert made.complaint.text() == "No data set is open; open one to train on it."
    assert not start_button(made).isEnabled()


def test_data_that_is_opened_meanwhile_is_used(tmp_path, catalog: Catalog, qtbot) -> None:
    session = Session(tmp_path)
    made = NewRunDialog(session)
    qtbot.addWidget(made)
    session.set_catalog(DataSource("shapes"), catalog, "test")
    assert start_button(made).isEnabled()
    assert "shapes · 24 training images of 3 classes" in [label.text() for label in made.findChildren(QLabel)]


@pytest.mark.parametrize("name", ["", "a/b", "..", "a:b"])
def test_names_that_no_folder_can_have_are_refused(dialog, name: str) -> None:
    with pytest.raises(RecipeError, match="name"):
        check_name(name)


def test_one_class_is_not_enough(catalog: Catalog) -> None:
    splits = texts(["train" if label == "class 0" else "test" for label in catalog.labels])
    catalog = replace(catalog, splits=splits)
    with pytest.raises(RecipeError, match=r"expected at least 2\. Reading options… in the menu divides train and test"):
        check_data(catalog, Recipe(name="one"))


def test_a_loss_that_learns_from_targets_needs_some(tmp_path, catalog: Catalog, qtbot) -> None:
    session = Session(tmp_path)
    session.set_catalog(DataSource("shapes"), replace(catalog, targets=None, target_names=()), "test")
    made = NewRunDialog(session, override(Recipe(name="one"), "loss.name=log-ratio"))
    qtbot.addWidget(made)
    assert "shapes has no continuous targets" in made.form.row("loss.name").note.text()
    assert not start_button(made).isEnabled()
    made.form.row("loss.name").write("triplet")
    assert start_button(made).isEnabled()


def test_the_summary_of_targets_names_them(dialog) -> None:
    dialog.form.show_recipe(override(Recipe(name="one"), "loss.name=log-ratio", "training.epochs=2"))
    assert dialog.summary.text() == (
        "Trains convnet on 24 images of shapes with the log-ratio loss by target_size, target_weight: 2 epochs of 24 "
        "batches of 24 images, on the GPU if there is one. Label distance is measured after every epoch on the test "
        "split. Only the best checkpoint by it, and the last, are kept."
    )


def test_the_summary_counts_targets_where_they_are_many(catalog: Catalog) -> None:
    recipe = override(Recipe(name="one"), "loss.name=log-ratio")
    many = replace(
        catalog,
        targets=np.zeros((len(catalog), 312), dtype=np.float32),
        target_names=tuple(f"attribute {number}" for number in range(312)),
    )
    assert "with the log-ratio loss by 312 targets: " in summary(recipe, many, "cpu")


def test_steps_are_those_of_the_sampler(catalog: Catalog) -> None:
    labels = [*catalog.labels[:8], *["class 0"] * 3, *catalog.labels[11:]]
    fresh = replace(catalog, splits=texts(["train"] * 24 + ["test"] * 24), labels=texts(labels))
    codes = fresh.codes[fresh.splits == "train"]
    for classes, images in ((2, 2), (2, 5), (3, 4), (24, 5)):
        recipe = override(Recipe(name="one"), f"batch.classes={classes}", f"batch.images={images}")
        batches = ClassBalancedBatches(codes, classes, images, seed=0).epoch(1)
        assert steps_per_epoch(recipe, class_sizes(fresh)) == len(batches)


def test_unknown_data_begin_with_the_preset_for_any_photographs(session: Session) -> None:
    assert default_preset(presets(), session).name == "small"
    session.source = DataSource("demo")
    assert default_preset(presets(), session).name == "demo"
    assert default_preset([], session).name == "run"


def test_a_loss_of_targets_brings_its_batches(dialog) -> None:
    choose_preset(dialog, "cub-proxy-anchor")
    assert dialog.form.row("batch.sampling").read() == "random"
    dialog.form.row("loss.name").write("log-ratio")
    assert dialog.form.row("batch.sampling").read() == "covering"


def test_another_loss_has_its_room_at_once(dialog) -> None:
    choose_preset(dialog, "cub-proxy-anchor")
    margin = dialog.form.row("loss.margin")
    assert margin.editor.isVisible()
    assert margin.editor.height() >= margin.editor.minimumSizeHint().height()
    below = dialog.form.row("regularization.name").editor
    assert below.mapTo(dialog.form, QPoint()).y() > margin.editor.mapTo(dialog.form, QPoint()).y()


def test_fields_are_called_what_the_field_calls_them(dialog) -> None:
    labels = {key: dialog.form.row(key).label.text() for key in ("batch.classes", "batch.images", "memory.size")}
    assert labels == {
        "batch.classes": "Classes per batch",
        "batch.images": "Images per class",
        "memory.size": "Memory size",
    }
    assert dialog.form.row("batch.images").editor.accessibleName() == "Images per class"
    assert dialog.form.row("training.epochs").note.text() == ("Epochs. The best and the last checkpoint are kept.")


def test_selecting_the_best_on_the_test_split_is_warned_of(dialog) -> None:
    row = dialog.form.row("validation.split")
    assert row.label.text() == "Select best on"
    assert row.note.text().startswith("⚠ The best value on the test split is then optimistic.")
    row.write("held-out classes")
    assert "⚠" not in row.note.text()
