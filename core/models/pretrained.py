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
from core.messages import Message, first_of
from core.models.backbone_table import PUBLISHED_WEIGHTS
from core.models.description import ModelDescription
from core.models.embedder import Embedder
from core.models.pickled_weights import read_pickled
from core.models.placing import MISSING, Placing, assign_weights
from core.models.tensor_file import read_tensors
from core.remedies import joined
from core.storage import open_regular, other_kind

SHOWN = 3


def load_initial_weights(embedder: Embedder) -> Message | None:
    """Put in place what `description.weights` names; "random" leaves the embedder as it is.

    Returns what a person should know of a file: which names were taken and what was left out; "" where there is
    nothing. Raises CheckpointError in one sentence when they cannot be had or do not fit.
    """
    weights = embedder.description.weights
    if weights == "random":
        return None
    backbone = embedder.description.backbone
    if weights in PUBLISHED_WEIGHTS:
        fit(embedder, _imagenet(backbone, PUBLISHED_WEIGHTS[weights]), f"ImageNet's {backbone}")
        return None
    return fit(embedder, read_weights(Path(weights)), weights)


def fit(embedder: Embedder, weights: Mapping[str, Tensor], source: str) -> Message | None:
    """Load backbone weights, whatever stands in front of their names and beside them; see `core.models.placing`.

    Every weight of the backbone must be there in its shape, and none of a larger network of its kind beside them, else
    CheckpointError names the first mismatches. Of several copies that of `description.weights_key` is taken, else the
    first. Returns what is to be said of what was taken, None where that is all there is.
    """
    expected = embedder.backbone.state_dict()
    shapes = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    children = {name: index for index, (name, _) in enumerate(embedder.backbone.named_children())}
    placing = assign_weights(expected, shapes, children, embedder.description.weights_key)
    if placing.differences:
        raise CheckpointError(_refusal(placing, expected, weights, embedder.description, source), source)
    found = {name: _numbers(weights[there], expected[name], there, source) for name, there in placing.places.items()}
    # What is not there are counters of batch norm, which files of before 2018 do not have; nothing looks at them.
    embedder.backbone.load_state_dict(found, strict=False)
    return _describe(placing, source)


def read_weights(path: Path) -> dict[str, Tensor]:
    """Named tensors of a .safetensors file, or of a .pt/.pth file: those in dictionaries within it as well."""
    path = Path(path)
    if not path.exists():
        known = [f"'{name}'" for name in ("random", *PUBLISHED_WEIGHTS)]
        raise CheckpointError(Message("pretrained-file-missing", path=path, known=known), path)
    if what := other_kind(path):
        raise CheckpointError(Message("pretrained-file-of-other-kind", path=path, kind=what), path)
    return read_tensors(path) if _is_safetensors(path) else read_pickled(path)


def _is_safetensors(path: Path) -> bool:
    """By content, for either is renamed; what is neither, by its name."""
    try:
        with open_regular(path) as handle:
            begin = handle.read(9)
    except OSError:
        begin = b""
    # The length of a header that begins with a brace; archives of torch.save begin otherwise.
    if begin[5:] == b"\0\0\0{":
        return True
    return path.suffix.lower() == ".safetensors" and not begin.startswith(b"PK")


def _imagenet(backbone: str, version: str) -> dict[str, Tensor]:
    weights = torchvision.models.get_model_weights(backbone)[version]
    try:
        return dict(weights.get_state_dict(progress=True, check_hash=True))
    except (URLError, OSError, RuntimeError) as error:
        raise CheckpointError(
            Message("imagenet-weights-not-downloaded", backbone=backbone, reason=error), backbone
        ) from error


def _refusal(
    placing: Placing,
    expected: Mapping[str, Tensor],
    weights: Mapping[str, Tensor],
    description: ModelDescription,
    source: str,
) -> Message:
    here, there = ([name[:80] for name in list(names)[:SHOWN]] for names in (expected, weights))
    backbone = description.backbone
    if description.weights_key and not placing.places:
        fitting = [f"'{prefix}'" for prefix in placing.others[:SHOWN]]
        return Message(
            "pretrained-key-without-weights",
            backbone=backbone,
            weights_key=description.weights_key[:80],
            source=source,
            way_on=Message("pretrained-keys-that-fit", keys=fitting)
            if fitting
            else Message("pretrained-file-names", count=len(weights), names=there),
        )
    differences = placing.differences
    missing = sum(difference.id == MISSING for difference in differences)
    names = Message("pretrained-names-differ", here=here, count=len(weights), there=there)
    if not placing.places and missing == len(differences):
        return joined(Message("pretrained-weights-of-none", source=source, backbone=backbone), names)
    more = len(differences) - SHOWN
    first = (
        Message("differences-and-more", differences=differences[:SHOWN], more=more)
        if more > 0
        else Message("parts", parts=differences)
    )
    told = Message("pretrained-weights-differ", source=source, backbone=backbone, differences=first)
    return joined(told, names) if missing else told


def _numbers(tensor: Tensor, expected: Tensor, name: str, source: str) -> Tensor:
    """A weight as the backbone has it: dense, of its kind of numbers, and finite; anything else is refused."""
    floating = expected.is_floating_point()
    if tensor.is_quantized or tensor.is_meta or (floating and not tensor.is_floating_point()):
        dtype = str(tensor.dtype).split(".")[-1]
        kind = Message("weights-without-values") if tensor.is_meta else Message("weights-of-type", dtype=dtype)
        raise CheckpointError(Message("weights-of-other-type", name=name, source=source, kind=kind), source)
    dense = tensor if tensor.layout == torch.strided else tensor.to_dense()
    # As it is loaded: a float64 may be beyond the largest float32.
    numbers = dense.to(expected.dtype)
    if not bool(torch.isfinite(numbers).all()):
        raise CheckpointError(Message("weights-not-finite", source=source, name=name), source)
    return numbers


def _describe(placing: Placing, source: str) -> Message | None:
    others = [f"'{prefix}'" for prefix in placing.others[:SHOWN]]
    parts = []
    if placing.prefix and others:
        parts.append(Message("pretrained-prefix-of-several", prefix=placing.prefix, others=others))
    elif placing.prefix:
        parts.append(Message("pretrained-prefix", prefix=placing.prefix))
    elif others:
        parts.append(Message("pretrained-plain-of-several", others=others))
    if out := [name[:80] for name in placing.left_out]:
        parts.append(Message("pretrained-left-out", names=first_of(out, SHOWN), count=len(out)))
    return Message("pretrained-taken", source=source, parts=parts) if parts else None
