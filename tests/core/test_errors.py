from __future__ import annotations

import pytest

from core import errors


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.CoreError, 1),
        (errors.InputError, 2),
        (errors.DataError, 2),
        (errors.ImageError, 2),
        (errors.RecipeError, 2),
        (errors.CheckpointError, 2),
        (errors.EmbeddingsError, 2),
        (errors.StorageError, 1),
        (errors.DeviceError, 1),
        (errors.TrainingError, 1),
        (errors.Cancelled, 130),
    ],
)
def test_an_error_has_its_sentence_its_subject_and_its_exit_status(kind, status):
    error = kind("Something is wrong.", "subject")
    assert (str(error), error.subject, error.exit_status) == ("Something is wrong.", "subject", status)
    assert isinstance(error, errors.CoreError)


def test_an_image_is_data_and_data_is_input():
    assert issubclass(errors.ImageError, errors.DataError)
    assert issubclass(errors.DataError, errors.InputError)
    assert not issubclass(errors.StorageError, errors.InputError)
