"""What a slot holds. The first slot is the reference, which every other one is compared with."""

from __future__ import annotations

from core.models.checkpoint_files import CheckpointInfo
from core.retrieval.embeddings_file import EmbeddingsFile

SlotKey = str
SLOTS: tuple[SlotKey, ...] = ("A", "B")
# A network, or vectors without one.
EmbeddingSource = CheckpointInfo | EmbeddingsFile
