"""Weights that training starts from: ImageNet's, or those of a local file. Nothing in them is ever executed.

"imagenet" means torchvision's newest weights, "imagenet-v1" its first, which the papers of those years began with:
for ResNet-50 they are two quite different networks.
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from urllib.error import URLError

import torch
import torchvision
from torch import Tensor

from core.errors import CheckpointError
from core.models.embedder import Embedder
from core.models.tensor_file import read_tensors

# Left by torch.nn.DataParallel and torch.compile in front of every name.
WRAPPERS = ("module.", "_orig_mod.")
# Parts of published networks that an embedder does not have.
CLASSIFIERS = ("fc.", "classifier.", "heads.", "head.", "aux1.", "aux2.", "AuxLogits.")
SHOWN = 3
# What a recipe calls them, and what torchvision does.
IMAGENET = {"imagenet": "DEFAULT", "imagenet-v1": "IMAGENET1K_V1"}


def load_initial_weights(embedder: Embedder) -> None:
    """Put in place what `description.weights` names; "random" leaves the embedder as it is.

    Raises CheckpointError in one sentence when they cannot be had or do not fit.
    """
    weights = embedder.description.weights
    if weights == "random":
        return
    backbone, named = embedder.description.backbone, weights in IMAGENET
    found = _imagenet(backbone, IMAGENET[weights]) if named else read_weights(Path(weights))
    source = f"ImageNet's {backbone}" if named else weights
    fit(embedder, found, source)


def fit(embedder: Embedder, weights: Mapping[str, Tensor], source: str) -> None:
    """Load backbone weights (with or without classifier) strictly; CheckpointError names the first mismatches."""
    expected = embedder.backbone.state_dict()
    found = {_unwrapped(name): tensor for name, tensor in weights.items()}
    # Our own checkpoints say "backbone." in front; their head belongs to another embedding.
    if any(name.startswith("backbone.") for name in found):
        found = {name.removeprefix("backbone."): tensor for name, tensor in found.items() if "backbone." in name}
    found = {name: tensor for name, tensor in found.items() if name in expected or not name.startswith(CLASSIFIERS)}
    if differences := _differences(expected, found):
        more = f" and {len(differences) - SHOWN} more" if len(differences) > SHOWN else ""
        raise CheckpointError(
            f"The weights of {source} do not fit the backbone {embedder.description.backbone}:"
            f" {'; '.join(differences[:SHOWN])}{more}.",
            source,
        )
    embedder.backbone.load_state_dict(found)


def read_weights(path: Path) -> dict[str, Tensor]:
    """Named tensors of a .safetensors file, or of a .pt/.pth file that holds nothing else."""
    path = Path(path)
    if not path.is_file():
        known = ", ".join(f"'{name}'" for name in ("random", *IMAGENET))
        raise CheckpointError(f"{path} is not there; model.weights must be {known} or a file.", path)
    if path.suffix == ".safetensors":
        return read_tensors(path)
    _refuse_compressed(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise CheckpointError(f"{path} contains code or is damaged; not loaded.", path) from error
    for key in ("state_dict", "model"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise CheckpointError(f"{path} holds no weights; expected names with tensors.", path)
    return content


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


def _unwrapped(name: str) -> str:
    while name.startswith(WRAPPERS):
        for wrapper in WRAPPERS:
            name = name.removeprefix(wrapper)
    return name


def _differences(expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> list[str]:
    words = [f"{name} is missing" for name in expected if name not in found]
    words += [f"{name} has no place" for name in found if name not in expected]
    words += [
        f"{name} is {tuple(found[name].shape)}, expected {tuple(tensor.shape)}"
        for name, tensor in expected.items()
        if name in found and found[name].shape != tensor.shape
    ]
    return words


def _refuse_compressed(path: Path) -> None:
    """torch stores tensors uncompressed; a deflated entry can unfold to any size."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
                raise CheckpointError(f"{path} is compressed, which weights never are; not loaded.", path)
