"""One run of a study: trained or resumed, measured at its last checkpoint, and its result kept.

A run directory holds what the trainer leaves there and, written last, `result.json`: the mark that it is done.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.data.catalog import Catalog
from core.data.catalog_opening import open_catalog
from core.data.source import DataSource
from core.errors import Cancelled, CheckpointError, CoreError, RecipeError, StorageError
from core.messages import Message
from core.progress import Reporter
from core.storage import read_json, write_json
from core.study.division import held_out, training_only
from core.study.provenance import commit
from core.training.recipe import Recipe, first_difference
from core.training.run_directory import RECIPE, read_run_recipe, refuse_newer

FORMAT = 1
RESULT = "result.json"
# Keys of a recipe that change no figure.
DESCRIPTIVE_KEYS = ("name", "about")


@dataclass(frozen=True)
class StudyJob:
    """What to train and what to measure.

    Attributes:
        folder: the run directory.
        recipe: as plain values, so that another process can be told.
        source: the data.
        measures: see `core.study.definition`.
        held_out: the share of training classes to measure on instead of the test split; 0 measures on the latter.
        device: "auto", "cpu" or "cuda".
    """

    folder: Path
    recipe: Mapping[str, Any]
    source: DataSource
    measures: tuple[str, ...]
    held_out: float = 0.0
    device: str = "auto"


@dataclass(frozen=True)
class StudyResult:
    """What a run has come to.

    Attributes:
        measures: name -> figure; {} when it failed.
        failure: the sentence that says why, "" when it did not.
        seconds, processor_seconds: what the run took; after an interruption, since it was resumed.
        device: its name.
        commit: of the program that trained it, "" where that cannot be told.
    """

    measures: Mapping[str, float]
    failure: str = ""
    seconds: float = 0.0
    processor_seconds: float = 0.0
    device: str = ""
    commit: str = ""


def finished_result(job: StudyJob) -> StudyResult | None:
    """The result of a job that was done before, or None when it is still to be done.

    Raises CheckpointError when the directory holds the result of another recipe, or of other data or measures.
    """
    path = job.folder / RESULT
    if not path.is_file():
        return None
    try:
        values = read_json(path)
        difference = _difference(job, values)
        result = StudyResult(**values["result"])
    except (StorageError, RecipeError, KeyError, TypeError) as error:
        raise CheckpointError(Message("study-run-not-usable", path=path, reason=error), path) from error
    if difference:
        raise CheckpointError(Message("study-run-of-other-settings", folder=job.folder, difference=difference), path)
    return result


def carry_out(job: StudyJob, reporter: Reporter | None = None) -> StudyResult:
    """Train, or go on training, and measure; a failure is a result. Raises Cancelled when told to stop."""
    began, processor = time.monotonic(), time.process_time()
    try:
        measures, device = _train_and_measure(job, reporter or Reporter())
    except Cancelled:
        raise
    except CoreError as error:
        return StudyResult({}, failure=str(error))
    seconds, processor_seconds = time.monotonic() - began, time.process_time() - processor
    result = StudyResult(measures, "", seconds, processor_seconds, device, commit())
    write_json(
        job.folder / RESULT,
        {
            "format": FORMAT,
            "recipe": dict(job.recipe),
            "data": job.source.as_dict(),
            "catalog": _catalog(job.source).fingerprint,
            "held_out": job.held_out,
            "result": asdict(result),
        },
    )
    return result


def _train_and_measure(job: StudyJob, reporter: Reporter) -> tuple[dict[str, float], str]:
    # Both load torch, for which the process that hands out the jobs has no use.
    from core.models.checkpoint_files import FOLDER, list_checkpoints
    from core.retrieval.embed import CheckpointEmbedder
    from core.study.measures import measure
    from core.training.trainer import train

    recipe = Recipe.from_dict(job.recipe)
    catalog = _catalog(job.source)
    seen = held_out(catalog, job.held_out) if job.held_out else catalog
    outcome = train(
        recipe,
        job.source,
        job.folder,
        job.device,
        reporter,
        resume=_can_go_on(job.folder, recipe),
        catalog=training_only(seen),
    )
    if outcome.state != "finished":
        raise Cancelled(Message("study-run-ended", folder=job.folder.name, ending=outcome.sentence))
    last = list_checkpoints(job.folder / FOLDER)[-1]
    if last.epoch != recipe.training.epochs:
        raise CheckpointError(Message("study-checkpoint-damaged", folder=job.folder))
    embedder = CheckpointEmbedder(last.path, job.device)
    embeddings = embedder.embed(seen, seen.rows("test"), "test", reporter)
    targets = None if seen.targets is None else seen.targets[embeddings.rows]
    return measure(job.measures, embeddings, targets), embedder.device_name


@lru_cache(maxsize=1)
def _catalog(source: DataSource) -> Catalog:
    """The runs of a study share their data; opening them takes longer than a small run."""
    return open_catalog(source)


def _can_go_on(run: Path, recipe: Recipe) -> bool:
    """Whether an unfinished run of this recipe is there; of another one, or without a recipe, it is cleared away.

    Raises CheckpointError where its recipe is damaged or a newer version wrote it: it is for a person to remove.
    """
    if not run.exists():
        return False
    refuse_newer(run)
    same = (run / RECIPE).exists() and first_difference(read_run_recipe(run), recipe, ignoring=DESCRIPTIVE_KEYS) is None
    if not same:
        shutil.rmtree(run)
    return same


def _difference(job: StudyJob, values: Mapping[str, Any]) -> str:
    """What a finished run has been trained or measured with otherwise than `job` asks for, "" for nothing."""
    earlier = Recipe.from_dict(values["recipe"])
    key = first_difference(earlier, Recipe.from_dict(job.recipe), ignoring=DESCRIPTIVE_KEYS)
    if key is not None:
        return key
    if values["catalog"] != _catalog(job.source).fingerprint:
        return "state of the data"
    if values["held_out"] != job.held_out:
        return "held_out"
    missing = [name for name in job.measures if name not in values["result"]["measures"]]
    return f"choice of measures (without {missing[0]})" if missing else ""
