"""Operations on accounts: disable, enable, add, delete, connect."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from msgspec.structs import replace

from kconsole.core.decisions import PASSED, Reservation
from kconsole.core.errors import BadInput, NotFound, Refused
from kconsole.core.history import Refusal
from kconsole.core.identity import address_in, canonical_address, stripped
from kconsole.core.records import Entry, LastLogin, MailboxFate
from kconsole.core.reports import Decision
from kconsole.core.roles import Capability
from kconsole.core.times import LONGEST_PROTOCOL, SKEW
from kconsole.licensing import guards
from kconsole.licensing.components import is_active_sync
from kconsole.licensing.counting import SeatLedger
from kconsole.licensing.reservations import may_pass, taken_by
from kconsole.net.secrets import Secret
from kconsole.operations.base import (
    OperationContext,
    Outcome,
    RunsOn,
    check_expected,
    insist,
    mailbox_left,
    missing,
    on_each,
    refusal,
    revived,
)
from kconsole.operations.reserving import as_seen, check, use
from kconsole.operations.search.lookup import hints_for
from kconsole.store.records import Records

FEW_DISABLED: Final = 10
FEW_DELETED: Final = 3
"""How many accounts are disabled or deleted after a y; for more, their number is typed."""

LOGIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+'-]{0,63}")
"""Logins that kconsole creates: the characters that the vendor's own administration accepts."""


@dataclass(frozen=True)
class _SwitchAccounts:
    name: ClassVar[str]
    runs_on: ClassVar[RunsOn] = "server"
    enable: ClassVar[bool]
    addresses: tuple[str, ...]
    reason: str = ""
    expected: tuple[Entry, ...] = ()
    """The accounts as the user saw them when they confirmed; empty without a question."""
    over_reservations: bool = False
    """Whether enabling may take seats that are reserved for others."""

    def apply(self, context: OperationContext) -> list[Outcome]:
        """Change one account after the other, as far as the guards allow it."""
        check_expected(self.expected, context)
        seats = context.seats
        reserved = dict(seats.reservations()) if self.enable else {}
        return on_each(self.addresses, context, lambda entry: self._switch(entry, seats, reserved, context))

    def _switch(
        self, entry: Entry, seats: SeatLedger, reserved: dict[int, Reservation], context: OperationContext
    ) -> Outcome:
        done = f"{self.name}d"
        decision = guards.may_disable(entry, context.policy)
        # where all of them fit, the figures need not follow each account, and no report is needed
        all_fit = not self.enable or seats.has_room(entry.domain, len(self.addresses))
        if decision.allowed and not all_fit and not context.seats.has_room(entry.domain):
            report, enabled = context.seats.report_around(entry.domain), replace(entry, enabled=True)
            decision = guards.may_enable(report, entry, enabled, context.policy)
        if decision.allowed and reserved and not entry.enabled:
            decision = as_seen(self._past_reservations(entry, reserved, context), context.visible)
        if not decision.allowed:
            return refusal(entry.address, decision)
        if entry.enabled == self.enable:
            return Outcome(entry.address, "unchanged", f"{done}-already")
        return context.change(entry, replace(entry, enabled=self.enable), Outcome(entry.address, "done", done))

    def _past_reservations(self, entry: Entry, reserved: dict[int, Reservation], context: OperationContext) -> Decision:
        """Whether an account may be enabled past what is still reserved; that is less where it takes a seat of it."""
        taken = taken_by([entry], reserved)
        needed = guards.new_seats([(entry, replace(entry, enabled=True))], context.policy)
        decision = may_pass(context.seats.report_around(entry.domain), needed, taken, reserved, "enable")
        if decision.allowed:
            for number, seats in taken.items():
                each = reserved.pop(number)
                if each.count > seats:
                    reserved[number] = replace(each, count=each.count - seats)
        elif self.over_reservations and context.authority.may("reserve"):
            params = as_seen(decision, context.visible).params
            context.passed.append(Refusal(entry.address, PASSED, params))
            return guards.ALLOWED
        return decision


