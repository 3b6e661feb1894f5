"""What is offered while there is no model: what it costs, how far it is, and that it ends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from core.child_process import ProcessOutcome
from core.data.source import DataSource
from core.messages import Message
from core.models.backbone_table import FEATURES
from core.models.checkpoint_files import read_info, resolve
from explorer import offer_bar
from explorer.jobs.pipeline import Pipeline
from explorer.jobs.runner import JobRunner
from explorer.model_offers import FOLDER_OF_FEATURES
from explorer.offer_bar import OfferBar
from explorer.results.embeddings import EMBEDDINGS
from explorer.results.measures import EVALUATION
from explorer.session import Session
from explorer.state.subject import FEATURES as ABOUT_FEATURES
from tests.explorer.factories import made_catalog, made_checkpoint
from tests.explorer.fake_processes import FakeProcesses

LEFT = Qt.MouseButton.LeftButton
WIDE, NARROW = 1000, 520


@pytest.fixture
def pipeline(session: Session, runner: JobRunner, processes: FakeProcesses) -> Pipeline:
    return Pipeline(session, runner, processes, "cpu")  # type: ignore[arg-type]


@pytest.fixture
def bar(qtbot: QtBot, session: Session, pipeline: Pipeline, tiny_folder: Path) -> OfferBar:
    """A bar over small data that are open, without a model."""
    session.library.set_quick_look(read_info(resolve(Path("quick-look"))))
    made = OfferBar(session, [QAction("New run", session)])
    qtbot.addWidget(made)
    made.resize(WIDE, made.height())
    made.show()
    session.open_data(DataSource(str(tiny_folder)))
    return made


def test_it_names_what_each_way_costs_before_it_is_pressed(bar: OfferBar) -> None:
    assert bar.isVisible()
    look, features = bar.buttons["quick-look"], bar.buttons["features"]
    assert look.words == "Quick look: colour and gradient histograms, no network, 2 s"
    assert features.words == "Use ImageNet features: ResNet-18, 45 MB from pytorch.org, about 6 s"
    assert "no training" in look.toolTip() and "downloaded once from pytorch.org" in features.toolTip()
    assert [button.property("kind") for button in (look, features)] == ["normal", "primary"]
    assert not bar.buttons["run"].isVisible()


def test_without_data_or_with_a_model_nothing_is_offered(
    qtbot: QtBot, session: Session, bar: OfferBar, processes: FakeProcesses
) -> None:
    session.choose_checkpoint("A", made_checkpoint("first"))
    assert not bar.isVisible(), "what was chosen elsewhere is no offer's"
    session.choose_checkpoint("A", None)
    assert bar.isVisible()
    made = made_catalog()
    session.set_catalog(DataSource("vectors.npz"), replace(made, pictured=np.zeros(len(made), bool)), "all")
    assert not bar.isVisible(), "vectors alone have nothing to be described or embedded"
    alone = OfferBar(Session(session.workspace))
    qtbot.addWidget(alone)
    assert not alone.isVisibleTo(None)


def test_quick_look_becomes_its_own_progress_and_goes(
    qtbot: QtBot, session: Session, bar: OfferBar, processes: FakeProcesses
) -> None:
    button, width = bar.buttons["quick-look"], bar.buttons["quick-look"].width()
    qtbot.mouseClick(button, LEFT)
    assert processes.jobs["embed A"].arguments[1].endswith("quick-look.safetensors")
    assert bar.isVisible() and button.is_busy and button.cross.isHidden(), "of stand-ins none can be ended"
    assert button.words.startswith("Quick look: loading colour and gradient histograms")
    assert button.width() == width and bar.buttons["features"].property("kind") == "normal"
    qtbot.mouseClick(button, LEFT)
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert processes.started.count("embed A") == 1
    processes.finish_all()
    assert not bar.isVisible()
    assert session.results[EVALUATION]["A"].recall[1] > 0
    session.choose_checkpoint("B", made_checkpoint("trained"))
    processes.finish_all()
    session.choose_checkpoint("B", session.library.quick_look)
    assert session.model_name("B") == "colour and gradient histograms, no training"


def test_what_is_under_way_is_ended_by_its_cross(
    qtbot: QtBot, session: Session, bar: OfferBar, processes: FakeProcesses
) -> None:
    qtbot.mouseClick(bar.buttons["quick-look"], LEFT)
    [task] = session.tasks.all
    ended = []
    session.tasks.set(SimpleNamespace(**{**vars(task), "fraction": 0.5, "cancel": lambda: ended.append(1)}))
    qtbot.mouseClick(bar.buttons["quick-look"].cross, LEFT)
    assert ended == [1]
    processes.stop("embed A")
    session.choose_checkpoint("A", None)
    assert bar.isVisible() and not bar.buttons["quick-look"].is_busy


def test_what_failed_leaves_the_offers(qtbot: QtBot, session: Session, bar: OfferBar, processes: FakeProcesses) -> None:
    qtbot.mouseClick(bar.buttons["quick-look"], LEFT)
    processes.fail("embed A")
    assert bar.isVisible() and not bar.buttons["quick-look"].is_busy
    qtbot.mouseClick(bar.buttons["quick-look"], LEFT)
    processes.finish_all()
    assert not bar.isVisible() and session.results[EMBEDDINGS]["A"] is not None


def test_features_are_made_by_a_child_and_used(
    qtbot: QtBot, session: Session, bar: OfferBar, processes: FakeProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    button = bar.buttons["features"]
    qtbot.mouseClick(button, LEFT)
    job = processes.jobs["features"]
    out = session.workspace / FOLDER_OF_FEATURES / f"{FEATURES}-imagenet-v1.safetensors"
    assert job.arguments == [
        *("pretrained", "--backbone", FEATURES, "--weights", "imagenet-v1"),
        *("--out", str(out)),
    ]
    assert button.words == f"Use ImageNet features: getting the weights of {FEATURES}"
    info = made_checkpoint(out.stem, out.parent)
    monkeypatch.setattr("explorer.jobs.external_embeddings.read_info", lambda _path: info)
    monkeypatch.setattr("explorer.jobs.external_embeddings.resolve", lambda path: path)
    processes.finish("features")
    assert session.checkpoint["A"] == info and button.is_busy, "now it embeds"
    processes.finish_all()
    assert not bar.isVisible() and session.results[EMBEDDINGS]["A"] is not None
    assert info in session.library.opened, "so the library has it, and the next window too"


def test_without_a_network_it_says_so_once_and_asks_for_a_file(
    qtbot: QtBot, session: Session, bar: OfferBar, processes: FakeProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    button = bar.buttons["features"]
    qtbot.mouseClick(button, LEFT)
    failed = processes.jobs["features"].failed
    processes.stop("features")
    failed(ProcessOutcome("failed", Message("published-weights-not-there", reason="No route."), 1, ""))
    assert session.problems.get(ABOUT_FEATURES).sentence == "ImageNet's weights are not on this machine: No route."
    assert button.words == "Use ImageNet features: needs 45 MB; choose a file…" and not button.is_busy
    assert [bar.buttons[key].property("kind") for key in ("quick-look", "features")] == ["primary", "normal"]
    monkeypatch.setattr(offer_bar, "ask_for_file", lambda *_: "/weights/mine.pth")
    qtbot.mouseClick(button, LEFT)
    assert processes.jobs["features"].option("--weights") == "/weights/mine.pth"
    assert processes.jobs["features"].option("--out").endswith("resnet18-mine.safetensors")
    assert session.problems.get(ABOUT_FEATURES) is None
    session.set_catalog(DataSource("/others"), made_catalog(), "all")
    assert not processes.running("features"), "nobody waits for them any more"


def test_a_run_on_these_data_comes_first(qtbot: QtBot, session: Session, bar: OfferBar) -> None:
    best = made_checkpoint("ms-mdr / epoch 16")
    session.runs.set_all([SimpleNamespace(path=Path("r"), data=session.source, best=best, state="finished")])
    kinds = {key: button.property("kind") for key, button in bar.buttons.items() if button.isVisible()}
    assert kinds == {"quick-look": "normal", "features": "normal", "run": "primary"}
    assert bar.buttons["run"].words == "Use ms-mdr / epoch 16: best of the newest run on these images"
    qtbot.mouseClick(bar.buttons["run"], LEFT)
    assert session.checkpoint["A"] == best


def test_a_narrow_bar_leaves_out_words_but_not_the_costs(qtbot: QtBot, bar: OfferBar) -> None:
    assert bar.height() == 72
    bar.resize(NARROW, bar.height())
    assert bar.height() == 48
    shown = [button for button in bar.buttons.values() if button.isVisible()]
    assert all(button.width() >= button.width_wanted(is_low=True) for button in shown)
    assert sum(button.width() for button in shown) < NARROW


def test_it_can_be_put_away_and_is_back_with_other_data(session: Session, bar: OfferBar) -> None:
    words = [action.text() for action in bar.more.menu().actions() if action.text()]
    assert words == ["Features of a file…", "New run", "Hide this bar"]
    bar.more.menu().actions()[-1].trigger()
    assert not bar.isVisible()
    session.set_catalog(DataSource("/others"), made_catalog(), "all")
    assert bar.isVisible()


def test_what_was_taken_here_leads_to_its_map_once(
    qtbot: QtBot, session: Session, pipeline: Pipeline, processes: FakeProcesses, tiny_folder: Path
) -> None:
    session.library.set_quick_look(read_info(resolve(Path("quick-look"))))
    see_map = QAction("Explore", session)
    bar = OfferBar(session, see_map=see_map)
    qtbot.addWidget(bar)
    bar.show()
    session.open_data(DataSource(str(tiny_folder)))
    assert not bar.map_button.isVisible()
    qtbot.mouseClick(bar.buttons["quick-look"], LEFT)
    processes.finish("embed A")
    assert bar.isVisible() and bar.map_button.isVisible() and not bar.buttons["quick-look"].isVisible()
    with qtbot.waitSignal(see_map.triggered):
        qtbot.mouseClick(bar.map_button, LEFT)
    assert not bar.isVisible()
    session.choose_checkpoint("A", None)
    assert bar.buttons["quick-look"].isVisible() and not bar.map_button.isVisible()
