from __future__ import annotations

import unicodedata

import pytest

from core.data.split_names import hinted_words, is_doubtful, is_uninformative, lies_aside, role_word, split_word

TRAIN, VAL, TEST = "train", "val", "test"


@pytest.mark.parametrize(
    ("split", "names"),
    [
        (
            TRAIN,
            "train Train TRAIN tr training TRAINING training_set trainset TrainSet train-images train_imgs imgs_train "
            "images_train data_train train_data seg_train train2017 1_train 01.Training trainImgs imgstrain "
            "train.split dataset_train train_dataset trainset_1 (train) 훈련 1.학습 训练集 訓練 学習用 "
            "Entrenamiento entraînement treino Apprentissage addestramento Trainingsdaten trening Eğitim обучение",
        ),
        (
            VAL,
            "val valid validation dev val2017 val_set validset validation_images Validating 검증 検証 "
            "Validación validação validazione Validierungsdaten walidacja doğrulama валидация development",
        ),
        (
            TEST,
            "test testing eval evaluation test_set testset testset_1 2_test test-images hold-out holdout Test2 시험 "
            "テスト 測試集 評価 Prueba datos-prueba teste Testdaten тест тестовая_выборка",
        ),
    ],
)
def test_usual_spellings_of_a_split_are_understood(split, names):
    for name in [*names.split(), f"{split} set", f" {split} "]:
        assert split_word(name) == (split, ""), name


@pytest.mark.parametrize(
    ("role", "names"),
    [
        ("query", "query Queries image_query test_query query_images probe"),
        ("gallery", "gallery image_gallery GALLERY"),
    ],
)
def test_query_and_gallery_are_roles_in_test(role, names):
    for name in names.split():
        assert split_word(name) == ("test", role)
        assert role_word(name) == role
    assert role_word("train") == role_word("bus") == ""


@pytest.mark.parametrize(
    "name",
    ["train_all", "train_full", "trainval", "train_test", "bullet_train", "test tube", "trainA", "bounding_box_train"],
)
def test_what_says_more_is_not_understood_but_hinted_at(name):
    assert split_word(name) is None
    assert hinted_words(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "0002",
        "strain",
        "contest",
        "trainstation",
        "testament",
        "latest",
        "devil",
        "images",
        "mytr",
        "a_tr",
        "양말",
        "\udcff",
    ],
)
def test_other_names_hint_at_nothing(name):
    assert split_word(name) is None
    assert not hinted_words(name)


def test_both_spellings_of_unicode_are_one_word():
    assert split_word(unicodedata.normalize("NFD", "훈련")) == ("train", "")


def test_words_that_say_nothing_are_told_from_numbered_names():
    assert is_uninformative("images") and is_uninformative("Data-Set")
    assert not any(map(is_uninformative, ("image 2", "boots", "", "123")))
    assert all(map(lies_aside, ("extra", "seg_pred", "unlabeled", "annotations"))) and not lies_aside("boots")
    assert all(map(is_doubtful, ("seen", "fold 1", "part_2"))) and not is_doubtful("sandals")
