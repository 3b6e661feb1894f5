"""What a study has come to: results.json, and its tables for a terminal and for a document."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core.seeds import SeedSummary, across_seeds
from core.storage import write_json
from core.study.definition import Changes, is_share
from core.study.provenance import processor
from core.study.runner import StudyOutcome

FORMAT = 1
RESULTS = "results.json"
NONE = "n/a"

Table = tuple[list[str], list[list[str]]]


def write_results(out: Path, outcome: StudyOutcome) -> None:
    """Everything in figures, replaced as a whole after each run."""
    study = outcome.study
    rows = {
        row.name: {
            "set": dict(row.set),
            "tuned": list(row.tuned),
            "runs": {str(seed): asdict(result) for seed, result in sorted(outcome.results.get(row.name, {}).items())},
            "statistics": {
                measure: asdict(across_seeds(list(figures.values())))
                for measure in study.measures
                if (figures := outcome.figures(row.name, measure))
            },
        }
        for row in study.rows
    }
    choices = {name: asdict(choice) for name, choice in outcome.choices.items()}
    document = {
        "format": FORMAT,
        "study": study.name,
        "about": study.about,
        "measures": list(study.measures),
        "seeds": list(study.seeds),
        "recipe": study.base.as_dict(),
        "machine": machine(outcome),
        "tunings": choices,
        "rows": rows,
        "contrasts": [
            {"rows": list(pair), **{measure: _json(differences(outcome, *pair, measure)) for measure in study.measures}}
            for pair in study.contrasts
        ],
    }
    write_json(out / RESULTS, document)


def main_table(outcome: StudyOutcome) -> Table:
    """A row of the study a line: each measure's mean, standard deviation and 95 % interval."""
    headers = ["", "runs"]
    for measure in outcome.study.measures:
        headers += [_heading(measure), "deviation", "95 % interval"]
    headers.append("processor s")
    lines = []
    for row in outcome.study.rows:
        runs = [run for run in outcome.results.get(row.name, {}).values() if not run.failure]
        line = [row.name, str(len(runs))]
        for measure in outcome.study.measures:
            line += _cells(_statistics(list(outcome.figures(row.name, measure).values())), measure)
        line.append(f"{sum(run.processor_seconds for run in runs) / len(runs):.0f}" if runs else NONE)
        lines.append(line)
    return headers, lines


def contrast_table(outcome: StudyOutcome) -> Table:
    """The differences that the study asks for, taken seed by seed."""
    headers = ["", "pairs"]
    for measure in outcome.study.measures:
        headers += [_heading(measure), "deviation", "95 % interval", "beyond chance"]
    lines = []
    for one, other in outcome.study.contrasts:
        found = {measure: differences(outcome, one, other, measure) for measure in outcome.study.measures}
        pairs = max(statistics.runs if statistics else 0 for statistics in found.values())
        line = [f"{one} - {other}", str(pairs)]
        for measure, statistics in found.items():
            line += [*_cells(statistics, measure, signed=True), _describe_difference(statistics)]
        lines.append(line)
    return headers, lines


def tuning_table(outcome: StudyOutcome) -> Table:
    """What was tried beforehand, and what was taken."""
    lines = []
    for choice in outcome.choices.values():
        for changes, figure in choice.tried:
            cell = NONE if figure is None else _number(figure, choice.measure)
            lines.append([choice.tuning, _words(changes), cell, "taken" if changes == choice.chosen else ""])
    measure = outcome.study.measures[-1]
    return ["tuning", "choice", _heading(measure), ""], lines


def differences(outcome: StudyOutcome, one: str, other: str, measure: str) -> SeedSummary | None:
    """Of the seeds that both rows have, `one` minus `other`; None where there is none."""
    ours, theirs = outcome.figures(one, measure), outcome.figures(other, measure)
    return _statistics([ours[seed] - theirs[seed] for seed in ours if seed in theirs])


def as_markdown(table: Table) -> str:
    """A table for a document; the first column flush left."""
    headers, lines = table
    marks = ["---", *["---:"] * (len(headers) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (headers, marks, *lines))


def machine(outcome: StudyOutcome) -> dict[str, Any]:
    """Where the figures come from, and what they took."""
    runs = [run for row in outcome.results.values() for run in row.values() if not run.failure]
    return {
        "devices": sorted({run.device for run in runs}),
        "processor": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "commits": sorted({run.commit for run in runs if run.commit}),
        "runs": len(runs),
        "seconds": round(sum(run.seconds for run in runs), 1),
        "processor_seconds": round(sum(run.processor_seconds for run in runs), 1),
    }


def _statistics(figures: Sequence[float]) -> SeedSummary | None:
    return across_seeds(figures) if figures else None


def _heading(measure: str) -> str:
    name, _, number = measure.partition("@")
    words = {"recall": "R@", "map": "MAP@R", "target-distance": "target distance@", "ndcg": "nDCG@"}
    heading = words[name] if name == "map" else f"{words[name]}{number}"
    return f"{heading}, %" if is_share(measure) else heading


def _cells(statistics: SeedSummary | None, measure: str, signed: bool = False) -> list[str]:
    if statistics is None:
        return [NONE] * 3
    mean = _number(statistics.mean, measure, signed)
    if statistics.deviation is None or statistics.low is None or statistics.high is None:
        return [mean, NONE, NONE]
    ends = f"{_number(statistics.low, measure, signed)} .. {_number(statistics.high, measure, signed)}"
    return [mean, _number(statistics.deviation, measure), ends]


def _number(figure: float, measure: str, signed: bool = False) -> str:
    sign = "+" if signed else ""
    return f"{100 * figure:{sign}.2f}" if is_share(measure) else f"{figure:{sign}.4f}"


def _describe_difference(statistics: SeedSummary | None) -> str:
    if statistics is None or statistics.low is None or statistics.high is None:
        return NONE
    return "no" if statistics.low <= 0 <= statistics.high else "yes"


def _words(changes: Changes) -> str:
    return ", ".join(f"{key} = {value}" for key, value in changes.items())


def _json(statistics: SeedSummary | None) -> dict[str, Any] | None:
    return None if statistics is None else asdict(statistics)
