from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, Qt

from explorer.appearance.item_list import ITEM, ItemList


@dataclass(frozen=True)
class Word:
    text: str
    sentence: str


ONE, OTHER = Word("a", "the letter a"), Word("b", "the letter b")


def test_the_model_lists_what_it_was_given(qapp: object, qtmodeltester: object) -> None:
    model, resets = ItemList[Word](lambda word: word.text), []
    model.modelReset.connect(lambda: resets.append(model.rowCount()))
    model.show([ONE, OTHER])
    qtmodeltester.check(model)  # type: ignore[attr-defined]
    model.show([ONE, OTHER])
    assert resets == [2], "the same again changes nothing"
    index = model.index(1)
    assert index.data(ITEM) == OTHER and index.data() == "b"
    assert index.data(Qt.ItemDataRole.ToolTipRole) == index.data(Qt.ItemDataRole.AccessibleTextRole) == "the letter b"
    assert index.data(Qt.ItemDataRole.DecorationRole) is None
    assert model.data(QModelIndex()) is None and model.rowCount(index) == 0
    model.show([])
    assert model.rowCount() == 0
