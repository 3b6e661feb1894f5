"""What a list could forget: losses, signals, panels, shortcuts, and the test of a module."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from core.losses import LOSSES
from explorer.commands import COMMANDS
from explorer.panels.table import PANELS
from explorer.shortcuts import listed
from explorer.views import VIEWS
from tests.core.losses.test_every_loss import SUBJECTS

ROOT = Path(__file__).resolve().parents[1]
TESTS = ROOT / "tests"
# Tests that exercise modules which no test imports or has the name of.
EXERCISED = {
    "core/test_main.py": "core.commands: prepare; core.projection: compiled_code",
    "core/commands/test_study_verbs.py": "core.commands: study",
    "core/test_messages.py": "core: language; core.messages: message",
    "core/demo/test_demo.py": "core.demo: clutter cuts noise outline scenes views",
    "explorer/image_grid/test_grid.py": "explorer.image_grid: dwelling marks order painting ready_pictures",
    "core/leaks/test_split_leaks.py": "core.leaks: near_vectors",
    "core/data/vectors/test_vector_files.py": "core.data.vectors: text_table",
    "explorer/test_reading_options.py": "explorer: meaning_rows",
    "explorer/opening/test_open_dialog.py": "explorer.opening: column_table places understanding",
    "explorer/opening/test_start_screen.py": "explorer: data_menu; explorer.opening: fetch_list list_care",
    "explorer/jobs/test_training_jobs.py": "explorer.jobs: run_place unanswered",
    "explorer/state/test_filter.py": "explorer.results: measured_columns; explorer.state: known_columns",
    "explorer/test_session.py": "explorer.state: problems results runs",
    "core/data/test_catalog_opening.py": "core.data: file_names",
    "core/data/official/test_torchvision_sets.py": "core.data.official: aircraft fashion_mnist flowers102 food101 "
    "omniglot oxford_pets",
    "core/data/official/test_matlab_file.py": "core.data.official: matlab_reading",
    "core/data/official/test_cub200.py": "core.data.readers: index_file",
    "core/losses/test_every_loss.py": "core.losses: binary_triplet binomial_deviance closed_form cosines dense_triplet "
    "target_distances",
    "core/losses/test_proxy_losses.py": "core.losses: proxies proxy_anchor proxy_nca",
    "core/losses/test_multi_objective.py": "core.losses: joint_mining",
    "core/models/test_checkpoint.py": "core.models: recorded",
    "core/commands/test_retrieval_verbs.py": "core.commands: compare embed neighbours project; "
    "core.models: network_model",
    "core/models/test_histograms.py": "core.models: processor",
    "core/models/test_embedder.py": "core.models: backbones",
    "core/retrieval/test_evaluation.py": "core.retrieval: search",
    "core/study/test_study_runner.py": "core.study: provenance",
    "core/training/test_trainer.py": "core.training: checkpoint_keeper",
    "explorer/panels/map/test_canvas.py": "explorer.panels.map: disc_layer gesture overlay tools",
    "explorer/panels/map/test_panel.py": "explorer.panels.map: pane scale_bar shading slot_map",
    "explorer/panels/recall/test_recall_panel.py": "explorer.panels.recall: class_cells class_header measure_menu "
    "tables",
    "explorer/panels/columns/test_columns_panel.py": "explorer.panels.columns: titled_table",
    "explorer/panels/grid/test_grid_panel.py": "explorer.image_grid: closer_look",
    "explorer/panels/runs/test_new_run.py": "explorer.panels.runs: setting_row",
    "explorer/panels/runs/test_training_panel.py": "explorer.panels.runs: curve_colours curves plots run_cells "
    "term_list",
    "explorer/test_top_bar.py": "explorer.appearance: menu_search",
    "explorer/test_class_search.py": "explorer: spelling",
    "explorer/test_offer_bar.py": "explorer: offer_button",
    "explorer/test_real_image_query.py": "explorer.jobs: image_query",
}


def modules(*packages: str) -> Iterator[tuple[str, Path]]:
    """(dotted name, file) of every module."""
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.name != "__init__.py":
                yield ".".join(path.relative_to(ROOT).with_suffix("").parts), path


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def exercised() -> dict[str, str]:
    """Module -> the test that is said to exercise it."""
    found = {}
    for test, words in EXERCISED.items():
        for part in words.split("; "):
            package, _, names = part.partition(": ")
            found |= {f"{package}.{name}": test for name in names.split()}
    return found


def test_every_module_has_a_test() -> None:
    names = {path.stem.removeprefix("test_") for path in TESTS.rglob("test_*.py")}
    in_tests = {name for path in TESTS.rglob("*.py") for name in imported(path)}
    without = {
        name for name, path in modules("core", "explorer") if path.stem.strip("_") not in names and name not in in_tests
    }
    assert sorted(without - set(exercised())) == [], "each needs a test of its name, or a line in EXERCISED"
    assert sorted(set(exercised()) - without) == [], "these have a test of their own"
    assert [test for test in EXERCISED if not (TESTS / test).is_file()] == []


def test_every_loss_is_proved() -> None:
    proved = {type(subject.make()).__name__ for subject in SUBJECTS}
    assert {name for _, _, name in LOSSES.values()} <= proved
    library = {name for name, (_, module, _) in LOSSES.items() if module == "core.losses.pml"}
    assert library <= {subject.name.split(",")[0] for subject in SUBJECTS}


def test_every_signal_has_a_listener() -> None:
    sources = {path: path.read_text(encoding="utf-8") for _, path in modules("explorer")}
    signals = {
        match for source in sources.values() for match in re.findall(r"^    (\w+) = Signal\(", source, re.MULTILINE)
    }
    assert len(signals) > 50
    together = "\n".join(sources.values())
    assert [name for name in sorted(signals) if not re.search(rf"\.{name}\b(?!\.emit)", together)] == []


def test_every_panel_is_kept_from_the_others() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    apart = next(contract["modules"] for contract in contracts if contract["name"].startswith("panels do not"))
    assert apart == ["explorer.panels.*"], "a new panel needs no line there"


def test_every_panel_is_in_the_table() -> None:
    folders = sorted(path.parent.name for path in ROOT.glob("explorer/panels/*/panel.py"))
    built = sorted(spec.build.__code__.co_names[0] for spec in PANELS)
    sources = [(ROOT / "explorer/panels" / folder / "panel.py").read_text(encoding="utf-8") for folder in folders]
    assert sorted(name for source in sources for name in re.findall(r"^class (\w+)\(Panel\)", source, re.M)) == built
    placed = {name for view in VIEWS for names in ((view.centre,), *view.docked.values()) for name in names}
    assert placed <= {spec.name for spec in PANELS}, "one that no view names is the last tab of the first"


def test_every_command_is_listed_and_done_by_something() -> None:
    shown = {(place, text) for place, lines in listed(COMMANDS.values()).items() for text in lines}
    by_key = [command for command in COMMANDS.values() if command.keys or command.gesture]
    assert [each.name for each in by_key if (each.place, each.text) not in shown] == []
    sources = {path: path.read_text(encoding="utf-8") for name, path in modules("explorer")}
    parts = "\n".join(source for path, source in sources.items() if path.name != "commands.py")
    # A gesture without a key is no call.
    named = [name for name, each in COMMANDS.items() if each.keys or not each.gesture]
    assert [name for name in named if f'"{name}"' not in parts] == []


def test_no_key_is_bound_beside_the_table() -> None:
    """`commands` reads the keys of events, `IconButton` takes its key from there."""
    binding = re.compile(r"\bQShortcut\b|\bQKeySequence\b|\bsetShortcuts?\(|\bQt\.Key\b|\bevent\.matches\(")
    sources = {name: path.read_text(encoding="utf-8") for name, path in modules("explorer")}
    apart = ("explorer.commands", "explorer.appearance.widgets")
    assert [name for name, source in sources.items() if name not in apart and binding.search(source)] == []
    handlers = [
        (name, ast.unparse(method))
        for name, source in sources.items()
        for method in ast.walk(ast.parse(source))
        if isinstance(method, ast.FunctionDef) and method.name == "keyPressEvent"
    ]
    assert len(handlers) > 5
    assert [name for name, code in handlers if not re.search(r"\bact(_unclaimed)?\(", code)] == []
