"""Which names of a file of weights are those of a network: whatever stands in front of them, and beside them.

Programs save a network under names of their own: "model.conv1.weight" in {"model_state_dict": ...},
"module.encoder_q.conv1.weight", "0.conv1.weight". All of it is something in front of the network's own names, so no
list of wrappers is needed: what stands in front of most of the expected names is it. What torch.compile, FSDP and
checkpointing of activations put within names is no part of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from core.messages import Message

Shape = tuple[int, ...]
# Files from before PyTorch 0.4.1 do not have it, and nothing that we do looks at it.
COUNTER = "num_batches_tracked"
LONGEST_NAME = 500
MISSING = "weight-missing"
# What PyTorch's wrappers of single layers are called within the names of a network.
WRAPPERS = ("_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")
# Parts of published networks that an embedder does not have, though parts of its backbone may be called so.
CLASSIFIERS = frozenset(("fc", "classifier", "heads", "head", "aux1", "aux2", "AuxLogits"))


@dataclass(frozen=True)
class Placing:
    """Where a network's weights are in a file.

    Attributes:
        places: expected name -> name in the file; without counters of batch norm that are not there.
        prefix: what stands in front of each.
        others: prefixes after which all of it stands once more.
        left_out: parts of the file beside it, such as "fc".
        differences: what does not fit; nothing may be loaded where there are any.
    """

    places: Mapping[str, str]
    prefix: str
    others: Sequence[str]
    left_out: Sequence[str]
    differences: Sequence[Message]


def assign_weights(
    expected: Mapping[str, Tensor], shapes: Mapping[str, Shape], children: Mapping[str, int], key: str = ""
) -> Placing:
    """Find the weights `expected` among those of `shapes`.

    `children` are the numbers of the network's parts: where its names are not found, they are looked for as
    nn.Sequential(*network.children()) calls them, "4.0.conv1.weight" for "layer1.0.conv1.weight". `key` is of what
    stands in front of them, such as "teacher", where a file holds more than one copy.
    """
    found = _by_name_or_number(expected, shapes, children, key)
    unwrapped = {_unwrapped(name): shape for name, shape in shapes.items()}
    if not found.differences or unwrapped.keys() == shapes.keys() or len(unwrapped) < len(shapes):
        return found
    without = _by_name_or_number(expected, unwrapped, children, key)
    there = dict(zip(unwrapped, shapes, strict=True))
    places = {name: there[own] for name, own in without.places.items()}
    return found if without.differences else replace(without, places=places)


def _by_name_or_number(
    expected: Mapping[str, Tensor], shapes: Mapping[str, Shape], children: Mapping[str, int], key: str
) -> Placing:
    plain = _placed(expected, shapes, {name: name for name in expected}, key)
    if not plain.differences:
        return plain
    numbered = _placed(expected, shapes, {name: _numbered(name, children) for name in expected}, key)
    return plain if numbered.differences else numbered


def _placed(
    expected: Mapping[str, Tensor], shapes: Mapping[str, Shape], called: Mapping[str, str], key: str
) -> Placing:
    needed = {called[name]: tuple(tensor.shape) for name, tensor in expected.items() if not name.endswith(COUNTER)}
    counted = Counter(prefix for name in shapes for prefix, rest in _cuts(name) if rest in needed)
    fitting = [prefix for prefix in counted if all(shapes.get(prefix + name) == needed[name] for name in needed)]
    chosen = [prefix for prefix in fitting or counted if _has(prefix, key)]
    if key and not chosen:
        return Placing({}, "", fitting, (), [Message("weights-not-after-key", key=key[:80])])
    # Of equals, the first in the file.
    prefix = chosen[0] if fitting else max(chosen, key=counted.__getitem__, default="")
    places = {
        name: prefix + own for name, own in called.items() if shapes.get(prefix + own) == tuple(expected[name].shape)
    }
    others = [other for other in fitting if other != prefix]
    taken = {prefix + own for own in called.values()}
    beside = [name for name in shapes if name not in taken]
    strangers = _strangers(beside, prefix, called)
    differences = [
        *_missing(needed, shapes, prefix),
        *(Message("weight-without-place", name=name) for name in strangers),
    ]
    copies = tuple(other for other in others if other)
    return Placing(places, prefix, others, _parts(beside, prefix, copies), differences)


def _cuts(name: str) -> Iterator[tuple[str, str]]:
    """Every way to take a name for a prefix, which ends in a point, and the rest."""
    if len(name) > LONGEST_NAME:
        return
    yield "", name
    for index, letter in enumerate(name):
        if letter == ".":
            yield name[: index + 1], name[index + 1 :]


def _has(prefix: str, key: str) -> bool:
    """Whether the parts of `key` stand in a prefix, one after the other."""
    return not key or f".{key.strip('.')}." in f".{prefix}"


def _unwrapped(name: str) -> str:
    if not any(wrapper in name for wrapper in WRAPPERS):
        return name
    return ".".join(part for part in name.split(".") if part not in WRAPPERS)


def _missing(needed: Mapping[str, Shape], shapes: Mapping[str, Shape], prefix: str) -> list[Message]:
    missing = [Message("weight-missing", name=prefix + name) for name in needed if prefix + name not in shapes]
    return missing + [
        Message("weight-misshapen", name=prefix + name, found=str(shapes[prefix + name]), shape=str(shape))
        for name, shape in needed.items()
        if shapes.get(prefix + name, shape) != shape
    ]


def _strangers(beside: Sequence[str], prefix: str, called: Mapping[str, str]) -> list[str]:
    """Names inside parts of the backbone that it does not have: those of a larger network of its kind."""
    parts = {own.partition(".")[0] for own in called.values()} - CLASSIFIERS
    inside = [name for name in beside if name.startswith(prefix)]
    return [
        name for name in inside if name.removeprefix(prefix).partition(".")[0] in parts and not name.endswith(COUNTER)
    ]


def _parts(names: Sequence[str], prefix: str, copies: tuple[str, ...]) -> list[str]:
    """The parts that names belong to, without what is told as a copy."""
    parts = (name.rpartition(".")[0] or name for name in names if not (copies and name.startswith(copies)))
    # What stood beside the backbone says more than, say, the state of an optimiser.
    return sorted(dict.fromkeys(parts), key=lambda part: not part.startswith(prefix))


def _numbered(name: str, children: Mapping[str, int]) -> str:
    part, point, rest = name.partition(".")
    return f"{children[part]}{point}{rest}" if part in children else name
