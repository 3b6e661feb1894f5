from __future__ import annotations

import pytest

from core.data.readers.split_values import STANDS_FOR, are_folds, as_option, is_called_folds, proposed, understood
from core.data.source import VALUE_MEANINGS


def test_every_meaning_stands_for_something():
    assert tuple(STANDS_FOR) == VALUE_MEANINGS


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("split", {"0": 60, "1": 40}, "0=train 1=test"),
        ("split", {"0": 40, "1": 60}, "0=test 1=train"),
        ("split", {"0": 50, "1": 50}, "0=train 1=test"),
        ("part", {"1": 70, "2": 10, "3": 20}, "1=train 2=val 3=test"),
        ("part", {"a": 10, "b": 20, "c": 70}, "a=val b=test c=train"),
        ("partition", {"0": 70, "1": 10, "2": 20}, "0=train 1=val 2=test"),
        ("split", {"train": 5, "test": 5, "extra": 2}, "train=train test=test extra=none"),
        ("split", {"query": 5, "gallery": 5, "tset": 9}, "query=query gallery=gallery tset=none"),
        ("fold", {"0": 20, "1": 20, "2": 20}, "0=test 1=train 2=train"),
        ("split", {"1": 20, "2": 20, "3": 20, "4": 20}, "1=test 2=train 3=train 4=train"),
        ("split", {"x": 3}, "x=train"),
    ],
)
def test_a_proposal_goes_by_words_then_by_size(column, values, expected):
    assert proposed(column, values) == dict(each.split("=") for each in expected.split())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"0": 10, "1": 90}, "0=query 1=gallery"),
        ({"probe": 10, "rest": 90}, "probe=query rest=gallery"),
        ({"both": 3, "x": 1}, "both=both x=gallery"),
    ],
)
def test_of_roles_the_largest_part_is_the_gallery(values, expected):
    assert proposed("role", values, of_roles=True) == dict(each.split("=") for each in expected.split())


def test_words_of_their_own_are_understood():
    assert understood("split", ["Training", "trainval", "unlabeled", "q", "index"]) == {
        "Training": "train",
        "trainval": "train",
        "unlabeled": "none",
        "index": "gallery",
    }
    assert understood("role", ["train", "Query & Gallery", "probe"], of_roles=True) == {
        "Query & Gallery": "both",
        "probe": "query",
    }


@pytest.mark.parametrize("name", ["fold", "Folds", "cv_fold", "kfold", "k_fold", "fold_id", "FoldIndex", "cv"])
def test_columns_of_folds_are_known_by_name(name):
    assert is_called_folds(name)


@pytest.mark.parametrize("name", ["folder", "manifold", "fold_change", "cvs", "gold"])
def test_other_columns_are_not(name):
    assert not is_called_folds(name)


def test_folds_are_whole_numbers_without_a_gap():
    assert are_folds(["0", "1", "2"]) and are_folds(["2", "1"])
    assert not any(map(are_folds, (["0"], ["0", "2"], ["0", "1.5"], ["0", "0x1"], [], [str(n) for n in range(50)])))


def test_the_option_is_one_word_of_a_shell():
    assert as_option({"0": "train", "1": "test"}) == "--split-values 0=train,1=test"
    assert as_option({"a b": "train"}) == "--split-values 'a b=train'"
