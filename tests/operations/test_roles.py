"""Roles: no operation works without its capability, and no change that the rules forbid is ever saved."""

import inspect
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Final, get_args

import pytest
from msgspec.structs import replace

from kconsole import operations
from kconsole.core.errors import NotPermitted
from kconsole.core.history import Operator
from kconsole.core.records import Domain, Entry
from kconsole.core.roles import FULL, ROLES, Authority, Capability
from kconsole.operations.accounts import DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Operation, OperationContext, Outcome, RunsOn
from kconsole.operations.catalog import MODULES, capability_of, operation_class
from kconsole.operations.decisions import EndKeeps, KeepAccounts
from kconsole.operations.server import RestoreInventory
from kconsole.operations.session import Session
from kconsole.operations.undo import UndoOperation
from tests.clocks import FixedClock, noon
from tests.operations.sessions import account, another, session_of, used

CLASSES: Final = {
    each
    for module in walk_packages(operations.__path__, f"{operations.__name__}.")
    for _, each in inspect.getmembers(import_module(module.name), inspect.isclass)
    if each.__module__.startswith(operations.__name__) and hasattr(each, "runs_on") and hasattr(each, "apply")
}
"""All classes of operations."""

NO_CLASS_ATTRIBUTE: Final = {"AskServer", "UndoOperation", "Operation"}
"""Those whose capability depends on another operation, and the protocol."""


class Doing:
    """An operation with any capability, which changes an account."""

    name = "disable"
    runs_on: RunsOn = "store"
    reason = "why"
    address = "anna@north.example"

    def __init__(self, capability: Capability) -> None:
        self.capability: Capability = capability

    def apply(self, context: OperationContext) -> list[Outcome]:
        context.transaction.put_entry(account("new"))
        return []


def with_authority(session: Session, authority: Authority) -> Session:
    session.store.authority = lambda: authority
    return session


def test_every_operation_names_its_capability() -> None:
    named = {each for each in CLASSES if getattr(each, "capability", None) in get_args(Capability)}
    abstract = {each for each in CLASSES if each.__subclasses__() and each.__name__.startswith("_")}
    assert {each.__name__ for each in CLASSES - named - abstract} == NO_CLASS_ATTRIBUTE
    for names in MODULES.values():
        for name in names:
            assert capability_of(name) == operation_class(name).capability  # type: ignore[union-attr]


@pytest.mark.parametrize("role", ROLES)
def test_without_its_capability_nothing_is_changed(role: str, tmp_path: Path) -> None:
    session = with_authority(session_of(tmp_path, account("anna")), Authority(role))  # type: ignore[arg-type]
    before = session.state.inventory
    for capability in get_args(Capability):
        operation = Doing(capability)
        if capability in ROLES[role]:  # type: ignore[index]
            assert session.may(capability)
            continue
        assert not session.may(capability)
        for attempt in (session.do, session.commit):
            with pytest.raises(NotPermitted) as refused:
                attempt(operation)
            assert (refused.value.exit_code, refused.value.code) == (4, "not-permitted")
            last = next(session.store.journal.history_backwards())
            assert [each.code for each in last.refused] == ["not-permitted"]
            assert (last.operation, last.reason, last.changes) == ("disable", "why", ())
    assert session.state.inventory == before


def test_an_unknown_operation_is_undone_by_who_may_restore() -> None:
    assert capability_of("of a newer version") == "restore"


