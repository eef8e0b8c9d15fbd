"""What the user chose on the screen, kept for the next time.

Kept apart from the configuration file, which is the user's own: nothing writes into that.
"""

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from kconsole.core.errors import ConsoleError
from kconsole.operations.appearance import THEMES
from kconsole.operations.user_files import LARGEST, folder_of, read_small, reason_of

STATE_VARIABLE: Final = "KCONSOLE_STATE"
"""The environment variable that names another folder for what is kept."""

WIDEST: Final = 1000
"""Cells that a column may have."""


class ColumnPreference(NamedTuple):
    """How the user likes a column; the order of several is the order on the screen."""

    name: str
    width: int = 0
    """Cells; 0 for the column's own width."""
    shown: bool = True


class _Kept(NamedTuple):
    """What is in the file."""

    document: dict[str, Any]
    """All of it, with what a newer kconsole keeps there."""
    is_damaged: bool


class Preferences:
    """The user's choices, kept in a file; in memory only without a path.

    Reading bears anything: what is damaged is as if it were not there. A choice holds for this run even where it
    cannot be kept.

    Args:
        path: the file; None keeps nothing.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        document = self._read().document
        theme = _theme(document)
        self.theme: str = theme if theme in THEMES else ""  # a newer kconsole may have others
        """The theme that was chosen last; empty if none was."""
        self.columns: tuple[ColumnPreference, ...] = _columns(document) or ()
        """The columns in their order; empty for the usual ones."""
        self.filters: Mapping[str, str] = MappingProxyType(_filters(document) or {})
        """Saved filters by their names."""
        self._unkept: dict[str, str | None] = {}
        """What was done to filters in this run only."""

    def choose_theme(self, name: str) -> None:
        """Keep a theme.

        Raises:
            ConsoleError: it cannot be kept; it holds for this run.
        """
        self.theme = name
        self._keep({"theme": name})

    def keep_columns(self, columns: Iterable[ColumnPreference]) -> None:
        """Keep the columns and their order; none for the usual ones.

        Raises:
            ConsoleError: they cannot be kept; they hold for this run.
        """
        self.columns = tuple(column._replace(width=min(max(column.width, 0), WIDEST)) for column in columns)
        self._keep({"columns": [column._asdict() for column in self.columns]})

    def keep_filter(self, name: str, text: str) -> None:
        """Keep a filter under a name; one of that name is replaced.

        Raises:
            ConsoleError: it cannot be kept; it holds for this run.
        """
        self._change_filters({name: text})

    def forget_filter(self, name: str) -> None:
        """Keep a filter no longer.

        Raises:
            ConsoleError: it cannot be forgotten for good; it is for this run.
        """
        self._change_filters({name: None})

    def _change_filters(self, changes: Mapping[str, str | None]) -> None:
        """Change some, and leave those alone that another console saved meanwhile."""
        self._unkept |= changes
        saved = _filters(self._read().document)
        filters: dict[str, str | None] = {**(self.filters if saved is None else saved), **self._unkept}
        left = {name: text for name, text in filters.items() if text is not None}
        self.filters = MappingProxyType(left)
        self._keep({"filters": left})
        if self._path is not None:
            self._unkept.clear()

    def _read(self) -> _Kept:
        if self._path is None:
            return _Kept({}, False)
        try:
            content = read_small(self._path)
            document = json.loads(content) if content is not None else {}
        except (OSError, ValueError, RecursionError):
            return _Kept({}, True)
        if not isinstance(document, dict):
            return _Kept({}, True)
        readers = (_theme, _columns, _filters)
        return _Kept(document, any(reader(document) is None for reader in readers))

    def _keep(self, changes: Mapping[str, Any]) -> None:
        """Write the file anew with these changes, and all else as it is there now."""
        if self._path is None:
            return
        kept = self._read()
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if kept.is_damaged and self._path.exists():
                self._path.replace(self._path.with_suffix(".json.bak"))
            _write(self._path, json.dumps({**kept.document, **changes}, indent=1).encode())
        except (OSError, ValueError) as error:
            what = reason_of(error) if isinstance(error, OSError) else str(error)
            raise ConsoleError(
                f"Your choice cannot be kept in {self._path}: {what}.", "It holds until you leave the console."
            ) from error


def habits_path() -> Path:
    """Where the habits are kept."""
    from platformdirs import user_state_path

    return folder_of(STATE_VARIABLE, user_state_path("kconsole", appauthor=False)) / "habits.json"


def _write(path: Path, content: bytes) -> None:
    """Write a file so that whoever reads it finds the old one or the new one, whole."""
    if len(content) > LARGEST:
        raise OSError("it would be too large to be read again")
    descriptor, name = tempfile.mkstemp(prefix=".habits-", dir=path.parent)  # for this user only, whatever the umask
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _theme(document: Mapping[str, Any]) -> str | None:
    """The theme, empty for none; None if what is there is no such thing."""
    theme = document.get("theme", "")
    return theme if isinstance(theme, str) else None


def _columns(document: Mapping[str, Any]) -> tuple[ColumnPreference, ...] | None:
    """The columns; None if what is there is no such thing."""
    columns = document.get("columns", [])
    if not isinstance(columns, list):
        return None
    read = [column for entry in columns if (column := _column(entry)) is not None]
    return tuple(read) if len(read) == len(columns) else None


def _column(entry: object) -> ColumnPreference | None:
    match entry:
        case {"name": str(name), "width": int(width), "shown": bool(shown)}:
            return (
                ColumnPreference(name, width, shown) if 0 <= width <= WIDEST and not isinstance(width, bool) else None
            )
    return None


def _filters(document: Mapping[str, Any]) -> dict[str, str] | None:
    """The saved filters; None if what is there is no such thing."""
    filters = document.get("filters", {})
    if not isinstance(filters, dict):
        return None
    return dict(filters) if all(isinstance(text, str) for text in filters.values()) else None
