from __future__ import annotations

import torch
from torch import nn

from core.models.batch_norm import batch_norms, freeze_statistics


def test_frozen_statistics_stay_and_are_what_is_normalised_by():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5))
    images = torch.rand(5, 3, 6, 6)
    freeze_statistics(network.train())
    before = {name: tensor.clone() for name, tensor in network.named_buffers()}
    network(images)
    assert all(torch.equal(before[name], tensor) for name, tensor in network.named_buffers())
    # With mean 0 and variance 1 the layer passes on what it gets, whatever the batch.
    assert torch.allclose(network[1](network[0](images)), network[0](images), atol=1e-4)
    assert network[2].training, "only batch norm is told to keep still"


def test_switching_to_training_mode_undoes_it():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    freeze_statistics(network)
    network.train()(torch.rand(5, 3, 6, 6))
    assert network[1].num_batches_tracked == 1


def test_every_kind_of_batch_norm_is_found():
    network = nn.ModuleList([nn.BatchNorm1d(2), nn.Sequential(nn.BatchNorm2d(2)), nn.LayerNorm(2), nn.SyncBatchNorm(2)])
    assert len(batch_norms(network)) == 3
