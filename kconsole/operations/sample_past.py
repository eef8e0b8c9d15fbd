"""The past of a sample: what its log says of the half year before, so that history and forecast have what they need.

The file says when who did what to which account. The sample itself is how it all ended: from it follows how it began.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from kconsole.core.decisions import DECISIONS, Keep, Mark, decided_on
from kconsole.core.history import Operator
from kconsole.core.records import Entry, Inventory, LastLogin
from kconsole.store.records import Records
from kconsole.store.transaction import FirstLine, Transaction

_SWITCHES: Final[Mapping[str, bool]] = MappingProxyType({"enable": True, "disable": False, "reclaim": False})
_DECIDES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "protect": "protections",
        "keep": "keeps",
        "reserve": "reservations",
        "set policy": "policies",
        "reclaim mark": "marks",
    }
)


_ADDS: Final = ("add", "map")

FIRST: Final = "marta"
"""Who made the store."""


class PastLine(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A line of the log in the making."""

    at: datetime
    operator: str
    operation: str
    seats: tuple[int, int]
    of: tuple[str, ...] = ()
    """Addresses, or what a decision is about."""
    reason: str = ""


class Past(Struct, frozen=True, forbid_unknown_fields=True):
    """What happened until a sample was as it is."""

    begun: datetime
    last_restart: datetime
    """Of the server, before it began."""
    lines: tuple[PastLine, ...]


def beginning(end: Inventory, past: Past) -> Inventory:
    """The records as they were before the first line."""
    added = {address for line in past.lines if line.operation in _ADDS for address in line.of}
    first = {
        address: not _SWITCHES[line.operation]
        for line in reversed(past.lines)
        if line.operation in _SWITCHES
        for address in line.of
    }
    entries = (
        _before(entry, first.get(entry.address, entry.enabled), past.begun)
        for entry in end.entries
        if entry.address not in added
    )
    return replace(end, last_restart=past.last_restart, entries=tuple(entries), **dict.fromkeys(DECISIONS, ()))


def _before(entry: Entry, enabled: bool, begun: datetime) -> Entry:
    """An entry as it was: it had logged in a while before, if it did so since."""
    if entry.deleted_at is not None and entry.deleted_at >= begun:
        entry = replace(entry, deleted_at=None, mailbox_fate=None, transferred_to="")
    login = entry.last_login
    if login is not None and login.at >= begun:
        login = LastLogin(begun - timedelta(hours=2), login.protocol)
    return replace(entry, enabled=enabled, last_login=login)


def past_lines(end: Inventory, past: Past) -> Iterator[FirstLine]:
    """The lines, in their order."""
    begin = beginning(end, past)
    yield FirstLine("init", lambda transaction, _: transaction.replace_all(begin), past.begun, Operator(FIRST))
    ends = {entry.address: entry for entry in end.entries}
    numbers: dict[str, int] = {}
    for line in past.lines:
        change = _change(line, end, ends, numbers)
        yield FirstLine(line.operation, change, line.at, Operator(line.operator), line.reason, line.seats)


def _change(
    line: PastLine, end: Inventory, ends: Mapping[str, Entry], numbers: dict[str, int]
) -> Callable[[Transaction, Records], None]:
    """What a line changes, given the entries as they are in the end, and a place for their numbers."""

    def change(transaction: Transaction, records: Records) -> None:
        if not numbers:
            numbers.update((entry.address, number) for number, entry in records.entries.items())
        if (table := _DECIDES.get(line.operation)) is not None:
            decision = next(each for each in getattr(end, table) if decided_on(each) == line.of[0])
            if isinstance(decision, Keep | Mark):
                decision = replace(decision, entry=numbers[decision.address])
            transaction.put_decision(table, decision)
        elif line.operation == "restarted":
            transaction.set_last_restart(line.at)
        elif line.operation in _ADDS:
            for address in line.of:
                new = replace(ends[address], enabled=True, mailbox=False, last_login=None)
                numbers[address] = transaction.put_entry(new).id
        elif line.operation == "import logins":
            transaction.is_compact = True
            for address, entry in ends.items():
                known = records.entries[numbers[address]]
                if known.last_login != entry.last_login:
                    transaction.put_entry(replace(known, mailbox=True, last_login=entry.last_login))
        else:
            for address in line.of:
                entry, last = records.entries[numbers[address]], ends[address]
                if (enabled := _SWITCHES.get(line.operation)) is not None:
                    transaction.put_entry(replace(entry, enabled=enabled))
                else:
                    transaction.put_entry(
                        replace(
                            entry,
                            deleted_at=last.deleted_at,
                            mailbox_fate=last.mailbox_fate,
                            transferred_to=last.transferred_to,
                        )
                    )

    return change
