"""Reads values from an answer: a missing one has a default, an unknown one is ignored, a wrong type is an error.

A value of the wrong type is never guessed: an account shown without a seat because `isEnabled` could not be read
would be worse than no answer. All methods raise `StrangeAnswer` for a wrong type.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from kconsole.providers.kerio.assumptions import UNITS
from kconsole.providers.kerio.errors import StrangeAnswer

LONGEST_NAME: Final = 1024
"""Characters that a text may have: longer ids and logins are errors, longer descriptions are cut."""

_WHOLE: Final = re.compile(r"-?\d{1,18}", re.ASCII)
_T = TypeVar("_T")


class Row:
    """A JSON object."""

    __slots__ = ("values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def __bool__(self) -> bool:
        return bool(self.values)

    def text(self, key: str) -> str:
        """A text, cut to `LONGEST_NAME`; empty if it is missing."""
        value = self.values.get(key)
        if type(value) is str:
            return value[:LONGEST_NAME]
        return _missing(value, key, "text", "")

    def name(self, key: str) -> str:
        """A text that must be present, like an id or a login."""
        value = self.values.get(key)
        if type(value) is str and 0 < len(value) <= LONGEST_NAME:
            return value
        raise StrangeAnswer("strange-name", field=key)

    def flag(self, key: str, missing: bool | None) -> bool:
        """A boolean, as JSON or old servers write it; with `missing` None it must be present."""
        value = self.values.get(key)
        if value is None and missing is None:
            raise StrangeAnswer("strange-name", field=key)
        if value is True or value is False:
            return value
        if value in (0, 1):
            return bool(value)
        if value in ("true", "false", "0", "1"):
            return value in ("true", "1")
        return _missing(value, key, "yes-or-no", bool(missing))

    def number(self, key: str) -> int | None:
        """A whole number, also written as text; None if it is missing or empty."""
        value = self.values.get(key)
        if type(value) is int:
            return value
        if type(value) is float and value.is_integer() and abs(value) < 2**63:
            return int(value)
        if type(value) is str and _WHOLE.fullmatch(value):
            return int(value)
        return _missing(None if value == "" else value, key, "number", None)

    def choice(self, key: str, known: Mapping[str | int, _T], unknown: _T) -> _T:
        """One of several known values, by name or number; `unknown` for any other, which a newer server may have."""
        value = self.values.get(key)
        if type(value) is str or type(value) is int:
            return known.get(value, unknown)
        return _missing(value, key, "kind", unknown)

    def part(self, key: str) -> "Row":
        """An object inside an object; an empty one if it is missing."""
        value = self.values.get(key)
        return Row(value if type(value) is dict else _missing(value, key, "object", {}))

    def rows(self, key: str) -> "list[Row]":
        """A list of objects; an empty one if it is missing."""
        return [Row(item) for item in self._list(key, dict, "objects")]

    def listed_rows(self) -> "list[Row]":
        """The rows that a call lists. An empty list must be explicit, because unlisted accounts count as gone."""
        if self.values.get("list") is None and self.number("totalItems") != 0:
            raise StrangeAnswer("strange-no-list")
        return self.rows("list")

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; an empty one if it is missing."""
        return tuple(item[:LONGEST_NAME] for item in self._list(key, str, "texts"))

    def moment(self, key: str) -> datetime | None:
        """A moment in seconds since 1970; None if it is 0 or missing. Raises OverflowError for an impossible date."""
        seconds = self.number(key)
        if not seconds:
            return None
        if seconds < 0:
            raise OverflowError
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OSError):
            raise OverflowError from None

    def size(self, key: str) -> int | None:
        """A size in bytes; None if it is missing, or in unknown units."""
        given = self.part(key)
        amount, unit = given.number("value"), given.choice("units", UNITS, 0)
        return amount * unit if amount is not None and amount >= 0 and unit else None

    def _list(self, key: str, kind: type[_T], expected: str) -> list[_T]:
        value = self.values.get(key)
        if type(value) is list and all(type(item) is kind for item in value):
            return value
        return _missing(value, key, expected, [])


Reader = Callable[[Row], _T]
"""Makes a record of a row."""


def _missing(value: object, key: str, expected: str, default: _T) -> _T:
    """The default of a value that is missing; one of the wrong type is an error."""
    if value is None:
        return default
    raise StrangeAnswer("strange-field", field=key, expected=expected)
