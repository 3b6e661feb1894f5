"""`python -m core serve`: a checkpoint kept loaded, embedding one image after another.

Speaks JSON lines: first {"type": "ready", "device", "checkpoint"}; then each request {"id", "image"} on standard
input is answered by {"type": "embedding", "id", "vector"} or {"type": "failed", "id", "sentence"}. Ends with its input.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import CoreError, InputError
from core.messages import Message
from core.progress import JsonLinesReporter, Reporter

if TYPE_CHECKING:
    from core.retrieval.embed import CheckpointEmbedder

SUMMARY = "keep a checkpoint loaded and embed images named on standard input (JSON lines)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", type=Path, metavar="CHECKPOINT", help="a checkpoint, or a run (its best one)")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="device to run the model on")


def run(arguments: argparse.Namespace, reporter: Reporter) -> None:
    """Answer until the input ends."""
    from core.retrieval.embed import CheckpointEmbedder

    embedder = CheckpointEmbedder(arguments.checkpoint, arguments.device)
    if not isinstance(reporter, JsonLinesReporter):
        reporter = JsonLinesReporter(sys.stdout)
    reporter.event("ready", device=embedder.device_name, checkpoint=embedder.info.identity)
    answer(sys.stdin, embedder, reporter)


def answer(requests: Iterable[str], embedder: CheckpointEmbedder, reporter: Reporter) -> None:
    """Answer every request line; a bad one is answered too and ends nothing."""
    for line in requests:
        if not line.strip():
            continue
        request = _parsed(line)
        number = request.get("id")
        try:
            if number is None or not isinstance(request.get("image"), str):
                raise InputError(Message("serve-request-invalid"))
            vector = embedder.embed_file(Path(request["image"]))
        except CoreError as error:
            reporter.event("failed", id=number, sentence=error.message)
        else:
            reporter.event("embedding", id=number, vector=vector.tolist())


def _parsed(line: str) -> dict[str, Any]:
    try:
        request = json.loads(line)
    except json.JSONDecodeError:
        return {}
    return request if isinstance(request, dict) else {}
