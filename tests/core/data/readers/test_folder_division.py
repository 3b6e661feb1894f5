from __future__ import annotations

import pytest

from core.data.readers.folder_division import Division, divide, unknown_meanings
from core.remedies import in_window, on_command_line


def facts(division: Division) -> dict[str, tuple[str, str, str]]:
    return {
        holder: (place.label, place.split, place.role)
        for holder, place in division.assignments.items()
        if not place.skipped
    }


@pytest.mark.parametrize(
    ("train", "test", "split"),
    [
        ("training_set", "test_set", "test"),
        ("train_images", "test_images", "test"),
        ("train2017", "val2017", "val"),
        ("1_train", "2_test", "test"),
        ("seg_train/seg_train", "seg_test/seg_test", "test"),
        ("trainset", "testset", "test"),
        ("train/images", "test", "test"),
        ("birds_train", "birds_test", "test"),
        ("trainval", "test", "test"),
        ("train_full", "testset_1", "test"),
        ("wrapped/data/Train", "wrapped/data/Valid", "val"),
    ],
)
def test_any_usual_spelling_divides(train, test, split):
    division = divide([f"{train}/cats", f"{train}/dogs", f"{test}/cats", f"{test}/owls"])
    assert facts(division) == {
        f"{train}/cats": ("cats", "train", ""),
        f"{train}/dogs": ("dogs", "train", ""),
        f"{test}/cats": ("cats", split, ""),
        f"{test}/owls": ("owls", split, ""),
    }
    assert not division.question
    assert not division.notices


@pytest.mark.parametrize(
    "holders",
    [
        ["train", "bus", "car", "bicycle"],
        ["train/day", "train/night", "bus/day", "bus/night", "car/day", "car/night"],
        ["tr/izmir", "tr/ankara", "fr/paris", "de/bonn"],
        ["vehicles/test/a", "vehicles/bus/b", "vehicles/car/c"],
        ["bullet_train", "test_tube", "car", "cat", "cow", "dog"],
    ],
)
def test_a_class_called_like_a_split_among_classes_is_a_class_and_said(holders):
    division = divide(holders)
    shared = 1 if holders[0].startswith("vehicles/") else 0
    assert facts(division) == {holder: ("/".join(holder.split("/")[shared:]), "", "") for holder in holders}
    (notice,) = division.notices
    assert "called like a split and taken for a class" in notice
    assert not division.question


@pytest.mark.parametrize(
    ("holders", "asked"),
    [
        (["train_clean/a", "train_noisy/a", "test/b"], 'train_clean=train" (or ='),
        (["train/a", "test/b", "test_hard/c"], 'test_hard=test" (or ='),
        (["trainA", "trainB", "testA", "testB"], 'testA=test" (or ='),
        (["train/a", "novel/b"], 'train=train" (or ='),
        (["train/cats", "cats", "dogs"], 'train=train" (or ='),
        (["seen/a", "unseen/b"], 'seen=train" (or ='),
        (["labeled/a", "labeled/b", "unlabeled/c"], 'labeled=train" (or ='),
        (["base/a", "novel/b", "val/c"], 'base=train" (or ='),
        (["fold_1/a", "fold_2/a"], 'fold_1=train" (or ='),
        (["train2014/a", "val2014/a", "train2017/a", "val2017/a"], 'train2014=train" (or ='),
        (["amazon/train/a", "amazon/test/a", "dslr/train/a", "dslr/test/a"], 'test=test" --folder "train=train" says'),
        (["train/drone/1", "test/query_drone/2", "test/gallery_drone/2"], 'gallery_drone=gallery" (or ='),
    ],
)
def test_what_looks_like_a_split_and_is_not_understood_is_asked_about(holders, asked):
    question = divide(holders).question
    assert asked in on_command_line(question) and "--" not in in_window(question)
    assert len(on_command_line(question)) < 300


