"""Weights that training starts from: ImageNet's, or those of a local file. Nothing in them is ever executed.

"imagenet" means torchvision's newest weights, "imagenet-v1" its first, which the papers of those years began with:
for ResNet-50 they are two quite different networks.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.error import URLError

import torch
import torchvision
from torch import Tensor

from core.errors import CheckpointError
from core.models.embedder import Embedder
from core.models.pickled_weights import read_pickled
from core.models.placing import Placing, place
from core.models.tensor_file import read_tensors
from core.storage import other_kind

SHOWN = 3
# What a recipe calls them, and what torchvision does.
IMAGENET = {"imagenet": "DEFAULT", "imagenet-v1": "IMAGENET1K_V1"}


def load_initial_weights(embedder: Embedder) -> str:
    """Put in place what `description.weights` names; "random" leaves the embedder as it is.

    Returns what a person should know of a file: which names were taken and what was left out; "" where there is
    nothing. Raises CheckpointError in one sentence when they cannot be had or do not fit.
    """
    weights = embedder.description.weights
    if weights == "random":
        return ""
    backbone = embedder.description.backbone
    if weights in IMAGENET:
        fit(embedder, _imagenet(backbone, IMAGENET[weights]), f"ImageNet's {backbone}")
        return ""
    return fit(embedder, read_weights(Path(weights)), weights)


def fit(embedder: Embedder, weights: Mapping[str, Tensor], source: str) -> str:
    """Load backbone weights, whatever stands in front of their names and beside them; see `core.models.placing`.

    Every weight of the backbone must be there in its shape, and none of a larger network of its kind beside them, else
    CheckpointError names the first mismatches. Returns a sentence on what was taken, "" where that is all there is.
    """
    expected = embedder.backbone.state_dict()
    placing = place(expected, {name: tuple(tensor.shape) for name, tensor in weights.items()}, _children(embedder))
    backbone = embedder.description.backbone
    if differences := placing.differences:
        more = f" and {len(differences) - SHOWN} more" if len(differences) > SHOWN else ""
        raise CheckpointError(
            f"The weights of {source} do not fit the backbone {backbone}: {'; '.join(differences[:SHOWN])}{more}."
            f" {_both_sides(expected, weights)}",
            source,
        )
    found = {name: weights[there] for name, there in placing.places.items()}
    _check_numbers(found, placing, source)
    # What is not there are counters of batch norm, which files of before 2018 do not have; nothing looks at them.
    embedder.backbone.load_state_dict(found, strict=False)
    return _told(placing, source)


def read_weights(path: Path) -> dict[str, Tensor]:
    """Named tensors of a .safetensors file, or of a .pt/.pth file: those in dictionaries within it as well."""
    path = Path(path)
    if not path.exists():
        known = ", ".join(f"'{name}'" for name in ("random", *IMAGENET))
        raise CheckpointError(f"{path} is not there; model.weights must be {known} or a file.", path)
    if what := other_kind(path):
        raise CheckpointError(f"{path} is {what}; model.weights must be a file of weights.", path)
    return read_tensors(path) if path.suffix == ".safetensors" else read_pickled(path)


def _imagenet(backbone: str, version: str) -> dict[str, Tensor]:
    weights = torchvision.models.get_model_weights(backbone)[version]
    try:
        return dict(weights.get_state_dict(progress=True, check_hash=True))
    except (URLError, OSError, RuntimeError) as error:
        raise CheckpointError(
            f"ImageNet weights of {backbone} could not be downloaded ({error}); with a file of them, set model.weights"
            " to its path.",
            backbone,
        ) from error


def _children(embedder: Embedder) -> dict[str, int]:
    """The parts of the backbone in their order, by which nn.Sequential(*network.children()) numbers them."""
    return {name: index for index, (name, _) in enumerate(embedder.backbone.named_children())}


def _both_sides(expected: Mapping[str, Tensor], weights: Mapping[str, Tensor]) -> str:
    here, there = ([name[:80] for name in list(names)[:SHOWN]] for names in (expected, weights))
    return f"Expected are names such as {', '.join(here)}; the file has {len(weights):,}, such as {', '.join(there)}."


def _check_numbers(found: Mapping[str, Tensor], placing: Placing, source: str) -> None:
    for name, tensor in found.items():
        if not bool(torch.isfinite(tensor).all()):
            raise CheckpointError(
                f"The weights of {source} are not all finite: {placing.places[name]} has NaN or infinity.", source
            )


def _told(placing: Placing, source: str) -> str:
    taken = f"Of {source} the names that begin with '{placing.prefix}' are taken" if placing.prefix else ""
    others = [f"'{prefix}'" for prefix in placing.others[:SHOWN]]
    if others:
        taken = taken or f"Of {source} the names without anything in front are taken"
        taken += f", not those that fit as well after {', '.join(others)}"
    if placing.left_out:
        out = placing.left_out
        more = f" and {len(out) - SHOWN} more" if len(out) > SHOWN else ""
        words = f"{', '.join(name[:80] for name in out[:SHOWN])}{more} {'is' if len(out) == 1 else 'are'} left out"
        taken = f"{taken}; {words}" if taken else f"Of {source} {words}"
    return f"{taken}." if taken else ""
