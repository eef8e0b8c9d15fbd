"""Importing last logins from a log."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import ClassVar

from msgspec.structs import replace

from kconsole.core.records import Entry, LastLogin
from kconsole.core.reports import SeatReport
from kconsole.core.roles import Capability
from kconsole.importers.csv_table import LARGEST
from kconsole.importers.login_csv import Login, read_login_csv
from kconsole.importers.login_csv import LoginFile as LoginFile
from kconsole.licensing.components import is_active_sync
from kconsole.licensing.counting import SeatLedger
from kconsole.operations.accounts import logged_in
from kconsole.operations.base import OperationContext, Outcome, RunsOn
from kconsole.operations.files import read_document
from kconsole.operations.importing.merge import faulty_error, faulty_outcomes
from kconsole.store.records import Records


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
    no_accounts: tuple[str, ...]
    """Addresses of aliases, lists and the like, and of the built-in administrator: no logins of them are kept."""
    before: SeatReport
    after: SeatReport


def read_login_file(path: Path, now: datetime, zone: tzinfo | None = None, encoding: str | None = None) -> LoginFile:
    """Read logins from a file, or from standard input for `-`."""
    return read_login_csv(*read_document(path, LARGEST), now, zone, encoding)


@dataclass(frozen=True)
class ImportLogins:
    """Import the last logins of a file, where they are later than the known ones.

    A login in a log has happened. So it is recorded, with its mailbox, even for a disabled account and where the access
    rule would refuse it now.
    """

    name: ClassVar[str] = "import logins"
    runs_on: ClassVar[RunsOn] = "store"
    capability: ClassVar[Capability] = "import"
    file: LoginFile
    skip_faulty: bool = False
    reason: str = ""

    def plan(self, state: Records, seats: SeatLedger) -> LoginsPlan:
        """Plan the import on the current state."""
        last: dict[int, tuple[Entry, Login]] = {}  # two addresses in the file may belong to one account
        active_sync: set[int] = set()
        unknown: list[str] = []
        deleted: list[str] = []
        no_accounts: list[str] = []
        for login in self.file.logins:
            entry, address = _found(login.address, state)
            if entry is None:
                (deleted if state.deleted_at(address) else unknown).append(login.address)
            elif not entry.is_account:
                no_accounts.append(entry.address)
            else:
                if is_active_sync(login.protocol):
                    active_sync.add(entry.id)
                if entry.id not in last or login.at > last[entry.id][1].at:
                    last[entry.id] = entry, login
        pairs = ((entry, _after(entry, login, entry.id in active_sync)) for entry, login in last.values())
        changed = tuple((before, after) for before, after in pairs if after != before)
        return LoginsPlan(
            changed=changed,
            same=len(last) - len(changed),
            unknown=tuple(unknown),
            deleted=tuple(deleted),
            no_accounts=tuple(no_accounts),
            before=seats.report(),
            after=seats.if_changed((before, after, 1) for before, after in changed),
        )

    def check(self) -> None:
        """Refuse faulty rows that must not be skipped."""
        if self.file.faults and not self.skip_faulty:
            raise faulty_error("faulty-rows", "correct-the-file", self.file.faults)

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


def _found(address: str, state: Records) -> tuple[Entry | None, str]:
    """The entry with this address, and the complete address.

    A login without a domain is in the primary domain, as at the server itself, or the built-in administrator.
    """
    entry = state.entry_at(address)
    if entry is None and "@" not in address and state.primary_domain:
        address = f"{address}@{state.primary_domain}"
        entry = state.entry_at(address)
    return entry, address


def _after(entry: Entry, login: Login, used_active_sync: bool) -> Entry:
    """An account after the last of its logins in the file, unless the store knows a later one."""
    is_later = entry.last_login is None or login.at > entry.last_login.at
    after = logged_in(entry, LastLogin(login.at, login.protocol)) if is_later else entry
    return replace(after, active_sync=after.active_sync or used_active_sync)
