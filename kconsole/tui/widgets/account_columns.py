"""The columns of the table of accounts: which there are, which the user chose, and which have room."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from kconsole.core.records import Entry
from kconsole.licensing.policy import listed_classification
from kconsole.operations.search.index import SortField
from kconsole.text import words
from kconsole.text.details import last_login_word
from kconsole.text.safe_text import safe_text

if TYPE_CHECKING:
    from kconsole.operations.preferences import ColumnPreference

SIGNS_WIDTH: Final = 3
"""Cells before the first column: cursor, mark, refused at login."""

NARROWEST: Final = 4
WIDEST: Final = 200
"""The least and the most cells that a column can be given."""

ADDRESS: Final = "address"
"""The column that is always shown: without it nobody knows whom a row is about."""

NOTHING: Final = "–"


class Column(NamedTuple):
    """One column of the table."""

    name: str
    title: str
    width: int
    """Cells; for one that stretches, the least."""
    share: int
    """Its share of the cells that are left over; 0 if it does not stretch."""
    needs: int
    """The width of the table from which on it is shown, if the user did not choose."""
    text: Callable[[Entry, datetime], str]
    sort: SortField | None = None
    """The order that it shows; None if there is none by it."""
    by_default: bool = True
    """Whether it is shown if the user did not choose."""


class Choice(NamedTuple):
    """A column as the user wants it."""

    column: Column
    width: int = 0
    """Cells; 0 for the column's own width."""
    shown: bool = True


def _of_account(text: Callable[[Entry], str]) -> Callable[[Entry, datetime], str]:
    """What only a user account has."""
    return lambda entry, _: text(entry) if entry.is_account else NOTHING


def _seat(entry: Entry, _: datetime) -> str:
    if entry.deleted_at is not None:
        return "held"
    return "1" if listed_classification(entry).seat else NOTHING


def _protocol(entry: Entry, _: datetime) -> str:
    return safe_text(entry.last_login.protocol) if entry.last_login else NOTHING


COLUMNS: Final = (
    Column(ADDRESS, "Account", 16, 5, 0, lambda entry, _: safe_text(entry.address), "address"),
    Column("name", "Name", 8, 2, 56, lambda entry, _: safe_text(entry.full_name), "name"),
    Column("seat", "Seat", 6, 0, 0, _seat, "seat"),
    Column("because", "Because", 12, 0, 84, lambda entry, _: listed_classification(entry).because, "because"),
    Column("last-login", "Last login", 14, 0, 0, last_login_word, "last-login"),
    Column("protocol", "Via", 7, 0, 84, _protocol, "protocol"),
    Column("domain", "Domain", 12, 2, 0, lambda entry, _: safe_text(entry.domain), "domain", by_default=False),
    Column("kind", "Kind", 12, 0, 0, lambda entry, _: words.kind_word(entry), "kind", by_default=False),
    Column("role", "Role", 13, 0, 0, _of_account(words.role_word), "role", by_default=False),
    Column("origin", "Origin", 12, 0, 0, _of_account(words.origin_word), "origin", by_default=False),
    Column("description", "Description", 12, 3, 0, lambda entry, _: safe_text(entry.description), by_default=False),
)
"""The columns, in their order if the user did not choose another."""

GOES_FIRST: Final = (
    "protocol", "because", "origin", "role", "kind", "domain", "description", "name", "last-login", "seat",
)  # fmt: skip
"""Which of the columns that the user chose go where there is no room for all, the first one first.

What is shown without being asked for goes before what somebody took the trouble to choose.
"""

ASKED_FIRST: Final = ("name", "last-login", "seat")
"""What is asked first about an account; before any other column is shown, the address has room to be read."""

COMFORTABLE: Final = 28
"""Cells that most addresses fit in."""

DEFAULT: Final = tuple(Choice(column, shown=column.by_default) for column in COLUMNS)
"""What is shown if the user did not choose."""


def choices_of(preferences: "Iterable[ColumnPreference]") -> tuple[Choice, ...]:
    """The columns as the user chose them; those he never saw (of a newer version) come last, and are not shown.

    What cannot be so is put right: a column that does not exist or is there twice, a width beyond reason, no address.
    """
    known = {column.name: column for column in COLUMNS}
    choices = [
        Choice(column, _within(habit.width), habit.shown or habit.name == ADDRESS)
        for habit in preferences
        if (column := known.pop(habit.name, None)) is not None
    ]
    if not choices:
        return DEFAULT
    return (*choices, *(Choice(column, shown=column.name == ADDRESS) for column in known.values()))


def habits_of(choices: Iterable[Choice]) -> "tuple[ColumnPreference, ...]":
    """The same as it is kept; nothing for what is the default anyway."""
    from kconsole.operations.preferences import ColumnPreference

    choices = tuple(choices)
    return () if choices == DEFAULT else tuple(ColumnPreference(c.column.name, c.width, c.shown) for c in choices)


def laid_out(choices: Sequence[Choice], width: int) -> list[tuple[Column, int]]:
    """The columns that are shown in a table so wide, with their cells; each is followed by one blank."""
    room = width - SIGNS_WIDTH
    chosen = tuple(choices) != DEFAULT
    shown = [choice for choice in choices if choice.shown and (chosen or width >= choice.column.needs)]
    for name in GOES_FIRST if chosen else ():
        if sum(_least(choice, shown) + 1 for choice in shown) <= room:
            break
        shown = [choice for choice in shown if choice.column.name != name]
    least = [_least(choice, shown if chosen else ()) for choice in shown]
    spare = max(room - sum(least) - len(shown), 0)
    shares = [0 if choice.width else choice.column.share for choice in shown]
    cells = [cells + spare * share // max(sum(shares), 1) for cells, share in zip(least, shares, strict=True)]
    # What rounding left goes to the address or, if that has a width of its own, to another that stretches; what is
    # missing where not even the last ones have room, is taken from the address.
    left = room - sum(cells) - len(shown)
    address = next(place for place, choice in enumerate(shown) if choice.column.name == ADDRESS)
    stretching = [place for place, share in enumerate(shares) if share]
    if left < 0 or address in stretching:
        cells[address] = max(cells[address] + left, 0)
    elif stretching:
        cells[stretching[0]] += left
    return [(choice.column, cells) for choice, cells in zip(shown, cells, strict=True)]


def _least(choice: Choice, beside: Iterable[Choice]) -> int:
    """The cells that a column has to have, beside these others."""
    if choice.width or choice.column.name != ADDRESS:
        return choice.width or choice.column.width
    is_crowded = any(other.column.name not in (ADDRESS, *ASKED_FIRST) for other in beside)
    return COMFORTABLE if is_crowded else choice.column.width


def _within(width: int) -> int:
    return max(NARROWEST, min(width, WIDEST)) if width > 0 else 0
