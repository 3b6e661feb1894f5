"""The neighbours panel as its user meets it: mouse, keyboard, drop and paste."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QGridLayout, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from core.data.conditions import OneOf
from explorer.appearance.widgets import EmptyState, IconButton, Pill, ProblemStrip
from explorer.panels.gallery.panel import GalleryPanel
from explorer.panels.gallery.query_card import Picture, QueryCard
from explorer.panels.gallery.result_grid import ResultGrid
from explorer.preview import Preview
from explorer.results.neighbours import NEIGHBOURS
from explorer.session import Session
from explorer.thumbnails import ThumbnailStore
from tests.explorer.factories import made_checkpoint, made_vectors
from tests.explorer.fake_processes import FakeProcesses


def _grid(panel: GalleryPanel, slot: str = "A") -> ResultGrid:
    return next(grid for grid in panel.findChildren(ResultGrid) if grid.accessibleName() == f"Neighbours in {slot}")


def _texts(widget: QWidget) -> list[str]:
    # What was put into a layout just now is shown by the next events.
    QApplication.processEvents()
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisibleTo(widget) and label.text()]


def _click(qtbot: QtBot, panel: GalleryPanel, place: int, slot: str = "A") -> None:
    grid = _grid(panel, slot)
    where = grid.visualRect(grid.model().index(place, 0)).center()
    qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=where)


def _button(panel: QWidget, text: str) -> QPushButton:
    return next(button for button in panel.findChildren(QPushButton) if button.text() == text)


def _preview(panel: GalleryPanel) -> Preview:
    found = panel.window().findChild(Preview)
    assert found is not None
    return found


def test_empty_states_say_what_to_do(panel: GalleryPanel, session: Session, processes: FakeProcesses) -> None:
    empty = panel.findChild(EmptyState)
    assert empty is not None and empty.isVisible()
    assert empty.sentence.startswith("No neighbours yet What an image retrieves, right and wrong")
    session.choose_checkpoint("A", made_checkpoint("first"))
    processes.finish_all()
    assert empty.sentence.startswith("No query yet Click a point on the map, press Enter on an image in Data, or drop")
    session.selection.set_query(int(session.catalog.rows("test")[0]))
    assert not empty.isVisible()
    session.selection.set_query(None)
    assert empty.isVisible()


def test_results_follow_the_session(filled: GalleryPanel, session: Session) -> None:
    found, catalog = session.results[NEIGHBOURS]["A"], session.catalog
    results = filled.results("A")
    assert [result.row for result in results] == found.rows.tolist()
    assert [result.rank for result in results] == list(range(1, 21))
    assert [result.right for result in results] == [
        catalog.labels[row] == catalog.labels[session.selection.query] for row in found.rows
    ]
    assert not _grid(filled, "B").isVisible()
    model = _grid(filled).model()
    for place, result in enumerate(results):
        words = model.index(place, 0).data(Qt.ItemDataRole.AccessibleTextRole)
        assert words.startswith(f"rank {place + 1}: {result.label}, similarity {result.similarity:.3f}, ")
        assert words.endswith("right" if result.right else "wrong")


def test_wrong_only_keeps_ranks(qtbot: QtBot, filled: GalleryPanel, session: Session) -> None:
    everything = filled.results("A")
    qtbot.mouseClick(_button(filled, "Wrong only"), Qt.MouseButton.LeftButton)
    assert filled.results("A") == [result for result in everything if not result.right]
    assert 0 < len(filled.results("A")) < len(everything)
    qtbot.mouseClick(_button(filled, "All"), Qt.MouseButton.LeftButton)
    assert filled.results("A") == everything


def test_wrong_only_is_in_force_for_all_to_see(qtbot: QtBot, filled: GalleryPanel, session: Session) -> None:
    qtbot.mouseClick(_button(filled, "Wrong only"), Qt.MouseButton.LeftButton)
    (hiding,) = session.panel_filters.all
    assert (hiding.title, hiding.words, hiding.panel) == ("Neighbours", "Wrong only", "neighbours")
    hiding.end()
    assert session.panel_filters.all == () and len(filled.results("A")) == 20


def test_neighbours_outside_the_filter_are_pale_and_counted(filled: GalleryPanel, session: Session) -> None:
    results, before = filled.results("A"), _grid(filled).grab().toImage()
    label = results[0].label
    session.filter.put(OneOf("class", words=(label,)))
    outside = [result.row for result in filled.results("A") if result.filtered_out]
    assert outside == [result.row for result in results if result.label != label] != []
    assert [result.row for result in filled.results("A")] == [result.row for result in results]
    assert f"{len(outside)} of 20 outside the filter, pale" in _texts(filled)
    assert _grid(filled).grab().toImage() != before
    session.filter.clear()
    assert not any("outside" in text for text in _texts(filled) if text)


def test_nothing_wrong_is_said_in_words(
    qtbot: QtBot, filled: GalleryPanel, session: Session, processes: FakeProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = next(
        int(row)
        for row in session.catalog.rows("test")
        if (session.selection.set_query(int(row)), _all_right(session))[1]
    )
    qtbot.mouseClick(_button(filled, "Wrong only"), Qt.MouseButton.LeftButton)
    assert session.selection.query == row and filled.results("A") == []
    assert "No wrong result among these." in _texts(filled)


def _all_right(session: Session) -> bool:
    session.selection.set_k(5)
    return bool(session.results[NEIGHBOURS]["A"].right.all())


def test_k_is_chosen_here_and_shown_from_elsewhere(qtbot: QtBot, filled: GalleryPanel, session: Session) -> None:
    choice = filled.findChild(QComboBox)
    assert choice.currentText() == "20"
    choice.setFocus()
    qtbot.keyClick(choice, Qt.Key.Key_Up)
    assert session.selection.k == 10 and len(filled.results("A")) == 10
    session.selection.set_k(50)
    assert choice.currentText() == "50"


def test_a_click_walks_and_the_arrows_return(qtbot: QtBot, filled: GalleryPanel, session: Session) -> None:
    back, forward = (_icon_button(filled, name) for name in ("Previous query", "Next query"))
    first, nearest = session.selection.query, filled.results("A")[0].row
    assert not back.isEnabled() and not forward.isEnabled()
    _click(qtbot, filled, 0)
    assert session.selection.query == nearest and session.selection.rows.tolist() == [nearest]
    assert back.isEnabled()
    qtbot.mouseClick(back, Qt.MouseButton.LeftButton)
    assert session.selection.query == first and forward.isEnabled()
    qtbot.mouseClick(forward, Qt.MouseButton.LeftButton)
    assert session.selection.query == nearest


def _icon_button(panel: GalleryPanel, name: str) -> IconButton:
    return next(button for button in panel.header.findChildren(IconButton) if button.accessibleName() == name)


def test_the_keyboard_alone_walks(qtbot: QtBot, filled: GalleryPanel, session: Session) -> None:
    grid = _grid(filled)
    grid.setFocus()
    results = filled.results("A")
    for _ in range(3):
        qtbot.keyClick(grid, Qt.Key.Key_Right)
    here = grid.currentIndex().row()
    assert here >= 2
    qtbot.keyClick(grid, Qt.Key.Key_Left)
    assert grid.currentIndex().row() == here - 1
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert session.selection.query == results[here - 1].row
    assert grid.hasFocus(), "and on"


def test_the_card_tells_the_verdict(filled: GalleryPanel, session: Session) -> None:
    found = session.results[NEIGHBOURS]["A"]
    card = filled.findChild(QueryCard)
    words = _texts(card)
    assert session.catalog.labels[session.selection.query] in words
    assert Path(session.catalog.paths[session.selection.query]).name in words
    assert [pill.accessibleName() for pill in card.findChildren(Pill) if pill.isVisible()] == [
        "right" if found.outcome.right_at_1 else "wrong"
    ]
    assert f"{found.outcome.average_precision:.2f}" in words


def test_the_missed_image_can_be_reached(qtbot: QtBot, filled: GalleryPanel, session: Session) -> None:
    session.selection.set_k(5)
    row = next(int(row) for row in session.catalog.rows("test") if _misses(session, int(row)))
    found = session.results[NEIGHBOURS]["A"]
    assert session.selection.query == row
    card = filled.findChild(QueryCard)
    _texts(card)
    link = next(part for part in card.findChildren(QPushButton) if "rank" in part.text() and part.isVisibleTo(card))
    assert f"{found.outcome.missed[0]}" in link.text()
    qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    assert session.selection.query == found.missed_row


def _misses(session: Session, row: int) -> bool:
    session.selection.set_query(row)
    return session.results[NEIGHBOURS]["A"].missed_row is not None


def test_the_card_does_not_grow_from_query_to_query(filled: GalleryPanel, session: Session) -> None:
    grid = filled.findChild(QueryCard).findChild(QGridLayout)
    before = grid.rowCount()
    for row in session.catalog.rows("test"):
        session.selection.set_query(int(row))
    assert grid.rowCount() <= before + 1


def test_two_checkpoints_stand_side_by_side(filled: GalleryPanel, session: Session, processes: FakeProcesses) -> None:
    session.choose_checkpoint("B", made_checkpoint("second"))
    assert _grid(filled, "B").isVisible() and filled.results("B") == []
    processes.finish_all()
    a, b = filled.results("A"), filled.results("B")
    assert all(result.moved is None and not result.new for result in a)
    ranks_in_a = {result.row: result.rank for result in a}
    assert {result.row for result in b if result.new} == {result.row for result in b} - set(ranks_in_a)
    moved = {result.row: result.moved for result in b if result.moved is not None}
    assert moved == {result.row: ranks_in_a[result.row] - result.rank for result in b if result.row in ranks_in_a}
    assert any(change for change in moved.values())
    kept = len(set(ranks_in_a) & {result.row for result in b})
    assert f"{kept} of 20" in _texts(filled.findChild(QueryCard))
    session.choose_checkpoint("B", None)
    assert not _grid(filled, "B").isVisible() and filled.results("A") == a


def test_what_fails_on_one_slot_stays_told_when_the_other_is_changed(
    filled: GalleryPanel, session: Session, processes: FakeProcesses
) -> None:
    row = int(session.catalog.rows("test")[0])
    processes.unreadable = (row,)
    for slot, name in (("A", "third"), ("B", "fourth")):
        session.choose_checkpoint(slot, made_checkpoint(name))
        processes.finish_all()
    session.selection.set_query(row)
    strip = filled.findChild(ProblemStrip)
    assert strip.isVisible() and any("has no embedding" in text for text in _texts(strip))
    session.choose_checkpoint("A", made_checkpoint("first"))
    assert strip.isVisible() and any("has no embedding" in text for text in _texts(strip)), "B still has none"
    session.choose_checkpoint("B", None)
    assert not strip.isVisible()


def test_two_checkpoints_have_room_on_a_small_screen(
    qtbot: QtBot, filled: GalleryPanel, session: Session, processes: FakeProcesses
) -> None:
    """The panel as it is in a window of 1100 x 700."""
    filled.resize(348, 370)
    assert "cosine similarity" in _texts(filled)
    session.choose_checkpoint("B", made_checkpoint("second"))
    processes.finish_all()
    grids = [_grid(filled, slot) for slot in ("A", "B")]

    def tops(grid: ResultGrid) -> list[int]:
        return [grid.visualRect(grid.model().index(place, 0)).top() for place in range(3)]

    qtbot.waitUntil(lambda: all(tops(grid)[0] == tops(grid)[1] < tops(grid)[2] for grid in grids))
    assert all(grid.width() < 170 for grid in grids)
    assert "cosine" in _texts(filled)


def test_an_order_that_means_nothing_is_said(
    filled: GalleryPanel, session: Session, processes: FakeProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    caution = "all shown are equally near, in the order of the data set"
    assert not any("⚠" in words for words in _texts(filled))
    monkeypatch.setattr(
        "tests.explorer.fake_processes.made_vectors", lambda catalog, _seed: np.ones((len(catalog), 4), np.float32)
    )
    session.choose_checkpoint("B", made_checkpoint("collapsed"))
    processes.finish_all()
    assert f"⚠ B {caution}" in _texts(filled)
    session.choose_checkpoint("A", made_checkpoint("collapsed too"))
    processes.finish_all()
    assert f"⚠ A and B {caution}" in _texts(filled)
    session.choose_checkpoint("B", None)
    assert f"⚠ {caution}" in _texts(filled)


def test_results_of_another_split_do_not_stay(filled: GalleryPanel, session: Session) -> None:
    assert filled.results("A")
    session.set_split("all")
    assert filled.results("A") == []
    assert filled.findChild(EmptyState).isVisible()


def test_space_previews_and_arrows_walk_there(
    qtbot: QtBot, filled: GalleryPanel, session: Session, processes: FakeProcesses
) -> None:
    session.choose_checkpoint("B", made_checkpoint("second"))
    processes.finish_all()
    query = session.selection.query
    for slot in ("A", "B"):
        grid, results, paths = _grid(filled, slot), filled.results(slot), session.catalog.paths
        grid.setFocus()
        grid.setCurrentIndex(grid.model().index(1, 0))
        qtbot.keyClick(grid, Qt.Key.Key_Space)
        preview = _preview(filled)
        assert preview.isVisible() and preview.hasFocus()
        assert preview.caption == f"{results[1].label}  ·  {paths[results[1].row]}"
        qtbot.keyClick(preview, Qt.Key.Key_Right)
        assert paths[results[2].row] in preview.caption, "the results of the side it was opened from"
        for _ in range(3):
            qtbot.keyClick(preview, Qt.Key.Key_Left)
        assert paths[results[-1].row] in preview.caption
        preview.grab()
        qtbot.keyClick(preview, Qt.Key.Key_Tab)
        assert preview.hasFocus(), "nothing behind it can be reached"
        qtbot.keyClick(preview, Qt.Key.Key_Escape)
        assert not preview.isVisible() and grid.hasFocus()
    assert session.selection.query == query, "looking is not asking"


def test_space_after_a_click_previews_what_was_clicked(qtbot: QtBot, filled: GalleryPanel, session: Session) -> None:
    clicked = filled.results("A")[2].row
    _grid(filled).setFocus()
    _click(qtbot, filled, 2)
    assert session.selection.query == clicked
    qtbot.keyClick(_grid(filled), Qt.Key.Key_Space)
    preview, paths = _preview(filled), session.catalog.paths
    assert preview.isVisible() and paths[clicked] in preview.caption
    qtbot.keyClick(preview, Qt.Key.Key_Right)
    looked_at = filled.results("A")[0].row
    assert paths[looked_at] in preview.caption
    qtbot.keyClick(preview, Qt.Key.Key_Escape)
    assert not preview.isVisible() and _grid(filled).hasFocus()
    qtbot.keyClick(_grid(filled), Qt.Key.Key_Return)
    assert session.selection.query == looked_at, "the one looked at last is in hand"


def test_the_preview_shows_what_the_network_saw_of_a_picture(
    qtbot: QtBot, filled: GalleryPanel, session: Session
) -> None:
    boxes = np.zeros((len(session.catalog), 4), np.int32)
    boxes[session.selection.query] = 2, 4, 8, 7
    with Image.open(session.catalog.path(session.selection.query)) as whole:
        size = whole.size
    for given, shown in ((boxes, (6, 3)), (None, size)):
        session.catalog = replace(session.catalog, boxes=given)
        qtbot.keyClick(filled.findChild(Picture), Qt.Key.Key_Space)
        assert _preview(filled)._image.size().toTuple() == shown
        qtbot.keyClick(_preview(filled), Qt.Key.Key_Escape)


def test_the_preview_covers_the_window_whatever_its_size(qtbot: QtBot, filled: GalleryPanel) -> None:
    qtbot.keyClick(filled.findChild(Picture), Qt.Key.Key_Space)
    preview = _preview(filled)
    filled.resize(600, 500)
    assert preview.size() == filled.size()
    qtbot.mouseClick(preview, Qt.MouseButton.LeftButton)
    assert not preview.isVisible()


def test_a_preview_of_a_missing_file_says_so(qtbot: QtBot, filled: GalleryPanel, session: Session) -> None:
    session.catalog.path(session.selection.query).unlink()
    qtbot.mouseClick(filled.findChild(Picture), Qt.MouseButton.LeftButton)
    assert "is not there" in _preview(filled).caption


class TestImageFiles:
    """Drop, paste, and a file that is no image."""

    @pytest.fixture
    def photo(self, tmp_path: Path) -> Path:
        Image.new("RGB", (40, 40), (200, 60, 50)).save(tmp_path / "photo.png")
        return tmp_path / "photo.png"

    def _answer(self, session: Session, processes: FakeProcesses) -> int:
        row = int(session.catalog.rows("test")[3])
        vector = made_vectors(session.catalog, str(session.checkpoint["A"].path))[row]
        number = processes.requests[-1]["id"]
        processes.serve("serve A", type="embedding", id=number, vector=vector.tolist())
        return row

    def test_a_dropped_file_is_searched(
        self, filled: GalleryPanel, session: Session, processes: FakeProcesses, photo: Path
    ) -> None:
        filled.query_by_file(photo)
        assert session.selection.query_image == photo
        assert filled.results("A") == [], "what another query found is no answer"
        row = self._answer(session, processes)
        results = filled.results("A")
        assert results[0].row == row and {result.right for result in results} == {None}
        assert "photo.png" in _texts(filled.findChild(QueryCard))

    def test_an_image_of_the_data_set_is_its_row(self, filled: GalleryPanel, session: Session) -> None:
        row = int(session.catalog.rows("test")[2])
        filled.query_by_file(session.catalog.path(row))
        assert session.selection.query == row

    def test_wrong_only_says_that_nothing_can_be_wrong(
        self, qtbot: QtBot, filled: GalleryPanel, session: Session, processes: FakeProcesses, photo: Path
    ) -> None:
        filled.query_by_file(photo)
        self._answer(session, processes)
        qtbot.mouseClick(_button(filled, "Wrong only"), Qt.MouseButton.LeftButton)
        assert "A query without a class has no wrong results." in _texts(filled)

    def test_a_file_that_is_no_image_is_told_in_the_panel(
        self, filled: GalleryPanel, session: Session, processes: FakeProcesses, tmp_path: Path
    ) -> None:
        page = tmp_path / "page.jpg"
        page.write_text("<html>not found</html>")
        filled.query_by_file(page)
        strip = filled.findChild(ProblemStrip)
        assert strip.isVisible() and "page.jpg" in strip.sentence
        assert filled.results("A") == []
        row = int(session.catalog.rows("test")[0])
        session.selection.set_query(row)
        assert not strip.isVisible() and filled.results("A")

    def test_a_copied_file_is_pasted(self, qtbot: QtBot, filled: GalleryPanel, session: Session, photo: Path) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(photo))])
        QGuiApplication.clipboard().setMimeData(data)
        filled.paste()
        assert session.selection.query_image == photo

    def test_a_copied_picture_is_pasted(self, qtbot: QtBot, filled: GalleryPanel, session: Session) -> None:
        picture = QImage(30, 20, QImage.Format.Format_RGB32)
        for colour in (0xFF0000, 0x00FF00):
            picture.fill(colour)
            QGuiApplication.clipboard().setImage(picture)
            filled.paste()
            assert session.problems.all == []
            assert session.selection.query_image is not None
            with Image.open(session.selection.query_image) as pasted:
                assert pasted.size == (30, 20)
                assert pasted.convert("RGB").getpixel((3, 3)) == ((colour >> 16) & 255, (colour >> 8) & 255, 0)
        assert "pasted image.png" in _texts(filled.findChild(QueryCard))
        assert filled.findChild(ProblemStrip).sentence == "Neighbours of the pasted image."
        session.selection.back()
        with Image.open(session.selection.query_image) as first:
            assert first.convert("RGB").getpixel((3, 3)) == (255, 0, 0), "an earlier one is still there"

    def test_text_is_no_query(self, qtbot: QtBot, filled: GalleryPanel, session: Session) -> None:
        QGuiApplication.clipboard().setText("a text")
        filled.paste()
        assert session.selection.query_image is None
        assert filled.findChild(ProblemStrip).sentence.startswith("Nothing to search: the clipboard holds no image")

    def test_the_path_of_an_image_is_pasted(
        self, qtbot: QtBot, filled: GalleryPanel, session: Session, photo: Path
    ) -> None:
        for text in (f'"{photo}"\n', photo.as_uri()):
            session.selection.set_query(None)
            QGuiApplication.clipboard().setText(text)
            filled.paste()
            assert session.selection.query_image == photo, text

    def test_back_leads_to_a_file_with_its_picture(
        self, filled: GalleryPanel, session: Session, processes: FakeProcesses, photo: Path
    ) -> None:
        before = session.selection.query
        filled.query_by_file(photo)
        row = self._answer(session, processes)
        session.selection.select([row], query=row)
        session.selection.back()
        assert (session.selection.query, session.selection.query_image) == (None, photo)
        assert "photo.png" in _texts(filled.findChild(QueryCard))
        session.selection.back()
        assert session.selection.query == before and session.selection.can_go_forward
        session.selection.forward()
        assert session.selection.query_image == photo

    def test_a_file_that_is_a_row_is_no_step_of_its_own(self, filled: GalleryPanel, session: Session) -> None:
        before, row = session.selection.query, int(session.catalog.rows("test")[2])
        filled.query_by_file(session.catalog.path(row))
        assert session.selection.query == row
        session.selection.back()
        assert session.selection.query == before


def test_pictures_arrive_in_the_grid(
    qtbot: QtBot, filled: GalleryPanel, session: Session, thumbnails: ThumbnailStore
) -> None:
    before = _grid(filled).grab().toImage()
    qtbot.waitUntil(lambda: not thumbnails.busy)
    assert _grid(filled).grab().toImage() != before
    assert all(thumbnails.get(result.row) is not None for result in filled.results("A")[:4])


def test_every_control_has_a_name(filled: GalleryPanel) -> None:
    for root in (filled, filled.header):
        for control in root.findChildren(QAbstractButton):
            assert control.isHidden() or control.accessibleName() or control.text()
        for button in root.findChildren(IconButton):
            assert button.toolTip()
    for part in (filled, filled.findChild(Picture), filled.findChild(QComboBox), *filled.findChildren(ResultGrid)):
        assert part.accessibleName()
    assert _icon_button(filled, "Previous query").toolTip() == "Previous query (Alt+Left)"


def test_results_are_selected_as_everywhere(qtbot: QtBot, filled: GalleryPanel, session: Session) -> None:
    grid, rows = _grid(filled, "A"), [result.row for result in filled.results("A")]
    query = session.selection.query
    session.selection.select([])

    def click(place: int, modifiers: Qt.KeyboardModifier) -> None:
        where = grid.visualRect(grid.model().index(place, 0)).center()
        qtbot.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, modifiers, where)

    click(1, Qt.KeyboardModifier.ControlModifier)
    click(3, Qt.KeyboardModifier.ControlModifier)
    assert session.selection.rows.tolist() == sorted([rows[1], rows[3]]) and session.selection.query == query
    assert grid.marks.is_selected(rows[3]) and not grid.marks.is_selected(rows[2])
    click(1, Qt.KeyboardModifier.ShiftModifier)
    assert session.selection.rows.tolist() == sorted(rows[1:4])
    qtbot.keyClick(grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert session.selection.rows.tolist() == sorted(rows) and session.selection.query == query
