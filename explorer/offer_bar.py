"""The bar that offers models where there is none: over the grid, and over the empty map."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QFont, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QMenu, QToolButton, QWidget

from core.messages import Message
from core.models.backbone_table import FEATURES_NAME
from explorer.appearance import theme
from explorer.appearance.layouts import in_column, in_row
from explorer.appearance.plain import Label
from explorer.appearance.widgets import IconButton, button, quiet_label
from explorer.file_dialogs import ask_for_file
from explorer.model_offers import Key, ModelOffer, is_taken, model_offers, under_way
from explorer.offer_button import OfferButton
from explorer.results.embeddings import EMBEDDINGS
from explorer.session import Session
from explorer.state.subject import FEATURES, Subject

HIGH, LOW = 72, 48
MARGINS, SPACING = (16, 8, 12, 8), 8


class OfferBar(QFrame):
    """Gone as soon as A has embeddings, or when it is put away; a button that is pressed shows how far it is.

    `others` are further ways to a model, for its menu. `is_filled`: the first choice is the one filled button of the
    window. `see_map` leads to what a model that was taken here made, where that stands elsewhere.

    Attributes:
        buttons: by the key of their offers.
        more: the button of the menu.
        map_button: leads to the map once it is there.
    """

    def __init__(
        self,
        session: Session,
        others: Sequence[QAction] = (),
        is_filled: bool = True,
        see_map: QAction | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("offerBar")
        self._session, self._is_filled = session, is_filled
        self._offers: dict[Key, ModelOffer] = {}
        # Of these data: whether there was something to offer, whether it is being made, and whether nobody wants it.
        self._has_offered = self._is_made = self._is_put_away = False
        self._see_map, self._is_taken = see_map, False
        self._title = Label()
        self._title.setFont(theme.text_font(13, QFont.Weight.DemiBold))
        self._below = quiet_label()
        self._words = QWidget()
        in_column(1, self._title, self._below, 1, on=self._words, spacing=2)
        self.buttons: dict[Key, OfferButton] = {
            "quick-look": OfferButton("bolt"),
            "features": OfferButton("network"),
            "run": OfferButton("curve"),
        }
        self.buttons["quick-look"].setObjectName("quickLook")
        self.more = IconButton("more", Message("other-ways"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(self._menu(others))
        self.map_button = button(Message("see-the-map"), "primary")
        self.map_button.clicked.connect(self._on_map_wanted)
        parts = (*self.buttons.values(), self.map_button, self.more)
        in_row(self._words, 1, *parts, on=self, margins=MARGINS, spacing=SPACING)
        for key, offered in self.buttons.items():
            offered.clicked.connect(partial(self._on_taken, key))
        session.catalog_changed.connect(self._on_catalog_changed)
        for changed in (session.split_changed, session.device_changed, session.library.changed, session.runs.changed):
            changed.connect(self._list)
        session.checkpoint.changed.connect(self._show)
        session.results[EMBEDDINGS].changed.connect(self._show)
        session.tasks.changed.connect(self._show)
        session.problems.changed.connect(self._list)
        self._list()

    def _menu(self, others: Sequence[QAction]) -> QMenu:
        menu = QMenu(self)
        menu.addAction(Message("features-of-a-file"), self.choose_weights)
        menu.addActions(list(others))
        menu.addSeparator()
        menu.addAction(Message("hide-offers"), self._put_away)
        return menu

    # What the user does

    def _on_taken(self, key: Key) -> None:
        session, offer = self._session, self._offers[key]
        if self.buttons[key].is_busy:
            return
        self._is_taken = True
        if offer.model is not None:
            session.use(session.reference, offer.model)
        elif session.problems.get(FEATURES) is not None:
            self.choose_weights()
        else:
            session.use_features()

    def choose_weights(self) -> None:
        """Ask for a file of weights, and use what the backbone sees with it."""
        title = Message("choose-weights", backbone=FEATURES_NAME)
        if name := ask_for_file(self._session, self, title, Message("weights-files")):
            self._session.use_features(name)

    def _on_map_wanted(self) -> None:
        self._is_taken = False
        self._go()
        if self._see_map is not None:
            self._see_map.trigger()

    def _put_away(self) -> None:
        self._is_put_away = True
        self._show()

    # Showing

    def _on_catalog_changed(self) -> None:
        self._has_offered = self._is_made = self._is_put_away = self._is_taken = False
        self._list()

    def _list(self) -> None:
        self._offers = {offer.key: offer for offer in model_offers(self._session)}
        self._below.setText(Message("no-model-yet", count=len(self._offers) - ("run" in self._offers)))
        self._show()

    def _show(self) -> None:
        session, reference = self._session, self._session.reference
        if session.results[EMBEDDINGS][reference] is not None:
            self._lead_on()
            return
        self._title.setText(Message("see-what-retrieves-what"))
        self.map_button.hide()
        self.more.show()
        has_failed = session.problems.get(Subject(EMBEDDINGS.name, reference)) is not None
        # What is on its way, a model of the last time say, needs no offer.
        is_on_its_way = any(task.subject.slot == reference for task in session.tasks.all)
        is_free = (session.checkpoint[reference] is None or has_failed) and not is_on_its_way
        going_on = {key: under_way(session, offer) for key, offer in self._offers.items()}
        # What was made for an offer is read before it is A.
        is_made = any(task.subject == FEATURES for task in session.tasks.all)
        self._is_made = is_made or (self._is_made and session.checkpoint[reference] is None)
        is_pressed = self._is_made or any(is_taken(session, offer) for offer in self._offers.values())
        is_shown = is_free or (self._has_offered and is_pressed)
        self._has_offered |= is_free and bool(self._offers)
        if not (is_shown and self._offers) or self._is_put_away:
            self._go()
            return
        self.show()
        features = "features" if session.problems.get(FEATURES) is None else "quick-look"
        first = "run" if "run" in self._offers else features
        is_busy = any(going_on.values())
        for key, offered in self.buttons.items():
            offered.setVisible(key in self._offers)
            if key in self._offers:
                is_primary = self._is_filled and key == first and not is_busy
                offered.offer(self._offers[key], "primary" if is_primary else "normal")
                offered.show_progress(going_on[key])
        self._fit()

    def _lead_on(self) -> None:
        """A has embeddings: where they came from a button here and the map stands elsewhere, lead there."""
        if self._see_map is None or not self._is_taken or self._is_put_away:
            self._go()
            return
        focused = self.focusWidget()
        has_focus = focused is not None and focused.hasFocus()
        self._title.setText(
            Message("map-and-neighbours-are-there", name=self._session.model_name(self._session.reference))
        )
        self._below.setText("")
        self.map_button.show()
        if has_focus:
            self.map_button.setFocus()
        for part in (*self.buttons.values(), self.more):
            part.hide()
        self.show()
        self._fit()

    def _go(self) -> None:
        """Hide, and leave the focus to the panel; Qt would give it to what comes next for the Tab key."""
        focused, heir = self.focusWidget(), self.parentWidget()
        has_focus = focused is not None and focused.hasFocus()
        self.hide()
        while heir is not None and heir.focusProxy() is None and heir.focusPolicy() == Qt.FocusPolicy.NoFocus:
            heir = heir.parentWidget()
        if has_focus and heir is not None:
            heir.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self.map_button.isVisibleTo(self):
            # One went there by another way.
            self._is_taken = False
            self.hide()

    def _fit(self) -> None:
        """Where there is little room, the words at the left go first and then the second lines."""
        shown = [offered for offered in self.buttons.values() if offered.isVisibleTo(self)]
        last = self.map_button.sizeHint().width() if self.map_button.isVisibleTo(self) else self.more.width()
        fixed = last + SPACING * (len(shown) + 2) + sum(MARGINS[::2])

        def need(is_low: bool, has_words: bool) -> int:
            buttons = sum(offered.width_wanted(is_low) for offered in shown)
            return fixed + buttons + (self._words.sizeHint().width() if has_words else 0)

        looks = ((False, True), (False, False), (True, True), (True, False))
        is_low, has_words = next((look for look in looks if need(*look) <= self.width()), looks[-1])
        for offered in self.buttons.values():
            offered.set_low(is_low)
        self._below.setVisible(not is_low and bool(shown))
        self._words.setVisible(has_words)
        self.setFixedHeight(LOW if is_low or not shown else HIGH)
