"""What is measured of a slot, and how it compares with the reference."""

from __future__ import annotations

from core.comparison import Comparison, compare_once
from core.messages import Message
from core.retrieval.evaluation import RECALL_AT, Evaluation
from core.retrieval.evaluation_file import evaluate_once
from explorer.results.embeddings import EMBEDDINGS, PROTOCOL
from explorer.state.derived import Derived, OfReference, Request

PRECISION_AT = RECALL_AT


def _evaluate(request: Request) -> Evaluation:
    return evaluate_once(
        request[EMBEDDINGS],
        request.path_of(EMBEDDINGS),
        request.path,
        precision_at=PRECISION_AT,
        protocol=request[PROTOCOL],
        should_stop=request.should_stop,
        reporter=request.reporter,
    )


def _compare(request: Request) -> Comparison:
    """From what each query found, so that nothing is searched a second time."""
    return compare_once(
        request.of_reference(EMBEDDINGS),
        request[EMBEDDINGS],
        (request.of_reference(EVALUATION), request[EVALUATION]),
        (request.path_of(EMBEDDINGS, request.reference), request.path_of(EMBEDDINGS)),
        request.path,
        should_stop=request.should_stop,
        reporter=request.reporter,
    )


EVALUATION: Derived[Evaluation] = Derived(
    "evaluation",
    lambda _: Message("stage-measuring-recall"),
    needs=(EMBEDDINGS, PROTOCOL),
    compute=_evaluate,
    folder="evaluations",
)
COMPARISON: Derived[Comparison] = Derived(
    "comparison",
    lambda request: Message("comparing-slots", reference=request.reference, slot=request.slot),
    needs=(EMBEDDINGS, EVALUATION, OfReference(EMBEDDINGS.name), OfReference(EVALUATION.name)),
    compute=_compare,
    folder="comparisons",
    of_reference=False,
)
