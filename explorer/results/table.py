"""All results that a slot has, each after those it needs."""

from __future__ import annotations

from typing import Any

from explorer.results.embeddings import EMBEDDINGS, INDEX, PROTOCOL
from explorer.results.maps import MAP
from explorer.results.measures import COMPARISON, EVALUATION
from explorer.results.neighbours import NEIGHBOURS
from explorer.state.derived import Derived

RESULTS: tuple[Derived[Any], ...] = (EMBEDDINGS, PROTOCOL, INDEX, NEIGHBOURS, EVALUATION, MAP, COMPARISON)