def test_without_roles_everyone_may_do_everything(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    assert session.authority == FULL
    assert all(session.may(capability) for capability in get_args(Capability))
    assert session.do(DisableAccounts(("anna@north.example",))).changed


# The rules for single accounts


ANNA, BERG, BOSS, EVE, MAIL = (f"{login}@north.example" for login in ("anna", "berg", "boss", "eve", "mail"))
OUTSIDE = "chen@south.example"
HELPDESK = Authority("helpdesk", frozenset({"north.example"}), ANNA, "anna", {ANNA: "helpdesk", EVE: "account-admin"})


@pytest.fixture
def office(tmp_path: Path) -> Session:
    return session_of(
        tmp_path,
        account("anna"),
        account("berg"),
        account("boss", role="full_admin"),
        account("eve"),
        account("mail", role="auditor", enabled=False),
        account(OUTSIDE),
        Entry(address="Admin", kind="builtin_admin"),
        seats=None,
    )


def codes(session: Session, operation: Operation) -> list[str]:
    return [outcome.code for outcome in session.do(operation).outcomes]


def test_what_a_role_may_not_change_is_refused_by_account(office: Session) -> None:
    with_authority(office, HELPDESK)
    asked = (ANNA, BERG, BOSS, EVE, OUTSIDE, "no@north.example")
    refused = ["own-account", "disabled", "higher-role", "higher-role", "not-in-store", "not-in-store"]
    assert codes(office, DisableAccounts(asked)) == refused
    assert codes(office, EnableAccounts((BERG, MAIL))) == ["enabled", "admin-account"]
    log = next(office.store.journal.history_backwards())
    assert [(each.address, each.code) for each in log.refused] == [(MAIL, "admin-account")]


def test_an_account_admin_deletes_in_own_domains_only(office: Session) -> None:
    with_authority(office, Authority("account-admin"))
    with pytest.raises(NotPermitted):
        office.do(DeleteAccounts((BERG,)))
    with_authority(office, Authority("account-admin", frozenset({"north.example"}), EVE))
    asked = (BERG, BOSS, EVE, OUTSIDE)
    assert codes(office, DeleteAccounts(asked)) == ["deleted-seat-held", "higher-role", "own-account", "not-in-store"]
    with_authority(office, Authority("account-admin"))
    assert codes(office, EnableAccounts((MAIL,))) == ["enabled"]


def test_a_full_admin_keeps_the_own_account(office: Session) -> None:
    with_authority(office, Authority("full-admin", account=BOSS))
    assert codes(office, DisableAccounts((BOSS, EVE))) == ["own-account", "disabled"]
    assert codes(office, RestoreInventory(office.state.inventory)) == ["dump-restored"]
    gone = replace(office.state.inventory, entries=())
    with pytest.raises(NotPermitted) as refused:
        office.do(RestoreInventory(gone))
    assert refused.value.code == "own-account-refused"
    assert office.state.entry_at(BOSS) is not None


class Bypassing(Doing):
    """An operation that asks for no account whether it may be changed."""

    def __init__(self, change: Callable[[OperationContext], object]) -> None:
        super().__init__("disable")
        self.change = change

    def apply(self, context: OperationContext) -> list[Outcome]:
        self.change(context)
        return []


def changing(named: str, **fields: object) -> Callable[[OperationContext], object]:
    def change(context: OperationContext) -> None:
        entry = context.state.entry_at(named)
        assert entry is not None
        context.transaction.put_entry(replace(entry, **fields))

    return change


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (changing(ANNA, enabled=False), "own-account-refused"),
        (changing(ANNA, deleted_at=noon().now()), "own-account-refused"),
        (changing(BOSS, enabled=False), "higher-role-refused"),
        (changing(EVE, deleted_at=noon().now()), "higher-role-refused"),
        (changing(MAIL, enabled=True), "admin-account-refused"),
        (changing(BERG, role="full_admin"), "admin-account-refused"),
        (changing(BERG, address="berg@south.example"), "outside-domains-refused"),
        (changing(OUTSIDE, tags=("x",)), "outside-domains-refused"),
        (changing("Admin", tags=("x",)), "outside-domains-refused"),
        (lambda context: context.transaction.put_entry(account("new@south.example")), "outside-domains-refused"),
        (lambda context: context.transaction.set_last_restart(noon().now()), "outside-domains-refused"),
        (lambda context: context.transaction.put_domain(Domain(name="new.example")), "outside-domains-refused"),
    ],
)
def test_no_forbidden_change_is_saved_whatever_an_operation_does(
    office: Session, change: Callable[[OperationContext], object], code: str
) -> None:
    before = office.store.state.inventory
    with_authority(office, HELPDESK)
    with pytest.raises(NotPermitted) as refused:
        office.do(Bypassing(change))
    assert (refused.value.code, refused.value.exit_code) == (code, 4)
    assert office.store.state.inventory == before
    (logged,) = next(office.store.journal.history_backwards()).refused
    assert logged.code == code
    with_authority(office, FULL).follow_authority()
    assert used(office) == used(another(office))


# The brake


def many(tmp_path: Path, clock: FixedClock) -> Session:
    session = session_of(tmp_path, *(account(f"u{number}") for number in range(30)), seats=None, clock=clock)
    return with_authority(session, Authority("helpdesk"))


def of(*numbers: int) -> tuple[str, ...]:
    return tuple(f"u{number}@north.example" for number in numbers)


def changed(session: Session, operation: Operation) -> int:
    done = session.do(operation)
    assert {outcome.code for outcome in done.failures} <= {"brake-reached"}
    return len(done.changed)


def test_helpdesk_changes_ten_accounts_an_hour(tmp_path: Path) -> None:
    clock = noon()
    session = many(tmp_path, clock)
    assert changed(session, DisableAccounts(of(*range(8)))) == 8
    assert changed(session, EnableAccounts(of(0, 1))) == 2  # these are changed already
    assert changed(session, DisableAccounts(of(*range(8, 14)))) == 2
    clock.forward(minutes=59)
    assert changed(session, DisableAccounts(of(20))) == 0
    clock.forward(minutes=1, seconds=1)
    assert changed(session, DisableAccounts(of(*range(14, 30)))) == 10


