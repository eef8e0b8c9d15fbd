"""Deeds on accounts: disable, enable, add, delete."""

import re
from dataclasses import dataclass, field
from typing import ClassVar, Final

from msgspec.structs import replace

from kconsole.core.errors import BadInput, NotFound, Refused
from kconsole.core.records import Entry, MailboxFate, fold
from kconsole.licensing import guards
from kconsole.licensing.policy import classify
from kconsole.net.secrets import Secret
from kconsole.operations.base import (
    OperationContext,
    Outcome,
    RunsOn,
    check_expected,
    insist,
    missing,
    refusal,
    revived,
    unique,
)

LOGIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+'-]{0,63}")
"""Logins that kconsole creates: the characters that the vendor's own administration accepts."""


@dataclass(frozen=True)
class DisableAccounts:
    """Disable accounts: they keep their mail, cannot log in, and take no seat."""

    name: ClassVar[str] = "disable"
    runs_on: ClassVar[RunsOn] = "server"
    addresses: tuple[str, ...]
    reason: str = ""
    expected: tuple[Entry, ...] = ()
    """The accounts as they were when the user was asked; empty if nobody was."""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Disable each; disabling is never refused for want of seats."""
        check_expected(self.expected, work)
        return [self._disable(address, work) for address in unique(self.addresses)]

    def _disable(self, address: str, work: OperationContext) -> Outcome:
        entry = work.state.entry_at(address)
        if entry is None:
            return missing(address)
        decision = guards.may_disable(entry)
        if not decision.allowed:
            return refusal(entry.address, decision)
        if not entry.enabled:
            return Outcome(entry.address, "unchanged", "is disabled already")
        work.transaction.put_entry(replace(entry, enabled=False))
        return Outcome(entry.address, "done", "disabled, its seat is free")


@dataclass(frozen=True)
class EnableAccounts:
    """Enable disabled accounts again: each needs a seat."""

    name: ClassVar[str] = "enable"
    runs_on: ClassVar[RunsOn] = "server"
    addresses: tuple[str, ...]
    reason: str = ""
    expected: tuple[Entry, ...] = ()
    """The accounts as they were when the user was asked; empty if nobody was."""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Enable one after the other, as long as there are seats."""
        check_expected(self.expected, work)
        return [self._enable(address, work) for address in unique(self.addresses)]

    def _enable(self, address: str, work: OperationContext) -> Outcome:
        entry = work.state.entry_at(address)
        if entry is None:
            return missing(address)
        enabled = replace(entry, enabled=True)
        decision = guards.may_enable(work.seats.report_around(entry.domain), entry, enabled)
        if not decision.allowed:
            return refusal(entry.address, decision)
        if entry.enabled:
            return Outcome(entry.address, "unchanged", "is enabled already")
        work.transaction.put_entry(enabled)
        return Outcome(entry.address, "done", "enabled, it takes a seat")


