"""Which names stand for a split: the words of folders ("training_set", "1_train", "val2017") and of a table's cells.

A name is taken apart at separators, digits and capitals. Words that say nothing about the split, such as "set" or
"images", are passed over; what is left decides.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# (split, role)
Word = tuple[str, str]

_TRAIN, _VAL, _TEST = ("train", ""), ("val", ""), ("test", "")
_QUERY, _GALLERY = ("test", "query"), ("test", "gallery")
WORDS: dict[str, Word] = {
    **dict.fromkeys(("train", "training", "trn", "tr"), _TRAIN),
    **dict.fromkeys(("val", "valid", "validation", "validate", "validating", "dev", "development"), _VAL),
    **dict.fromkeys(("test", "testing", "tst", "eval", "evaluation", "holdout"), _TEST),
    **dict.fromkeys(("query", "queries", "probe", "probes"), _QUERY),
    **dict.fromkeys(("gallery", "galleries"), _GALLERY),
    # Korean, Chinese, Japanese.
    **dict.fromkeys(
        ("훈련", "학습", "훈련용", "학습용", "训练", "训练集", "訓練", "訓練用", "訓練集", "学習", "学習用"), _TRAIN
    ),
    **dict.fromkeys(("검증", "검증용", "验证", "验证集", "検証", "検証用", "驗證", "驗證集"), _VAL),
    **dict.fromkeys(("시험", "평가", "테스트", "시험용", "평가용", "测试", "测试集", "測試", "測試集"), _TEST),
    **dict.fromkeys(("テスト", "テスト用", "評価", "評価用"), _TEST),
    # Spanish, Portuguese, French, Italian, German, Polish, Turkish, Russian; accents are taken off before.
    **dict.fromkeys(("entrenamiento", "treino", "treinamento", "entrainement", "apprentissage"), _TRAIN),
    **dict.fromkeys(("addestramento", "trening", "treningowe", "treningowy", "egitim", "обучение"), _TRAIN),
    **dict.fromkeys(("trainings", "обучающая", "тренировка", "тренировочная"), _TRAIN),
    **dict.fromkeys(("validacion", "validacao", "validazione", "validierung", "walidacja", "walidacyjne"), _VAL),
    **dict.fromkeys(("validierungs", "dogrulama", "валидация", "валидационная"), _VAL),
    **dict.fromkeys(("prueba", "pruebas", "teste", "testowe", "testowy", "тест", "тестовая"), _TEST),
}
# What a person may say that a folder or a value is, if it is of a split.
MEANINGS = {name: WORDS[name] for name in ("train", "val", "test", "query", "gallery")}
# Said of a folder of pictures, whatever is in it.
NOISE = frozenset({
    "set", "sets", "image", "images", "img", "imgs", "pic", "pics", "picture", "pictures", "photo", "photos",
    "jpg", "jpeg", "png", "data", "dataset", "datasets", "split", "splits", "seg", "folder", "folders", "dir",
    "part", "parts", "subset", "partition", "sample", "samples", "crop", "crops", "cropped", "raw", "resized",
    "orig", "original", "datos", "dados", "donnees", "dati", "daten", "bilder", "imagenes", "imagens",
    "данные", "выборка",
})  # fmt: skip
# In a name with a split's word, these say that it holds others of its kind as well.
WHOLE = frozenset({"all", "full", "whole", "complete", "entire", "total", "multi"})
# Folders that lie beside splits and belong to none.
ASIDE = frozenset({
    "extra", "extras", "unlabeled", "unlabelled", "unlabel", "pred", "prediction", "predictions", "predict",
    "submission", "additional", "distractor", "distractors", "junk", "annotation", "annotations", "anno", "annos",
    "annots", "label", "labels", "meta", "metadata", "docs", "doc", "list", "lists", "info", "unsup",
    "unsupervised", "background",
})  # fmt: skip
# These divide classes or domains in some sets and name classes in others.
DOUBTFUL = frozenset({
    "seen", "unseen", "known", "unknown", "novel", "base", "source", "target", "support", "background",
    "labeled", "labelled", "unlabeled", "unlabelled",
    "evaluation", "fold", "folds", "cv",
})  # fmt: skip
_COMPOUND_NOISE = sorted((NOISE | WHOLE) - {"multi", "total"}, key=len, reverse=True)
_COMPOUND_SPLITS = sorted(set(WORDS) - {"tr", "trn", "tst", "probe", "probes"}, key=len, reverse=True)
_COMPOUND = re.compile(rf"(?:{'|'.join(_COMPOUND_SPLITS)}|{'|'.join(_COMPOUND_NOISE)})+")
_PART = re.compile("|".join(_COMPOUND_SPLITS + _COMPOUND_NOISE))
_LETTERS = re.compile(r"[^\W\d_]+")
_HOLD_OUT = re.compile(r"hold[\W_]*out", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def split_word(text: str) -> Word | None:
    """(split, role) that a folder name or a cell stands for, or None; query and gallery images are test images.

    "training_set", "train2017" and "TrainImages" are train; "train_all", "trainval" and "bullet train" are not
    understood, since they may hold other images or name a class: see `hinted_words`.
    """
    words = tokens(text)
    found = {WORDS[word] for word in words if word in WORDS}
    if len(found) == 2 and _TEST in found and found & {_QUERY, _GALLERY}:
        found.remove(_TEST)
    understood = all(word in WORDS or word in NOISE for word in words)
    return found.pop() if understood and len(found) == 1 else None


def role_word(text: str) -> str:
    """The role that a folder name or a cell stands for, or ""."""
    word = split_word(text)
    return "" if word is None else word[1]


def hinted_words(text: str) -> frozenset[Word]:
    """The splits that the words of a name hint at, whatever else is in it; "bullet_train" hints at train.

    The short "tr" hints at nothing within a longer name.
    """
    return frozenset(WORDS[word] for word in tokens(text) if word in WORDS and word != "tr")


def remainder(text: str) -> tuple[str, ...]:
    """What is left of a name without the words of splits and those that say nothing."""
    return tuple(word for word in tokens(text) if word not in WORDS and word not in NOISE)


def is_uninformative(text: str) -> bool:
    """Whether all words of a name are noise, as in "images"; not so with a number, as in "image 2"."""
    words = tokens(text)
    return bool(words) and all(word in NOISE for word in words) and not any(letter.isdigit() for letter in text)


def lies_aside(text: str) -> bool:
    """Whether a name is that of a folder beside splits which belongs to none, as "extra", "seg_pred", "labels"."""
    words = tokens(text)
    return bool(words) and all(word in NOISE or word in ASIDE for word in words)


def is_doubtful(text: str) -> bool:
    """Whether a name may stand for a part of the data as well as for a class, as "unseen", "fold 1", "part_2"."""
    words = tokens(text)
    return bool(words) and all(word in NOISE or word in DOUBTFUL for word in words)


@cache
def tokens(text: str) -> tuple[str, ...]:
    """The words of a name in lower case, without digits: ("seg", "train") of "seg_train2", and ("train", "set") of
    Trainset.
    """
    plain = _HOLD_OUT.sub("holdout", _without_accents(unicodedata.normalize("NFKC", text)))
    words = [word.casefold() for word in _LETTERS.findall(_CAMEL.sub("_", plain))]
    return tuple(part for word in words for part in _parts(word))


def _without_accents(text: str) -> str:
    """Latin letters without the marks above and below them; Cyrillic and Hangul stay as they are."""
    apart = unicodedata.normalize("NFD", text)
    latin = "".join(
        letter
        for before, letter in zip(" " + apart, apart, strict=False)
        if not (unicodedata.combining(letter) and before.isascii())
    )
    return unicodedata.normalize("NFC", latin)


def _parts(word: str) -> list[str]:
    if word in WORDS or word in NOISE or not _COMPOUND.fullmatch(word):
        return [word]
    return _PART.findall(word)
