"""Logins: what one means for an account, told by hand one by one or brought from a log."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path
from typing import ClassVar, Final

from msgspec.structs import replace

from kconsole.core.errors import BadInput
from kconsole.core.moments import SKEW
from kconsole.core.records import Entry, LastLogin
from kconsole.core.reports import SeatReport
from kconsole.importers.kerio_csv import CsvFault
from kconsole.importers.login_csv import LONGEST_PROTOCOL, Login, read_login_csv
from kconsole.importers.login_csv import LoginFile as LoginFile
from kconsole.licensing import guards
from kconsole.licensing.components import is_active_sync
from kconsole.licensing.counting import SeatLedger
from kconsole.operations.base import OperationContext, Outcome, RunsOn, missing, refusal
from kconsole.operations.streams import read_document
from kconsole.store.records import Records

MOST_FAULTS: Final = 20
"""How many faulty rows are told one by one: a log in a wrong form has as many as it has lines."""


@dataclass(frozen=True)
class Connect:
    """Record that a user connects: his mailbox appears with the first login.

    Whether he is let in is decided on the state as it is now, also for a login of an earlier time.
    """

    name: ClassVar[str] = "connect"
    runs_on: ClassVar[RunsOn] = "store-without-server"
    address: str
    protocol: str = ""
    at: datetime | None = None
    """When, in UTC; None for now."""
    reason: str = ""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Let him in, or refuse him under the access rule.

        Raises:
            BadInput: the time is to come, or the protocol is longer than one.
        """
        at = self.at or work.now
        if at > work.now + SKEW:
            raise BadInput("That time is in the future.", "Nothing was recorded. Is it in another zone?")
        if len(self.protocol) > LONGEST_PROTOCOL:
            raise BadInput(f"A protocol has at most {LONGEST_PROTOCOL} characters.", "Nothing was recorded.")
        entry = work.state.entry_at(self.address) or next(iter(work.state.deleted_at(self.address)), None)
        if entry is None:
            return [missing(self.address)]
        decision = guards.may_connect(work.seats.report_around(entry.domain), entry, work.license_status.is_suspended)
        if not decision.allowed:
            return [refusal(entry.address, decision)]
        connected = logged_in(entry, LastLogin(at, self.protocol.strip()))
        if connected == entry:
            return [Outcome(entry.address, "unchanged", "is known to have logged in then, or later")]
        work.transaction.put_entry(connected)
        made = "" if entry.mailbox else ", its mailbox was made"
        return [Outcome(entry.address, "done", f"logged in{made}")]


def logged_in(account: Entry, login: LastLogin) -> Entry:
    """An account after a login: it has a mailbox, and the later one of two logins is its last."""
    known = account.last_login
    return replace(
        account,
        mailbox=True,
        last_login=login if known is None or login.at > known.at else known,
        active_sync=account.active_sync or is_active_sync(login.protocol),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginsPlan:
    """What bringing in the logins of a file would do."""

    changed: tuple[tuple[Entry, Entry], ...]
    """Accounts as they are, and as they would be."""
    same: int
    """Accounts of which a login as late, or later, is known."""
    unknown: tuple[str, ...]
    """Addresses of the file that the store does not know."""
    deleted: tuple[str, ...]
    """Addresses whose account has been deleted."""
    no_accounts: tuple[str, ...]
    """Addresses of aliases, lists and the like, and of the built-in administrator: no login of theirs is kept."""
    before: SeatReport
    after: SeatReport
    """The figures if it were done."""


def read_login_file(path: Path, now: datetime, zone: tzinfo | None = None, encoding: str | None = None) -> LoginFile:
    """Read logins from a file, or from standard input for `-`.

    Raises:
        BadInput: it cannot be read, or is no such file.
    """
    document, name = read_document(path)
    return read_login_csv(document, name, now, zone, encoding)


def plan_logins(file: LoginFile, state: Records, ledger: SeatLedger) -> LoginsPlan:
    """What bringing in the logins of a file would do, on the state as it is now."""
    sorting = _Sorting(state)
    sorting.take(file.logins)
    changed = tuple(sorting.changed())
    return LoginsPlan(
        changed=changed,
        same=len(sorting.last) - len(changed),
        unknown=tuple(sorting.unknown),
        deleted=tuple(sorting.deleted),
        no_accounts=tuple(sorting.no_accounts),
        before=ledger.report(),
        after=ledger.if_changed((before, after, 1) for before, after in changed),
    )


@dataclass
class _Sorting:
    """Sorts logins into what they mean for the accounts of a store."""

    state: Records
    last: dict[int, tuple[Entry, Login]] = field(default_factory=dict)
    """The last login that the file has of each account: two of its addresses may be one account's."""
    active_sync: set[int] = field(default_factory=set)
    """The accounts that the file saw using Exchange ActiveSync, at whatever time."""
    unknown: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    no_accounts: list[str] = field(default_factory=list)

    def take(self, logins: Iterable[Login]) -> None:
        """Find the account of each login."""
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
        """The accounts of which the file knows a later login than the store, or a use of ActiveSync that was not known.

        Each as it is, and as it would be.
        """
        for entry, login in self.last.values():
            is_later = entry.last_login is None or login.at > entry.last_login.at
            after = logged_in(entry, LastLogin(login.at, login.protocol)) if is_later else entry
            after = replace(after, active_sync=after.active_sync or entry.id in self.active_sync)
            if after != entry:
                yield entry, after

    def _found(self, address: str, primary: str) -> tuple[Entry | None, str]:
        """The entry with this address, and the whole address.

        A login alone is one of the primary domain, as at the server's own door, or the built-in administrator.
        """
        entry = self.state.entry_at(address)
        if entry is not None or "@" in address:
            return entry, address
        return self.state.entry_at(address + primary), address + primary


@dataclass(frozen=True)
class ImportLogins:
    """Bring in the last logins of a file: those that are later than the ones that are known.

    A login in a log is a fact that happened. So it is recorded, mailbox and all, of a disabled account too and where
    the access rule would refuse it now: the server let that user in when it was so. Undo takes all of it back.
    """

    name: ClassVar[str] = "import logins"
    runs_on: ClassVar[RunsOn] = "store"
    file: LoginFile
    skip_faulty: bool = False
    reason: str = ""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Sort again on the state as it is now, then take everything.

        Raises:
            BadInput: there are faulty rows, and they shall not be skipped.
        """
        if self.file.faults and not self.skip_faulty:
            raise faulty_logins(self.file.faults)
        sorting = _Sorting(work.state)
        sorting.take(self.file.logins)
        outcomes = []
        for _, account in list(sorting.changed()):
            work.transaction.put_entry(account)
            outcomes.append(Outcome(account.address, "done", "logged in later than was known"))
        return outcomes + [Outcome(f"line {fault.line}", "refused", fault.reason) for fault in self.file.faults]


def faulty_logins(faults: tuple[CsvFault, ...]) -> BadInput:
    """The error for a file with faulty rows that shall not be skipped."""
    many = len(faults)
    lines = [f"line {fault.line}: {fault.reason}" for fault in faults[:MOST_FAULTS]]
    if many > MOST_FAULTS:
        lines.append(f"and {many - MOST_FAULTS:,} more")
    hint = "Mend the file, or take the good rows with --skip-faulty."
    if any("has no zone" in fault.reason for fault in faults):
        hint = "Say which zone its times are in with --zone, for example --zone UTC. " + hint
    return BadInput(f"{many:,} faulty {'row' if many == 1 else 'rows'}, nothing was imported:", hint, lines)
