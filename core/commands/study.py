"""`python -m core study`: train a table of recipes with several seeds, and tell what can be told apart."""

from __future__ import annotations

import argparse
import contextlib
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.data.source import add_data_arguments, source_from_arguments
from core.errors import InputError
from core.messages import Message
from core.paths import workspace
from core.progress import JsonLinesReporter, PrintingReporter, Reporter
from core.report.columns import aligned, percent

if TYPE_CHECKING:
    from core.study.runner import StudyOutcome

SUMMARY = "train a table of recipes with several seeds and compare them"
SOME_FAILED = 1
# Studies of the drawn wardrobe need no data of the user's.
DRAWN = ("wardrobe",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "study", metavar="STUDY", help="a .toml file or the name of a shipped study (omniglot, wardrobe, terms)"
    )
    add_data_arguments(parser, required=False)
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="folder of the runs and results.json (default: in the workspace)"
    )
    parser.add_argument(
        "--seeds", metavar="N,N,...", help="seeds in place of the study's; finished runs are not trained again"
    )
    parser.add_argument(
        "--workers", type=int, metavar="N", help="runs trained at the same time (default: one per core)"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="device to train on")
    parser.add_argument(
        "--redo", action="store_true", help="train finished runs again whose recipe or data have changed"
    )
    parser.add_argument(
        "--into", type=Path, metavar="FILE.md", help="write the tables between the study's marks in this document"
    )


def run(arguments: argparse.Namespace, reporter: Reporter) -> int:
    """Carry out the study, or what is left of it; 1 when a run failed."""
    from dataclasses import replace

    from core.study.definition import load_study
    from core.study.report import write_results
    from core.study.runner import StudyRunner
    from core.study.workers import in_processes

    study = load_study(arguments.study)
    if arguments.seeds is not None:
        study = replace(study, seeds=_seeds(arguments.seeds))
    if arguments.into is not None:
        from core.study.document import around

        around(arguments.into, study.name)  # before the work, not after it
    if arguments.data is None:
        if study.name not in DRAWN:
            raise InputError(Message("study-without-data", study=study.name), "--data")
        arguments.data = "demo"
    cores = os.cpu_count() or 1
    workers = arguments.workers if arguments.workers is not None else cores
    if workers < 1:
        raise InputError(Message("workers-invalid", count=workers), "--workers")
    out = arguments.out or workspace() / "studies" / study.name
    listener = reporter if isinstance(reporter, JsonLinesReporter) else PrintingReporter(reporter, _run_line)
    runner = StudyRunner(
        study,
        source_from_arguments(arguments),
        out,
        partial(in_processes, count=workers, threads=max(1, cores // workers)),
        arguments.device,
        arguments.redo,
        listener,
        partial(write_results, out),
    )
    with contextlib.closing(reporter):
        outcome = runner.run()
    write_results(out, outcome)
    _print_outcome(outcome, out, reporter)
    if arguments.into is not None:
        from core.study.document import insert_table

        insert_table(arguments.into, outcome)
    return SOME_FAILED if outcome.failures else 0


def _run_line(kind: str, fields: dict[str, Any]) -> str:
    if kind != "run":
        return ""
    from core.study.definition import is_share

    figures = "  ".join(
        f"{name} {percent(figure)} %" if is_share(name) else f"{name} {figure:.4f}"
        for name, figure in fields["measures"].items()
    )
    return f"{fields['name']}: {fields['failure'] or figures}  ({fields['seconds']:.0f} s)"


def _print_outcome(outcome: StudyOutcome, out: Path, reporter: Reporter) -> None:
    from core.storage import read_json
    from core.study.report import RESULTS, contrast_table, main_table, tuning_table

    lines = [f"\n{aligned(*main_table(outcome))}"]
    if outcome.study.contrasts:
        lines.append(f"\nDifferences, seed by seed\n{aligned(*contrast_table(outcome))}")
    if outcome.choices:
        tunings = aligned(*tuning_table(outcome), words=(0, 1, 3))
        lines.append(f"\nChosen beforehand on held-out training classes\n{tunings}")
    lines += [*(f"failed: {failure}" for failure in outcome.failures), f"\n{out / RESULTS}"]
    reporter.result(read_json(out / RESULTS), lambda: "\n".join(lines))


def _seeds(text: str) -> tuple[int, ...]:
    try:
        seeds = tuple(int(part) for part in text.split(","))
    except ValueError:
        seeds = ()
    if not seeds or min(seeds) < 0 or len(set(seeds)) != len(seeds):
        raise InputError(Message("seeds-invalid", text=text), "--seeds")
    return seeds
