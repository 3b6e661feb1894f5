"""What has become of a data set's files since it was opened: new, missing and changed ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.data.catalog import Catalog
from core.data.catalog_opening import open_catalog
from core.data.file_listing import FileListing
from core.data.source import DataSource
from core.messages import Message
from core.progress import Reporter

NAMED = 2


@dataclass(frozen=True)
class Rechecked:
    """A data set as it is now, beside how it was; names of files are those of the catalog, in its order."""

    catalog: Catalog
    new: tuple[str, ...]
    missing: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def is_as_before(self) -> bool:
        """Whether nothing has changed, classes and splits included."""
        return not (self.new or self.missing or self.changed or self.is_read_otherwise)

    @property
    def is_read_otherwise(self) -> bool:
        """Whether the files are the same and something else is not: a class, a split, an attribute."""
        return not (self.new or self.missing or self.changed) and self._fingerprint != self.catalog.fingerprint

    @property
    def sentence(self) -> str:
        """All of it for a person."""
        if self.is_as_before:
            return Message("files-as-before", name=self.catalog.name, images=len(self.catalog))
        if self.is_read_otherwise:
            return Message("classes-changed-since", name=self.catalog.name, images=len(self.catalog))
        found = {"new": self.new, "missing": self.missing, "changed": self.changed}
        said = [
            Message("files-and-first", kind=kind, count=len(names), names=list(names[:NAMED]))
            for kind, names in found.items()
            if names
        ]
        return Message("files-since", name=self.catalog.name, said=said, images=len(self.catalog))

    _fingerprint: str = ""


def recheck(
    source: DataSource,
    before: Catalog | FileListing,
    reporter: Reporter | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Rechecked:
    """List all files again and compare with those of an opening. Raises as `open_catalog`."""
    now = open_catalog(source, reporter, should_stop, draw_later=True, anew=True)
    new = now.paths[~np.isin(now.paths, before.paths)]
    missing = before.paths[~np.isin(before.paths, now.paths)]
    stamp_before = dict(zip(before.paths.tolist(), before.stamps.tolist(), strict=True))
    changed = [
        path
        for path, stamp in zip(now.paths.tolist(), now.stamps.tolist(), strict=True)
        if stamp_before.get(path, stamp) != stamp
    ]
    if now.vectors is not None and before.vectors is not None and now.vectors.stamp != before.vectors.stamp:
        changed.append(now.vectors.path.name)
    return Rechecked(
        now, tuple(new.tolist()), tuple(missing.tolist()), tuple(dict.fromkeys(changed)), before.fingerprint
    )
