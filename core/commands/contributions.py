"""`python -m core contributions`: the contribution of each term of a multi-objective run, by epoch."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from core.progress import Reporter
from core.report.columns import aligned, percent

if TYPE_CHECKING:
    from core.study.contributions import EpochContributions

SUMMARY = "print what each term of multi-objective runs contributed in each epoch"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="run directories")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures as JSON")


def run(arguments: argparse.Namespace, reporter: Reporter) -> None:
    from core.storage import write_json
    from core.study.contributions import contributions

    found = {path: contributions(path) for path in arguments.runs}
    document = {str(path): [asdict(epoch) for epoch in epochs] for path, epochs in found.items()}
    if arguments.json is not None:
        write_json(arguments.json, document)
    legend = "share: of all slopes, each term's weighted, percent; the rest are means over the epoch's steps"
    tables = [f"{path}\n{_table(epochs)}" for path, epochs in found.items()]
    reporter.result({"runs": document}, lambda: "\n\n".join([*tables, legend]))


def _table(epochs: list[EpochContributions]) -> str:
    names = list(epochs[0].terms)
    headers = ["epoch"]
    for name in names:
        headers += [f"{name} share", "value", "mass", "weight"]
    rows = []
    for epoch in epochs:
        row = [str(epoch.epoch)]
        for name in names:
            term = epoch.terms[name]
            row += [percent(term.share), f"{term.value:.4f}", f"{term.mass:.4g}", f"{term.weight:.3g}"]
        rows.append(row)
    return aligned(headers, rows, words=())
