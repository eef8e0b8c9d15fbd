"""The columns of the account table: which exist, and which the user chose."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from msgspec.structs import replace

from kconsole.core.records import Entry
from kconsole.licensing.policy import LicensePolicy
from kconsole.operations.preferences import ColumnPreference
from kconsole.text.report import CELLS, LAST_LOGIN, NO_KEEPS, Keeps
from kconsole.tui.widgets.column_list import Column

NARROWEST, WIDEST = 4, 200
"""The least and the most cells that a user can give to a column."""

ADDRESS: Final = "address"
"""The column that is always shown: it says which account a row is about."""


class AccountColumn(Column[Entry], frozen=True):
    """One column of the account table."""

    name: str = ""
    """Its name in the preferences; also that of the order it shows, if accounts can be sorted by it."""


class View(NamedTuple):
    """What the cells depend on besides their accounts."""

    now: datetime
    policy: LicensePolicy
    keeps: Keeps = NO_KEEPS


class Choice(NamedTuple):
    """A column as the user wants it."""

    column: AccountColumn
    width: int = 0
    """Cells; 0 for the column's own width."""
    shown: bool = True


def _column(name: str, width: int, share: int = 0, needs: int = 0) -> AccountColumn:
    title, cell = CELLS[name]

    def shown(entry: Entry, view: View) -> str:
        return cell(entry, view.policy, view.now, view.keeps)

    return AccountColumn(title, width, shown, share, needs=needs, gives_way=name == ADDRESS, name=name)


COLUMNS: Final = (
    _column(ADDRESS, 16, share=5),
    _column("name", 8, share=2, needs=56),
    _column("seat", 4),
    _column("because", 12, needs=84),
    _column(LAST_LOGIN, 14),
    _column("protocol", 7, share=1, needs=110),
    _column("domain", 12, share=2),
    _column("kind", 12),
    _column("role", 13),
    _column("origin", 12),
    _column("tags", 12, share=1),
    _column("kept-until", 10),
    _column("description", 12, share=3),
)

HIDDEN: Final = ("origin", "role", "kind", "domain", "tags", "kept-until", "description")
"""The columns that are not shown until the user chooses them."""

EXTRAS: Final = ("protocol", "because", *HIDDEN)
"""The columns that go first where there is not room for all; those shown by default before those the user chose."""

GOES_FIRST: Final = (*EXTRAS, "name", "last-login", "seat")

COMFORTABLE: Final = 28
"""Cells that most addresses fit in: the address has so many before an extra column is shown."""

DEFAULT: Final = tuple(Choice(column, shown=column.name not in HIDDEN) for column in COLUMNS)


def choices_of(preferences: Iterable[ColumnPreference]) -> tuple[Choice, ...]:
    """The columns as the user chose them. Columns of a newer version come last, and are not shown.

    Corrects a choice that cannot be shown: an unknown or repeated column, a width out of range, no address.
    """
    known = {column.name: column for column in COLUMNS}
    choices = [
        Choice(column, in_range(wish.width) if wish.width > 0 else 0, wish.shown or wish.name == ADDRESS)
        for wish in preferences
        if (column := known.pop(wish.name, None)) is not None
    ]
    if not choices:
        return DEFAULT
    return (*choices, *(Choice(column, shown=column.name == ADDRESS) for column in known.values()))


def preferences_of(choices: Iterable[Choice]) -> tuple[ColumnPreference, ...]:
    """The choices as they are saved; none for the default."""
    choices = tuple(choices)
    return () if choices == DEFAULT else tuple(ColumnPreference(c.column.name, c.width, c.shown) for c in choices)


def columns_of(choices: Iterable[Choice]) -> tuple[AccountColumn, ...]:
    """The columns to lay out.

    By default, a column is shown from a certain width on. What a user chose is shown as long as there is room for it.
    """
    choices = tuple(choices)
    shown = [choice for choice in choices if choice.shown]
    if choices == DEFAULT:
        return tuple(choice.column for choice in shown)
    return tuple(
        replace(
            choice.column,
            width=choice.width or choice.column.width,
            share=0 if choice.width else choice.column.share,
            needs=0,
            leaves=0 if choice.column.name == ADDRESS else GOES_FIRST.index(choice.column.name) + 1,
            comfort=COMFORTABLE if choice.column.name == ADDRESS and not choice.width else 0,
            is_extra=choice.column.name in EXTRAS,
        )
        for choice in shown
    )


def in_range(width: int) -> int:
    """The nearest width that a user can give to a column."""
    return max(NARROWEST, min(width, WIDEST))