@dataclass(frozen=True)
class AddAccount:
    """Create a local account."""

    name: ClassVar[str] = "add"
    runs_on: ClassVar[RunsOn] = "server"
    address: str
    full_name: str = ""
    description: str = ""
    reason: str = ""
    password: Secret | None = field(default=None, repr=False, compare=False)
    """What the user logs in with: told to the live server, and kept nowhere."""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Create it.

        Raises:
            BadInput: the address is none.
            NotFound: its domain is not in the store.
            Refused: the address is taken, or there is no seat for it.
        """
        login, at, domain_name = self.address.strip().rpartition("@")
        if not at or not domain_name:
            raise BadInput(f"'{self.address}' is not an address.", "Write it as login@domain.")
        if not LOGIN.fullmatch(login):
            raise BadInput(
                f"'{login}' cannot be a login.",
                "Use letters, digits and . _ + ' - (64 at most, the first a letter or digit).",
            )
        domain = work.state.domain_named(domain_name)
        if domain is None:
            raise NotFound(
                f"There is no domain {domain_name} in this store.",
                f"Add it with 'kconsole domains add {domain_name}', or check the spelling."
                if work.state.server is None
                else "Check the spelling; or add it in the server's administration, then 'kconsole sync'.",
            )
        account = Entry(
            address=f"{login}@{domain.name}",
            full_name=self.full_name.strip(),
            description=self.description.strip(),
        )
        taken = work.state.entry_at(account.address)
        if taken is not None:
            raise Refused(f"The address {taken.address} is taken by {what_it_is(taken)}.", "Choose another.")
        insist(guards.may_create(work.seats.report(), account, work.seats.held()))
        stored = work.transaction.put_entry(revived(account, work.state))
        return [Outcome(stored.address, "done", "added, it takes a seat")]


@dataclass(frozen=True)
class DeleteAccounts:
    """Delete entries. A deleted account's seat comes free with the next restart of the server."""

    name: ClassVar[str] = "delete"
    runs_on: ClassVar[RunsOn] = "server"
    addresses: tuple[str, ...]
    mailbox: MailboxFate = "keep"
    transfer_to: str = ""
    reason: str = ""
    expected: tuple[Entry, ...] = ()
    """The accounts as they were when the user was asked; empty if nobody was."""

    def apply(self, work: OperationContext) -> list[Outcome]:
        """Delete each; a mapped account is deactivated only, since it stays in the directory.

        Raises:
            NotFound: the account that mailboxes shall be transferred to is not there.
            Refused: it is one that is being deleted, or not an enabled account.
        """
        check_expected(self.expected, work)
        transfer_to = self._target(work)
        return [self._delete(address, transfer_to, work) for address in unique(self.addresses)]

    def _target(self, work: OperationContext) -> str:
        if self.mailbox != "transfer":
            return ""
        target = work.state.entry_at(self.transfer_to)
        if target is None:
            raise NotFound(
                f"There is no account {self.transfer_to} to transfer the mailbox to.",
                "Nothing was deleted. Look it up with 'kconsole accounts'.",
            )
        if fold(target.address) in map(fold, self.addresses):
            raise Refused(
                f"{target.address} is being deleted itself: its mailbox cannot take another's.", _OTHER_TARGET
            )
        if not target.is_account:
            raise Refused(
                f"{target.address} is {what_it_is(target)}, no user account: it has no mailbox to take another's.",
                _OTHER_TARGET,
            )
        if not target.enabled:
            raise Refused(f"{target.address} is disabled: nobody could read what its mailbox takes.", _OTHER_TARGET)
        return target.address

    def _delete(self, address: str, transfer_to: str, work: OperationContext) -> Outcome:
        entry = work.state.entry_at(address)
        if entry is None:
            return missing(address)
        decision = guards.may_delete(entry)
        if not decision.allowed:
            return refusal(entry.address, decision)
        if only_deactivated(entry):
            if not entry.enabled:
                return Outcome(entry.address, "unchanged", "is mapped from a directory and deactivated already")
            work.transaction.put_entry(replace(entry, enabled=False))
            return Outcome(entry.address, "done", "deactivated, its seat is free: it stays in the directory")
        seat = classify(entry).seat
        deleted = replace(entry, deleted_at=work.now)
        if entry.is_account:
            deleted = replace(deleted, mailbox_fate=self.mailbox, transferred_to=transfer_to)
        work.transaction.put_entry(deleted)
        return Outcome(
            entry.address, "done", "deleted, its seat is held until the server is restarted" if seat else "deleted"
        )


def only_deactivated(entry: Entry) -> bool:
    """Whether deleting an entry only deactivates it.

    Source: deleting a mapped account in the vendor's administration disables it; it stays in the directory service.
    """
    return entry.is_account and entry.origin == "directory"


_OTHER_TARGET: Final = "Nothing was deleted. Name an enabled account."


def what_it_is(entry: Entry) -> str:
    """What takes an address, with its article: "an alias", "a disabled account", "the built-in administrator"."""
    if entry.kind == "builtin_admin":
        return "the built-in administrator"
    noun = classify(entry).because
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}{' account' if entry.is_account else ''}"
