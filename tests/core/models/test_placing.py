from __future__ import annotations

import pytest
import torch

from core.models.placing import assign_weights

EXPECTED = {
    "conv1.weight": torch.zeros(4, 3),
    "bn1.weight": torch.zeros(4),
    "bn1.num_batches_tracked": torch.zeros(()),
    "layer1.0.conv1.weight": torch.zeros(4, 4),
    "layer1.1.conv1.weight": torch.zeros(4, 4),
}
CHILDREN = {"conv1": 0, "bn1": 1, "layer1": 2}


def shapes(prefix="", **changed):
    return {f"{prefix}{name}": tuple(tensor.shape) for name, tensor in EXPECTED.items()} | changed


def placed(found):
    return assign_weights(EXPECTED, found, CHILDREN)


@pytest.mark.parametrize(
    "wrapper", ["", "state_dict.", "model_state_dict.", "net.", "teacher.", "ema.module.", "a.b.c."]
)
@pytest.mark.parametrize(
    "prefix",
    ["", "model.", "model.model.", "module.encoder_q.", "0.", "_orig_mod.", "backbone.", "conv1.", "layer1.0."],
)
def test_names_are_found_behind_anything(wrapper, prefix):
    found = placed(shapes(wrapper + prefix) | {f"{wrapper}fc.weight": (7, 4), f"{wrapper}optimizer.3.exp_avg": (4, 3)})
    assert not found.differences
    assert found.prefix == wrapper + prefix
    assert found.places == {name: f"{wrapper}{prefix}{name}" for name in EXPECTED}
    assert set(found.left_out) == {f"{wrapper}fc", f"{wrapper}optimizer.3"}
    assert not found.others


def test_a_prefix_that_not_all_names_have_is_none():
    """Half of the network in one place and half in another is not the network."""
    half = list(EXPECTED)[:3]
    found = placed({f"{'a.' if name in half else 'b.'}{name}": shape for name, shape in shapes().items()})
    assert "a.layer1.0.conv1.weight is missing" in found.differences


@pytest.mark.parametrize("found", [{}, {"fc.weight": (3,)}, {"conv1": (4, 3)}, {"xconv1.weight": (4, 3)}])
def test_nothing_is_never_enough(found):
    assert placed(found).differences


def test_a_whole_copy_is_preferred_to_one_of_other_shapes():
    found = placed(shapes("student.", **{"student.conv1.weight": (8, 3)}) | shapes("teacher."))
    assert found.prefix == "teacher."
    assert not found.differences


def test_counters_need_not_be_there():
    found = placed({name: shape for name, shape in shapes().items() if "tracked" not in name})
    assert not found.differences
    assert "bn1.num_batches_tracked" not in found.places


def test_parts_by_their_numbers():
    found = placed(
        {"f.0.weight": (4, 3), "f.1.weight": (4,), "f.2.0.conv1.weight": (4, 4), "f.2.1.conv1.weight": (4, 4)}
    )
    assert found.prefix == "f."
    assert found.places["layer1.1.conv1.weight"] == "f.2.1.conv1.weight"


def test_what_a_larger_network_has_beside_is_a_difference():
    assert placed(shapes(**{"layer1.2.conv1.weight": (4, 4)})).differences == ["layer1.2.conv1.weight has no place"]


def test_very_many_and_very_long_names_take_no_time():
    crafted = {f"{'a.' * 5000}{index}": (1,) for index in range(2000)} | shapes("m.")
    assert placed(crafted).prefix == "m."
