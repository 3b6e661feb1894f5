"""The variables of a MATLAB file (version 5, as Cars-196 and Flowers102 were published)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.data.official.index_file import require_regular
from core.errors import DataError

if TYPE_CHECKING:
    import numpy.typing as npt


def variables_of(path: Path, names: tuple[str, ...]) -> dict[str, npt.NDArray[Any]]:
    """The named variables, each at least a vector. Raises DataError when the file is damaged or lacks one of them."""
    # 0.2 s that only these two sets need to pay.
    import numpy as np
    from scipy.io import loadmat

    require_regular(path)
    try:
        found = loadmat(path, squeeze_me=True, variable_names=names)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}).", path) from error
    except NotImplementedError as error:
        raise DataError(f"{path} is a MATLAB 7.3 file; expected version 5, as published.", path) from error
    except Exception as error:  # damaged files make scipy's parser raise almost anything
        raise DataError(f"{path} is no readable MATLAB file ({error or type(error).__name__}).", path) from error
    if lacking := [name for name in names if name not in found]:
        raise DataError(f"{path} has no variable '{lacking[0]}'; expected {', '.join(names)}.", lacking[0])
    return {name: np.atleast_1d(found[name]) for name in names}


def fields_of(path: Path, records: npt.NDArray[Any], names: tuple[str, ...]) -> dict[str, list[Any]]:
    """The named fields of an array of records, each a list. Raises DataError when there is no such field."""
    there = records.dtype.names or ()
    if lacking := [name for name in names if name not in there]:
        raise DataError(
            f"{path}: its records have no field '{lacking[0]}'; they have: {', '.join(there) or 'none'}.", lacking[0]
        )
    return {name: records[name].tolist() for name in names}