@dataclass(frozen=True)
class DisableAccounts(_SwitchAccounts):
    """Disable accounts: they keep their mail, cannot log in, and take no seat. No limit ever refuses that."""

    name: ClassVar[str] = "disable"
    capability: ClassVar[Capability] = "disable"
    enable: ClassVar[bool] = False


@dataclass(frozen=True)
class EnableAccounts(_SwitchAccounts):
    """Enable disabled accounts: each needs a seat."""

    name: ClassVar[str] = "enable"
    capability: ClassVar[Capability] = "enable"
    enable: ClassVar[bool] = True


@dataclass(frozen=True)
class AddAccount:
    """Create a local account."""

    name: ClassVar[str] = "add"
    runs_on: ClassVar[RunsOn] = "server"
    capability: ClassVar[Capability] = "add"
    address: str
    full_name: str = ""
    description: str = ""
    reason: str = ""
    password: Secret | None = field(default=None, repr=False, compare=False)
    """The new account's password: sent to the mail server, and stored nowhere."""
    use: str = ""
    """The reservation whose seat it takes, as r7; one that names its address is used anyway."""
    over_reservations: bool = False
    """Whether it may take a seat that is reserved for others."""

    def apply(self, context: OperationContext) -> list[Outcome]:
        state = context.state
        login, at, domain_name = stripped(self.address).rpartition("@")
        if not at or not domain_name:
            raise BadInput("not-an-address", "write-an-address", address=self.address)
        if not LOGIN.fullmatch(login):
            raise BadInput("not-a-login", "login-characters", login=login)
        domain = context.visible.domain_named(domain_name)
        if domain is None:
            hint = "add-the-domain" if state.server is None else "add-the-domain-there"
            raise NotFound("no-such-domain", hint, domain=domain_name)
        address, name, description = f"{login}@{domain.name}", self.full_name.strip(), self.description.strip()
        account = Entry(address=address, full_name=name, description=description)
        taken = state.entry_at(account.address)
        if taken is not None:
            what = context.policy.classify(taken).code
            raise Refused("address-taken", "choose-another-address", address=taken.address, what=what)
        seats = context.seats
        used = use(context, self.use, account) if self.use else 0
        insist(guards.may_create(seats.report(), account, seats.policy, seats.held()))
        if not used:
            needed = guards.new_seats([(None, account)], seats.policy, seats.held())
            check(context, seats.report(), needed, [account], self.over_reservations, address)
        warning = mailbox_left([account], state)  # before the former account makes room
        stored = context.transaction.put_entry(revived(account, state, context.policy))
        return [Outcome(stored.address, "done", "account-added", warning)]


@dataclass(frozen=True)
class DeleteAccounts:
    """Delete entries. A deleted account's seat is held until the server is restarted."""

    name: ClassVar[str] = "delete"
    runs_on: ClassVar[RunsOn] = "server"
    capability: ClassVar[Capability] = "delete"
    addresses: tuple[str, ...]
    mailbox: MailboxFate = "keep"
    transfer_to: str = ""
    reason: str = ""
    expected: tuple[Entry, ...] = ()
    """The accounts as the user saw them when they confirmed; empty without a question."""

    def apply(self, context: OperationContext) -> list[Outcome]:
        check_expected(self.expected, context)
        transfer_to = self._target(context)
        return on_each(self.addresses, context, lambda entry: self._delete(entry, transfer_to, context))

    def _target(self, context: OperationContext) -> str:
        if self.mailbox != "transfer":
            return ""
        target = context.visible.entry_at(self.transfer_to)
        if target is None:
            raise NotFound(
                "no-account-for-mailbox",
                hints_for(self.transfer_to, context.visible),
                effect="nothing-deleted",
                address=self.transfer_to,
            )
        if canonical_address(target.address) in map(canonical_address, self.addresses):
            code = "mailbox-to-deleted"
        elif not target.is_account:
            code = "mailbox-to-no-account"
        elif not target.enabled:
            code = "mailbox-to-disabled"
        else:
            return target.address
        what = context.policy.classify(target).code
        raise Refused(code, "name-an-enabled-account", effect="nothing-deleted", address=target.address, what=what)

    def _delete(self, entry: Entry, transfer_to: str, context: OperationContext) -> Outcome:
        decision = guards.may_delete(entry, context.policy)
        if not decision.allowed:
            return refusal(entry.address, decision)
        if only_disabled(entry):
            if not entry.enabled:
                return Outcome(entry.address, "unchanged", "mapped-disabled-already")
            done = Outcome(entry.address, "done", "mapped-disabled")
            return context.change(entry, replace(entry, enabled=False), done)
        is_held = context.policy.held is not None and context.policy.classify(entry).seat
        deleted = replace(entry, deleted_at=context.now)
        if entry.is_account:
            deleted = replace(deleted, mailbox_fate=self.mailbox, transferred_to=transfer_to)
        done = Outcome(entry.address, "done", "deleted-seat-held" if is_held else "deleted")
        return context.change(entry, deleted, done)


