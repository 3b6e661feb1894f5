"""Train an embedding from a recipe; prints a line per epoch, and the best and the last figure."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.data.source import add_data_arguments, source_from_arguments
from core.progress import PrintingReporter, Reporter
from core.training.recipe import load_recipe, override, with_training

SUMMARY = "train an embedding from a recipe"
INTERRUPTED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `train`."""
    parser.add_argument("recipe", metavar="RECIPE", help="a .toml file or the name of a preset (demo, omniglot, ...)")
    add_data_arguments(parser)
    parser.add_argument("--out", required=True, type=Path, metavar="RUN", help="the run directory to write")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting, e.g. loss.name=triplet"
    )
    parser.add_argument("--epochs", type=int, metavar="N", help="shorthand for --set training.epochs=N")
    parser.add_argument("--seed", type=int, metavar="N", help="shorthand for --set training.seed=N")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to train")
    parser.add_argument("--resume", action="store_true", help="go on with the run in RUN where it ended")


def run(arguments: argparse.Namespace, reporter: Reporter) -> int:
    """Train; 0 when finished or stopped as asked, 130 after Ctrl+C."""
    recipe = override(load_recipe(arguments.recipe), *arguments.set)
    recipe = with_training(recipe, arguments.epochs, arguments.seed)
    from core.training.trainer import train

    listener = reporter if arguments.json_lines else PrintingReporter(reporter, _line)
    if recipe.aims_at and not arguments.json_lines:
        print(f"{recipe.name} aims at: {recipe.aims_at}")
    outcome = train(
        recipe,
        source_from_arguments(arguments),
        arguments.out,
        device=arguments.device,
        reporter=listener,
        resume=arguments.resume,
    )
    if not arguments.json_lines:
        print(f"{arguments.out}: {outcome.sentence}")
    return INTERRUPTED if outcome.interrupted else 0


def _line(kind: str, fields: dict[str, Any]) -> str:
    if kind == "started":
        return _started_line(fields)
    return _epoch_line(fields) if kind == "epoch" else ""


def _started_line(fields: dict[str, Any]) -> str:
    apart = (
        f" choosing on {fields['held_out_images']:,} of {fields['held_out_classes']:,} held out,"
        if fields["held_out_images"]
        else ""
    )
    return (
        f"training on {fields['train_images']:,} images of {fields['train_classes']:,} classes,{apart}"
        f" measuring on {fields['test_images']:,} of {fields['test_classes']:,}, on {fields['device']}"
    )


def _epoch_line(fields: dict[str, Any]) -> str:
    figures = [f"R@{k} {share:.4f}" for k, share in fields["recall"].items()]
    if fields["map_at_r"] is not None:
        figures.append(f"MAP@R {fields['map_at_r']:.4f}")
    measured = "  ".join(figures) or "not measured"
    return f"epoch {fields['epoch']:3d}  loss {fields['loss']:.4f}  {measured}  {fields['seconds']:.1f} s"
