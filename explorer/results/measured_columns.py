"""What was measured of each image as columns, to filter, colour and group by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.data.columns import CodedColumn, Column, NumberColumn
from core.messages import Message
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import Evaluation
from core.retrieval.measures import MEASURES
from explorer.state.slots import SlotKey

# Whether the nearest image is of the query's class: what one filters by most.
NEAREST, RIGHT, WRONG = Message("column-nearest-image"), Message("column-right"), Message("column-wrong")
FIRST_HIT = Message("column-first-hit")


def measured_names(slots: Sequence[SlotKey]) -> list[str]:
    """What the columns of measures may be called."""
    names = [NEAREST, FIRST_HIT, *(measure.of_query for measure in MEASURES if measure.of_query)]
    return [name_of(name, slot) for name in names for slot in ("", *slots[1:])]


def name_of(name: str, slot: SlotKey) -> str:
    """What the column of a measure is called; `slot` is "" for that of the reference."""
    return Message("column-of-slot", column=name, slot=slot) if slot else name


def measured_columns(
    count: int, embeddings: Embeddings, evaluation: Evaluation, slot: SlotKey = ""
) -> tuple[Column, ...]:
    """Columns over `count` catalog rows; images that are no queries, or have nothing to find, are missing in them.

    `slot` is named in the columns of a model that is not the reference.
    """
    first_hit = _over_catalog(count, embeddings, evaluation.first_hit.astype(np.float64))
    first_hit[first_hit < 1] = np.nan
    codes = np.where(np.isnan(first_hit), -1, (first_hit > 1).astype(np.int64))
    columns: list[Column] = [CodedColumn(name_of(NEAREST, slot), (RIGHT, WRONG), codes)]
    columns.append(NumberColumn(name_of(FIRST_HIT, slot), first_hit))
    # Those at ranks are said by the first hit.
    for one in evaluation.measures:
        if one.of_query and not one.k:
            values = _over_catalog(count, embeddings, one.of(evaluation.found))
            columns.append(NumberColumn(name_of(one.of_query, slot), values))
    return tuple(columns)


def _over_catalog(count: int, embeddings: Embeddings, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    everyone = np.full(count, np.nan)
    everyone[embeddings.rows] = values
    return everyone
