"""The columns of the account table: which exist, and which the user chose."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final, NamedTuple

from msgspec.structs import replace

from kconsole.core.records import Entry
from kconsole.licensing.policy import LicensePolicy
from kconsole.operations.preferences import ColumnPreference
from kconsole.text import words
from kconsole.text.details import last_login_word, name_word, reason_word
from kconsole.text.safe_text import safe_address, safe_text
from kconsole.tui.widgets.column_list import Column

NARROWEST, WIDEST = 4, 200
"""The least and the most cells that a user can give to a column."""

ADDRESS: Final = "address"
"""The column that is always shown: it says which account a row is about."""

NOTHING: Final = "–"


class AccountColumn(Column[Entry], frozen=True):
    """One column of the account table."""

    name: str = ""
    """Its name in the preferences; also that of the order it shows, if accounts can be sorted by it."""


class View(NamedTuple):
    """What the cells depend on besides their accounts."""

    now: datetime
    policy: LicensePolicy


class Choice(NamedTuple):
    """A column as the user wants it."""

    column: AccountColumn
    width: int = 0
    """Cells; 0 for the column's own width."""
    shown: bool = True


def _of_account(text: Callable[[Entry], str]) -> Callable[[Entry, View], str]:
    return lambda entry, view: text(entry) if view.policy.is_account(entry) else NOTHING


def _seat(entry: Entry, view: View) -> str:
    if entry.deleted_at is not None:
        return "held"
    return "1" if view.policy.listed(entry).seat else NOTHING


def _protocol(entry: Entry, _: View) -> str:
    return safe_text(entry.last_login.protocol) if entry.last_login else NOTHING


COLUMNS: Final = (
    AccountColumn("Account", 16, lambda entry, _: safe_address(entry.address), share=5, gives_way=True, name=ADDRESS),
    AccountColumn("Name", 8, lambda entry, _: name_word(entry), share=2, needs=56, name="name"),
    AccountColumn("Seat", 4, _seat, name="seat"),
    AccountColumn("Because", 12, lambda entry, view: reason_word(view.policy.listed(entry)), needs=84, name="because"),
    AccountColumn("Last login", 14, lambda entry, view: last_login_word(entry, view.now), name="last-login"),
    AccountColumn("Via", 7, _protocol, needs=110, name="protocol"),
    AccountColumn("Domain", 12, lambda entry, _: safe_address(entry.domain), share=2, name="domain"),
    AccountColumn("Kind", 12, lambda entry, _: words.KINDS[entry.kind], name="kind"),
    AccountColumn("Role", 13, _of_account(lambda entry: words.ROLES[entry.role]), name="role"),
    AccountColumn("Origin", 12, _of_account(lambda entry: words.ORIGINS[entry.origin]), name="origin"),
    AccountColumn("Tags", 12, lambda entry, _: safe_text(" ".join(entry.tags)), share=1, name="tags"),
    AccountColumn("Description", 12, lambda entry, _: safe_text(entry.description), share=3, name="description"),
)

HIDDEN: Final = ("origin", "role", "kind", "domain", "tags", "description")
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
