"""SearchQuery: which rows, in which order, which members of them, and how many."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tests.kerio_server.errors import invalid

Row = dict[str, Any]

QUICK: Final = "QUICKSEARCH"
_COMPARATORS: Final = ("Eq", "NotEq", "LessThan", "GreaterThan", "LessEq", "GreaterEq", "Like")
_DIRECTIONS: Final = ("Asc", "Desc")
_COMBINING: Final = ("Or", "And")  # in this order, which is that of their numbers
_ALL: Final = ("ADD_USERS", "LIST_USERS")
"""Names of constants that stand for all members."""
_UNLIMITED: Final = 4294967295
"""What -1 becomes on its way through an unsigned number."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was understood."""

    fields: tuple[str, ...]
    conditions: tuple[tuple[str, str, str], ...]
    either: bool
    start: int
    limit: int
    order: tuple[tuple[str, bool, bool], ...]

    @property
    def selection(self) -> tuple[Any, ...]:
        """What decides of rows and order, but not which part of them is returned."""
        return self.conditions, self.either, self.order


@dataclass(frozen=True, slots=True)
class Columns:
    """What may be asked of a kind of record."""

    names: frozenset[str]
    quick: tuple[str, ...] = ()
    """Members that QUICKSEARCH looks into; none if it is not there."""
    not_in_conditions: frozenset[str] = frozenset()
    not_in_or: frozenset[str] = frozenset()
    not_in_order: frozenset[str] = frozenset()


def understand(given: Any, columns: Columns, default_limit: int, *, strict: bool = False) -> Query:
    """Read a query.

    Raises:
        ApiError: -32602, if it has a wrong type, an unknown word or an unknown member.
    """
    if not isinstance(given, Mapping):
        raise invalid("query")
    fields = _list(given, "fields")
    conditions = tuple(_condition(item, columns) for item in _list(given, "conditions"))
    either = (
        _word(given.get("combining", "And") if given.get("combining") != "" else "And", _COMBINING, "combining") == "Or"
    )
    if either and len(conditions) > 1 and any(name in columns.not_in_or for name, _, _ in conditions):
        raise invalid("combining")
    if any(name in _ALL for name in fields):
        fields = []
    if strict and not columns.names.issuperset(fields):
        raise invalid("fields")
    start, limit = _number(given, "start", 0), _number(given, "limit", default_limit)
    return Query(
        tuple(fields),
        conditions,
        either,
        start,
        -1 if limit == _UNLIMITED else limit,
        tuple(_order(item, columns) for item in _list(given, "orderBy")),
    )


def select(rows: Sequence[Row], query: Query, columns: Columns) -> list[Row]:
    """All rows that fit, in order."""
    found = list(rows)
    if query.conditions:
        tests = [_test(*condition, columns.quick) for condition in query.conditions]
        fits: Callable[[list[bool]], bool] = any if query.either else all
        found = [row for row in found if fits([test(row) for test in tests])]
    for name, descending, exact in reversed(query.order):
        found.sort(key=_key(name, exact), reverse=descending)
    return found


def part(found: Sequence[Row], query: Query, most: int | None = None) -> list[Row]:
    """The rows that were asked for, with the members that were asked for."""
    limit = len(found) if query.limit < 0 else query.limit
    rows = found[query.start : query.start + (limit if most is None else min(limit, most))]
    if not query.fields:
        return list(rows)
    return [{name: row[name] for name in query.fields if name in row} for row in rows]


def _test(name: str, comparator: str, value: str, quick: tuple[str, ...]) -> Callable[[Row], bool]:
    if name == QUICK:
        tests = [_test(each, comparator, value, ()) for each in quick]
        if comparator == "NotEq":
            return lambda row: all(test(row) for test in tests)
        return lambda row: any(test(row) for test in tests)
    if comparator == "Like":
        pattern = _pattern(value)
        return lambda row: bool(pattern.search(_text(row.get(name))))
    compare = _COMPARE[comparator]

    def holds(row: Row) -> bool:
        has = row.get(name)
        if isinstance(has, int) and not isinstance(has, bool) and re.fullmatch(r"-?\d+", value):
            return compare(has, int(value))
        return compare(_text(has).casefold(), value.casefold())

    return holds


_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "Eq": lambda a, b: bool(a == b),
    "NotEq": lambda a, b: bool(a != b),
    "LessThan": lambda a, b: bool(a < b),
    "GreaterThan": lambda a, b: bool(a > b),
    "LessEq": lambda a, b: bool(a <= b),
    "GreaterEq": lambda a, b: bool(a >= b),
}


def _pattern(value: str) -> re.Pattern[str]:
    """`x` is anywhere in the text; with a wildcard, `%` or the `*` that documents write, the whole text has to fit."""
    parts = [re.escape(each) for each in re.split(r"[%*]+", value)]
    expression = parts[0] if len(parts) == 1 else rf"\A{'.*'.join(parts)}\Z"
    return re.compile(expression, re.IGNORECASE | re.DOTALL)


def _key(name: str, exact: bool) -> Callable[[Row], Any]:
    def key(row: Row) -> Any:
        value = row.get(name)
        if name == "lastLoginInfo":
            return value.get("dateTime") or 0 if isinstance(value, dict) else 0
        if isinstance(value, int):
            return value
        return _text(value) if exact else _text(value).casefold()

    return key


def _text(value: Any) -> str:
    """What a condition compares: enums by their words, last logins by their moment, sizes by their value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return str(value.get("dateTime", value.get("value", value.get("name", ""))))
    if isinstance(value, list):
        return ",".join(str(each) for each in value)
    return "" if value is None else str(value)


def _condition(item: Any, columns: Columns) -> tuple[str, str, str]:
    if not isinstance(item, Mapping):
        raise invalid("conditions")
    name, value = item.get("fieldName"), item.get("value")
    if not isinstance(name, str) or not isinstance(value, str):
        raise invalid("conditions")
    known = name in columns.names and name not in columns.not_in_conditions
    if not known and not (name == QUICK and columns.quick):
        raise invalid(f"conditions: {name}")
    return name, _word(item.get("comparator"), _COMPARATORS, "comparator"), value


def _order(item: Any, columns: Columns) -> tuple[str, bool, bool]:
    if not isinstance(item, Mapping):
        raise invalid("orderBy")
    name, exact = item.get("columnName"), item.get("caseSensitive", False)
    if not isinstance(exact, bool) or name not in columns.names or name in columns.not_in_order:
        raise invalid(f"orderBy: {name}")
    return str(name), _word(item.get("direction", "Asc"), _DIRECTIONS, "direction") == "Desc", exact


def _word(given: Any, words: tuple[str, ...], what: str) -> str:
    """An enum: its word, or its place among the words, as old clients send it."""
    if isinstance(given, str) and given in words:
        return given
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < len(words):
        return words[given]
    raise invalid(f"{what}: {given}")


def _list(given: Mapping[str, Any], name: str) -> list[Any]:
    value = given.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid(name)
    return value


def _number(given: Mapping[str, Any], name: str, default: int) -> int:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < (-1 if name == "limit" else 0):
        raise invalid(name)
    return value
