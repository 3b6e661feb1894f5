"""`python -m core space`: what an embedding space looks like as a whole."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from core.commands.external_embeddings import EmbeddingsReader, add_embedding_arguments
from core.progress import Reporter
from core.report.columns import aligned
from core.report.table import NOT_AVAILABLE
from core.retrieval.protocol_wording import DISTANCE_NAMES
from core.wording import counted

if TYPE_CHECKING:
    from core.embedding_stats.agreement import Agreement
    from core.embedding_stats.hubs import Hubness
    from core.embedding_stats.map_quality import MapQuality
    from core.embedding_stats.report import EmbeddingStats

SUMMARY = "measure the embedding space: spread, classes, hubness, agreement with another, trustworthiness of a map"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "checkpoint", type=Path, metavar="CHECKPOINT", help="a checkpoint, a run (its best one), or an embeddings file"
    )
    add_embedding_arguments(parser, data_required=False)
    parser.add_argument("--other", type=Path, metavar="CHECKPOINT", help="agreement with this one on the same images")
    parser.add_argument("--map", type=Path, metavar="FILE.npz", help="trustworthiness of this map of the embeddings")
    parser.add_argument(
        "--neighbours",
        type=int,
        default=10,
        metavar="K",
        help="number of neighbours for hubness, --other and --map (default: 10)",
    )
    parser.add_argument(
        "--sample",
        type=int,
        default=5_000,
        metavar="N",
        help="images that uniformity and --map compare with all others (default: 5000)",
    )
    parser.add_argument(
        "--queries",
        type=int,
        default=100_000,
        metavar="N",
        help="queries of the neighbour search, for hubness and --other (default: 100000)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="random seed that draws them where there are more (default: 0)",
    )
    parser.add_argument("--format", choices=("plain", "json"), default="plain", help="output format (default: plain)")


def run(arguments: argparse.Namespace, reporter: Reporter) -> None:
    from core.embedding_stats.report import describe
    from core.projection.projection import load

    reader = EmbeddingsReader(arguments, reporter)
    embeddings = reader.read(arguments.checkpoint)
    other = None if arguments.other is None else reader.read(arguments.other)
    projection = None if arguments.map is None else load(arguments.map)
    report = describe(
        embeddings,
        other,
        projection,
        arguments.neighbours,
        arguments.sample,
        arguments.seed,
        reporter,
        arguments.queries,
    )
    document, in_json = asdict(report), arguments.format == "json"
    reporter.result(document, lambda: json.dumps(document, indent=2) if in_json else _describe(report))


def _describe(report: EmbeddingStats) -> str:
    images, classes = counted(report.images, "image"), counted(report.classes, "class", "classes")
    unlabelled = f", {counted(report.unlabelled, 'unlabelled image')}" if report.unlabelled else ""
    head = [f"{images}, {counted(report.dimensions, 'dimension')}, {classes}{unlabelled}", *_drawn(report)]
    head += [f"neighbours by {DISTANCE_NAMES[report.distance]}", *([report.told] if report.told else [])]
    parts = ["\n".join(head), _space(report)]
    parts += [_hubs(report.hubs)] if report.hubs is not None else []
    parts += [_agreement(report.agreement)] if report.agreement is not None else []
    parts += [_map(report.map)] if report.map is not None else []
    return "\n\n".join(parts)


def _drawn(report: EmbeddingStats) -> list[str]:
    """What was measured on a part of the images only."""
    drawn = f"drawn by seed {report.seed}, "
    parts = []
    if report.pairs.asked < report.images:
        measures = "uniformity" if report.map is None else "uniformity and map"
        parts.append(f"{measures}: {report.pairs.asked:,} images, {drawn}against all")
    if report.hubs is not None and report.hubs.asked < report.images:
        measures = "hubness" if report.agreement is None else "hubness and overlap of the nearest"
        parts.append(f"{measures}: {report.hubs.asked:,} images, {drawn}search all")
    return parts


def _space(report: EmbeddingStats) -> str:
    pairs, spectrum = report.pairs, report.spectrum
    used = f"of {spectrum.dimensions:,} dimensions, {spectrum.used:,} of them used"
    return _table(
        "space",
        ["alignment", _figure(pairs.alignment), "squared distance within classes, smaller is tighter"],
        ["uniformity", _figure(pairs.uniformity), "-4 is evenly spread, 0 collapsed"],
        ["intra-class distance", _figure(pairs.intra), "1 - cosine between images of a class"],
        ["inter-class distance", _figure(pairs.inter), "1 - cosine between the means of classes"],
        ["density", _figure(pairs.density), "intra / inter, smaller is better parted"],
        ["effective rank", _figure(spectrum.effective_rank), used],
        ["spectral decay", _figure(spectrum.spectral_decay), "0 is all directions alike, n/a that some are not used"],
    )


def _hubs(hubs: Hubness) -> str:
    hubness = _figure(hubs.skewness)
    if hubs.skewness is not None and hubs.error is not None:
        hubness += f" ± {hubs.error:.4f}"
    largest = NOT_AVAILABLE if hubs.largest is None else f"{hubs.largest:,}"
    return _table(
        f"{hubs.k} neighbours",
        ["hubness", hubness, "skewness of how often an image is found, 0 is even"],
        ["anti-hubs", _percent(hubs.antihubs), "of the images are found by none"],
        ["largest hub", largest, f"images find it; {hubs.k} would be its share"],
    )


def _agreement(found: Agreement) -> str:
    return _table(
        f"agreement on {found.images:,} images",
        ["linear CKA", _figure(found.cka), "1 is equal up to rotation and scale"],
        ["overlap of the nearest", _percent(found.overlap), f"at {found.k}, in A and in B{_by_each(found.distances)}"],
    )


def _by_each(distances: tuple[str, str]) -> str:
    """By what A's neighbours are and by what B's, where that differs."""
    if len(set(distances)) == 1:
        return ""
    of_a, of_b = (DISTANCE_NAMES[distance] for distance in distances)
    return f": by {of_a} in A, by {of_b} in B"


def _map(found: MapQuality) -> str:
    return _table(
        f"map of {found.images:,} images, {found.k} neighbours",
        ["trustworthiness", _figure(found.trustworthiness), "1: no strangers among the neighbours on the map"],
        ["continuity", _figure(found.continuity), "1: no neighbours torn apart"],
    )


def _table(title: str, *rows: list[str]) -> str:
    return aligned([title, "", ""], rows, words=(0, 2))


def _figure(value: float | None) -> str:
    return NOT_AVAILABLE if value is None else f"{value:.4f}"


def _percent(share: float | None) -> str:
    return NOT_AVAILABLE if share is None else f"{100 * share:.2f} %"
