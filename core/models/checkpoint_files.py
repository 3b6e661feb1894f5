"""Checkpoints as files: what is known about one without loading its weights. No torch here; the window reads this.

A checkpoint is `NAME.safetensors` (weights) and `NAME.json` (everything else). The JSON file is written last and
holds the size and hash of the weights: it is the mark that the checkpoint is complete.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core import paths
from core.checksum import believed
from core.errors import CheckpointError, CoreError, StorageError
from core.messages import Message
from core.models.description import ModelDescription
from core.models.histograms import HistogramDescription
from core.models.measure import RECALL_AT_1, SelectionMeasure, measure_of
from core.models.recorded import flag, mapping, metrics_in, text, whole
from core.remedies import joined
from core.storage import open_regular, other_kind, read_json

FORMAT = 1
FOLDER = "checkpoints"
WEIGHTS = ".safetensors"
DETAILS = ".json"
SHIPPED = paths.RESOURCES / "models"


@dataclass(frozen=True)
class CheckpointInfo:
    """What the JSON file of a checkpoint says.

    Attributes:
        path, sha256, size: of the weights file.
        name: for a person, such as "omniglot / epoch 12".
        epoch, step: how far training was; `complete` when the epoch was finished.
        metrics: {"recall": {"1": share, ...}, "map_at_r": ...} on what it names as "split", where the best of a run
            is chosen, and the "distance" they go by and the "data" (name and fingerprint of the catalog), which older
            versions did not write; with "label_distance" and "ndcg" by K where targets were learnt from; {} when not
            measured.
            Where that is not the test split, the best and the last checkpoint of a finished run have the same of the
            test split under "test".
        description: the model: a network, or histograms.
        created: ISO 8601 time.
    """

    path: Path
    name: str
    sha256: str
    size: int
    epoch: int
    step: int
    complete: bool
    description: ModelDescription | HistogramDescription
    metrics: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    created: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """16 hex digits that change with the weights; caches are keyed by it."""
        return self.sha256[:16]

    @property
    def measure(self) -> SelectionMeasure:
        """By what it is compared with the others of its run."""
        return measure_of(self.metrics)

    @property
    def figure(self) -> float | None:
        """What it reaches by `measure`, on what the best of its run is chosen on; None when it was not measured."""
        return self.measure.of(self.metrics)

    @property
    def recall_at_1(self) -> float | None:
        """Recall@1 on what the best of its run is chosen on (see `chosen_on`), or None when it was not measured."""
        return RECALL_AT_1.of(self.metrics)

    @property
    def chosen_on(self) -> str:
        """What `recall_at_1` was measured on: "test", "val", "held-out classes", or "" when it was not."""
        return str(self.metrics.get("split", ""))

    @property
    def distance(self) -> str:
        """What `recall_at_1` goes by: "cosine", "euclidean", or "" when it is not told."""
        return str(self.metrics.get("distance", ""))

    @property
    def data(self) -> tuple[str, str] | None:
        """Name and fingerprint of the catalog that it was measured on; None when they are not told."""
        trained_on = self.metrics.get("data")
        return None if trained_on is None else (trained_on["name"], trained_on["catalog"])


def details_path(path: Path) -> Path:
    """The JSON file that belongs to a weights file."""
    return Path(path).with_suffix(DETAILS)


def is_there(path: Path) -> bool:
    """Whether anything is left of the checkpoint whose weights file is `path`."""
    return os.path.lexists(path) or os.path.lexists(details_path(path))


def file_hash(path: Path) -> str:
    """SHA-256 of a regular file in hex."""
    with open_regular(path) as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def read_info(path: Path) -> CheckpointInfo:
    """What is known about the checkpoint whose weights file is `path`.

    Checks that both files are there and that the weights have the recorded size; the hash is checked on loading.
    Raises CheckpointError in one sentence.
    """
    path = Path(path)
    if path.suffix in (".pt", ".pth", ".ckpt", ".pkl", ".bin"):
        raise CheckpointError(Message("checkpoint-is-pickle", path=path), path)
    if path.suffix in (".npz", ".parquet"):
        raise CheckpointError(Message("checkpoint-is-embeddings", path=path), path)
    details = details_path(path)
    for needed in (path, details):
        if (what := other_kind(needed)) not in ("", "missing"):
            raise CheckpointError(
                Message("checkpoint-file-of-other-kind", path=path, file=needed.name, kind=what), path
            )
    if not path.is_file():
        raise CheckpointError(Message("checkpoint-weights-missing", path=path, file=path.name), path)
    if not details.is_file():
        raise CheckpointError(Message("checkpoint-details-missing", path=path, file=details.name), path)
    try:
        info = _info(path, believed(details, read_json(details), FORMAT))
    except StorageError as error:
        raise CheckpointError(Message("checkpoint-damaged", path=path, reason=error), path) from error
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            Message("checkpoint-details-garbled", path=path, file=details.name, entry=error), path
        ) from error
    except CoreError as error:
        raise CheckpointError(Message("checkpoint-not-usable", path=path, reason=error), path) from error
    try:
        size = path.stat().st_size
    except OSError as error:
        # A living trainer removes what it no longer keeps.
        raise CheckpointError(Message("checkpoint-gone", path=path), path) from error
    if size != info.size:
        raise CheckpointError(Message("checkpoint-of-other-length", path=path, size=size, expected=info.size), path)
    return info


def verified(path: Path) -> CheckpointInfo:
    """As `read_info`, and the weights are by their hash what was written."""
    info = read_info(path)
    try:
        same = file_hash(info.path) == info.sha256
    except OSError as error:
        raise CheckpointError(
            Message("file-not-readable", path=info.path, reason=error.strerror or error), info.path
        ) from error
    if not same:
        raise CheckpointError(Message("content-hash-mismatch", path=info.path), info.path)
    return info


def intact(path: Path) -> CheckpointInfo:
    """What is known about a checkpoint whose weights are, by size and hash, what was written.

    Raises CheckpointError in one sentence, which names the checkpoint before where that one can be used instead.
    """
    try:
        return verified(path)
    except CheckpointError as error:
        other = intact_beside(path)
        if other is None:
            raise
        raise CheckpointError(Message("other-checkpoint-intact", reason=error, path=other.path), path) from error


def intact_beside(path: Path) -> CheckpointInfo | None:
    """The newest other checkpoint in the folder of `path` that is what was written, or None."""
    for info in reversed(list_checkpoints(Path(path).parent)):
        with contextlib.suppress(CheckpointError):
            if info.path != Path(path):
                return verified(info.path)
    return None


def intact_among(run_directory: Path) -> tuple[list[CheckpointInfo], list[Path]]:
    """The checkpoints of a run that are what was written, oldest first, and the files of those that are not."""
    found: list[CheckpointInfo] = []
    damaged: list[Path] = []
    for weights in _weights_in(Path(run_directory)):
        try:
            found.append(verified(weights))
        except CheckpointError:
            damaged += [path for path in (weights, details_path(weights)) if path.is_file()]
    return sorted(found, key=_age), damaged


def list_checkpoints(run_directory: Path) -> list[CheckpointInfo]:
    """The readable checkpoints of a run (or of any folder of them), oldest first."""
    return survey(run_directory)[0]


def survey(run_directory: Path) -> tuple[list[CheckpointInfo], list[CheckpointError]]:
    """The readable checkpoints of a run (or of any folder of them), oldest first, and what is wrong with others.

    Those without their JSON file are no news: a living trainer may be writing them.
    """
    found, refused = [], []
    for weights in _weights_in(Path(run_directory)):
        try:
            found.append(read_info(weights))
        except CheckpointError as error:
            if os.path.lexists(details_path(weights)) and os.path.lexists(weights):
                refused.append(error)
    return sorted(found, key=_age), refused


def best(checkpoints: list[CheckpointInfo]) -> CheckpointInfo | None:
    """The one with the highest Recall@1, or where targets were learnt from, the lowest label distance.

    Of equals it is the newest, and so it is where none was measured. Label distances are preferred to a Recall@1.
    """
    return max(reversed(checkpoints), key=_merit, default=None)


def resolve(path: Path) -> Path:
    """The weights file meant by `path`: a checkpoint's file, a run directory, which means its best, or a shipped name.

    Raises CheckpointError in one sentence.
    """
    path = Path(path)
    if path.is_dir():
        return _best_in(path).path
    if (shipped := shipped_model(str(path))) is not None and not path.exists():
        return shipped
    if path.suffix == DETAILS and path.with_suffix(WEIGHTS).is_file():
        return path.with_suffix(WEIGHTS)
    if not path.exists():
        raise CheckpointError(Message("checkpoint-or-run-missing", path=path), path)
    return path


def shipped_model(name: str) -> Path | None:
    """The weights file of a model that comes with the program, such as "quick-look"; None for any other name."""
    path = SHIPPED / f"{name}{WEIGHTS}"
    return path if path.parent == SHIPPED and path.is_file() else None


def _best_in(run: Path) -> CheckpointInfo:
    """The best checkpoint of a run; refused where one cannot be read, which might be the best."""
    found, refused = survey(run)
    chosen = best(found)
    if refused:
        unknown = Message("best-checkpoint-unknown", run=run, reason=refused[0])
        if chosen is not None:
            unknown = joined(unknown, Message("readable-checkpoint-to-name", path=chosen.path))
        raise CheckpointError(unknown, run) from refused[0]
    if chosen is None:
        raise CheckpointError(Message("run-without-checkpoint", run=run), run)
    return chosen


def _age(info: CheckpointInfo) -> tuple[int, str]:
    return info.step, info.created


def _weights_in(run_directory: Path) -> list[Path]:
    inner = run_directory / FOLDER
    try:
        folder = inner if inner.is_dir() else run_directory
        return sorted(path for path in folder.iterdir() if path.suffix == WEIGHTS)
    except OSError:
        return []  # not there, or not for us


def _merit(info: CheckpointInfo) -> tuple[int, float]:
    figure, by = info.figure, info.measure
    if figure is None:
        return (0, 0.0)
    return (2, -figure) if by.lower_is_better else (1, figure)


def _description(values: Mapping[str, Any]) -> ModelDescription | HistogramDescription:
    return HistogramDescription.from_dict(values) if "descriptor" in values else ModelDescription.from_dict(values)


def _info(path: Path, values: Mapping[str, Any]) -> CheckpointInfo:
    whole(values, "format")
    return CheckpointInfo(
        path=path,
        name=text(values, "name"),
        sha256=text(values, "sha256"),
        size=whole(values, "size"),
        epoch=whole(values, "epoch"),
        step=whole(values, "step"),
        complete=flag(values, "complete"),
        description=_description(mapping(values, "model")),
        metrics=metrics_in(mapping(values, "metrics")),
        recipe=mapping(values, "recipe"),
        created=text(values, "created"),
        versions=mapping(values, "versions"),
    )
