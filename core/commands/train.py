"""Train an embedding from a recipe; prints a line per epoch, and the best and the last figure."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.data.source import DataSource, add_data_arguments, source_from_arguments
from core.errors import INTERRUPTED, InputError
from core.messages import Message
from core.progress import PrintingReporter, Reporter
from core.report.columns import percent
from core.retrieval.protocol_wording import DISTANCE_NAMES
from core.training.recipe import load_recipe, override, with_training
from core.training.run_directory import RECIPE, source_of

SUMMARY = "train an embedding from a recipe"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "recipe",
        nargs="?",
        metavar="RECIPE",
        help="a .toml file or the name of a preset (demo, omniglot, ...); with --resume, the run's own",
    )
    add_data_arguments(parser, required=False)
    parser.add_argument("--out", required=True, type=Path, metavar="RUN", help="the run directory to write")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting, e.g. loss.name=triplet"
    )
    parser.add_argument("--epochs", type=int, metavar="N", help="shorthand for --set training.epochs=N")
    parser.add_argument("--seed", type=int, metavar="N", help="shorthand for --set training.seed=N")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="device to train on")
    parser.add_argument("--resume", action="store_true", help="resume the run in RUN")
    parser.add_argument(
        "--from",
        dest="checkpoint",
        default="",
        metavar="CHECKPOINT",
        help="with --resume, go on from this checkpoint of the run (such as epoch_003) if a newer one is damaged",
    )


def run(arguments: argparse.Namespace, reporter: Reporter) -> int:
    """Train; 0 when finished or stopped on request, 130 after Ctrl+C."""
    name, source = _asked(arguments)
    recipe = override(load_recipe(name), *arguments.set)
    recipe = with_training(recipe, arguments.epochs, arguments.seed)
    from core.training.trainer import train

    listener = reporter if arguments.json_lines else PrintingReporter(reporter, _line)
    if recipe.published_result and not arguments.json_lines:
        print(f"published result of {recipe.name}: {recipe.published_result}")
    outcome = train(
        recipe,
        source,
        arguments.out,
        device=arguments.device,
        reporter=listener,
        resume=arguments.resume,
        checkpoint=arguments.checkpoint,
    )
    if not arguments.json_lines:
        print(f"{arguments.out}: {outcome.sentence}")
    return INTERRUPTED if outcome.interrupted else 0


def _asked(arguments: argparse.Namespace) -> tuple[str, DataSource]:
    """The recipe and the data; those of the run itself where one is resumed and they are left out.

    Raises InputError where they are left out otherwise, CheckpointError for a run that does not tell them.
    """
    if arguments.checkpoint and not arguments.resume:
        raise InputError(Message("from-without-resume"), "--from")
    given = {"RECIPE": arguments.recipe, "--data": arguments.data}
    missing = [name for name, value in given.items() if value is None]
    if missing and not arguments.resume:
        raise InputError(Message("train-options-missing", missing=missing), missing[0])
    name = arguments.recipe or str(arguments.out / RECIPE)
    return name, source_from_arguments(arguments) if arguments.data is not None else source_of(arguments.out)


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
    # Of label distance and nDCG what decides and what the paper tells; the others stand in the run's messages.
    figures = [f"label distance@{k} {mean:.4f}" for k, mean in [*fields["label_distance"].items()][-1:]]
    figures += [f"nDCG@{k} {percent(share)} %" for k, share in [*fields["ndcg"].items()][-1:]]
    figures += [f"R@{k} {percent(share)} %" for k, share in fields["recall"].items()]
    if fields["map_at_r"] is not None:
        figures.append(f"MAP@R {percent(fields['map_at_r'])} %")
    if figures and fields["distance"]:
        figures.append(f"by {DISTANCE_NAMES[fields['distance']]}")
    measured = "  ".join(figures) or "not measured"
    return f"epoch {fields['epoch']:3d}  loss {fields['loss']:.4f}  {measured}  {fields['seconds']:.1f} s"
