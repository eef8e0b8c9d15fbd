"""Every change is undone by its inverse, under the same guards, and only if no one changed the same since."""

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from kconsole.core.errors import ChangedSince, NotFound, Refused
from kconsole.core.history import Operator
from kconsole.core.license import License
from kconsole.core.records import Domain, Entry, Inventory
from kconsole.core.server import PendingChange, Server, ServerAccess, Target
from kconsole.operations.accounts import AddAccount, Connect, DeleteAccounts, DisableAccounts, EnableAccounts
from kconsole.operations.base import Operation
from kconsole.operations.dumps import dump_of
from kconsole.operations.importing.kerio_export import ImportAccounts
from kconsole.operations.server import AddDomain, AddServer, RecordRestart, RemoveServer, RestoreInventory
from kconsole.operations.session import Session
from kconsole.text.messages import hint_words
from tests.clocks import noon
from tests.operations.sessions import (
    DOMAIN,
    NORTH,
    account,
    alias,
    another,
    deleted,
    export,
    logged_in,
    only_code,
    results,
    session_of,
    used,
)

ELSEWHERE = ServerAccess(url="https://other.example:4040", user="eye")
SERVER = Server(name="mail", access=ServerAccess(url="https://mail.example:4040", user="eye"))
ANNA, BERG = f"anna@{DOMAIN}", f"berg@{DOMAIN}"
OTHER_DUMP = Inventory(
    license=License(seats=2),
    last_restart=noon().now(),
    domains=(Domain(name="north.example"), Domain(name="west.example")),
    entries=(account("anna"), account("x@west.example")),
)
EVERYBODY = (
    account("anna", mailbox=True, last_login=logged_in(3)),
    account("berg", origin="directory"),
    account("off", enabled=False),
    alias("info", "anna"),
    deleted("gone"),
    deleted("mapped", origin="directory", enabled=False),
)


def held_again(session: Session) -> set[str]:
    return {entry.login for entry in session.seats.held()}


@pytest.mark.parametrize(
    "operation",
    [
        DisableAccounts((ANNA, BERG)),
        EnableAccounts((f"off@{DOMAIN}",)),
        DeleteAccounts((ANNA, BERG, f"info@{DOMAIN}"), "transfer", f"keeper@{DOMAIN}"),
        ImportAccounts(export("anna;New Name;;info"), DOMAIN),
        AddDomain("west.example"),
        RecordRestart(),
        RestoreInventory(OTHER_DUMP),
        RestoreInventory(Inventory()),
    ],
    ids=lambda operation: str(operation.name),
)
def test_a_change_that_is_undone_leaves_everything_as_it_was(tmp_path: Path, operation: Operation) -> None:
    session = session_of(tmp_path, *EVERYBODY, account("keeper"), seats=5)
    before, figures = dump_of(session), session.seats.report()
    done = session.do(operation)
    assert session.history.undoable == done.commit
    undone = session.undo()
    assert undone.operation == "undo"
    assert undone.failures == []
    assert (dump_of(session), session.seats.report()) == (before, figures)
    used(session)
    used(another(session))
    assert session.history.undoable is None
    with pytest.raises(NotFound, match="nothing-to-undo"):
        session.undo()


def test_changes_are_undone_the_last_first(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("berg"))
    session.do(DisableAccounts((ANNA,)))
    session.do(DisableAccounts((BERG,)))
    session.undo()
    assert (session.state.find(ANNA).enabled, session.state.find(BERG).enabled) == (False, True)
    session.undo()
    assert session.state.find(ANNA).enabled


