"""Operations on accounts: disable, enable, add, delete."""

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
class _SwitchAccounts:
    runs_on: ClassVar[RunsOn] = "server"
    addresses: tuple[str, ...]
    reason: str = ""
    expected: tuple[Entry, ...] = ()
    """The accounts as the user saw them when they confirmed; empty without a question."""

    def apply(self, context: OperationContext) -> list[Outcome]:
        """Change one account after the other, as far as the guards allow it."""
        check_expected(self.expected, context)
        return [self._switch(address, context) for address in unique(self.addresses)]

    def _switch(self, address: str, context: OperationContext) -> Outcome:
        raise NotImplementedError


@dataclass(frozen=True)
class DisableAccounts(_SwitchAccounts):
    """Disable accounts: they keep their mail, cannot log in, and take no seat. No limit ever refuses that."""

    name: ClassVar[str] = "disable"

    def _switch(self, address: str, context: OperationContext) -> Outcome:
        entry = context.state.entry_at(address)
        if entry is None:
            return missing(address)
        decision = guards.may_disable(entry, context.policy)
        if not decision.allowed:
            return refusal(entry.address, decision)
        if not entry.enabled:
            return Outcome(entry.address, "unchanged", "disabled-already")
        context.transaction.put_entry(replace(entry, enabled=False))
        return Outcome(entry.address, "done", "disabled")


@dataclass(frozen=True)
class EnableAccounts(_SwitchAccounts):
    """Enable disabled accounts: each needs a seat."""

    name: ClassVar[str] = "enable"

    def _switch(self, address: str, context: OperationContext) -> Outcome:
        entry = context.state.entry_at(address)
        if entry is None:
            return missing(address)
        enabled = replace(entry, enabled=True)
        decision = guards.may_enable(context.seats.report_around(entry.domain), entry, enabled, context.policy)
        if not decision.allowed:
            return refusal(entry.address, decision)
        if entry.enabled:
            return Outcome(entry.address, "unchanged", "enabled-already")
        context.transaction.put_entry(enabled)
        return Outcome(entry.address, "done", "enabled")


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
    """The new account's password: sent to the mail server, and stored nowhere."""

    def apply(self, context: OperationContext) -> list[Outcome]:
        """Create the account.

        Raises:
            BadInput: the address is not an address.
            NotFound: its domain is not in the store.
            Refused: the address is taken, or no seat is free.
        """
        state = context.state
        login, at, domain_name = self.address.strip().rpartition("@")
        if not at or not domain_name:
            raise BadInput("not-an-address", "write-an-address", address=self.address)
        if not LOGIN.fullmatch(login):
            raise BadInput("not-a-login", "login-characters", login=login)
        domain = state.domain_named(domain_name)
        if domain is None:
            hint = "add-the-domain" if state.server is None else "add-the-domain-there"
            raise NotFound("no-such-domain", hint, domain=domain_name)
        account = Entry(
            address=f"{login}@{domain.name}",
            full_name=self.full_name.strip(),
            description=self.description.strip(),
        )
        taken = state.entry_at(account.address)
        if taken is not None:
            what = classify(taken).code
            raise Refused("address-taken", "choose-another-address", address=taken.address, what=what)
        seats = context.seats
        insist(guards.may_create(seats.report(), account, seats.held(), seats.policy))
        stored = context.transaction.put_entry(revived(account, state))
        return [Outcome(stored.address, "done", "account-added")]


@dataclass(frozen=True)
class DeleteAccounts:
    """Delete entries. A deleted account's seat is held until the server is restarted."""

    name: ClassVar[str] = "delete"
    runs_on: ClassVar[RunsOn] = "server"
    addresses: tuple[str, ...]
    mailbox: MailboxFate = "keep"
    transfer_to: str = ""
    reason: str = ""
    expected: tuple[Entry, ...] = ()
    """The accounts as the user saw them when they confirmed; empty without a question."""

    def apply(self, context: OperationContext) -> list[Outcome]:
        """Delete each entry; a mapped account is only disabled, since it stays in the directory.

        Raises:
            NotFound: the account that takes the mailboxes does not exist.
            Refused: it is itself being deleted, or is not an enabled account.
        """
        check_expected(self.expected, context)
        transfer_to = self._target(context)
        return [self._delete(address, transfer_to, context) for address in unique(self.addresses)]

    def _target(self, context: OperationContext) -> str:
        if self.mailbox != "transfer":
            return ""
        target = context.state.entry_at(self.transfer_to)
        if target is None:
            raise NotFound("no-account-for-mailbox", "look-it-up", effect="nothing-deleted", address=self.transfer_to)
        if fold(target.address) in map(fold, self.addresses):
            raise self._no_heir("mailbox-to-deleted", target)
        if not target.is_account:
            raise self._no_heir("mailbox-to-no-account", target)
        if not target.enabled:
            raise self._no_heir("mailbox-to-disabled", target)
        return target.address

    def _no_heir(self, code: str, target: Entry) -> Refused:
        what = classify(target).code
        return Refused(code, "name-an-enabled-account", effect="nothing-deleted", address=target.address, what=what)

    def _delete(self, address: str, transfer_to: str, context: OperationContext) -> Outcome:
        entry = context.state.entry_at(address)
        if entry is None:
            return missing(address)
        decision = guards.may_delete(entry, context.policy)
        if not decision.allowed:
            return refusal(entry.address, decision)
        if only_disabled(entry):
            if not entry.enabled:
                return Outcome(entry.address, "unchanged", "mapped-disabled-already")
            context.transaction.put_entry(replace(entry, enabled=False))
            return Outcome(entry.address, "done", "mapped-disabled")
        is_held = context.policy.held is not None and context.policy.classify(entry).seat
        deleted = replace(entry, deleted_at=context.now)
        if entry.is_account:
            deleted = replace(deleted, mailbox_fate=self.mailbox, transferred_to=transfer_to)
        context.transaction.put_entry(deleted)
        return Outcome(entry.address, "done", "deleted-seat-held" if is_held else "deleted")


def only_disabled(entry: Entry) -> bool:
    """Whether deleting an entry only disables it.

    Source: deleting a mapped account in the vendor's administration disables it; it stays in the directory service.
    """
    return entry.is_account and entry.origin == "directory"