@dataclass(frozen=True)
class Connect:
    """Record that a user connects. The first login makes the mailbox.

    The access rule decides on the current state, also for a login at an earlier time.
    """

    name: ClassVar[str] = "connect"
    runs_on: ClassVar[RunsOn] = "store-without-server"
    capability: ClassVar[Capability] = "record-logins"
    address: str
    protocol: str = ""
    at: datetime | None = None
    """When, in UTC; None for now."""
    reason: str = ""

    def apply(self, context: OperationContext) -> list[Outcome]:
        at = self.at or context.now
        if at > context.now + SKEW:
            raise BadInput("login-in-future", "nothing-recorded-zone")
        if len(self.protocol) > LONGEST_PROTOCOL:
            raise BadInput("protocol-too-long", "login-not-recorded", longest=LONGEST_PROTOCOL)
        visible = context.visible
        entry = visible.entry_at(self.address) or next(iter(visible.deleted_at(self.address)), None)
        if entry is None:
            return [missing(self.address, visible)]
        report, is_suspended = context.seats.report_around(entry.domain), context.license_status.is_suspended
        decision = guards.may_connect(report, entry, context.policy, is_suspended)
        if not decision.allowed:
            return [refusal(entry.address, decision)]
        connected = logged_in(entry, LastLogin(at, self.protocol.strip()))
        if connected == entry:
            return [Outcome(entry.address, "unchanged", "login-known")]
        done = Outcome(entry.address, "done", "logged-in" if entry.mailbox else "first-login")
        return [context.change(entry, connected, done)]


def must_type_number(disabled: int, deleted: int, accounts: int) -> bool:
    """Whether so many of all accounts change only after their number was typed: a question grows with the damage.

    A tenth of all accounts is as much as ten of them, but where there are few, the first ones are no more than few.
    """
    is_a_tenth = disabled > FEW_DELETED and disabled * 10 > accounts
    return deleted > FEW_DELETED or disabled > FEW_DISABLED or is_a_tenth


def are_many(accounts: int) -> bool:
    """Whether a context that wants its name wants it for a change of so many accounts, whatever the change is."""
    return accounts > FEW_DISABLED


def own_address(login: str, primary_domain: str) -> str:
    """The address of a login to the server, or of a user of this machine, which may have no domain; folded."""
    return canonical_address(address_in(primary_domain, login))


def own_among(entries: Iterable[Entry], state: Records, user: str) -> frozenset[str]:
    """Those of these entries that are the operator's own, by the login to the server or by the user's name."""
    logins = [user, *([] if state.server is None else [state.server.access.user])]
    own = {own_address(login, state.primary_domain) for login in logins}
    return frozenset(entry.address for entry in entries if canonical_address(entry.address) in own)


def only_disabled(entry: Entry) -> bool:
    """Whether deleting an entry only disables it.

    Source: deleting a mapped account in the vendor's administration disables it; it stays in the directory service.
    """
    return entry.is_account and entry.origin == "directory"


def logged_in(account: Entry, login: LastLogin) -> Entry:
    """An account after a login: it has a mailbox, and the later one of two logins is its last."""
    known = account.last_login
    return replace(
        account,
        mailbox=True,
        last_login=login if known is None or login.at > known.at else known,
        login_unknown=False,
        active_sync=account.active_sync or is_active_sync(login.protocol),
    )