def test_an_added_account_is_deleted_again_and_holds_its_seat(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    session.do(AddAccount(ANNA))
    assert only_code(session.undo()) == "deleted-again"
    assert (used(session), held_again(session), session.state.live_entries()) == (1, {"anna"}, [])
    session.do(AddAccount(ANNA))
    assert used(session) == 1


def test_an_account_that_took_a_held_seat_over_holds_it_again(tmp_path: Path) -> None:
    session = session_of(tmp_path, deleted("anna", mailbox=True), seats=1)
    session.do(AddAccount(ANNA))
    session.undo()
    assert (used(session), held_again(session)) == (1, {"anna"})
    session.do(AddAccount(ANNA))
    assert session.state.deleted_at(ANNA) == []


def test_an_import_is_undone_and_its_domain_stays_as_long_as_deleted_accounts_belong_to_it(tmp_path: Path) -> None:
    session = session_of(tmp_path, domains=())
    session.do(ImportAccounts(export("anna;;;anna,info", "berg;;;"), "west.example"))
    undone = session.undo()
    assert sorted(results(undone)) == [
        ("anna", "done"),
        ("berg", "done"),
        ("info", "done"),
        ("west.example", "unchanged"),
    ]
    assert (session.state.live_entries(), used(session), session.seats.report().held) == ([], 2, 2)
    (west,) = session.seats.report().domains
    assert (west.name, west.held) == ("west.example", 2)


def test_an_import_that_only_changed_names_is_undone(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna", full_name="Anna"), domains=(NORTH,))
    session.do(ImportAccounts(export("anna;Other;;"), DOMAIN))
    session.undo()
    assert session.state.find(ANNA).full_name == "Anna"


# At the limit


@pytest.mark.parametrize("operation", [DisableAccounts((ANNA,)), DeleteAccounts((ANNA,))], ids=["disable", "delete"])
def test_undo_needs_a_seat_as_any_change_does_and_can_be_tried_again(tmp_path: Path, operation: Operation) -> None:
    clock = noon()
    session = session_of(tmp_path, account("anna"), seats=1, clock=clock)
    session.do(operation)
    clock.forward(minutes=1)
    second = another(session)
    second.do(RecordRestart())
    second.do(AddAccount(BERG))
    with pytest.raises(Refused, match=r"license-limit .*purpose='undo'.*used=1, limit=1") as caught:
        session.undo()
    assert not isinstance(caught.value, ChangedSince)
    assert (used(session), session.history.undoable is not None) == (1, True)
    second.do(DisableAccounts((BERG,)))
    session.undo()
    assert used(session) == 1


def test_a_deleted_account_gets_its_own_held_seat_back_at_the_limit(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("berg"), seats=2)
    session.do(DeleteAccounts((ANNA,)))
    session.undo()
    assert (used(session), session.seats.held()) == (2, [])


def test_a_restored_dump_is_undone_whatever_the_limits(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("berg"), seats=1)
    before = dump_of(session)
    session.do(RestoreInventory(OTHER_DUMP))
    session.undo()
    assert dump_of(session) == before
    assert used(session) == 2


# Changed since


def changes_it(session: Session) -> None:
    session.do(ImportAccounts(export("anna;Other Name;;"), DOMAIN))


def deletes_it(session: Session) -> None:
    session.do(DeleteAccounts((ANNA,)))


def replaces_everything(session: Session) -> None:
    session.do(RestoreInventory(OTHER_DUMP))


@pytest.mark.parametrize("change", [changes_it, deletes_it, replaces_everything])
def test_what_someone_changed_since_is_not_undone(tmp_path: Path, change: Callable[[Session], None]) -> None:
    session = session_of(tmp_path, account("anna"))
    session.do(DisableAccounts((ANNA,)))
    change(another(session))
    with pytest.raises(
        ChangedSince, match=r"changed-since .*how='changed', name='anna@north.example', operation='disable'"
    ) as caught:
        session.undo()
    assert hint_words(caught.value)
    assert session.history.undoable is None
    used(session)


def test_one_changed_record_keeps_the_whole_change(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("berg"))
    session.do(DisableAccounts((ANNA, BERG)))
    another(session).do(EnableAccounts((BERG,)))
    with pytest.raises(ChangedSince):
        session.undo()
    assert not session.state.find(ANNA).enabled


def test_an_address_that_was_taken_since_is_not_given_twice(tmp_path: Path) -> None:
    session = session_of(tmp_path, alias("anna", "berg"))
    session.do(DeleteAccounts((ANNA,)))
    another(session).do(AddAccount(ANNA))
    with pytest.raises(ChangedSince, match="how='taken'"):
        session.undo()
    assert [entry.kind for entry in session.state.live_entries()] == ["user"]


def adds_an_account(session: Session) -> None:
    session.do(AddAccount("anna@west.example"))


def adds_and_deletes_an_account(session: Session) -> None:
    session.do(AddAccount("anna@west.example"))
    session.undo()


@pytest.mark.parametrize(
    ("change", "how"),
    [
        (adds_an_account, "has-entries"),
        (adds_and_deletes_an_account, "has-entries"),
        (replaces_everything, "changed"),
        (lambda session: session.do(RestoreInventory(Inventory())), "changed"),
    ],
)
def test_a_domain_in_use_or_gone_is_not_forgotten(tmp_path: Path, change: Callable[[Session], None], how: str) -> None:
    session = session_of(tmp_path)
    session.do(AddDomain("west.example"))
    change(another(session))
    with pytest.raises(ChangedSince, match=f"what='domain', how='{how}', name='west.example', operation='add domain'"):
        session.undo()
    used(session)


def test_an_import_whose_domain_others_use_now_is_not_undone(tmp_path: Path) -> None:
    session = session_of(tmp_path)
    session.do(ImportAccounts(export("anna;;;"), "west.example"))
    another(session).do(AddAccount("berg@west.example"))
    with pytest.raises(ChangedSince, match="how='has-entries'"):
        session.undo()


def test_a_restart_after_another_is_not_undone(tmp_path: Path) -> None:
    clock = noon()
    session = session_of(tmp_path, clock=clock)
    session.do(RecordRestart())
    clock.forward(hours=1)
    another(session).do(RecordRestart())
    with pytest.raises(ChangedSince, match="how='recorded'"):
        session.undo()


def test_a_restored_dump_is_not_undone_over_another_license(tmp_path: Path) -> None:
    session = session_of(tmp_path, domains=())
    session.do(RestoreInventory(Inventory(license=License(seats=3))))
    another(session).do(RestoreInventory(Inventory(license=License(seats=4))))
    with pytest.raises(ChangedSince, match="what='license', how='changed'"):
        session.undo()


def test_a_restored_dump_is_not_undone_over_what_was_added_since(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("berg"))
    session.do(RestoreInventory(replace(session.state.inventory, entries=(account("x"),))))
    another(session).do(AddAccount(BERG))
    with pytest.raises(ChangedSince, match="how='taken'"):
        session.undo()
    used(session)


def test_undo_is_logged_with_its_operator(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"))
    session.do(DisableAccounts((ANNA,), "left us"))
    undone = session.undo()
    assert undone.commit is not None
    assert (undone.commit.operation, undone.commit.operator) == ("undo", Operator("anna"))


def test_entries_are_what_they_were(tmp_path: Path) -> None:
    session = session_of(tmp_path, *EVERYBODY)
    before: tuple[Entry, ...] = session.state.inventory.entries
    session.do(DeleteAccounts((ANNA,), "delete"))
    session.undo()
    assert session.state.inventory.entries == before


def test_a_first_login_is_redone_under_the_access_rule(tmp_path: Path) -> None:
    session = session_of(tmp_path, account("anna"), account("berg"), seats=1)
    session.do(Connect(ANNA))
    undone = session.undo().commit
    assert undone is not None
    session.do(Connect(BERG))
    with pytest.raises(Refused, match="auth-license"):
        session.undo(undone.sequence)
    assert not session.state.find(ANNA).mailbox


@pytest.mark.parametrize("operation", [RemoveServer(), AddServer(replace(SERVER, access=ELSEWHERE))])
def test_a_server_is_left_by_no_redo_while_changes_are_unconfirmed(tmp_path: Path, operation: Operation) -> None:
    session = session_of(tmp_path, account("anna", server_id="1"))
    session.do(AddServer(SERVER))
    session.do(operation)
    undone = session.undo().commit
    assert undone is not None
    with session.store.transaction("ask server", "restore") as transaction:
        target = Target(number=1, server_id="1", address=ANNA)
        transaction.put_pending(PendingChange(operation="disable", at=noon().now(), targets=(target,)))
    with pytest.raises(Refused, match="changes-unconfirmed"):
        session.undo(undone.sequence)
    assert session.state.server == SERVER
