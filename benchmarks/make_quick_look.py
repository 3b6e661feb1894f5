"""Write the checkpoint without a network that *Quick look* is, and put it into resources/models.

    python -m benchmarks.make_quick_look

Its file of weights is empty but for the version of the descriptor: with that its hash changes, by which all that was
computed with it is kept.
"""

from __future__ import annotations

from pathlib import Path

from safetensors.numpy import save_file

from core.checksum import checked
from core.models.checkpoint_files import DETAILS, FORMAT, SHIPPED, WEIGHTS, file_hash
from core.models.histograms import VERSION, HistogramDescription
from core.storage import write_json

NAME = "quick-look"
CALLED = "colour and gradient histograms, no training"
CREATED = "2026-11-28T00:00:00+00:00"


def main(folder: Path = SHIPPED) -> None:
    """Write both files into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / f"{NAME}{WEIGHTS}"
    description = HistogramDescription()
    # One entry: safetensors writes several in any order, and the hash would be another each time.
    save_file({}, weights, metadata={"descriptor": f"{description.descriptor} {VERSION}"})
    weights.chmod(0o644)
    details = {
        "format": FORMAT,
        "name": CALLED,
        "epoch": 0,
        "step": 0,
        "complete": True,
        "metrics": {},
        "model": description.as_dict(),
        "recipe": {},
        "size": weights.stat().st_size,
        "sha256": file_hash(weights),
        "created": CREATED,
        "versions": {},
    }
    write_json(weights.with_suffix(DETAILS), checked(details))


if __name__ == "__main__":
    main()
