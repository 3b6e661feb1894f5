"""Images of a data set as a CSV file for spreadsheets and other programs, with what models find for each.

The file opens again as a data set of the same images: its first columns are those of a manifest. Beside it a JSON file
says whose figures they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path, PurePath, PureWindowsPath
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.data.catalog import Catalog, Rows, Texts
from core.data.column_kinds import as_arrow
from core.errors import Cancelled, InputError, StorageError
from core.messages import Message
from core.progress import Reporter
from core.report.formats import harmless
from core.retrieval.embeddings import Embeddings
from core.retrieval.evaluation import Evaluation
from core.retrieval.measures import Figures
from core.retrieval.per_query import FIRST_HIT, figures_of_each, near_heading
from core.retrieval.protocol_wording import describe_protocol
from core.storage import atomic_path, read_json, write_json

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIX, KIND, FORMAT = ".csv", "images exported by Embedding Explorer", 1
# Excel takes a file for UTF-8 by this mark alone.
MARK = b"\xef\xbb\xbf"
PIECE = 50_000
ROW, PATH, ABSOLUTE, BOX = "row", "path", "absolute path", ("x1", "y1", "x2", "y2")
# A reader of manifests would prefer these to the columns that we write.
PREFERRED = ("image", "label")
# A spreadsheet runs a text that begins so, unless it is a number.
_RUNS, _NUMBER = r"^[=+\-@\t\r\n]", r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
Cells = dict[str, "pa.Array"]


@dataclass(frozen=True, eq=False)
class ModelFigures:
    """What a model finds for the images that it embedded; `title` begins the headings of its columns."""

    title: str
    embeddings: Embeddings
    evaluation: Evaluation

    def positions(self, count: int) -> Rows:
        """(N,) where each of `count` catalog rows stands among the embeddings; -1 for those without."""
        found = np.full(count, -1, np.int64)
        found[self.embeddings.rows] = np.arange(len(self.embeddings))
        return found

    @cached_property
    def figures(self) -> dict[str, Figures]:
        """heading -> (N,) over the embeddings, NaN where it is no query."""
        first_hit = self.evaluation.first_hit
        at_ranks = {one.of_query for one in self.evaluation.measures if one.k}
        of_each = {name: values for name, values in figures_of_each(self.evaluation).items() if name not in at_ranks}
        return {"right at 1": np.where(first_hit > 0, first_hit == 1, np.nan), **of_each}


def check_suffix(path: Path) -> None:
    """Raise InputError unless `path` ends in .csv."""
    if path.suffix.lower() != SUFFIX:
        raise InputError(Message("export-of-other-type", path=path), path)


def sidecar_of(path: Path) -> Path:
    """The file that says whose figures a CSV file holds."""
    return path.with_name(f"{path.name}.json")


def write(
    path: Path,
    catalog: Catalog,
    rows: Rows,
    models: Sequence[ModelFigures] = (),
    facts: Mapping[str, Any] | None = None,
    reporter: Reporter | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> None:
    """Write (M,) catalog rows in that order, and the JSON file beside them; `facts` go into that one.

    A text that a spreadsheet would run as a formula gets an apostrophe before it, a path "./"; numbers do not.
    Raises StorageError, leaving what was there before; Cancelled; InputError for another suffix, or where another file
    than an export's has the name of the JSON file.
    """
    import pyarrow.csv as pa_csv

    check_suffix(path)
    _require_own(sidecar_of(path))
    reporter = reporter or Reporter()
    table = _Table(catalog, rows, models)
    with atomic_path(path) as temporary:
        with temporary.open("wb") as stream:
            stream.write(MARK)
            writer = None
            for batch in table.batches():
                writer = writer or pa_csv.CSVWriter(stream, batch.schema)
                writer.write_batch(batch)
                reporter.progress(Message("stage-writing-images"), table.done, len(rows))
                if should_stop():
                    raise Cancelled(Message("work-stopped", task=Message("stage-writing-images")))
            if writer is not None:
                writer.close()
        # Before the table is there: figures without their protocol are never found alone.
        write_json(sidecar_of(path), {**table.document(), **(facts or {})})


class _Table:
    """The cells, made in pieces: of a million images all at once need gigabytes."""

    def __init__(self, catalog: Catalog, rows: Rows, models: Sequence[ModelFigures]) -> None:
        self._catalog, self._rows, self._models = catalog, rows, models
        self._positions = [model.positions(len(catalog)) for model in models]
        self._headings = _headings_of_attributes(catalog)
        self._guarded: Counter[str] = Counter()
        self.done = 0

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows in pieces; one without rows where there are none."""
        import pyarrow as pa

        for start in range(0, max(1, len(self._rows)), PIECE):
            rows = self._rows[start : start + PIECE]
            cells = self._of_catalog(rows)
            for model, positions in zip(self._models, self._positions, strict=True):
                cells |= self._of_model(model, positions[rows])
            self.done = start + len(rows)
            yield pa.record_batch(list(cells.values()), names=[_utf8(harmless(name)) for name in cells])

    def document(self) -> dict[str, Any]:
        """What the figures are of."""
        catalog, rows = self._catalog, self._rows
        return {
            "kind": KIND,
            "format": FORMAT,
            "data": {"name": catalog.name, "root": str(catalog.root), "fingerprint": catalog.fingerprint},
            "images": len(rows),
            "splits": dict(Counter(map(str, catalog.splits[rows]))),
            "attributes": {heading: name for heading, name in self._headings.items() if heading != name},
            "marked_against_formulas": dict(self._guarded),
            "models": [
                _about(model, positions[rows]) for model, positions in zip(self._models, self._positions, strict=True)
            ],
        }

    def _of_catalog(self, rows: Rows) -> Cells:
        import pyarrow as pa

        catalog, paths = self._catalog, as_arrow(self._catalog.paths[rows])
        cells: Cells = {
            ROW: pa.array(rows),
            PATH: self._harmless(PATH, paths, "./"),
            ABSOLUTE: _where(catalog, rows, paths),
            "class": self._text("class", catalog.labels[rows]),
            "split": as_arrow(catalog.splits[rows]),
        }
        if any(catalog.roles):
            cells["role"] = as_arrow(catalog.roles[rows])
        if catalog.targets is not None:
            for place, name in enumerate(catalog.target_names):
                cells[name] = _numbers(catalog.targets[rows, place])
        for heading, name in self._headings.items():
            cells[heading] = self._text(heading, catalog.attributes[name][rows])
        if catalog.boxes is not None:
            boxes = catalog.boxes[rows]
            for place, heading in enumerate(BOX):
                cells[heading] = pa.array(boxes[:, place], mask=~boxes.any(axis=1))
        return cells

    def _of_model(self, model: ModelFigures, at: Rows) -> Cells:
        """Its columns for some rows, which stand `at` these positions."""
        near, cells = near_heading(model.evaluation), {}
        for name, values in model.figures.items():
            found = np.where(at >= 0, values[at], np.nan)
            cells[f"{model.title}: {name}"] = _numbers(found, is_whole=name in ("right at 1", FIRST_HIT))
        last = cells.pop(f"{model.title}: {near}")
        nearest = np.where(at >= 0, model.evaluation.nearest[at], -1)
        for name, texts, before in (
            ("nearest", model.embeddings.paths, "./"),
            ("nearest class", model.embeddings.labels, "'"),
        ):
            heading = f"{model.title}: {name}"
            cells[heading] = self._harmless(heading, _texts_at(texts, nearest), before)
        return {**cells, f"{model.title}: {near}": last}

    def _text(self, heading: str, cells: Texts) -> pa.Array:
        return self._harmless(heading, as_arrow(cells), "'")

    def _harmless(self, heading: str, cells: pa.Array, before: str) -> pa.Array:
        """The cells, with something before each that a spreadsheet would run as a formula."""
        import pyarrow.compute as pc

        runs = pc.fill_null(pc.match_substring_regex(cells, _RUNS), False)
        if not pc.any(runs).as_py():
            return cells
        runs = pc.and_not(runs, pc.fill_null(pc.match_substring_regex(cells, _NUMBER), False))
        self._guarded[heading] += pc.sum(runs).as_py()
        return pc.if_else(runs, pc.binary_join_element_wise(before, cells, ""), cells)