def test_all_folders_of_one_kind_are_asked_about_at_once():
    sides = ["gallery_drone", "gallery_satellite", "query_drone", "query_satellite"]
    division = divide(["train/drone/1", "train/satellite/1", *(f"test/{side}/2" for side in sides)])
    assert division.asked == {side: side.partition("_")[0] for side in sides}


def test_the_answer_to_a_question_is_followed():
    holders = ["train_clean/a", "train_noisy/a", "test/b"]
    division = divide(holders, {"train_clean": "train", "train_noisy": "skip"})
    assert facts(division) == {"train_clean/a": ("a", "train", ""), "test/b": ("b", "test", "")}
    assert not division.question
    assert facts(divide(["seen/a", "unseen/b"], {"seen": "class", "unseen": "class"})) == {
        "seen/a": ("seen/a", "", ""),
        "unseen/b": ("unseen/b", "", ""),
    }
    assert facts(divide(["train/a", "bus/a", "bus/b"], {"train": "query", "bus": "gallery"})) == {
        "train/a": ("a", "test", "query"),
        "bus/a": ("a", "test", "gallery"),
        "bus/b": ("b", "test", "gallery"),
    }
    assert facts(divide(["fold_1/a", "fold_2/b"], {"fold_1": "none", "fold_2": "none"})) == {
        "fold_1/a": ("a", "", ""),
        "fold_2/b": ("b", "", ""),
    }


def test_splits_below_different_folders_divide_when_named():
    holders = ["amazon/train/a", "amazon/test/b", "dslr/train/a", "dslr/test/b"]
    assert facts(divide(holders, {"train": "train", "test": "test"})) == {
        holder: (holder.replace("/train", "").replace("/test", ""), holder.split("/")[1], "") for holder in holders
    }


def test_folders_that_repeat_the_splits_are_passed_over_and_said():
    holders = ["train/1", "val/1", "query/2", "gallery/2", "train_all/1", "multi-query/2", "copy/train/1", "copy/val/1"]
    division = divide(holders)
    assert facts(division) == {
        "train/1": ("1", "train", ""),
        "val/1": ("1", "val", ""),
        "query/2": ("2", "test", "query"),
        "gallery/2": ("2", "test", "gallery"),
    }
    assert division.notices[0].startswith("copy, multi-query, train_all beside")


def test_what_lies_beside_splits_is_in_none_and_said():
    division = divide(["train/a", "test/a", "extra/a", "seg_pred/seg_pred", "seg_pred"])
    assignments = facts(division)
    assert assignments["extra/a"] == ("a", "", "")
    assert assignments["seg_pred/seg_pred"] == assignments["seg_pred"] == ("", "", "")
    assert division.notices[0].startswith("Images in extra, seg_pred, beside test, train, are in no split")


def test_pictures_straight_in_splits_have_no_class():
    division = divide(["train/image", "validation/image"])
    assert division.divides
    assert {place.label for place in division.assignments.values()} == {""}
    assert {place.label for place in divide(["images"]).assignments.values()} == {""}
    assert {place.label for place in divide(["boots"]).assignments.values()} == {"boots"}


def test_a_class_that_one_split_lacks_is_no_wrapper():
    assignments = divide(["train/photo", "train/sketch", "test/photo"]).assignments
    assert assignments["test/photo"].label == "photo"


def test_names_that_no_folder_has_are_found():
    assert unknown_meanings(["a/b", "c"], {"b": "none", "d": "skip"}) == ["d"]


def test_the_answer_that_is_offered_for_splits_below_others_divides_all_of_them():
    holders = ["boots/train/a", "boots/train/b", "boots/test/c", "shoes/train/x", "shoes/test/y"]
    option = on_command_line(divide(holders).question)
    assert '--folder "test=test" --folder "train=train" says' in option
    assignments = divide(holders, {"test": "test", "train": "train"}).assignments
    assert {holder: assignments[holder].split for holder in holders} == {
        holder: holder.split("/")[1] for holder in holders
    }
