"""What is said beside figures of the images that they rest on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.data.catalog import texts
from core.data.source import DataSource
from explorer.measured_images import AS_GIVEN, images_details, images_summary
from explorer.session import Session
from tests.explorer.factories import made_catalog

RULE = "No split was given: of 5 classes sorted by name the first half (3) is train, the other (2) test."


@pytest.mark.parametrize(
    ("splits", "rule", "shown", "short", "whole"),
    [
        (["train"] * 9 + ["test"] * 6, RULE, "test", "test: 6 of 15 images, divided by class", RULE),
        (["train"] * 9 + ["test"] * 6, RULE, "all", "all 15 images: train 9, test 6, divided by class", RULE),
        (["train"] * 9 + ["val"] * 6, "", "train", "train: 9 of 15 images", AS_GIVEN),
        (["test"] * 9 + [""] * 6, "", "test", "test: 9 of 15 images", AS_GIVEN),
        (["test"] * 15, "", "test", "", ""),
        ([""] * 15, "", "all", "", ""),
    ],
)
def test_the_division_in_force_is_said(
    session: Session, splits: list[str], rule: str, shown: str, short: str, whole: str
) -> None:
    catalog = made_catalog()
    report = replace(catalog.report, split_rule=rule)
    session.set_catalog(DataSource("shapes"), replace(catalog, splits=texts(splits), report=report), shown)
    assert images_summary(session) == short
    assert images_details(session) == (f"{short}\n{whole}" if short else "")


def test_without_data_nothing_is_said(session: Session) -> None:
    assert images_summary(session) == images_details(session) == ""
