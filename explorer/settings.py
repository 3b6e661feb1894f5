"""What the window remembers between starts: layout, theme, measures, what was open; in the system's settings folder."""

from __future__ import annotations

import json
from pathlib import Path

import platformdirs
from PySide6.QtCore import QByteArray, QSettings

from core.data.source import DataSource
from core.errors import CoreError
from core.messages import Message
from core.paths import APPLICATION
from explorer.appearance.theme import ThemeName

FORMAT = 1
LAYOUT_VERSION = 1
THEME_NAMES: tuple[ThemeName, ...] = ("dark", "light", "system")


class Settings:
    """Typed access to the settings file."""

    def __init__(self, path: Path | None = None) -> None:
        path = path or platformdirs.user_config_path(APPLICATION, appauthor=False) / "window.ini"
        self._store = QSettings(str(path), QSettings.Format.IniFormat)
        self._path = path
        version = str(self._store.value("format", FORMAT))
        self._newer = version.isdecimal() and int(version) > FORMAT

    @property
    def sentence(self) -> str:
        """Why nothing is written, "" where it is: settings of a newer version are read as far as they are known."""
        return Message("settings-of-newer-version", path=self._path) if self._newer else ""

    @property
    def theme(self) -> ThemeName:
        """dark, light or system."""
        named = str(self._store.value("theme", "system"))
        return next((name for name in THEME_NAMES if name == named), "system")

    @theme.setter
    def theme(self, name: ThemeName) -> None:
        self._set("theme", name)

    @property
    def folder(self) -> str:
        """Where something was last chosen in a file dialog; "" when nothing was."""
        return str(self._store.value("folder", ""))

    @folder.setter
    def folder(self, path: str) -> None:
        self._set("folder", path)

    def geometry(self) -> QByteArray | None:
        """Size and place of the last window, or None."""
        return self._bytes("geometry")

    def save_geometry(self, geometry: QByteArray) -> None:
        """Keep size and place."""
        self._set("geometry", geometry)

    @property
    def view(self) -> str:
        """The view shown last; "" when there was none."""
        return str(self._store.value("view", ""))

    @view.setter
    def view(self, name: str) -> None:
        self._set("view", name)

    @property
    def hints_seen(self) -> bool:
        """Whether the hints of a first start were shown, or the window was open before there were any."""
        return bool(self._store.value("hints", "")) or self.geometry() is not None

    @hints_seen.setter
    def hints_seen(self, seen: bool) -> None:
        self._set("hints", "seen" if seen else "")

    def arrangement(self, view: str) -> QByteArray | None:
        """Where the panels of a view were when it was left, or None."""
        return self._bytes(self._arrangement_key(view))

    def save_arrangement(self, view: str, state: QByteArray) -> None:
        """Keep where the panels of a view are."""
        self._set(self._arrangement_key(view), state)

    def measures(self) -> tuple[list[str], bool] | None:
        """The overall figures chosen last, and whether over classes (macro); None when nobody chose."""
        names = str(self._store.value("measures", ""))
        return (names.split("|"), str(self._store.value("macro", "")) == "yes") if names else None

    def save_measures(self, names: list[str], macro: bool) -> None:
        """Keep the chosen figures."""
        self._set("measures", "|".join(names))
        self._set("macro", "yes" if macro else "no")

    @property
    def side_of_images(self) -> int | None:
        """How large the pictures of the grid were shown last, in pixels; None when nobody chose."""
        side = str(self._store.value("square", ""))
        return int(side) if side.isdecimal() else None

    @side_of_images.setter
    def side_of_images(self, side: int) -> None:
        self._set("square", side)

    def last_open(self, workspace: Path) -> tuple[DataSource, list[Path]] | None:
        """The data set and the checkpoints (A, then B) that were open in this workspace."""
        try:
            values = json.loads(str(self._store.value(self._key(workspace), "")))
            return DataSource.from_dict(values["data"]), [Path(path) for path in values["checkpoints"]]
        except (CoreError, AttributeError, KeyError, TypeError, ValueError):
            # Nothing yet, or damaged: both mean a first start.
            return None

    def save_open(self, workspace: Path, source: DataSource, checkpoints: list[Path]) -> None:
        """Keep what is open."""
        values = {"data": source.as_dict(), "checkpoints": [str(path) for path in checkpoints]}
        self._set(self._key(workspace), json.dumps(values))

    def sync(self) -> None:
        """Write now."""
        self._set("format", FORMAT)
        self._store.sync()

    def _set(self, key: str, value: object) -> None:
        if not self._newer:
            self._store.setValue(key, value)

    def _bytes(self, key: str) -> QByteArray | None:
        value = self._store.value(key)
        return value if isinstance(value, QByteArray) else None

    @staticmethod
    def _arrangement_key(view: str) -> str:
        # Before there were views, the window had the one arrangement.
        return f"layout{LAYOUT_VERSION}" if view == "explore" else f"arrangement{LAYOUT_VERSION}/{view}"

    @staticmethod
    def _key(workspace: Path) -> str:
        return f"open/{str(workspace).replace('/', '|')}"