def test_the_brake_counts_what_other_processes_of_the_operator_did(tmp_path: Path) -> None:
    clock = noon()
    session = many(tmp_path, clock)
    same = with_authority(
        Session.open(session.store.folder, session.store.operator._replace(claimed="someone"), clock, 0),
        Authority("helpdesk"),
    )
    assert changed(same, DisableAccounts(of(*range(6)))) == 6
    assert changed(session, DisableAccounts(of(*range(6, 12)))) == 4
    assert changed(same, EnableAccounts(of(0, 20))) == 1
    other = with_authority(another(session), Authority("helpdesk"))
    assert changed(other, DisableAccounts(of(*range(12, 30)))) == 10


def test_undoing_own_changes_is_always_possible(tmp_path: Path) -> None:
    clock = noon()
    session = many(tmp_path, clock)
    session.do(DisableAccounts(of(*range(10))))
    clock.forward(hours=2)
    session.do(DisableAccounts(of(*range(10, 20))))
    assert changed(session, DisableAccounts(of(20))) == 0
    assert len(session.undo().changed) == 10
    assert len(session.undo().changed) == 10
    clock.forward(hours=1, seconds=1)
    assert changed(session, DisableAccounts(of(*range(30)))) == 10


def test_redoing_counts_as_a_change_and_is_refused_whole(tmp_path: Path) -> None:
    clock = noon()
    session = many(tmp_path, clock)
    undone = []
    for first in (0, 10, 20):
        session.do(DisableAccounts(of(*range(first, first + 10))))
        done = session.undo().commit
        assert done is not None
        undone.append(done.sequence)
        clock.forward(hours=1, seconds=1)
    redone = session.undo(undone[0])
    assert len(redone.changed) == 10
    assert redone.commit is not None
    same = Session.open(session.store.folder, session.store.operator, clock, 0)
    for process in (session, with_authority(same, Authority("helpdesk"))):
        with pytest.raises(NotPermitted) as refused:
            process.undo(undone[1])
        assert refused.value.code == "brake-refused"
    assert sum(not entry.enabled for entry in session.state.live_entries()) == 10
    assert len(session.undo(redone.commit.sequence).changed) == 10  # the redo is undone, as every change
    clock.forward(hours=1, seconds=1)
    assert len(session.undo(undone[1]).changed) == 10


def test_keeps_count_too_and_those_of_others_are_not_all_ended(tmp_path: Path) -> None:
    clock = noon()
    session = many(tmp_path, clock)
    until = clock.now() + timedelta(days=20)
    admin = another(session)
    admin.do(KeepAccounts(of(*range(30)), until + timedelta(days=300), "leave"))
    assert changed(session, EndKeeps(of(*range(6)))) == 6
    assert changed(session, KeepAccounts(of(*range(4, 30)), until, "leave")) == 6
    same = Session.open(session.store.folder, session.store.operator, clock, 0)
    assert changed(with_authority(same, Authority("helpdesk")), DisableAccounts(of(20))) == 0
    assert len(session.state.keeps) == 26


# Undo


def test_helpdesk_undoes_own_changes_only_whatever_they_claim(office: Session) -> None:
    other = another(office)
    first = other.do(DisableAccounts((BERG,))).commit
    assert first is not None
    claiming = Session.open(office.store.folder, Operator("anna", claimed="berg"), office.clock, 0)
    with_authority(claiming, HELPDESK)
    assert claiming.last_undoable() is None
    why = claiming.why_not_undone(first)
    assert why is not None
    assert why.code == "not-permitted"
    with pytest.raises(NotPermitted):
        claiming.undo(first.sequence)
    own = claiming.do(EnableAccounts((BERG,))).commit
    assert own is not None
    assert claiming.undo(own.sequence).changed
    with_authority(claiming, Authority())
    assert claiming.undo(own.sequence + 1).changed


def test_an_undo_needs_what_the_operation_needs(office: Session) -> None:
    deleted = office.do(DeleteAccounts((BERG,))).commit
    assert deleted is not None
    with_authority(office, Authority("account-admin"))
    with pytest.raises(NotPermitted) as refused:
        office.undo(deleted.sequence)
    assert refused.value.params["capability"] == "delete"
    operation = UndoOperation(deleted, "delete", office.history.traces_after)
    with pytest.raises(NotPermitted):
        office.commit(operation)


def test_an_undo_passes_the_wall(office: Session) -> None:
    with_authority(office, Authority("helpdesk"))
    enabled = office.do(DisableAccounts((BERG,))).commit
    assert enabled is not None
    redone = office.undo(enabled.sequence).commit
    assert redone is not None
    with_authority(office, Authority("helpdesk", account=BERG))
    with pytest.raises(NotPermitted) as refused:
        office.undo(redone.sequence)
    assert refused.value.code == "own-account-refused"
