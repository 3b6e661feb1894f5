"""`python -m core pretrained`: a backbone with published weights as a checkpoint, with no training."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

from core.errors import InputError
from core.messages import Message
from core.models.backbone_table import FEATURES, FEATURES_WEIGHTS, PUBLISHED_WEIGHTS, Backbone
from core.models.checkpoint_files import WEIGHTS
from core.progress import Reporter

SUMMARY = "make a checkpoint of a backbone with ImageNet's or other weights, with no training"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the checkpoint, a .safetensors file")
    parser.add_argument("--backbone", choices=get_args(Backbone)[1:], default=FEATURES, help=f"default: {FEATURES}")
    parser.add_argument(
        "--weights",
        default=FEATURES_WEIGHTS,
        metavar="WEIGHTS",
        help=f"{', '.join(PUBLISHED_WEIGHTS)} (downloaded from pytorch.org where they are not here yet), or a file "
        f"(default: {FEATURES_WEIGHTS})",
    )


def run(arguments: argparse.Namespace, reporter: Reporter) -> None:
    """Download where needed, and write."""
    out: Path = arguments.out
    if out.suffix != WEIGHTS:
        raise InputError(Message("features-file-of-other-type", path=out), "--out")
    from core.models.published_features import save_features

    info = save_features(out, arguments.backbone, arguments.weights, reporter)
    reporter.result({"out": str(out), "checkpoint": info.identity}, lambda: f"{out}: {info.name}.")