def absolute_paths(root: PurePath, paths: pa.Array) -> pa.Array:
    """Paths below a root as whole paths of its system; those that are whole already stay."""
    import pyarrow.compute as pc

    on_windows = isinstance(root, PureWindowsPath)
    sign, whole = ("\\", r"^([A-Za-z]:)?[\\/]") if on_windows else ("/", "^/")
    start = str(root).rstrip(sign)
    joined = pc.binary_join_element_wise(_utf8(start), paths, sign)
    found = pc.if_else(pc.match_substring_regex(paths, whole), paths, joined)
    return pc.replace_substring(found, "/", sign) if on_windows else found


def _where(catalog: Catalog, rows: Rows, paths: pa.Array) -> pa.Array:
    """Whole paths; none of images that have no picture, which are known by a name."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = absolute_paths(catalog.root, paths)
    if catalog.pictured is None:
        return whole
    return pc.if_else(pa.array(catalog.pictured[rows]), whole, pa.scalar(None, pa.string()))


def _headings_of_attributes(catalog: Catalog) -> dict[str, str]:
    """heading -> attribute; one that would be taken for another column gets a number."""
    taken = {ROW, PATH, ABSOLUTE, "class", "split", "role", *BOX, *PREFERRED, *catalog.target_names}
    headings: dict[str, str] = {}
    for name in catalog.attributes:
        heading, number = name, 2
        while heading.casefold() in taken or heading in headings:
            heading, number = f"{name} ({number})", number + 1
        headings[heading] = name
    return headings


def _about(model: ModelFigures, at: Rows) -> dict[str, Any]:
    """Whose figures, by which protocol; and for how many of the rows there are none."""
    there = at[at >= 0]
    is_measured = model.evaluation.first_hit[there] >= 0
    return {
        "title": model.title,
        "checkpoint": model.embeddings.origin.checkpoint,
        "protocol": describe_protocol(model.evaluation.protocol),
        "protocol_fields": asdict(model.evaluation.protocol),
        "measured": int(np.count_nonzero(is_measured)),
        "empty_as_no_query_or_nothing_to_find": int(np.count_nonzero(~is_measured)),
        "empty_as_not_embedded": int(len(at) - len(there)),
    }


def _numbers(values: npt.NDArray[np.floating], is_whole: bool = False) -> pa.Array:
    import pyarrow as pa

    lacking = np.isnan(values)
    if is_whole:
        return pa.array(np.where(lacking, 0, values).astype(np.int64), mask=lacking)
    return pa.array(values, mask=lacking)


def _texts_at(texts: Texts, at: npt.NDArray[np.signedinteger]) -> pa.Array:
    """The texts at some positions; none at -1."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.if_else(pa.array(at >= 0), as_arrow(texts[at]), pa.scalar(None, pa.string()))


def _utf8(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _require_own(sidecar: Path) -> None:
    """Raise InputError where a file that no export wrote has the name of the JSON file."""
    try:
        there = read_json(sidecar) if sidecar.exists() else {"kind": KIND}
    except StorageError:
        there = None
    if not isinstance(there, dict) or there.get("kind") != KIND:
        raise InputError(Message("export-beside-other-file", path=sidecar), sidecar)
