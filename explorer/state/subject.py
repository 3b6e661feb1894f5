"""What a task or a problem is about."""

from __future__ import annotations

from typing import NamedTuple

from core.progress import REMADE


class Subject(NamedTuple):
    """What a task or a problem is about: "data" or the name of a result, say; and of which slot, "" for none."""

    about: str
    slot: str = ""


# What became of the model of a slot is told of its embeddings.
EMBEDDINGS = "embeddings"
FEATURES = Subject("features")
DATA = Subject("data")
DROPPED = Subject("dropped")
QUERY = Subject("query")
FETCHED = Subject("fetched")
RECHECKED = Subject("rechecked")
RUN = Subject("run")
RUNS = Subject("runs")
WINDOW = Subject("window")
# What is worth knowing though nothing went wrong.
DRAWING = Subject("drawing")
EXPORTED = Subject("exported")
OPENED = Subject("opened")
SHARED = Subject("shared")
STALLED = Subject("stalled")
UNANSWERED = Subject("unanswered")
WORKSPACE = Subject("workspace")
MADE_ANEW = Subject(REMADE)
