"""What the user chose on the screen, kept for the next time.

Not in the configuration file: that is the user's own, and kconsole never writes it.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, NamedTuple

from msgspec import Meta, Struct, ValidationError, convert, to_builtins
from msgspec.structs import replace

from kconsole.core.errors import ConsoleError, FileRefused, reason_of
from kconsole.operations.appearance import THEMES
from kconsole.operations.files import LARGEST_OWN, path_of, read_small
from kconsole.operations.system import user_folder
from kconsole.store.file_engine.files import make_folder, write_whole

STATE_VARIABLE: Final = "KCONSOLE_STATE"
"""The environment variable that names another folder for the preferences."""

WIDEST: Final = 1000  # cells of a column


class ColumnPreference(Struct, frozen=True):
    """The user's choice for a column. The order of several is the order on the screen."""

    name: str
    width: Annotated[int, Meta(ge=0, le=WIDEST)] = 0
    """Cells; 0 for the column's own width."""
    shown: bool = True


_FIELDS: Final[Mapping[str, Any]] = {"theme": str, "columns": tuple[ColumnPreference, ...], "filters": dict[str, str]}


class _File(NamedTuple):
    document: dict[str, Any]
    """All of it, with fields of a newer kconsole."""
    valid: dict[str, Any]
    """The known fields, if they have the right type."""
    is_damaged: bool


class Preferences:
    """The user's choices, kept in a file.

    A damaged field is read as if it were absent. A choice is used in this run even if it cannot be saved; what saves it
    raises a ConsoleError then.

    Args:
        path: the file; None saves nothing.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        kept = self._read().valid
        theme = kept.get("theme", "")
        self.theme: str = theme if theme in THEMES else ""  # a newer kconsole may have others
        """The theme that was chosen last; empty if none was."""
        self.columns: tuple[ColumnPreference, ...] = kept.get("columns", ())
        """The columns in their order; empty for the default ones."""
        self.filters: Mapping[str, str] = MappingProxyType(kept.get("filters", {}))
        """Saved filters by their names."""
        self._unsaved: dict[str, str | None] = {}
        """Changes of filters in this run that are not in the file; None for a removed filter."""

    def choose_theme(self, name: str) -> None:
        """Save a theme."""
        self.theme = name
        self._save({"theme": name})

    def keep_columns(self, columns: Iterable[ColumnPreference]) -> None:
        """Save the columns and their order; none for the default ones."""
        self.columns = tuple(replace(column, width=min(max(column.width, 0), WIDEST)) for column in columns)
        self._save({"columns": to_builtins(self.columns)})

    def keep_filter(self, name: str, text: str) -> None:
        """Save a filter under a name, in place of another one of that name."""
        self._change_filters({name: text})

    def forget_filter(self, name: str) -> None:
        """Remove a saved filter."""
        self._change_filters({name: None})

    def _change_filters(self, changes: Mapping[str, str | None]) -> None:
        """Change some filters, and keep those that another console saved meanwhile."""
        self._unsaved |= changes
        filters = {**self._read().valid.get("filters", self.filters), **self._unsaved}
        kept = {name: text for name, text in filters.items() if text is not None}
        self.filters = MappingProxyType(kept)
        self._save({"filters": kept})
        if self._path is not None:
            self._unsaved.clear()

    def _read(self) -> _File:
        try:
            content = None if self._path is None else read_small(self._path)
            document = json.loads(content) if content is not None else {}
        except (OSError, ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            return _File({}, {}, True)
        valid = {}
        for name in document.keys() & _FIELDS:
            with suppress(ValidationError):
                valid[name] = convert(document[name], _FIELDS[name])
        return _File(document, valid, len(valid) < len(document.keys() & _FIELDS))

    def _save(self, changes: Mapping[str, Any]) -> None:
        """Write the file with these changes, and everything else that is in it now. A damaged file is set aside."""
        if self._path is None:
            return
        kept = self._read()
        try:
            make_folder(self._path.parent)
            if kept.is_damaged and self._path.exists():
                self._path.replace(self._path.with_suffix(".json.bak"))
            content = json.dumps({**kept.document, **changes}, indent=1).encode()
            if len(content) > LARGEST_OWN:
                raise FileRefused("too-large-to-read")
            write_whole(self._path, content, is_shared=False)
        except (OSError, ValueError) as error:
            file, reason = str(self._path), reason_of(error)
            raise ConsoleError("preference-unsaved", "until-you-leave", file=file, reason=reason) from error


def preferences_path(operator: str = "") -> Path | None:
    """The place of the file; None for a user without a home.

    Operators who share a system user have a file each: saved filters may name what others must not see.
    """
    folder = path_of(STATE_VARIABLE, user_folder("state"))
    return None if folder is None else folder / (f"habits-{operator}.json" if operator else "habits.json")
