"""Whatever operators try, with whatever roles, no record changes that their role forbids.

What is forbidden is said here once more, in the words of the table in the manual, and compared with the records.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kconsole.core.errors import ConsoleError, NotPermitted
from kconsole.core.history import Operator
from kconsole.core.license import Component, License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.core.roles import Authority
from kconsole.operations.accounts import AddAccount, Connect, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Operation
from kconsole.operations.license import ChangeComponent
from kconsole.operations.offboarding import Offboard, ScheduleOffboarding
from kconsole.operations.server import AddDomain, RecordRestart, RestoreInventory
from kconsole.operations.session import Session
from kconsole.operations.tags import TagAccounts
from tests.clocks import noon
from tests.under_kerio import evaluate

NORTH, SOUTH = "north.example", "south.example"
OFFICE: Final = (
    Entry(address=f"anna@{NORTH}"),
    Entry(address=f"berg@{NORTH}", enabled=False),
    Entry(address=f"boss@{NORTH}", role="full_admin"),
    Entry(address=f"eye@{NORTH}", role="auditor", enabled=False),
    Entry(address=f"chen@{SOUTH}"),
    Entry(address=f"dora@{SOUTH}", enabled=False, role="account_admin"),
    Entry(address="Admin", kind="builtin_admin"),
)
ADDRESSES: Final = (*(entry.address for entry in OFFICE), f"new@{NORTH}", f"new@{SOUTH}")
DOMAINS: Final = (Domain(name=NORTH, primary=True), Domain(name=SOUTH))
START: Final = Inventory(license=License(seats=20), domains=DOMAINS, entries=OFFICE)
SERVER_RANKS: Final = {"user": 0, "auditor": 1, "account_admin": 3, "full_admin": 4}
RANKS: Final = {"auditor": 1, "helpdesk": 2, "account-admin": 3, "full-admin": 4}


class Undo(NamedTuple):
    """Undo a line of the log, counted from its end."""

    back: int


class Try(NamedTuple):
    """What someone tries, with what role."""

    who: Operator
    authority: Authority
    operation: Operation | Undo


_addresses = st.lists(st.sampled_from(ADDRESSES), min_size=1, max_size=4).map(tuple)
_operations = st.one_of(
    st.builds(DisableAccounts, _addresses),
    st.builds(EnableAccounts, _addresses),
    st.builds(DeleteAccounts, _addresses),
    st.builds(
        Offboard, st.sampled_from(ADDRESSES), st.sampled_from(("", *ADDRESSES)), st.sampled_from(("", *ADDRESSES))
    ),
    st.builds(
        ScheduleOffboarding,
        st.sampled_from(ADDRESSES),
        st.just(noon().now() + timedelta(days=9)),
        st.sampled_from(("", *ADDRESSES)),
        st.sampled_from(("", *ADDRESSES)),
    ),
    st.builds(AddAccount, st.sampled_from(ADDRESSES)),
    st.builds(TagAccounts, _addresses, st.just(("vip",))),
    st.builds(Connect, st.sampled_from(ADDRESSES)),
    st.builds(Undo, st.integers(0, 5)),
    st.builds(Undo, st.integers(0, 5)),
    st.sampled_from(
        [
            RecordRestart(),
            AddDomain("west.example"),
            RestoreInventory(START),
            ChangeComponent(Component(name="antivirus", seats=5)),
        ]
    ),
)
_authorities = st.builds(
    lambda role, domains, account, ranks: Authority(
        role, frozenset() if role == "full-admin" else domains, account, "name", ranks
    ),
    st.sampled_from(sorted(RANKS)),
    st.sampled_from([frozenset[str](), frozenset({NORTH}), frozenset({SOUTH})]),
    st.sampled_from(["", *ADDRESSES[:6]]),
    st.dictionaries(st.sampled_from(ADDRESSES[:6]), st.sampled_from(sorted(RANKS)), max_size=2),
)
_operators = st.sampled_from([Operator("seats", claimed, name=name) for claimed in ("", "a") for name in ("a", "b")])
_tries = st.lists(st.builds(Try, _operators, _authorities, _operations), min_size=2, max_size=8)


@contextmanager
def office() -> Iterator[Session]:
    with TemporaryDirectory() as folder:
        session = Session.create(Path(folder) / "store", START, Operator("seats", name="a"), noon(), patience=0)
        try:
            yield session
        finally:
            session.close()


@pytest.mark.thorough
@given(tries=_tries)
def test_no_record_changes_that_a_role_forbids(tries: list[Try]) -> None:
    with office() as session:
        records = session.store.state
        for each in tries:
            before, lines = records.inventory, session.store.sequence
            session.store.authority = lambda authority=each.authority: authority  # type: ignore[misc]
            session.store.operator = each.who
            with suppress(ConsoleError):
                _attempt(session, each.operation)
            assert faults(before, records.inventory, each) == []
            if lines < session.store.sequence:
                assert session.store.journal.commit(session.store.sequence).operator == each.who  # type: ignore[union-attr]
        session.store.authority = Authority
        session.follow_authority()
        assert session.seats.report() == evaluate(records.inventory)


def _attempt(session: Session, operation: Operation | Undo) -> None:
    if isinstance(operation, Undo):
        session.undo(max(1, session.store.sequence - operation.back))
    else:
        try:
            session.do(operation)
        except NotPermitted:
            last = session.store.journal.commit(session.store.sequence)
            assert last is not None
            assert last.refused
            raise


def faults(before: Inventory, after: Inventory, what: Try) -> list[str]:
    """What changed against the table."""
    role, authority, operation = what.authority.role, what.authority, what.operation
    is_undo = isinstance(operation, Undo)
    found = []
    if role != "full-admin" and (before.license, before.domains, before.restart) != (
        after.license,
        after.domains,
        after.restart,
    ):
        found.append("only a full admin changes license, domains and restarts")
    old, new = ({entry.id: entry for entry in each.entries} for each in (before, after))
    for number in old.keys() | new.keys():
        was, now = old.get(number), new.get(number)
        if was == now:
            continue
        if role == "auditor":
            found.append("an auditor changes nothing")
        domains = {entry.domain for entry in (was, now) if entry is not None}
        if authority.domains and not domains <= authority.domains:
            found.append("another domain")
        was, now = _live(was), _live(now)
        is_deleted, is_new = was is not None and now is None, was is None and now is not None
        if is_deleted and role == "helpdesk":
            found.append("helpdesk deletes nothing")
        if is_deleted and role == "account-admin" and not authority.domains and not is_undo:
            found.append("an account admin deletes in own domains only")
        if is_new and role == "helpdesk":
            found.append("helpdesk adds nothing")
        if role == "helpdesk" and was is not None and now is not None and was.tags != now.tags:
            found.append("helpdesk tags nothing")
        is_disabled = was is not None and now is not None and was.enabled and not now.enabled
        is_enabled = now is not None and now.enabled and (was is None or not was.enabled)
        if was is not None and (is_deleted or is_disabled) and not isinstance(operation, RestoreInventory):
            rank = max(SERVER_RANKS[was.role], RANKS.get(authority.ranks.get(was.address, ""), 0))
            if was.address == authority.account:
                found.append("the own account")
            if rank > RANKS[role]:
                found.append("a higher role")
        if now is not None and is_enabled and now.role != "user" and RANKS[role] < RANKS["account-admin"]:
            found.append("helpdesk enables no admin accounts")
    return found


def _live(entry: Entry | None) -> Entry | None:
    return entry if entry is not None and entry.deleted_at is None else None
