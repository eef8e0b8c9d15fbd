"""Importing last logins from a log."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import ClassVar, Final

from msgspec.structs import replace

from kconsole.core.codes import Message
from kconsole.core.records import Entry, LastLogin
from kconsole.core.reports import SeatReport
from kconsole.importers.login_csv import Login, read_login_csv
from kconsole.importers.login_csv import LoginFile as LoginFile
from kconsole.licensing.components import is_active_sync
from kconsole.licensing.counting import SeatLedger
from kconsole.operations.base import OperationContext, Outcome, RunsOn
from kconsole.operations.files import read_document
from kconsole.operations.importing.merge import faulty_error, faulty_outcomes
from kconsole.operations.logins import logged_in
from kconsole.store.records import Records

MOST_FAULTS: Final = 20
"""Faulty rows that an error names one by one: in a log of another form every line is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginsPlan:
    """What an import of logins would do."""

    changed: tuple[tuple[Entry, Entry], ...]
    """Accounts as they are, and as they would be."""
    same: int
    """The number of accounts whose last login the store knows already, or a later one."""
    unknown: tuple[str, ...]
    """Addresses that are not in the store."""
    deleted: tuple[str, ...]
    """Addresses of deleted accounts."""
    no_accounts: tuple[str, ...]
    """Addresses of aliases, lists and the like, and of the built-in administrator: no logins of them are kept."""
    before: SeatReport
    after: SeatReport
    """The figures after the import."""


def read_login_file(path: Path, now: datetime, zone: tzinfo | None = None, encoding: str | None = None) -> LoginFile:
    """Read logins from a file, or from standard input for `-`.

    Raises:
        BadInput: it cannot be read, or is not such a file.
    """
    return read_login_csv(*read_document(path), now, zone, encoding)


@dataclass
class _LoginMerge:
    """Finds the accounts of logins."""

    state: Records
    last: dict[int, tuple[Entry, Login]] = field(default_factory=dict)
    """The last login of each account in the file: two addresses in it may belong to one account."""
    active_sync: set[int] = field(default_factory=set)
    """The accounts that used Exchange ActiveSync, at any time."""
    unknown: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    no_accounts: list[str] = field(default_factory=list)

    def take(self, logins: Iterable[Login]) -> None:
        primary = next((f"@{domain.name}" for domain in self.state.domains.values() if domain.primary), "")
        for login in logins:
            entry, address = self._found(login.address, primary)
            if entry is None:
                (self.deleted if self.state.deleted_at(address) else self.unknown).append(login.address)
            elif not entry.is_account:
                self.no_accounts.append(entry.address)
            else:
                if is_active_sync(login.protocol):
                    self.active_sync.add(entry.id)
                if entry.id not in self.last or login.at > self.last[entry.id][1].at:
                    self.last[entry.id] = entry, login

    def changed(self) -> Iterator[tuple[Entry, Entry]]:
        """The accounts with a later login than the store knows, or the first use of ActiveSync: before and after."""
        for entry, login in self.last.values():
            is_later = entry.last_login is None or login.at > entry.last_login.at
            after = logged_in(entry, LastLogin(login.at, login.protocol)) if is_later else entry
            after = replace(after, active_sync=after.active_sync or entry.id in self.active_sync)
            if after != entry:
                yield entry, after

    def _found(self, address: str, primary: str) -> tuple[Entry | None, str]:
        """The entry with this address, and the complete address.

        A login without a domain is in the primary domain, as at the server itself, or the built-in administrator.
        """
        entry = self.state.entry_at(address)
        if entry is not None or "@" in address:
            return entry, address
        return self.state.entry_at(address + primary), address + primary


@dataclass(frozen=True)
class ImportLogins:
    """Import the last logins of a file, where they are later than the known ones.

    A login in a log has happened. So it is recorded, with its mailbox, even for a disabled account and where the access
    rule would refuse it now.
    """

    name: ClassVar[str] = "import logins"
    runs_on: ClassVar[RunsOn] = "store"
    file: LoginFile
    skip_faulty: bool = False
    reason: str = ""

    def plan(self, state: Records, seats: SeatLedger) -> LoginsPlan:
        """Plan the import on the current state."""
        merge = _LoginMerge(state)
        merge.take(self.file.logins)
        changed = tuple(merge.changed())
        return LoginsPlan(
            changed=changed,
            same=len(merge.last) - len(changed),
            unknown=tuple(merge.unknown),
            deleted=tuple(merge.deleted),
            no_accounts=tuple(merge.no_accounts),
            before=seats.report(),
            after=seats.if_changed((before, after, 1) for before, after in changed),
        )

    def check(self) -> None:
        """Refuse faulty rows that must not be skipped.

        Raises:
            BadInput: there are some.
        """
        if self.file.faults and not self.skip_faulty:
            zone = ("name-the-zone",) if any(fault.code == "time-without-zone" for fault in self.file.faults) else ()
            hints = [Message(code) for code in (*zone, "correct-the-file")]
            raise faulty_error("faulty-rows", hints, self.file.faults, MOST_FAULTS)

    def apply(self, context: OperationContext) -> list[Outcome]:
        """Find the accounts again on the current state, and record all logins.

        Raises:
            BadInput: there are faulty rows, and they must not be skipped.
        """
        self.check()
        changed = [account for _, account in self.plan(context.state, context.seats).changed]
        for account in changed:
            context.transaction.put_entry(account)
        outcomes = [Outcome(account.address, "done", "logged-in-later") for account in changed]
        return outcomes + faulty_outcomes(self.file.faults)
