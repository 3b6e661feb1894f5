"""What can be opened again: data sets, and files that were named as models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from core.data.source import DataSource
from core.messages import Message
from core.models.checkpoint_files import CheckpointInfo
from explorer.state.slots import EmbeddingSource


@dataclass(frozen=True)
class DataFacts:
    """What is remembered of a data set between two openings.

    Attributes:
        name: what a person calls it, "" for what it is called by where it lies.
        images, classes: how many it had when it was opened the last time.
        opened: when that was, as ISO 8601 has it; "" where it is not known.
        fingerprint: of its catalog then.
        pictures: a few rows of that catalog.
    """

    name: str = ""
    images: int = 0
    classes: int = 0
    opened: str = ""
    fingerprint: str = ""
    pictures: tuple[int, ...] = ()


class Library(QObject):
    """Newest first. Signal: changed().

    Attribute: quick_look, the model that needs no training and comes with the program.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.data_sets: list[DataSource] = []
        self.facts: dict[DataSource, DataFacts] = {}
        self.opened: list[EmbeddingSource] = []
        self.quick_look: CheckpointInfo | None = None

    def set_data_sets(self, sources: list[DataSource]) -> None:
        """The data sets this workspace knows."""
        self.data_sets = sources
        self.changed.emit()

    def set_facts(self, facts: Mapping[DataSource, DataFacts]) -> None:
        """What is remembered of data sets."""
        self.facts = dict(facts)
        self.changed.emit()

    def remember(self, source: DataSource, facts: DataFacts) -> None:
        """Something became known of a data set."""
        self.set_facts({**self.facts, source: facts})

    def rename(self, source: DataSource, name: str) -> None:
        """Call a data set so; "" lets it be called by where it lies."""
        self.remember(source, replace(self.facts.get(source, DataFacts()), name=name.strip()))

    def relocate(self, source: DataSource, there: DataSource) -> None:
        """A data set lies elsewhere now, or is read otherwise; what is remembered of it stays."""
        facts = {there if known == source else known: each for known, each in self.facts.items()}
        self.facts = facts
        moved = [there if known == source else known for known in self.data_sets]
        self.set_data_sets(list(dict.fromkeys(moved)))

    def remove(self, source: DataSource) -> None:
        """Forget a data set; its files stay."""
        self.facts = {known: facts for known, facts in self.facts.items() if known != source}
        self.set_data_sets([known for known in self.data_sets if known != source])

    def set_quick_look(self, model: CheckpointInfo) -> None:
        """The model without a network."""
        self.quick_look = model
        self.changed.emit()

    def name_of(self, chosen: EmbeddingSource) -> str:
        """What a model is called where there is room for a name alone; the one without a network by its button."""
        is_quick_look = self.quick_look is not None and chosen.identity == self.quick_look.identity
        return Message("quick-look") if is_quick_look else chosen.name

    def set_opened(self, opened: list[EmbeddingSource]) -> None:
        """All files that were named by hand, those of earlier times too."""
        self.opened = opened
        self.changed.emit()

    def add_opened(self, chosen: EmbeddingSource) -> None:
        """A file was named by hand; of one that was opened before only the newest state is kept."""
        self.set_opened([chosen, *(other for other in self.opened if other.path != chosen.path)])

    def drop_opened(self, chosen: EmbeddingSource) -> None:
        """A file that was named by hand turned out to be of no use."""
        if chosen in self.opened:
            self.set_opened([other for other in self.opened if other != chosen])
