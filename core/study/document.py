"""A study's tables in a document, between two marks that name the study; what stands around them is left alone."""

from __future__ import annotations

from pathlib import Path

from core.errors import InputError, StorageError
from core.messages import Message
from core.storage import read_small, write_text
from core.study.report import as_markdown, contrast_table, machine, main_table, tuning_table
from core.study.runner import StudyOutcome


def insert_table(path: Path, outcome: StudyOutcome) -> None:
    """Replace what stands between `<!-- study NAME -->` and `<!-- end of study NAME -->` by the study's tables.

    Raises what `around` raises.
    """
    begin, end = marks(outcome.study.name)
    before, after = around(path, outcome.study.name)
    write_text(path, f"{before}{begin}\n\n{as_text(outcome)}\n\n{end}{after}")


def around(path: Path, name: str) -> tuple[str, str]:
    """What stands before and after a study's tables; to be asked before the study is made, too.

    Raises StorageError where the document cannot be read, and InputError where it does not have both marks, in this
    order.
    """
    begin, end = marks(name)
    try:
        text = read_small(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise StorageError(Message("file-not-readable", path=path, reason=error), path) from error
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise InputError(Message("document-without-place", path=path, begin=begin, end=end), path)
    return before, after


def marks(name: str) -> tuple[str, str]:
    """The lines around a study's tables."""
    return f"<!-- study {name} -->", f"<!-- end of study {name} -->"


def as_text(outcome: StudyOutcome) -> str:
    """The tables in Markdown, with where they come from."""
    parts = [_origin(outcome), as_markdown(main_table(outcome))]
    if outcome.study.contrasts:
        parts += ["Differences, seed by seed:", as_markdown(contrast_table(outcome))]
    if outcome.choices:
        parts += ["Chosen beforehand on held-out training classes:", as_markdown(tuning_table(outcome))]
    if outcome.failures:
        parts.append("\n".join(f"- failed: {failure}" for failure in outcome.failures))
    return "\n\n".join(parts)


def _origin(outcome: StudyOutcome) -> str:
    facts = machine(outcome)
    devices = ", ".join(facts["devices"]) or "no device"
    return (
        f"{facts['runs']} runs on {devices} ({facts['processor']}), {facts['processor_seconds'] / 60:.0f} minutes of"
        f" processor time, tunings aside; trained at commit {', '.join(facts['commits']) or 'unknown'}."
    )
