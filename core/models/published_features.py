"""A backbone with published weights as a checkpoint: what it sees without any training on one's own images.

Its embedding is the pooled feature itself, at unit length; the linear layer that training would learn is the identity.
"""

from __future__ import annotations

from pathlib import Path

import torch
import torchvision
from torch import nn

from core.download import fetch
from core.errors import CheckpointError, StorageError
from core.messages import Message, Remedy
from core.models.backbone_table import BACKBONES, PUBLISHED_WEIGHTS, Backbone
from core.models.checkpoint import save
from core.models.checkpoint_files import CheckpointInfo
from core.models.description import ModelDescription
from core.models.embedder import Embedder
from core.models.pretrained import load_initial_weights
from core.progress import Reporter

# As torchvision measures its classifiers.
INPUT, PREPARED = 224, 256


def save_features(path: Path, backbone: Backbone, weights: str, reporter: Reporter) -> CheckpointInfo:
    """Write a checkpoint of `backbone` with `weights`: "imagenet", "imagenet-v1", or a file of backbone weights.

    Published weights that are not on this machine yet are downloaded, to where torchvision itself keeps them. Raises
    CheckpointError in one sentence when they cannot be had or do not fit.
    """
    if weights in PUBLISHED_WEIGHTS:
        bring(backbone, weights, reporter)
    embedder = Embedder(_description(backbone, weights))
    reporter.progress(Message("stage-loading-weights"), 0, 0)
    if note := load_initial_weights(embedder):
        reporter.notice(note)
    with torch.no_grad():
        nn.init.eye_(embedder.head.weight)
        nn.init.zeros_(embedder.head.bias)
    source = "ImageNet" if weights in PUBLISHED_WEIGHTS else Path(weights).name
    return save(path, embedder, Message("features-of", source=source, backbone=backbone), 0, 0, True, {}, {})


def bring(backbone: Backbone, weights: str, reporter: Reporter) -> Path:
    """The file of published weights on this machine, downloaded where it is not there; else CheckpointError."""
    if not BACKBONES[backbone].published:
        raise CheckpointError(Message("features-of-unpublished", backbone=backbone), backbone)
    published = torchvision.models.get_model_weights(backbone)[PUBLISHED_WEIGHTS[weights]]
    path: Path = Path(torch.hub.get_dir()) / "checkpoints" / published.url.rpartition("/")[2]
    if path.is_file():
        return path
    try:
        # Its name ends in the first digits of its checksum.
        fetch(published.url, path, path.stem.rpartition("-")[2], reporter, "sha256")
    except StorageError as error:
        file = Remedy("--weights FILE", Message("takes-a-file-of-weights"), Message("features-from-file-place"))
        raise CheckpointError(Message("published-weights-not-there", file, reason=error), backbone) from error
    return path


def _description(backbone: Backbone, weights: str) -> ModelDescription:
    spec = BACKBONES[backbone]
    if not spec.published:
        raise CheckpointError(Message("features-of-unpublished", backbone=backbone), backbone)
    return ModelDescription(
        backbone=backbone,
        embedding_size=spec.channels,
        pooling="token" if spec.token else "avg",
        input_size=INPUT,
        prepared_size=PREPARED,
        mean=spec.mean,
        std=spec.std,
        weights=weights,
    )
